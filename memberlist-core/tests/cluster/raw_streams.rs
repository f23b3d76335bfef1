//! What a node says to somebody who speaks the wire by hand.

use crate::harness::*;
use bytes::BytesMut;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{
    CompositeDelegate, Member, Meta, NativeWire, Node as Named, State, StreamFailure, Transport,
    delegate::{MergeDelegate, Refusal},
    memory::{MemoryNetwork, MemoryStream},
    proto::{Exchange, RejectReason},
    types::{
        Framing, NodeState, Ping, PushPull, SequenceNumber, StreamLimits, StreamMessage, Versions, Wire,
    },
};
use smol_str::{SmolStr, format_smolstr};
use std::net::SocketAddr;

type Message = StreamMessage<SmolStr, SocketAddr>;

async fn say(stream: &mut MemoryStream, message: &Message) {
    let frame = NativeWire.encode_frame(&Framing::new(), &StreamLimits::default(), true, message).unwrap();
    stream.write_all(&frame).await.unwrap();
}

/// The answer, and then the end of the stream.
async fn hear(stream: &mut MemoryStream) -> Option<Message> {
    let mut all = vec![];
    soon(stream.read_to_end(&mut all)).await.unwrap();
    let mut buffer = BytesMut::from(all.as_slice());
    let message = NativeWire
        .decode_frame(&Framing::new(), &StreamLimits::default(), false, &mut buffer)
        .expect("it makes sense");
    assert!(buffer.is_empty(), "one answer and no more");
    message
}

fn node_state(
    id: SmolStr,
    address: SocketAddr,
    state: State,
    versions: Option<Versions>,
) -> NodeState<SmolStr, SocketAddr> {
    NodeState {
        node: Named::new(id, address),
        meta: Meta::EMPTY,
        incarnation: 1.into(),
        state,
        versions,
        layers: Default::default(),
    }
}

fn push_pull(join: bool, states: Vec<NodeState<SmolStr, SocketAddr>>) -> Message {
    StreamMessage::PushPull(PushPull { join, states, user: "".into() })
}

/// TestTCPPushPull
#[tokio::test(start_paused = true)]
async fn a_push_pull_is_answered_with_the_state_before_the_merge() {
    let network = MemoryNetwork::new(1);
    let a = node(&network, 1).await;
    let states =
        (11..14).map(|n| node_state(name(n), address(n), State::Alive, Some(Versions::default()))).collect();
    let mut stream = network.connect(address(11), address(1)).unwrap();
    say(&mut stream, &push_pull(false, states)).await;
    let Some(StreamMessage::PushPull(answer)) = hear(&mut stream).await else { panic!("no push/pull") };
    let told: Vec<_> = answer.states.iter().map(|state| state.node.id.as_str()).collect();
    assert_eq!((told, answer.join), (vec!["n1"], false));
    eventually("it is merged", || members(&a) == ["n1", "n11", "n12", "n13"]).await;
}

/// TestTCPPing
#[tokio::test(start_paused = true)]
async fn a_ping_on_a_stream_is_answered_if_it_is_for_this_node() {
    let network = MemoryNetwork::new(1);
    let _a = node(&network, 1).await;
    let seq = SequenceNumber(42);
    for (target, answered) in [(Some(name(1)), true), (None, true), (Some(name(2)), false)] {
        let mut stream = network.connect(address(11), address(1)).unwrap();
        say(&mut stream, &StreamMessage::Ping(Ping { seq, target, source: None })).await;
        match hear(&mut stream).await {
            Some(StreamMessage::Ack(ack)) => assert!(answered && ack.seq == seq),
            other => assert!(!answered && other.is_none(), "{other:?}"),
        }
    }
}

/// W-36: who does not fit is told so, and learns nothing else
#[tokio::test(start_paused = true)]
async fn incompatible_versions_are_refused_with_a_reason() {
    let network = MemoryNetwork::new(1);
    let a = node(&network, 1).await;
    let future = Versions { protocol_min: 9, protocol_max: 9, protocol_current: 9, ..Versions::default() };
    let states = vec![node_state(name(11), address(11), State::Alive, Some(future))];
    let mut stream = network.connect(address(11), address(1)).unwrap();
    say(&mut stream, &push_pull(true, states)).await;
    let Some(StreamMessage::Error(reason)) = hear(&mut stream).await else { panic!("no refusal") };
    assert!(reason.contains("version"), "{reason}");
    assert_eq!(a.num_members(), 1);
    assert_eq!(a.stats().protocol.rejected(RejectReason::Incompatible), 1);
}

/// A full state of thousands is decoded, encoded and merged
#[tokio::test(start_paused = true)]
async fn a_state_of_five_thousand_nodes_travels_in_both_directions() {
    let network = MemoryNetwork::new(1);
    let (a, b) = (node(&network, 1).await, node(&network, 2).await);
    let states = (0..5_000u16)
        .map(|n| {
            let [high, low] = n.to_be_bytes();
            let id = format_smolstr!("far-{n}");
            node_state(id, ([10, 1, high, low], 1).into(), State::Alive, Some(Versions::default()))
        })
        .collect();
    let mut stream = network.connect(address(11), address(1)).unwrap();
    say(&mut stream, &push_pull(false, states)).await;
    assert!(matches!(hear(&mut stream).await, Some(StreamMessage::PushPull(_))));
    eventually("it is merged", || a.known().len() == 5_001).await;
    b.join(address(1)).await.unwrap();
    assert!(b.known().len() >= 5_002 && a.known().len() >= 5_002);
    let known: Option<Member<SmolStr, SocketAddr>> = b.member(&"far-4999".into());
    assert_eq!(known.unwrap().node.address, ([10, 1, 19, 135], 1).into());
}

/// Refuses every merge.
struct Refuse;

impl MergeDelegate<SmolStr, SocketAddr> for Refuse {
    async fn notify_merge(&self, _: &[NodeState<SmolStr, SocketAddr>]) -> Result<(), Refusal> {
        Err("no".into())
    }
}

/// Whether it is a join is what was asked for, and not what the answer claims
#[tokio::test(start_paused = true)]
async fn an_answer_cannot_talk_its_way_past_the_merge_delegate() {
    let network = MemoryNetwork::new(1);
    let delegate = CompositeDelegate::<SmolStr, SocketAddr>::new().with_merge_delegate(Refuse);
    let a = node_with(&network, 1, delegate, options()).await;
    let peer: Net = network.bind(address(9)).unwrap();
    let answer = async {
        let (_, mut stream) = peer.accept_stream().await.unwrap();
        let mut exchange = Exchange::accept(StreamLimits::default());
        let mut buffer = vec![0; 4096];
        while exchange.wants_read() {
            let read = soon(stream.read(&mut buffer)).await.unwrap();
            exchange.handle_data(&NativeWire, &Framing::new(), &buffer[..read]).unwrap();
        }
        let states = vec![node_state(name(9), address(9), State::Alive, Some(Versions::default()))];
        // A reply bears no claim; one that does is none to this request.
        exchange.reply(&NativeWire, &Framing::new(), &push_pull(false, states)).unwrap();
        stream.write_all(&exchange.poll_write().unwrap()).await.unwrap();
        // Kept open until the node has closed it.
        let _ = soon(stream.read_to_end(&mut vec![])).await;
    };
    let (joined, ()) = futures_util::future::join(a.join(address(9)), answer).await;
    let error = joined.unwrap_err();
    let failure = error.report().unwrap().results().next().unwrap().outcome.clone().unwrap_err();
    assert_eq!(failure, StreamFailure::MergeRefused("no".into()));
    assert_eq!(a.num_members(), 1);
}
