use crate::{Watched, cluster, end, join, start, until};
use memberlist::prelude::*;
use std::net::SocketAddr;

fn knows(node: &Watched, id: &SmolStr, address: SocketAddr) -> bool {
    node.node
        .members()
        .iter()
        .any(|member| member.node.id == *id && member.node.address == address && member.state == State::Alive)
}

async fn restarted_node_is_seen_at_its_new_address(wait_for_failure: bool) {
    let mut nodes = cluster(4, Options::lan(), NetOptions::new()).await;
    let killed = nodes.pop().unwrap();
    let (name, old) = (killed.id().clone(), killed.address());
    killed.kill().await;
    if wait_for_failure {
        until("it has failed for all", || nodes.iter_mut().all(|node| node.failed().contains(&name))).await;
    }

    let again = start(&name).await;
    let new = again.address();
    assert_ne!(old, new);
    join(&again, nodes[0].address()).await;
    until("all see it at its new address", || nodes.iter().all(|node| knows(node, &name, new))).await;
    until("it sees all", || again.node.num_members() == 4).await;
    nodes.push(again);
    // And it stays: nobody goes on suspecting it for what its former life did not answer.
    let probes = nodes[0].node.stats().protocol.probes;
    until("some rounds of probes", || nodes[0].node.stats().protocol.probes >= probes + 8).await;
    assert!(nodes.iter().all(|node| knows(node, &name, new)));
    assert!(nodes.iter().all(|node| node.node.num_members() == 4));
    end(nodes).await;
}

/// Complaints 7 and 9: at once, while the others still hold the former life for alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_that_restarts_at_once_is_seen_at_its_new_address() {
    restarted_node_is_seen_at_its_new_address(false).await;
}

/// Complaints 7 and 9: after its former life was declared dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_that_restarts_after_its_failure_is_seen_at_its_new_address() {
    restarted_node_is_seen_at_its_new_address(true).await;
}

/// Complaints 7 and 9: after a goodbye.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_that_left_and_restarts_is_seen_at_its_new_address() {
    let mut nodes = cluster(3, Options::lan(), NetOptions::new()).await;
    let leaver = nodes.pop().unwrap();
    let name = leaver.id().clone();
    leaver.node.leave(Duration::from_secs(30)).await.unwrap();
    leaver.node.shutdown().await;
    let again = start(&name).await;
    let new = again.address();
    join(&again, nodes[0].address()).await;
    until("all see it at its new address", || nodes.iter().all(|node| knows(node, &name, new))).await;
    nodes.push(again);
    end(nodes).await;
}
