//! A wire without parts: a push/pull is one frame then, as large as it may be.

use crate::{harness::*, parts::far};
use agnostic::tokio::TokioRuntime;
use bytes::{Bytes, BytesMut};
use futures_util::AsyncWriteExt;
use memberlist_core::{
    Builder, Memberlist, NativeWire,
    memory::MemoryNetwork,
    types::{
        DecodeError, EncodeError, Framing, Message, PushPull, StreamLimits, StreamMessage, Wire, WireFeatures,
    },
};
use smol_str::SmolStr;
use std::net::SocketAddr;

/// The native wire as it would be if it had no parts.
#[derive(Clone, Copy, Default)]
struct Whole;

impl<I, A> Wire<I, A> for Whole
where
    NativeWire: Wire<I, A>,
{
    fn features(&self) -> WireFeatures {
        Wire::<I, A>::features(&NativeWire).with_push_pull_parts(false)
    }

    fn encode_message(&self, message: &Message<I, A>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        NativeWire.encode_message(message, out)
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        Wire::<I, A>::packet_overhead(&NativeWire, framing)
    }

    fn message_overhead(&self) -> usize {
        Wire::<I, A>::message_overhead(&NativeWire)
    }

    fn max_packet_messages(&self) -> usize {
        Wire::<I, A>::max_packet_messages(&NativeWire)
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        Wire::<I, A>::encode_packet(&NativeWire, framing, messages)
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError> {
        NativeWire.decode_packet(framing, packet, sink)
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first: bool,
        message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError> {
        match message {
            StreamMessage::PushPullPart(_) => Err(EncodeError::Unsupported("parts")),
            message => NativeWire.encode_frame(framing, limits, first, message),
        }
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
        match NativeWire.decode_frame(framing, limits, first, buffer) {
            Ok(Some(StreamMessage::PushPullPart(_))) => Err(DecodeError::UnknownKind(9)),
            other => other,
        }
    }
}

/// F-71: a third wire that can express a single message only exchanges full states of any size, too
#[tokio::test(start_paused = true)]
async fn a_wire_without_parts_exchanges_large_states_in_one_frame() {
    let network = MemoryNetwork::new(1);
    let mut nodes: Vec<Memberlist<Net, Void, Whole>> = vec![];
    for n in 1..=2 {
        let transport = network.bind::<TokioRuntime>(address(n)).unwrap();
        let builder = Builder::new(name(n), transport).with_wire(Whole).with_options(options());
        nodes.push(builder.start().await.unwrap());
    }
    let told = PushPull::<SmolStr, SocketAddr> { join: false, states: far(6_000), user: Bytes::new() };
    let message = StreamMessage::PushPull(told);
    let frame = Whole.encode_frame(&Framing::new(), &StreamLimits::default(), true, &message).unwrap();
    let mut stream = network.connect(address(11), address(1)).unwrap();
    stream.write_all(&frame).await.unwrap();
    eventually("it is merged", || nodes[0].known().len() == 6_001).await;
    nodes[1].join(address(1)).await.unwrap();
    assert!(nodes[1].known().len() >= 6_002);
    assert_eq!(nodes.iter().map(|node| node.stats().decode_rejections).sum::<u64>(), 0);
}
