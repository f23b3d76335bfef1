//! Whole clusters over real sockets on loopback.

#![cfg(all(feature = "tokio", feature = "tcp"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod addresses;
mod allowed;
mod bad_input;
mod churn;
mod failure;
mod healing;
mod leaving;
mod messages;
mod restart;
mod streams_only;

use memberlist::core::Transport;
use memberlist::prelude::*;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

type MyEvent = Event<SmolStr, SocketAddr>;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(120);

/// A node, and all that it told.
struct Watched {
    node: TcpMemberlist,
    events: Events<SmolStr, SocketAddr>,
    seen: Vec<MyEvent>,
}

impl Watched {
    fn new(node: TcpMemberlist) -> Self {
        let events = node.events();
        Self { node, events, seen: Vec::new() }
    }

    fn id(&self) -> &SmolStr {
        self.node.local_id()
    }

    fn address(&self) -> SocketAddr {
        self.node.advertise_address()
    }

    /// All events so far.
    fn seen(&mut self) -> &[MyEvent] {
        while let Some(event) = self.events.try_recv() {
            assert!(!matches!(event, Event::Lagged(_)), "events were lost");
            self.seen.push(event);
        }
        &self.seen
    }

    /// Whom it suspected so far, rightly or wrongly.
    fn suspected(&mut self) -> BTreeSet<SmolStr> {
        ids(self.seen(), |event| match event {
            Event::Suspected { member, .. } => Some(member),
            _ => None,
        })
    }

    /// Whom it declared dead, or heard declared dead.
    fn failed(&mut self) -> BTreeSet<SmolStr> {
        ids(self.seen(), |event| match event {
            Event::Failed { member, .. } => Some(member),
            _ => None,
        })
    }

    fn left(&mut self) -> BTreeSet<SmolStr> {
        ids(self.seen(), |event| match event {
            Event::Left(member) => Some(member),
            _ => None,
        })
    }

    /// Ends it as a crash or a pulled cable would: the sockets are gone without a goodbye.
    async fn kill(self) {
        self.node.transport().shutdown().await;
        self.node.shutdown().await;
    }
}

fn ids(
    events: &[MyEvent],
    pick: impl Fn(&MyEvent) -> Option<&Member<SmolStr, SocketAddr>>,
) -> BTreeSet<SmolStr> {
    events.iter().filter_map(pick).map(|member| member.node.id.clone()).collect()
}

fn set(ids: &[&str]) -> BTreeSet<SmolStr> {
    ids.iter().map(SmolStr::new).collect()
}

/// The test's own: ports are used again, so without it a node that looks for the dead of one test could find the living of another.
fn label() -> String {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    format!("{} {test}", std::process::id())
}

/// A node on a free port of the IPv4 loopback, with the LAN's timing.
async fn start(id: &str) -> Watched {
    start_with(id, Options::lan(), NetOptions::new()).await
}

async fn start_with(id: &str, options: Options, net: NetOptions) -> Watched {
    let mut builder = memberlist::tokio::builder(id).bind("127.0.0.1:0").net_options(net);
    if options.framing.label.is_empty() {
        builder = builder.label(&label());
    }
    Watched::new(builder.options(options).start().await.unwrap())
}

/// Nodes `n0`, `n1` … that have all joined through the first and all see each other.
async fn cluster(size: usize, options: Options, net: NetOptions) -> Vec<Watched> {
    let mut nodes = Vec::new();
    for number in 0..size {
        nodes.push(start_with(&format!("n{number}"), options.clone(), net.clone()).await);
    }
    let seed = nodes[0].address();
    for node in &nodes[1..] {
        join(node, seed).await;
    }
    until("all see all", || nodes.iter().all(|node| node.node.num_members() == size)).await;
    nodes
}

/// Joins, and tries again if the machine was too slow.
async fn join(node: &Watched, seed: SocketAddr) {
    let begin = Instant::now();
    while let Err(error) = node.node.join(seed).await {
        assert!(begin.elapsed() < DEADLINE, "{}: {error}", node.id());
    }
}

/// Waits until the condition holds.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn end(nodes: Vec<Watched>) {
    for node in nodes {
        node.node.shutdown().await;
    }
}
