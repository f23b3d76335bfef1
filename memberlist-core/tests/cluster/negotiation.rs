//! Nodes that were built with different algorithms in one cluster: each is sent what it can read.

use crate::harness::*;
use bytes::{Bytes, BytesMut};
use memberlist_core::{
    Builder, Event, Memberlist, Options,
    memory::MemoryNetwork,
    types::{
        ChecksumAlgorithm, Compression, CompressionAlgorithm, DecodeError, EncodeError, Framing, Layers,
        Message, NativeWire, StreamLimits, StreamMessage, Wire, WireFeatures,
    },
};
use smol_str::SmolStr;
use std::net::SocketAddr;

/// The native wire as if nothing but crc32 were compiled in: neither other checksums nor compression, nor what tells of them.
#[derive(Clone, Copy)]
struct Bare;

impl Bare {
    /// The label is empty here.
    fn check(layers: &[u8]) -> Result<(), DecodeError> {
        let inner = if layers.first() == Some(&0x11) { layers.get(5) } else { layers.first() };
        match inner {
            Some(0) | None => Ok(()),
            Some(other) => Err(DecodeError::UnknownLayer(*other)),
        }
    }
}

impl Wire<SmolStr, SocketAddr> for Bare {
    fn features(&self) -> WireFeatures {
        WireFeatures::default()
    }

    fn encode_message(
        &self,
        message: &Message<SmolStr, SocketAddr>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        NativeWire.encode_message(message, out)
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        Wire::<SmolStr, SocketAddr>::packet_overhead(&NativeWire, framing)
    }

    fn message_overhead(&self) -> usize {
        Wire::<SmolStr, SocketAddr>::message_overhead(&NativeWire)
    }

    fn max_packet_messages(&self) -> usize {
        Wire::<SmolStr, SocketAddr>::max_packet_messages(&NativeWire)
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        Wire::<SmolStr, SocketAddr>::encode_packet(&NativeWire, framing, messages)
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<SmolStr, SocketAddr>, DecodeError>),
    ) -> Result<(), DecodeError> {
        Self::check(packet.get(2..).unwrap_or_default())?;
        NativeWire.decode_packet(framing, packet, sink)
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        message: &StreamMessage<SmolStr, SocketAddr>,
    ) -> Result<Bytes, EncodeError> {
        NativeWire.encode_frame(framing, limits, first_by_dialer, message)
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<SmolStr, SocketAddr>>, DecodeError> {
        Self::check(buffer.get(6..).unwrap_or_default())?;
        NativeWire.decode_frame(framing, limits, first_by_dialer, buffer)
    }
}

/// One that sends all it can in the newest way.
fn modern() -> Options {
    let compression = Compression::new(CompressionAlgorithm::Zstd).with_threshold(0);
    let framing =
        Framing::new().with_checksum(Some(ChecksumAlgorithm::XxHash3)).with_compression(Some(compression));
    options().with_framing(framing).with_meta("aaaaaaaa".repeat(30))
}

/// One that was built without anything, and says so; the others would not know from it but by this.
fn bare() -> Options {
    options().with_layers(Layers::BASE).with_meta("bbbbbbbb".repeat(30))
}

async fn bare_node(network: &MemoryNetwork, n: u8) -> Memberlist<crate::harness::Net, Void, Bare> {
    let transport = network.bind(address(n)).unwrap();
    Builder::new(name(n), transport).with_wire(Bare).with_options(bare()).start().await.unwrap()
}

/// Whether a packet is compressed, or has another checksum than crc32.
fn is_modern(packet: &[u8]) -> bool {
    packet[2] != 0x11
}

fn is_compressed(packet: &[u8]) -> bool {
    packet[if packet[2] == 0x11 { 7 } else { 11 }] == 0x28
}

