use crate::{Watched, end, label, until};
use memberlist::prelude::*;

async fn start(address: &str, networks: &[&str]) -> Watched {
    let allowed = CidrPolicy::parse(networks.iter().copied()).unwrap();
    let builder = memberlist::tokio::builder(address)
        .bind(format!("{address}:0").as_str())
        .label(&label())
        .net_options(NetOptions::new().with_allowed(allowed));
    Watched::new(builder.start().await.unwrap())
}

/// 9.3 TestMemberlist_JoinDifferentNetworksUniqueMask
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wide_network_lets_two_subnets_join() {
    let nodes = vec![start("127.0.0.1", &["127.0.0.0/8"]).await, start("127.0.1.1", &["127.0.0.0/8"]).await];
    nodes[1].node.join(nodes[0].address()).await.unwrap();
    until("both see both", || nodes.iter().all(|node| node.node.num_members() == 2)).await;
    end(nodes).await;
}

/// 9.3 TestMemberlist_JoinDifferentNetworksMultiMasks; Q18: whoever is outside is never admitted, whatever it does; a node that its own list
/// leaves out still knows itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_outside_the_networks_is_never_admitted() {
    let inside = ["127.0.0.0/24", "127.0.1.0/24"];
    let mut nodes = vec![start("127.0.0.1", &inside).await, start("127.0.1.1", &inside).await];
    nodes[1].node.join(nodes[0].address()).await.unwrap();
    until("both see both", || nodes.iter().all(|node| node.node.num_members() == 2)).await;

    // On loopback its streams come from 127.0.0.1, so they pass; its address does not.
    let outside = start("127.0.2.1", &["127.0.0.0/8"]).await;
    let itself_left_out = start("127.0.3.1", &inside).await;
    assert_eq!(itself_left_out.node.members().len(), 1);
    for outsider in [&outside, &itself_left_out] {
        for inside in &nodes {
            let _ = outsider.node.join(inside.address()).await;
        }
    }
    let before: Vec<u64> = nodes.iter().map(|node| node.node.stats().protocol.probes).collect();
    until("some rounds of probes", || {
        nodes.iter().zip(&before).all(|(node, before)| node.node.stats().protocol.probes >= before + 3)
    })
    .await;
    for node in &mut nodes {
        assert_eq!(node.node.num_members(), 2, "{}", node.node.local_id());
        let names: Vec<_> = node.node.known().into_iter().map(|member| member.node.id).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(node.suspected().is_empty() && node.failed().is_empty());
    }
    nodes.extend([outside, itself_left_out]);
    end(nodes).await;
}
