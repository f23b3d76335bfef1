use crate::{cluster, end, join, set, until};
use memberlist::prelude::*;

/// 9.2 TestMemberlist_Leave: who leaves is seen as left, by all, and is never suspected or failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_that_leaves_is_left_for_all() {
    let mut nodes = cluster(5, Options::lan(), NetOptions::new()).await;
    let leaver = nodes.remove(2);
    let name = leaver.id().clone();
    leaver.node.leave(Duration::from_secs(30)).await.unwrap();
    assert_eq!(leaver.node.num_members(), 4);
    assert_eq!(leaver.node.local_state().state, State::Left);
    leaver.kill().await;

    until("all others see it leave", || nodes.iter_mut().all(|node| node.left().contains(&name))).await;
    // Long enough for a probe of it to have failed, had there been one.
    let probes = nodes[0].node.stats().protocol.probes;
    until("some rounds of probes", || nodes[0].node.stats().protocol.probes >= probes + 8).await;
    for node in &mut nodes {
        assert_eq!(node.left(), set(&[&name]));
        assert_eq!(node.node.member(&name).unwrap().state, State::Left);
        assert_eq!(node.node.num_members(), 4);
        assert!(node.failed().is_empty() && node.suspected().is_empty());
    }
    end(nodes).await;
}

/// 9.2 TestMemberlist_Leave; complaint 8: the same instance can come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_that_left_can_come_back() {
    let nodes = cluster(3, Options::lan(), NetOptions::new()).await;
    nodes[2].node.leave(Duration::from_secs(30)).await.unwrap();
    until("it is gone", || nodes[..2].iter().all(|node| node.node.num_members() == 2)).await;
    nodes[2].node.rejoin().await.unwrap();
    join(&nodes[2], nodes[0].address()).await;
    until("it is back", || nodes.iter().all(|node| node.node.num_members() == 3)).await;
    end(nodes).await;
}