/// A rolling upgrade that switches on zstd and XXH3 does not break the node that was built without them, whoever joined whom.
#[tokio::test(start_paused = true)]
async fn node_without_an_algorithm_lives_among_those_who_use_it() {
    let network = MemoryNetwork::new(1);
    network.record(100_000);
    let (a, old, b) = (
        node_with(&network, 1, Void::new(), modern()).await,
        bare_node(&network, 2).await,
        node_with(&network, 3, Void::new(), modern()).await,
    );
    // A modern one answers a bare one, a bare one answers a modern one.
    old.join(address(1)).await.unwrap();
    b.join(address(2)).await.unwrap();
    eventually("all see each other", || {
        a.num_members() == 3 && b.num_members() == 3 && old.num_members() == 3
    })
    .await;
    let layers = |node: &Node, n| node.member(&name(n)).unwrap().layers;
    for node in [&a, &b] {
        assert_eq!((layers(node, 1), layers(node, 2)), (Layers::compiled_in(), Layers::BASE));
    }
    assert_eq!(old.member(&name(1)).unwrap().layers, Layers::compiled_in(), "who can't use it passes it on");

    let mut heard = old.events();
    for (node, text) in [(&a, "from a"), (&b, "from b")] {
        node.send(&address(2), format!("packet {text} {}", "x".repeat(600))).await.unwrap();
        node.send_reliable(&address(2), format!("stream {text} {}", "x".repeat(100_000))).await.unwrap();
        node.broadcast(format!("broadcast {text} {}", "x".repeat(600))).unwrap();
    }
    let mut expected = vec![];
    for how in ["packet", "stream", "broadcast"] {
        expected.extend([format!("{how} from a"), format!("{how} from b")]);
    }
    soon(async {
        while !expected.is_empty() {
            if let Event::User { payload, .. } = heard.recv().await.unwrap() {
                expected.retain(|word| !payload.starts_with(word.as_bytes()));
            }
        }
    })
    .await;
    // Probes, gossip and push/pulls of everybody with everybody.
    tokio::time::sleep(ms(10_000)).await;
    let bad = [a.stats().decode_rejections, old.stats().decode_rejections, b.stats().decode_rejections];
    assert_eq!(bad, [0; 3]);
    let trouble =
        |stats: memberlist_core::Stats| stats.protocol.refutations + stats.protocol.suspect_accepted;
    assert_eq!(trouble(a.stats()) + trouble(b.stats()) + trouble(old.stats()), 0);

    let packets = network.recorded();
    let between = |ends: [u8; 2]| {
        let ends = ends.map(address);
        packets
            .iter()
            .filter(move |(from, to, _)| *from == ends[0] && *to == ends[1])
            .map(|(_, _, packet)| packet)
    };
    for old_end in [[1, 2], [3, 2], [2, 1], [2, 3]] {
        assert!(between(old_end).count() > 10);
        assert!(!between(old_end).any(|packet| is_modern(packet)), "{old_end:?}");
    }
    for modern_end in [[1, 3], [3, 1]] {
        let modern = between(modern_end).filter(|packet| is_modern(packet)).count();
        assert!(modern > 10 && modern + 3 >= between(modern_end).count(), "{modern}");
        assert!(between(modern_end).any(|packet| is_compressed(packet)));
    }
}

/// Streams, too: request, answer and messages are compressed between those who read it, and for nobody else.
#[tokio::test(start_paused = true)]
async fn streams_are_compressed_for_those_who_read_it() {
    let network = MemoryNetwork::new(1);
    let (a, old, b) = (
        node_with(&network, 1, Void::new(), modern()).await,
        bare_node(&network, 2).await,
        node_with(&network, 3, Void::new(), modern()).await,
    );
    old.join(address(1)).await.unwrap();
    b.join(address(1)).await.unwrap();
    eventually("the bare one knows all", || old.num_members() == 3).await;
    let cost = |before: u64| a.stats().stream_bytes_sent - before;
    let payload = Bytes::from(vec![7; 300_000]);
    let before = a.stats().stream_bytes_sent;
    a.send_reliable(&address(3), payload.clone()).await.unwrap();
    assert!(cost(before) < 30_000, "{}", cost(before));
    let before = a.stats().stream_bytes_sent;
    a.send_reliable(&address(2), payload).await.unwrap();
    assert!(cost(before) > 300_000, "{}", cost(before));

    // The answer to who is no member yet goes by what its request says.
    let received = |options: Options, n: u8| {
        let network = network.clone();
        async move {
            let node = node_with(&network, n, Void::new(), options).await;
            node.join(address(1)).await.unwrap();
            node.stats().stream_bytes_received
        }
    };
    let (compressed, plain) = (received(modern(), 4).await, received(bare(), 5).await);
    assert!(compressed * 2 < plain, "{compressed} and {plain} bytes");
}

/// What is asked for is an upper bound: filled to the brim, no packet exceeds its budget, whoever it goes to.
#[tokio::test(start_paused = true)]
async fn full_packets_keep_to_the_budget_whatever_they_are_wrapped_in() {
    let network = MemoryNetwork::new(1);
    network.record(10_000);
    let mut small = modern().with_meta("");
    small.protocol.packet_size = 800;
    let a = node_with(&network, 1, Void::new(), small).await;
    let old = bare_node(&network, 2).await;
    let b = node_with(&network, 3, Void::new(), modern()).await;
    old.join(address(1)).await.unwrap();
    b.join(address(1)).await.unwrap();
    eventually("all see each other", || a.num_members() == 3).await;
    let mut noise = rand_pcg::Pcg64::new(3, 1);
    for len in 1..=a.max_user_payload() {
        let mut payload = vec![0; len];
        rand_core::Rng::fill_bytes(&mut noise, &mut payload);
        a.send(&address(2), payload.clone()).await.unwrap();
        a.send(&address(3), payload).await.unwrap();
        tokio::time::sleep(ms(1)).await;
    }
    tokio::time::sleep(ms(100)).await;
    let sizes: Vec<_> = network
        .recorded()
        .into_iter()
        .filter(|(from, ..)| *from == address(1))
        .map(|(.., p)| p.len())
        .collect();
    let largest = sizes.iter().max().copied();
    assert!(largest.is_some_and(|largest| (780..=800).contains(&largest)), "{largest:?}");
    assert_eq!((old.stats().decode_rejections, b.stats().decode_rejections), (0, 0));
}
