//! A cluster on the transport: what tests of whole nodes are written with.

use crate::{Fixture, fixture::AddressIn, support::Support};
use memberlist_core::{
    Builder, Delegate, Event, Events, Memberlist, NativeWire, Options, State, Transport, VoidDelegate, proto,
};
use smol_str::{SmolStr, format_smolstr};
use std::time::Duration;

pub(crate) mod ending;
pub(crate) mod failing;
pub(crate) mod intruders;
pub(crate) mod joining;
pub(crate) mod leaving;
pub(crate) mod messages;
pub(crate) mod mismatch;
pub(crate) mod states;
pub(crate) mod story;

/// A node without a delegate.
pub(crate) type Plain<F> = VoidDelegate<SmolStr, AddressIn<F>>;
/// A node on the fixture's transport.
pub(crate) type Node<F, D = Plain<F>> = Memberlist<<F as Fixture>::Transport, D, NativeWire>;

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Everything quick but the finding of failures: on a machine that is busy with other tests, nobody is to be suspected for being late.
pub(crate) fn calm() -> Options {
    let mut protocol = proto::Options::local();
    protocol.probe_interval = ms(5_000);
    protocol.probe_timeout = ms(2_000);
    protocol.gossip_interval = ms(20);
    protocol.retransmit_mult = 4;
    protocol.push_pull_interval = ms(500);
    protocol.stream_timeout = ms(10_000);
    protocol.gossip_to_the_dead = ms(30_000);
    Options::from_protocol(protocol)
}

/// Failures are found within about a second, also such as are none: tests with these options must bear that a member is suspected
/// wrongly for a while.
pub(crate) fn brisk() -> Options {
    let mut options = calm();
    let protocol = &mut options.protocol;
    protocol.probe_interval = ms(200);
    protocol.probe_timeout = ms(80);
    protocol.suspicion_mult = 2;
    protocol.suspicion_max_timeout_mult = 2;
    options
}

pub(crate) trait Cluster: Fixture {
    /// A node of this name at an address of its own.
    async fn node(&self, name: &str, options: Options) -> Node<Self> {
        self.node_on(self.fresh().await, name, Plain::<Self>::new(), options).await
    }

    /// A node with everything given; its frames are the fixture's, unless the options have a label or a keyring.
    async fn node_on<D>(
        &self,
        transport: Self::Transport,
        name: &str,
        delegate: D,
        mut options: Options,
    ) -> Node<Self, D>
    where
        D: Delegate<Id = SmolStr, Address = AddressIn<Self>>,
    {
        if options.framing == memberlist_core::types::Framing::new() {
            options.framing = self.framing();
        }
        let started =
            Builder::new(SmolStr::new(name), transport).with_delegate(delegate).with_options(options).start();
        match self.within("a node starts", started).await {
            Ok(node) => node,
            Err(error) => panic!("{name} does not start: {error}"),
        }
    }

    /// Joins, and must succeed.
    async fn join<D, E>(&self, node: &Node<Self, D>, through: &Node<Self, E>)
    where
        D: Delegate<Id = SmolStr, Address = AddressIn<Self>>,
        E: Delegate<Id = SmolStr, Address = AddressIn<Self>>,
    {
        let address = through.advertise_address();
        match self.within("a join ends", node.join(self.seed(&address))).await {
            Ok(report) => assert_eq!(report.reached(), 1, "{} joined nobody", node.local_id()),
            Err(error) => panic!("{} does not join: {error:?}", node.local_id()),
        }
    }

    /// Nodes n0, n1 …, joined through the first, all seeing all.
    async fn cluster(&self, size: usize, options: impl Fn() -> Options) -> Vec<Node<Self>> {
        let mut nodes: Vec<Node<Self>> = Vec::new();
        for number in 0..size {
            let node = self.node(&format_smolstr!("n{number}"), options()).await;
            if let Some(first) = nodes.first() {
                self.join(&node, first).await;
            }
            nodes.push(node);
        }
        self.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
        nodes
    }

    /// Waits until all see exactly each other, and all alive.
    async fn see_each_other<D>(&self, nodes: &[&Node<Self, D>])
    where
        D: Delegate<Id = SmolStr, Address = AddressIn<Self>>,
    {
        let mut expected: Vec<_> = nodes.iter().map(|node| node.local_id().clone()).collect();
        expected.sort();
        let see = || nodes.iter().all(|node| alive(*node) == expected);
        self.eventually(&format!("{expected:?} see each other"), see).await;
    }

    /// Waits for an event; what else happens is passed over.
    async fn event<O>(
        &self,
        events: &mut Events<SmolStr, AddressIn<Self>>,
        what: &str,
        mut pick: impl FnMut(Event<SmolStr, AddressIn<Self>>) -> Option<O>,
    ) -> O {
        let picked = async {
            while let Some(event) = events.recv().await {
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
            panic!("the events end before: {what}");
        };
        self.within(what, picked).await
    }

    /// Ends the nodes.
    async fn end(&self, nodes: impl IntoIterator<Item = Node<Self>>) {
        for node in nodes {
            self.within("a node shuts down", node.shutdown()).await;
        }
    }
}

impl<F: Fixture> Cluster for F {}

/// The names of the members that are held for alive, sorted.
pub(crate) fn alive<T, D>(node: &Memberlist<T, D, NativeWire>) -> Vec<SmolStr>
where
    T: Transport,
    D: Delegate<Id = SmolStr, Address = memberlist_core::AddressOf<T>>,
    NativeWire: memberlist_core::types::Wire<SmolStr, memberlist_core::AddressOf<T>>,
{
    let members = node.members().into_iter();
    let mut names: Vec<_> =
        members.filter(|member| member.state == State::Alive).map(|member| member.node.id).collect();
    names.sort();
    names
}

pub(crate) fn state<F: Fixture, D>(node: &Node<F, D>, of: &str) -> Option<State>
where
    D: Delegate<Id = SmolStr, Address = AddressIn<F>>,
{
    node.member(&SmolStr::new(of)).map(|member| member.state)
}
