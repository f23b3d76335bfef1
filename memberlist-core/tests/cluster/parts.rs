//! Full states in parts, and what all streams together may hold.

use crate::harness::*;
use bytes::{Bytes, BytesMut};
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{
    CompositeDelegate, Event, Meta, NativeWire, Node as Named, Options, State,
    delegate::NodeDelegate,
    memory::{MemoryNetwork, MemoryStream},
    proto::Exchange,
    types::{
        Compression, CompressionAlgorithm, Framing, NodeState, Ping, PushPull, SequenceNumber, StreamLimits,
        StreamMessage, Versions, Wire,
    },
};
use smol_str::{SmolStr, format_smolstr};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

type Message = StreamMessage<SmolStr, SocketAddr>;

/// States of nodes that are nowhere.
pub(crate) fn far(size: u16) -> Vec<NodeState<SmolStr, SocketAddr>> {
    (0..size)
        .map(|n| {
            let [high, low] = n.to_be_bytes();
            NodeState {
                node: Named::new(format_smolstr!("far-{n}"), ([10, 1, high, low], 1).into()),
                meta: Meta::EMPTY,
                incarnation: 1.into(),
                state: State::Alive,
                versions: Some(Versions::default()),
                layers: Default::default(),
            }
        })
        .collect()
}

fn frame(framing: &Framing, message: &Message) -> Bytes {
    NativeWire.encode_frame(framing, &StreamLimits::default(), true, message).unwrap()
}

/// The frames of a push/pull that tells of so many, in parts.
fn parts(size: u16, user: &[u8]) -> Vec<Bytes> {
    let mut exchange = Exchange::dial_push_pull(&NativeWire, StreamLimits::default(), 77, false);
    let mut states = far(size).into_iter();
    let first = Bytes::copy_from_slice(user);
    exchange.send_part(&NativeWire, &Framing::new(), vec![], first, true).unwrap();
    while states.len() > 0 {
        let part = states.by_ref().take(100).collect();
        let more = states.len() > 0;
        exchange.send_part(&NativeWire, &Framing::new(), part, Bytes::new(), more).unwrap();
    }
    std::iter::from_fn(|| exchange.poll_write()).collect()
}

/// All the frames that come, until the end of the stream.
async fn hear(stream: &mut MemoryStream) -> Vec<(usize, Message)> {
    let mut all = vec![];
    soon(stream.read_to_end(&mut all)).await.unwrap();
    let mut buffer = BytesMut::from(all.as_slice());
    let mut frames = vec![];
    while !buffer.is_empty() {
        let before = buffer.len();
        let message =
            NativeWire.decode_frame(&Framing::new(), &StreamLimits::default(), false, &mut buffer).unwrap();
        frames.push((before - buffer.len(), message.expect("whole frames")));
    }
    frames
}

/// P-18: the answer to parts are parts, of a size that nobody has to hold much for, within the same conversation
#[tokio::test(start_paused = true)]
async fn a_large_state_is_told_in_parts_of_moderate_size() {
    let network = MemoryNetwork::new(1);
    let a = node(&network, 1).await;
    // It knows nobody but itself, and then all.
    for told in [1, 6_001] {
        assert_eq!(a.known().len(), told);
        let request = parts(6_000, b"state");
        let mut stream = network.connect(address(11), address(1)).unwrap();
        for frame in &request {
            stream.write_all(frame).await.unwrap();
        }
        let answer = hear(&mut stream).await;
        assert_eq!(answer.len() > 1, told > 1);
        let (mut states, last) = (0, answer.len() - 1);
        for (n, (size, message)) in answer.into_iter().enumerate() {
            assert!(size < 256 << 10, "{size}");
            let Message::PushPullPart(part) = message else { panic!("{message}") };
            let number = u32::try_from(request.len() + n).unwrap();
            assert_eq!((part.conversation, part.number, part.more), (77, number, n < last));
            states += part.piece.states.len();
        }
        assert_eq!(states, told);
        eventually("it is merged", || a.known().len() == 6_001).await;
    }
}

