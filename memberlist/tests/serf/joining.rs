//! Joining, in both directions, plain and compressed.

use crate::agent::address_v6;
use crate::ours::Plan;
use crate::{Setup, all_see, wait};
use memberlist::hashicorp::HashicorpWire;
use memberlist::types::Versions;
use std::collections::BTreeMap;

/// Who dials.
#[derive(Clone, Copy)]
enum Joiner {
    Ours,
    Theirs,
}

/// An agent and our node become one cluster, list each other as alive, and have nothing to complain of.
async fn meet(joiner: Joiner, setup: Setup, plan: Plan) {
    let agent = setup.tag("role", "web").start();
    let mut node = plan.tag("role", "cache").tag("zone", "b").start().await;
    match joiner {
        Joiner::Ours => node.join(agent.address).await,
        Joiner::Theirs => agent.join(node.address),
    }
    all_see(&[&agent], &[&node], &["go", "rust"]);

    let listed = agent.members().remove("rust").unwrap();
    assert_eq!(listed.address, node.address.to_string());
    let tags = BTreeMap::from([("role".into(), "cache".into()), ("zone".into(), "b".into())]);
    assert_eq!(listed.tags, tags);
    assert_eq!(node.tag("go", "role").as_deref(), Some("web"));
    assert_eq!(agent.complaints(), Vec::<String>::new());
    assert_eq!(node.complaints(), Vec::<String>::new());
}

fn go() -> Setup {
    Setup::new("go")
}

fn plain() -> Setup {
    go().with("-disable-compression")
}

fn rust() -> Plan {
    Plan::new("rust").wire(HashicorpWire::new().with_compression(false))
}

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_join_a_plain_agent() {
    meet(Joiner::Ours, plain(), rust()).await;
}

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn plain_agent_joins_us() {
    meet(Joiner::Theirs, plain(), rust()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_join_an_agent_and_both_compress() {
    meet(Joiner::Ours, go(), Plan::new("rust").wire(HashicorpWire::new().with_compression(true))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agent_joins_us_and_both_compress() {
    meet(Joiner::Theirs, go(), Plan::new("rust").wire(HashicorpWire::new().with_compression(true))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_join_an_agent_and_one_side_compresses() {
    meet(Joiner::Ours, go(), rust()).await;
    meet(Joiner::Ours, plain(), Plan::new("rust").wire(HashicorpWire::new().with_compression(true))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agent_joins_us_and_one_side_compresses() {
    meet(Joiner::Theirs, go(), rust()).await;
    meet(Joiner::Theirs, plain(), Plan::new("rust").wire(HashicorpWire::new().with_compression(true))).await;
}

/// Whom one of them knows the others learn of, through either kind of node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn chain_of_agents_and_our_nodes_becomes_one_cluster() {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let (rust1, rust2) = (Plan::new("rust1").start().await, Plan::new("rust2").start().await);
    rust1.join(go1.address).await;
    go2.join(rust1.address);
    rust2.join(go2.address).await;
    all_see(&[&go1, &go2], &[&rust1, &rust2], &["go1", "go2", "rust1", "rust2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_join_an_agent_over_ipv6() {
    meet(Joiner::Ours, go().at(address_v6()), Plan::new("rust").at(address_v6())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agent_joins_us_over_ipv6() {
    meet(Joiner::Theirs, go().at(address_v6()), Plan::new("rust").at(address_v6())).await;
}

/// A node that speaks the version before, as serf's library does by default, is as welcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn nodes_of_different_versions_of_serf_join() {
    let older = Versions { delegate_current: 4, ..memberlist::hashicorp::serf::VERSIONS };
    meet(Joiner::Ours, go(), Plan::new("rust").versions(older)).await;
    meet(Joiner::Theirs, go().with("-protocol=4"), Plan::new("rust")).await;
}

/// All others have checksums in front of their packets, in both directions, because both sides say that they read them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn node_that_reads_no_checksums_joins() {
    let older = Versions { protocol_max: 4, ..memberlist::hashicorp::serf::VERSIONS };
    meet(Joiner::Ours, plain(), rust().versions(older)).await;
    meet(Joiner::Theirs, plain(), rust().versions(older)).await;
}

/// Without serf's versions nobody comes in, whoever dials.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn without_the_versions_of_serf_nobody_joins() {
    let agent = go().start();
    let node = Plan::new("rust").versions(Versions::default()).start().await;
    assert!(node.node.join(agent.address.to_string()).await.is_err());
    assert!(agent.ask(&["join", &node.address.to_string()]).is_err());
    wait("the agent refused it", || agent.log().contains("protocol version"));
    assert_eq!((agent.alive(), node.members()), (vec!["go".into()], vec!["rust".into()]));
}
