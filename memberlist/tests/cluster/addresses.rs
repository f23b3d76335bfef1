use crate::{Watched, end, join, label, start, until};
use memberlist::prelude::*;

/// 9.3 TestMemberlist_Join_IPv6
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pair_meets_over_ipv6() {
    let mut nodes = Vec::new();
    for id in ["a", "b"] {
        let node = memberlist::tokio::builder(id).bind("[::1]:0").label(&label()).start().await.unwrap();
        assert!(node.advertise_address().is_ipv6());
        nodes.push(Watched::new(node));
    }
    join(&nodes[1], nodes[0].address()).await;
    until("both see both", || nodes.iter().all(|node| node.node.num_members() == 2)).await;
    let before = nodes[0].node.stats().protocol.probes;
    until("some probes", || nodes[0].node.stats().protocol.probes >= before + 3).await;
    assert!(nodes[0].suspected().is_empty());
    end(nodes).await;
}

/// Complaint 12; 9.3 TestMemberlist_Join: all addresses that the name stands for are tried, and each is in the report.
#[tokio::test]
async fn node_joins_by_host_name() {
    let nodes = vec![start("a").await, start("b").await];
    let name = format!("localhost:{}", nodes[0].address().port());
    let report = nodes[1].node.join(name.as_str()).await.unwrap();
    assert!(report.reached() >= 1, "{report}");
    assert!(report.results().any(|result| result.address == nodes[0].address() && result.outcome.is_ok()));
    assert_eq!(nodes[1].node.num_members(), 2);
    end(nodes).await;
}

/// 9.3 TestMemberList_ResolveAddr: an address without a port means the port that this node binds.
#[tokio::test]
async fn address_without_a_port_means_the_own_port() {
    let mut nodes = Vec::new();
    // Addresses that nobody else uses, because the port is fixed.
    for address in ["127.80.0.1:17946", "127.80.0.2:17946"] {
        let node = memberlist::tokio::builder(address).bind(address).label(&label()).start().await.unwrap();
        nodes.push(Watched::new(node));
    }
    nodes[1].node.join("127.80.0.1").await.unwrap();
    assert_eq!(nodes[1].node.num_members(), 2);
    end(nodes).await;
}

/// Complaint 11: what is no address, does not exist, or does not answer does not keep the others from being reached.
#[tokio::test]
async fn join_reports_each_address_and_succeeds_with_one() {
    let nodes = vec![start("a").await, start("b").await];
    let good = nodes[0].address().to_string();
    let texts = ["no-such-host.invalid:7946", "127.0.0.1:http", "127.77.1.1:1", good.as_str()];
    let report = nodes[1].node.join_many(texts, JoinOptions::default()).await.unwrap();
    assert_eq!(report.reached(), 1);
    assert_eq!(report.addresses.len(), 4);
    assert!(report.addresses[0].resolved.is_err());
    assert!(report.addresses[1].resolved.is_err());
    let refused = report.addresses[2].resolved.as_ref().unwrap();
    assert!(refused.iter().all(|result| result.outcome.is_err()), "{report}");
    let reached = report.addresses[3].resolved.as_ref().unwrap();
    assert!(reached.iter().all(|result| result.outcome.is_ok()), "{report}");
    assert!(report.to_string().contains("127.0.0.1:http"), "{report}");
    end(nodes).await;
}
