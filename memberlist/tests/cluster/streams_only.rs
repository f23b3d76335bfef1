use crate::{cluster, end, join, set, start_with, until};
use memberlist::prelude::*;

/// Complaint 13: a whole cluster without UDP finds its dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cluster_without_udp_sees_the_killed_node_fail_and_nobody_else() {
    let mut nodes = cluster(3, Options::lan(), NetOptions::new().with_streams_only(true)).await;
    for node in &nodes {
        let local = node.node.transport().local_addresses()[0];
        std::net::UdpSocket::bind(local).expect("no UDP socket is open");
    }
    let killed = nodes.pop().unwrap();
    let name = killed.id().clone();
    killed.kill().await;
    until("both others see the failure", || nodes.iter_mut().all(|node| node.failed().contains(&name))).await;
    for node in &mut nodes {
        assert_eq!(node.failed(), set(&[&name]));
        assert!(node.suspected().is_subset(&set(&[&name])));
    }
    end(nodes).await;
}

/// Complaint 13: nodes with and without UDP are one cluster, in which nobody is suspected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_with_and_without_udp_are_one_cluster() {
    let mut nodes = cluster(2, Options::lan(), NetOptions::new()).await;
    for name in ["t0", "t1"] {
        let node = start_with(name, Options::lan(), NetOptions::new().with_streams_only(true)).await;
        join(&node, nodes[0].address()).await;
        nodes.push(node);
    }
    until("all see all", || nodes.iter().all(|node| node.node.num_members() == 4)).await;
    let before: Vec<u64> = nodes.iter().map(|node| node.node.stats().protocol.probes).collect();
    until("some rounds of probes", || {
        nodes.iter().zip(&before).all(|(node, before)| node.node.stats().protocol.probes >= before + 8)
    })
    .await;
    for node in &mut nodes {
        assert!(node.suspected().is_empty() && node.failed().is_empty(), "{}", node.id());
        assert_eq!(node.node.health_score(), 0, "{}", node.id());
    }
    end(nodes).await;
}
