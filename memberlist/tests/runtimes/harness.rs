use memberlist::agnostic::Runtime;
use memberlist::net::{HostResolver, NetTransport};
use memberlist::prelude::*;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Instant;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) type List<R> = Memberlist<NetTransport<HostResolver<R>, R>, VoidDelegate<SmolStr, SocketAddr>>;

/// A node on a free port of the loopback, with the LAN's timing.
pub(crate) async fn start<R: Runtime>(id: &str, net: NetOptions) -> List<R> {
    // Ports are used again: without it a node that looks for the dead of one test could find the living of another.
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let label = format!("{} {test}", std::process::id());
    let builder = TcpBuilder::<R, SmolStr>::new(id.into()).bind("127.0.0.1:0").label(&label);
    builder.net_options(net).start().await.unwrap()
}

/// Nodes `n0`, `n1` … that have all joined through the first and all see each other.
pub(crate) async fn cluster<R: Runtime>(size: usize, net: NetOptions) -> Vec<List<R>> {
    let mut nodes = Vec::new();
    for number in 0..size {
        nodes.push(start::<R>(&format!("n{number}"), net.clone()).await);
    }
    for node in nodes.iter().skip(1) {
        join(node, nodes[0].advertise_address()).await;
    }
    until::<R>("all see all", || nodes.iter().all(|node| node.num_members() == size)).await;
    nodes
}

/// Joins, and tries again if the machine was too slow.
pub(crate) async fn join<R: Runtime>(node: &List<R>, seed: SocketAddr) {
    let begin = Instant::now();
    while let Err(error) = node.join(seed).await {
        assert!(begin.elapsed() < DEADLINE, "{}: {error}", node.local_id());
    }
}

/// Waits until the condition holds.
pub(crate) async fn until<R: Runtime>(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        R::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits for what must come.
pub(crate) async fn within<R: Runtime, T>(what: impl Future<Output = T>) -> T {
    R::timeout_local(DEADLINE, what).await.expect("nothing happened before the deadline")
}

pub(crate) async fn end<R: Runtime>(nodes: Vec<List<R>>) {
    for node in nodes {
        within::<R, _>(node.shutdown()).await;
    }
}