/// A stream that ends between two parts, or within one: nothing counts, and it is counted as truncated
#[tokio::test(start_paused = true)]
async fn parts_without_their_last_are_as_nothing() {
    let network = MemoryNetwork::new(1);
    let a = node(&network, 1).await;
    let frames = parts(3_000, b"state");
    let whole = frames.concat();
    let between: usize = frames.iter().take(10).map(Bytes::len).sum();
    for (n, cut) in [between, between + 1, whole.len() - 1].into_iter().enumerate() {
        let mut stream = network.connect(address(11), address(1)).unwrap();
        stream.write_all(&whole[..cut]).await.unwrap();
        stream.close().await.unwrap();
        eventually("it is noticed", || a.stats().decode_rejected("truncated") == n as u64 + 1).await;
        assert_eq!((a.known().len(), a.stats().protocol.push_pulls), (1, 0));
    }
    // Parts that are out of order are no better.
    let mut stream = network.connect(address(11), address(1)).unwrap();
    for frame in [&frames[0], &frames[2]] {
        stream.write_all(frame).await.unwrap();
    }
    let answer = hear(&mut stream).await;
    assert!(
        matches!(&answer[..], [(_, Message::Error(text))] if text.contains("number of a part")),
        "{answer:?}"
    );
    assert_eq!(a.known().len(), 1);
}

/// Tells this, and keeps what it is told.
pub(crate) struct Talkative {
    pub(crate) says: Bytes,
    pub(crate) heard: Arc<Mutex<Vec<(Bytes, bool)>>>,
}

impl NodeDelegate<SocketAddr> for Talkative {
    async fn local_state(&self, _: bool) -> Bytes {
        self.says.clone()
    }

    async fn merge_remote_state(&self, state: Bytes, join: bool) {
        self.heard.lock().unwrap().push((state, join));
    }
}

/// States of the application that are larger than a part arrive as they were, in both directions
#[tokio::test(start_paused = true)]
async fn large_states_of_the_application_arrive_as_they_were() {
    let network = MemoryNetwork::new(1);
    let pattern = |len: usize, step: usize| Bytes::from_iter((0..len).map(|n| (n / step) as u8));
    // Exactly a part, just above and below, and many.
    for (n, (mine, theirs)) in
        [(1 << 17, (1 << 17) + 1), ((1 << 17) - 1, 3_000_000), (1_000_000, 0)].into_iter().enumerate()
    {
        let says = [pattern(mine, 7), pattern(theirs, 11)];
        let heard: [Arc<Mutex<Vec<_>>>; 2] = Default::default();
        let mut nodes = vec![];
        for k in 0..2 {
            let delegate = Talkative { says: says[k].clone(), heard: Arc::clone(&heard[k]) };
            let delegate = CompositeDelegate::<SmolStr, SocketAddr>::new().with_node_delegate(delegate);
            let number = u8::try_from(10 * n + k + 1).unwrap();
            nodes.push(node_with(&network, number, delegate, options()).await);
        }
        nodes[1].join(nodes[0].advertise_address()).await.unwrap();
        let got = |k: usize, what: &Bytes| {
            what.is_empty() || heard[k].lock().unwrap().iter().any(|(state, join)| state == what && *join)
        };
        eventually("both have heard", || got(0, &says[1]) && got(1, &says[0])).await;
    }
}

fn narrow() -> Options {
    let mut options = options()
        .with_max_inbound_bytes(3usize << 20)
        .with_stream_limits(StreamLimits::default().with_max_frame(1 << 20).with_max_user((1 << 20) - 1024));
    options.protocol.stream_timeout = ms(10_000);
    options
}

