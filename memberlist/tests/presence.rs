//! Nodes of ours with the presence of serf among each other, on HashiCorp's wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use memberlist::hashicorp::serf::{self, Tags};
use memberlist::hashicorp::{self, HashicorpWire, SerfMember, SerfPresence};
use memberlist::prelude::*;
use std::time::Instant;

type Node = TcpMemberlist<SerfPresence, HashicorpWire>;

const DEADLINE: Duration = Duration::from_secs(60);

async fn start(name: &str) -> Node {
    let tags = Tags::new().with("of", name);
    let presence = SerfPresence::new(name).with_tags(&tags).unwrap();
    let mut options = hashicorp::local().with_versions(serf::VERSIONS);
    options.protocol.push_pull_interval = Duration::from_millis(500);
    let builder = memberlist::tokio::builder(name).bind("127.0.0.1:0").options(options);
    builder.wire(HashicorpWire::new()).delegate(presence).start().await.unwrap()
}

/// Nodes that have joined through the first and see each other.
async fn cluster(names: &[&str]) -> Vec<Node> {
    let mut nodes = Vec::new();
    for name in names {
        let node = start(name).await;
        if let Some(first) = nodes.first() {
            node.join(Node::advertise_address(first)).await.unwrap();
            drop(node.announce_serf().unwrap());
        }
        nodes.push(node);
    }
    until("all see all", || nodes.iter().all(|node| node.num_members() == names.len())).await;
    nodes
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn tag(node: &Node, of: &str) -> Option<String> {
    let tags = Tags::from_meta(&node.member(&of.into())?.meta).unwrap();
    tags.get("of").map(String::from)
}

async fn end(nodes: Vec<Node>) {
    for node in nodes {
        assert_eq!(node.delegate().stats().malformed, 0);
        node.shutdown().await;
    }
}

#[tokio::test]
async fn tags_are_known_to_all_and_change() {
    let nodes = cluster(&["a", "b", "c"]).await;
    until("tags", || nodes.iter().all(|node| tag(node, "c").as_deref() == Some("c"))).await;
    drop(nodes[2].set_serf_tags(&Tags::new().with("of", "other")).await.unwrap());
    until("other tags", || nodes.iter().all(|node| tag(node, "c").as_deref() == Some("other"))).await;
    assert!(nodes[2].set_serf_tags(&Tags::new().with("of", "x".repeat(600))).await.is_err());
    end(nodes).await;
}

/// Whoever hears it passes it on; whom gossip leaves out after all is told in a push/pull.
#[tokio::test]
async fn user_event_reaches_everybody_once() {
    let nodes = cluster(&["a", "b", "c", "d", "e", "f", "g", "h"]).await;
    for number in 0..20 {
        drop(nodes[0].serf_event("deploy", format!("v{number}"), false).unwrap());
    }
    let heard = |node: &Node| node.delegate().stats().user_events;
    until("all heard all", || nodes[1..].iter().all(|node| heard(node) == 20)).await;
    assert_eq!(heard(&nodes[0]), 0, "our own are no news");
    end(nodes).await;
}

#[tokio::test]
async fn who_leaves_has_left_and_can_come_back() {
    let nodes = cluster(&["a", "b", "c"]).await;
    let state = |node: &Node| node.member(&"c".into()).map(|member| member.state);
    // How many confirm depends on what is sooner: their answers, or that gossip has handed it out.
    nodes[2].leave_serf(Duration::from_secs(20)).await.unwrap();
    assert!(nodes[2].leave_serf(Duration::from_secs(20)).await.is_ok(), "it has left already");
    until("c has left", || nodes[..2].iter().all(|node| state(node) == Some(State::Left))).await;
    drop(nodes[2].rejoin_serf().await.unwrap());
    assert!(nodes[2].rejoin_serf().await.is_err(), "it is back already");
    until("c is back", || nodes[..2].iter().all(|node| state(node) == Some(State::Alive))).await;
    end(nodes).await;
}

/// Alone, there is nobody to wait for.
#[tokio::test]
async fn who_is_alone_leaves_at_once() {
    let node = start("a").await;
    let begin = Instant::now();
    assert_eq!(node.leave_serf(DEADLINE).await.unwrap(), 0);
    assert!(begin.elapsed() < DEADLINE / 4);
    node.shutdown().await;
}
