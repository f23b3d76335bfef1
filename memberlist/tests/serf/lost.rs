//! Packets between our node and agents are lost; streams are not.

use crate::agent::{Agent, PORT, address};
use crate::{Setup, wait};
use bytes::Bytes;
use memberlist::core::{AddressOf, Packet, Transport};
use memberlist::hashicorp::{self, HashicorpWire, SerfPresence, serf};
use memberlist::net::{HostResolver, NetError};
use memberlist::prelude::*;
use memberlist::tokio::{TcpTransport, TokioRuntime};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Loses the packets to and from some addresses.
struct Lossy {
    inner: TcpTransport,
    loss: Arc<Loss>,
}

#[derive(Default)]
struct Loss {
    unreachable: Mutex<Vec<SocketAddr>>,
    /// Packets that were to be sent.
    lost: AtomicUsize,
}

impl Loss {
    fn concerns(&self, address: &SocketAddr) -> bool {
        self.unreachable.lock().unwrap().contains(address)
    }
}

impl Transport for Lossy {
    type Runtime = TokioRuntime;
    type Resolver = HostResolver<TokioRuntime>;
    type Stream = <TcpTransport as Transport>::Stream;
    type Error = NetError;

    fn resolver(&self) -> &Self::Resolver {
        self.inner.resolver()
    }

    fn advertise_address(&self) -> &AddressOf<Self> {
        self.inner.advertise_address()
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), NetError> {
        if self.loss.concerns(to) {
            self.loss.lost.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        self.inner.send_packet(to, packet).await
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, NetError> {
        loop {
            let packet = self.inner.recv_packet().await?;
            if !self.loss.concerns(&packet.from) {
                return Ok(packet);
            }
        }
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<Self::Stream, NetError> {
        self.inner.open_stream(to).await
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, Self::Stream), NetError> {
        self.inner.accept_stream().await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}

/// Two agents and our node, which lost no packets yet.
struct Three {
    agents: [Agent; 2],
    node: Memberlist<Lossy, SerfPresence, HashicorpWire>,
    loss: Arc<Loss>,
    events: Events<SmolStr, SocketAddr>,
}

impl Three {
    async fn start(stream_ping: bool) -> Self {
        let agents = [Setup::new("go1").start(), Setup::new("go2").start()];
        agents[1].join(agents[0].address);
        let mut net = NetOptions::new();
        net.bind = vec![SocketAddr::from((address(), PORT)).into()];
        let inner = TcpTransport::bind(HostResolver::new(PORT), net).await.unwrap();
        let loss = Arc::new(Loss::default());
        let transport = Lossy { inner, loss: Arc::clone(&loss) };
        let mut options = hashicorp::local().with_versions(serf::VERSIONS);
        options.protocol.stream_ping = stream_ping;
        let (presence, wire) = (SerfPresence::new("rust"), HashicorpWire::new());
        let node = Memberlist::new("rust".into(), transport, presence, wire, options).await.unwrap();
        node.join(agents[0].address.to_string()).await.unwrap();
        wait("all see all", || {
            node.num_members() == 3 && agents.iter().all(|agent| agent.alive() == ["go1", "go2", "rust"])
        });
        let events = node.events();
        Self { agents, node, loss, events }
    }

    fn lose(&self, agents: &[&Agent]) {
        *self.loss.unreachable.lock().unwrap() = agents.iter().map(|agent| agent.address).collect();
    }

    /// Nobody was suspected by anybody.
    fn is_calm(&mut self) {
        while let Some(event) = self.events.try_recv() {
            assert!(!matches!(event, Event::Suspected { .. } | Event::Refuted { .. }), "{event:?}");
        }
        for agent in &self.agents {
            assert!(!agent.log().contains("[INFO] memberlist: Suspect"), "{} suspected somebody", agent.name);
            assert_eq!(agent.alive(), ["go1", "go2", "rust"]);
        }
        assert_eq!(self.node.num_members(), 3);
    }
}

fn counted(agent: &Agent, what: &str) -> usize {
    agent.log().matches(what).count()
}

/// Each side asks the other agent to ping in its place, and gets the answer through it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agents_help_us_to_probe_and_we_are_probed_with_help() {
    let mut three = Three::start(false).await;
    three.lose(&[&three.agents[0]]);
    // Where there is only one candidate an agent does not always find it, and tries a stream then.
    let helped =
        |agent| counted(agent, "Failed ping: rust").saturating_sub(counted(agent, "other probes failed"));
    wait("pings of both sides are lost", || {
        helped(&three.agents[0]) >= 3 && three.loss.lost.load(Ordering::Relaxed) >= 6
    });
    three.is_calm();
}

/// G-01.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn pings_on_streams_save_both_sides_when_all_packets_are_lost() {
    let mut three = Three::start(true).await;
    three.lose(&[&three.agents[0], &three.agents[1]]);
    wait("both agents ping on streams", || {
        three
            .agents
            .iter()
            .all(|agent| counted(agent, "Was able to connect to rust but other probes failed") >= 2)
    });
    let lost = three.loss.lost.load(Ordering::Relaxed);
    wait("our pings are lost", || three.loss.lost.load(Ordering::Relaxed) >= lost + 6);
    three.is_calm();
}