/// P-19: strangers who fill the memory for streams get no more, and take nothing from those who say little; in the end all is given back
#[tokio::test(start_paused = true)]
async fn all_streams_together_hold_no_more_than_the_budget() {
    let network = MemoryNetwork::new(1);
    let a = node_with(&network, 1, Void::new(), narrow()).await;
    let large = frame(&Framing::new(), &StreamMessage::User(vec![7; 900_000].into()));
    let mut strangers = vec![];
    for n in 0..3 {
        let mut stream = network.connect(address(20 + n), address(1)).unwrap();
        stream.write_all(&large[..large.len() - 1]).await.unwrap();
        strangers.push(stream);
    }
    eventually("it is read", || a.stats().stream_bytes_received >= 3 * (large.len() as u64 - 1)).await;
    assert_eq!(a.stats().streams_over_budget, 0);
    // The fourth is closed before it has said all, …
    let mut stream = network.connect(address(30), address(1)).unwrap();
    let _ = stream.write_all(&large).await;
    eventually("it is refused", || a.stats().streams_over_budget == 1).await;
    // … and so is a small one that would become large.
    let lz4 = Framing::new().with_compression(Some(Compression::new(CompressionAlgorithm::Lz4)));
    let bomb = frame(&lz4, &StreamMessage::User(vec![7; 900_000].into()));
    assert!(bomb.len() < 8_000);
    let mut stream = network.connect(address(31), address(1)).unwrap();
    stream.write_all(&bomb).await.unwrap();
    eventually("it is refused, too", || a.stats().streams_over_budget == 2).await;
    // Who says little is served.
    let mut stream = network.connect(address(32), address(1)).unwrap();
    let ping = Ping { seq: SequenceNumber(5), target: Some(name(1)), source: None };
    stream.write_all(&frame(&Framing::new(), &Message::Ping(ping))).await.unwrap();
    assert!(matches!(&hear(&mut stream).await[..], [(_, Message::Ack(_))]));
    let b = node_with(&network, 2, Void::new(), narrow()).await;
    b.join(address(1)).await.unwrap();
    // What is done gives back what it held: after the deadline all of it is there again.
    for stream in &mut strangers {
        let _ = soon(stream.read_to_end(&mut vec![])).await;
    }
    let mut events = a.events();
    for n in 0..5u8 {
        let mut stream = network.connect(address(40 + n), address(1)).unwrap();
        soon(stream.write_all(&large)).await.unwrap();
        loop {
            if let Some(Event::User { payload, .. }) = soon(events.recv()).await {
                assert_eq!(payload.len(), 900_000);
                break;
            }
        }
    }
    assert_eq!(a.stats().streams_over_budget, 2);
}

/// A few kilobytes of a stranger's that would become states of some megabytes are refused before they are.
#[tokio::test(start_paused = true)]
async fn no_more_states_are_made_than_there_is_memory_for() {
    let network = MemoryNetwork::new(1);
    let a = node_with(&network, 1, Void::new(), narrow()).await;
    let lz4 = Framing::new().with_compression(Some(Compression::new(CompressionAlgorithm::Lz4)));
    for (size, fits) in [(5_000, true), (35_000, false)] {
        let mut states = vec![];
        for _ in 0..size {
            states.extend(far(1));
        }
        let told = PushPull { join: false, states, user: Bytes::new() };
        let bomb = frame(&lz4, &StreamMessage::PushPull(told));
        assert!(bomb.len() < 16 << 10);
        let mut stream = network.connect(address(31), address(1)).unwrap();
        stream.write_all(&bomb).await.unwrap();
        let answer = hear(&mut stream).await;
        match &answer[..] {
            [(_, Message::PushPull(_))] => assert!(fits),
            [(_, Message::Error(text))] => assert!(!fits && text.contains("states"), "{text}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(a.stats().decode_rejected("too_large"), u64::from(!fits));
    }
}

/// What was refused takes no memory while its sender has time to read why: else a few could keep all others out.
#[tokio::test(start_paused = true)]
async fn what_is_refused_gives_its_memory_back_at_once() {
    let network = MemoryNetwork::new(1);
    let a = node_with(&network, 1, Void::new(), narrow()).await;
    let large = frame(&Framing::new(), &StreamMessage::User(vec![7; 900_000].into()));
    let mut damaged = large.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    let mut open = vec![];
    for n in 0..10 {
        let mut stream = network.connect(address(20 + n), address(1)).unwrap();
        stream.write_all(&damaged).await.unwrap();
        // The refusal arrives, and the stream stays.
        let mut first = [0];
        soon(stream.read_exact(&mut first)).await.unwrap();
        open.push(stream);
    }
    let stats = a.stats();
    assert_eq!((stats.decode_rejected("checksum_mismatch"), stats.streams_over_budget), (10, 0));
}
