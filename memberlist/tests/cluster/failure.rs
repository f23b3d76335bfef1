use crate::{cluster, end, set, until};
use memberlist::prelude::*;

/// 9.2 TestMemberlist_JoinShutdown, for clusters of several sizes: everybody sees the killed node fail, says why, and suspects nobody else.
async fn killed_node_fails_for_all_and_nobody_else_is_suspected(size: usize) {
    let mut nodes = cluster(size, Options::lan(), NetOptions::new()).await;
    let killed = nodes.remove(size / 2);
    let name = killed.id().clone();
    killed.kill().await;

    until("all others see the failure", || nodes.iter_mut().all(|node| node.failed().contains(&name))).await;
    for node in &mut nodes {
        assert_eq!(node.failed(), set(&[&name]), "{}", node.id());
        let suspected = node.suspected();
        assert!(suspected.is_subset(&set(&[&name])), "{} suspected {suspected:?}", node.id());
        assert_eq!(node.node.num_members(), size - 1);
        assert_eq!(node.node.member(&name).unwrap().state, State::Dead);
    }
    // Somebody probed it in vain and waited for a refutation.
    let reasons = nodes.iter_mut().flat_map(|node| node.seen().to_vec()).filter_map(|event| match event {
        Event::Failed { reason, .. } => Some(reason),
        _ => None,
    });
    assert!(
        reasons.into_iter().any(|reason| reason.suspicion.is_some() && reason.suspected_for > Duration::ZERO)
    );
    end(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_node_fails_for_the_other_one() {
    killed_node_fails_for_all_and_nobody_else_is_suspected(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_node_fails_for_all_of_five() {
    killed_node_fails_for_all_and_nobody_else_is_suspected(5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_node_fails_for_all_of_fifty() {
    killed_node_fails_for_all_and_nobody_else_is_suspected(50).await;
}
