//! A cluster of which only a few nodes are real: the others answer pings, and that is all.

use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{
    Builder, Capabilities, Delegate, Memberlist, Meta, NativeWire, Node, Options, Packet, State, Transport,
    VoidDelegate,
    memory::{MemoryError, MemoryNetwork, MemoryTransport},
    proto::{Exchange, ExchangeOutput},
    types::{Ack, Framing, Message, NodeState, PushPull, StreamLimits, StreamMessage, Versions, Wire},
};
use smol_str::{SmolStr, format_smolstr};
use std::net::{IpAddr, SocketAddr};

pub(crate) type Void = VoidDelegate<SmolStr, SocketAddr>;
pub(crate) type Real<D = Void> = Memberlist<Crowded, D, NativeWire>;
type States = Vec<NodeState<SmolStr, SocketAddr>>;

/// The address of a real node.
pub(crate) fn real(n: u8) -> SocketAddr {
    ([10, 0, 0, n], 7946).into()
}

/// The address of one of the crowd.
fn extra(n: u32) -> SocketAddr {
    let [_, high, middle, low] = n.to_be_bytes();
    ([11, high, middle, low], 7946).into()
}

fn is_extra(address: &SocketAddr) -> bool {
    matches!(address.ip(), IpAddr::V4(ip) if ip.octets()[0] == 11)
}

/// What is said of the crowd.
pub(crate) fn crowd(size: u32) -> States {
    (0..size)
        .map(|n| NodeState {
            node: Node::new(format_smolstr!("node-{n:05}.example.net"), extra(n)),
            meta: Meta::new(format!("role=cache;zone={}", n % 7)),
            incarnation: 1_700_000_000.into(),
            state: State::Alive,
            versions: Some(Versions::default()),
            layers: Default::default(),
        })
        .collect()
}

/// The in-memory transport, with a crowd behind it that answers pings.
pub(crate) struct Crowded {
    inner: MemoryTransport<TokioRuntime>,
    network: MemoryNetwork,
    framing: Framing,
}

impl Crowded {
    fn answer(&self, from: SocketAddr, packet: Bytes) {
        let mut acks = Vec::new();
        let _ = NativeWire.decode_packet(&self.framing, packet, &mut |message| {
            if let Ok(Message::Ping(ping)) = message {
                let ping: memberlist_core::types::Ping<SmolStr, SocketAddr> = ping;
                let ack = Message::<SmolStr, SocketAddr>::Ack(Ack { seq: ping.seq, payload: Bytes::new() });
                let mut bytes = Vec::new();
                NativeWire.encode_message(&ack, &mut bytes).unwrap();
                acks.push(Bytes::from(bytes));
            }
        });
        if !acks.is_empty() {
            let wire: &dyn Wire<SmolStr, SocketAddr> = &NativeWire;
            let packet = wire.encode_packet(&self.framing, &acks).unwrap();
            self.network.inject(from, *self.inner.advertise_address(), packet);
        }
    }
}

impl Transport for Crowded {
    type Runtime = TokioRuntime;
    type Resolver = <MemoryTransport<TokioRuntime> as Transport>::Resolver;
    type Stream = <MemoryTransport<TokioRuntime> as Transport>::Stream;
    type Error = MemoryError;

    fn resolver(&self) -> &Self::Resolver {
        self.inner.resolver()
    }

    fn advertise_address(&self) -> &SocketAddr {
        self.inner.advertise_address()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), MemoryError> {
        if is_extra(to) {
            self.answer(*to, packet);
            return Ok(());
        }
        self.inner.send_packet(to, packet).await
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, MemoryError> {
        self.inner.recv_packet().await
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<Self::Stream, MemoryError> {
        self.inner.open_stream(to).await
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, Self::Stream), MemoryError> {
        self.inner.accept_stream().await
    }

    async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}

/// The real node `n`.
pub(crate) async fn start<D>(network: &MemoryNetwork, n: u8, delegate: D, options: &Options) -> Real<D>
where
    D: Delegate<Id = SmolStr, Address = SocketAddr>,
{
    let inner = network.bind(real(n)).unwrap();
    let transport = Crowded { inner, network: network.clone(), framing: options.framing.clone() };
    Builder::new(format_smolstr!("real-{n}"), transport)
        .with_delegate(delegate)
        .with_options(options.clone())
        .start()
        .await
        .unwrap()
}

/// Makes a node know the crowd: it joins somebody who tells of it, and is gone then.
pub(crate) async fn acquaint<D>(network: &MemoryNetwork, node: &Real<D>, states: States)
where
    D: Delegate<Id = SmolStr, Address = SocketAddr>,
{
    let framing = node.options().framing.clone();
    let teller: MemoryTransport<TokioRuntime> = network.bind(real(250)).unwrap();
    let tell = async {
        let (_, mut stream) = teller.accept_stream().await.unwrap();
        let mut exchange = Exchange::accept(StreamLimits::default());
        let mut buffer = vec![0; 4096];
        while !matches!(exchange.poll_output(), Some(ExchangeOutput::PushPullRequest(_))) {
            let read = stream.read(&mut buffer).await.unwrap();
            exchange.handle_data(&NativeWire, &framing, &buffer[..read]).unwrap();
        }
        let state = StreamMessage::PushPull(PushPull { join: true, states, user: Bytes::new() });
        exchange.reply(&NativeWire, &framing, &state).unwrap();
        while let Some(bytes) = exchange.poll_write() {
            stream.write_all(&bytes).await.unwrap();
        }
        stream.close().await.unwrap();
    };
    let (joined, ()) = futures_util::future::join(node.join(real(250)), tell).await;
    joined.unwrap();
}
