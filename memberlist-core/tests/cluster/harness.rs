//! What the tests build their clusters with.

use agnostic::tokio::TokioRuntime;
use memberlist_core::{
    Builder, Delegate, Memberlist, NativeWire, Options, State, VoidDelegate,
    memory::{MemoryNetwork, MemoryTransport},
    proto,
};
use smol_str::{SmolStr, format_smolstr};
use std::{net::SocketAddr, time::Duration};

pub(crate) type Net = MemoryTransport<TokioRuntime>;
pub(crate) type Void = VoidDelegate<SmolStr, SocketAddr>;
pub(crate) type Node<D = Void> = Memberlist<Net, D, NativeWire>;

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The n-th address of the test network.
pub(crate) fn address(n: u8) -> SocketAddr {
    ([10, 0, 0, n], 7946).into()
}

/// A cluster ten times as fast as on one machine.
pub(crate) fn options() -> Options {
    let mut protocol = proto::Options::local();
    protocol.probe_interval = ms(100);
    protocol.probe_timeout = ms(30);
    protocol.gossip_interval = ms(20);
    protocol.push_pull_interval = ms(2_000);
    protocol.stream_timeout = ms(1_000);
    protocol.gossip_to_the_dead = ms(3_000);
    protocol.healing_interval = ms(300);
    protocol.healing_interval_max = ms(2_000);
    protocol.retransmit_mult = 4;
    let mut options = Options::from_protocol(protocol);
    options.resolve_interval = ms(500);
    options
}

/// A node named "n1" … at `address(n)`.
pub(crate) async fn node(network: &MemoryNetwork, n: u8) -> Node {
    node_with(network, n, Void::new(), options()).await
}

pub(crate) async fn node_with<D>(network: &MemoryNetwork, n: u8, delegate: D, options: Options) -> Node<D>
where
    D: Delegate<Id = SmolStr, Address = SocketAddr>,
{
    named(network, name(n), n, delegate, options).await
}

pub(crate) async fn named<D>(
    network: &MemoryNetwork,
    id: SmolStr,
    n: u8,
    delegate: D,
    options: Options,
) -> Node<D>
where
    D: Delegate<Id = SmolStr, Address = SocketAddr>,
{
    let transport = network.bind(address(n)).expect("the address is free");
    Builder::new(id, transport)
        .with_delegate(delegate)
        .with_options(options)
        .start()
        .await
        .expect("the node starts")
}

pub(crate) fn name(n: u8) -> SmolStr {
    format_smolstr!("n{n}")
}

/// Nodes 1 to `n`, each joined through the first, all seeing all.
pub(crate) async fn cluster(network: &MemoryNetwork, n: u8) -> Vec<Node> {
    let mut nodes = vec![node(network, 1).await];
    for n in 2..=n {
        let joiner = node(network, n).await;
        joiner.join(address(1)).await.expect("the first node is there");
        nodes.push(joiner);
    }
    see_each_other(&nodes).await;
    nodes
}

/// Waits until all see exactly each other.
pub(crate) async fn see_each_other<D: Delegate<Id = SmolStr, Address = SocketAddr>>(nodes: &[Node<D>]) {
    let mut expected: Vec<SmolStr> = nodes.iter().map(|node| node.local_id().clone()).collect();
    expected.sort();
    eventually("all see exactly each other", || nodes.iter().all(|node| members(node) == expected)).await;
}

/// The names of a node's members, sorted.
pub(crate) fn members<D: Delegate<Id = SmolStr, Address = SocketAddr>>(node: &Node<D>) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = node.members().into_iter().map(|member| member.node.id).collect();
    names.sort();
    names
}

pub(crate) fn state<D: Delegate<Id = SmolStr, Address = SocketAddr>>(node: &Node<D>, n: u8) -> Option<State> {
    node.member(&name(n)).map(|member| member.state)
}

/// Waits for a condition, for two (virtual) minutes at most.
#[track_caller]
pub(crate) fn eventually<'a>(
    what: &'a str,
    mut condition: impl FnMut() -> bool + 'a,
) -> impl Future<Output = ()> + 'a {
    let place = std::panic::Location::caller();
    async move {
        let holds = async {
            while !condition() {
                tokio::time::sleep(ms(5)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(120), holds).await.is_err() {
            panic!("never: {what} (waited for at {place})");
        }
    }
}

/// Waits for a future that must end within two (virtual) minutes.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(Duration::from_secs(120), future).await {
            Ok(output) => output,
            Err(_) => panic!("never ended (waited for at {place})"),
        }
    }
}
