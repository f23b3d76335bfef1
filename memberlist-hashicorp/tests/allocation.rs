//! What a decoder allocates is bounded by what it was given, never by what the input claims.
//!
//! `n` bytes of input cost at most `FACTOR * n + CONSTANT` bytes of memory. The factor comes from the smallest node of a push/pull: 9 bytes on the wire,
//! and about a hundred and forty as a `NodeState<String, SocketAddr>`, plus its id. What Go writes is more than 50 bytes, and its factor 4.

#![allow(clippy::unwrap_used, clippy::panic)]

use allocation_counter::measure;
use bytes::{Bytes, BytesMut};
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{
    DecodeError, Framing, Incarnation, Layers, Message, Meta, Node, NodeState, PushPull, State, StreamLimits,
    StreamMessage, Versions, Wire,
};
use proptest::{collection::vec, prelude::*};
use std::net::SocketAddr;

const FACTOR: u64 = 32;
const CONSTANT: u64 = 512;

/// A table of codes while something is decompressed, at most.
const TABLE: u64 = 130_000;

/// What a packet may become.
const PACKET: u64 = 1 << 16;

type Outcome = Result<Option<StreamMessage<String, SocketAddr>>, DecodeError>;

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    const WIRE: HashicorpWire = HashicorpWire::new();
    &WIRE
}

fn framing() -> Framing {
    Framing::new()
}

fn unlimited() -> StreamLimits {
    StreamLimits::default().with_max_frame(usize::MAX).with_max_states(usize::MAX).with_max_user(usize::MAX)
}

/// Decodes a frame; says what came of it and how much memory was in use at most, beyond the input's.
fn frame_cost(bytes: &[u8], limits: StreamLimits) -> (Outcome, u64) {
    let mut buffer = BytesMut::from(bytes);
    let mut outcome = Ok(None);
    let info = measure(|| outcome = wire().decode_frame(&framing(), &limits, true, &mut buffer));
    (outcome, info.bytes_max)
}

fn packet_cost(packet: Bytes) -> u64 {
    let mut seen: Vec<Result<Message<String, SocketAddr>, DecodeError>> = Vec::with_capacity(2000);
    let info = measure(|| {
        let _ = wire().decode_packet(&framing(), packet, &mut |message| seen.push(message));
    });
    info.bytes_max
}

#[track_caller]
fn assert_bounded(cost: u64, input: usize) {
    let bound = FACTOR * input as u64 + CONSTANT;
    assert!(cost <= bound, "{input} bytes of input cost {cost} bytes of memory");
}

/// The head of a push/pull.
fn head(nodes: u32, user: u32) -> Vec<u8> {
    let (nodes, user) = (nodes.to_be_bytes(), user.to_be_bytes());
    [b"\x06\x83\xa4Join\xc2\xa5Nodes\xce", &nodes[..], b"\xacUserStateLen\xce", &user].concat()
}

const SMALLEST: &[u8] = b"\x93\xa1n\xa4\x0a\0\0\x01\x07";

/// 9.5 TestReadRemoteState_Limits, 9.5 TestReadUserMsg_Limit: nothing is reserved for what is announced.
#[test]
fn what_is_announced_reserves_nothing() {
    let announcing: [&[u8]; 7] = [
        &head(u32::MAX, 0),
        &head(0, u32::MAX),
        &[&head(u32::MAX, u32::MAX)[..], SMALLEST].concat(),
        b"\x08\x81\xaaUserMsgLen\xce\xff\xff\xff\xff",
        b"\x09\x82\xa4Algo\x00\xa3Buf\xdb\xff\xff\xff\xff\x00",
        b"\x0d\x81\xa5Error\xdb\xff\xff\xff\xff",
        b"\x02\x81\xa7Payload\xdb\xff\xff\xff\xffx",
    ];
    for frame in announcing {
        assert_eq!(frame_cost(frame, unlimited()).1, 0, "{frame:x?}");
        assert!(packet_cost(Bytes::copy_from_slice(frame)) < 100, "{frame:x?}");
    }
    let (outcome, cost) = frame_cost(&head(1_000_000, 0), StreamLimits::default());
    assert_eq!((outcome, cost), (Ok(None), 0));
    for array in [&b"\x00\x81\xa4Node\xdd\xff\xff\xff\xff\x01"[..], b"\x04\x81\xa4Meta\xdc\xff\xff\x01"] {
        assert!(packet_cost(Bytes::copy_from_slice(array)) < 100);
    }
}

/// The worst ratio of memory to bytes that can be reached.
#[test]
fn smallest_nodes_stay_within_the_factor() {
    let frame = [head(100_000, 0), SMALLEST.repeat(100_000)].concat();
    let (outcome, cost) = frame_cost(&frame, StreamLimits::default());
    assert!(matches!(outcome, Ok(Some(StreamMessage::PushPull(got))) if got.states.len() == 100_000));
    assert!(cost > 10 * frame.len() as u64, "this is the case that allocates most: {cost}");
    assert_bounded(cost, frame.len());
}

#[test]
fn payloads_are_not_copied() {
    let frame = [&b"\x08\x81\xaaUserMsgLen\xd2\x00\x10\x00\x00"[..], &vec![7; 1 << 20]].concat();
    let (outcome, cost) = frame_cost(&frame, StreamLimits::default());
    assert!(matches!(outcome, Ok(Some(StreamMessage::User(payload))) if payload.len() == 1 << 20));
    assert!(cost < 200, "{cost}");
    // A reference count, that is all.
    assert!(packet_cost([&[8][..], &[7; 60_000]].concat().into()) < 100);
    assert!(packet_cost([&b"\x02\x92\x05\xda\xea\x60"[..], &[7; 60_000]].concat().into()) < 100);
}

/// What outlives the input is copied: a member's metadata must not keep a whole push/pull in memory.
#[test]
fn metadata_does_not_keep_its_input_alive() {
    let state = NodeState {
        node: Node::new("a".into(), SocketAddr::from(([10, 0, 0, 1], 1))),
        meta: Meta::new("role"),
        incarnation: Incarnation::new(1),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    };
    let message = PushPull { join: false, states: vec![state], user: Bytes::from(vec![7; 1 << 20]) };
    let limits = StreamLimits::default();
    let frame = wire().encode_frame(&framing(), &limits, true, &StreamMessage::PushPull(message)).unwrap();
    let mut kept = None;
    let info = measure(|| {
        let mut buffer = BytesMut::from(&frame[..]);
        let got = wire().decode_frame(&framing(), &limits, true, &mut buffer);
        let Ok(Some(StreamMessage::PushPull(mut got))) = got else { panic!("refused") };
        kept = got.states.pop();
    });
    assert!(info.bytes_current < 100, "{} bytes are kept", info.bytes_current);
    assert_eq!(kept.unwrap().meta.as_ref(), b"role");
}

/// Compressed zeros, as a frame with a user message, or as a packet.
fn bomb(len: usize) -> Vec<u8> {
    let message = StreamMessage::<String, SocketAddr>::User(vec![0; len].into());
    let frame = wire().encode_frame(&framing(), &unlimited(), true, &message).unwrap();
    assert_eq!(frame[0], 9);
    frame.to_vec()
}

#[test]
fn compressed_input_costs_what_comes_out_and_nothing_if_that_is_too_much() {
    let frame = bomb(1_000_000);
    assert!(frame.len() < 5_000);
    let (outcome, cost) = frame_cost(&frame, StreamLimits::default());
    assert!(matches!(outcome, Ok(Some(StreamMessage::User(payload))) if payload.len() == 1_000_000));
    assert!((1_000_000..1_000_000 + TABLE).contains(&cost), "{cost}");
    assert_eq!(wire().decode_cost(&framing(), &frame), frame.len() + 1_000_000 + 18);
    let (outcome, cost) = frame_cost(&frame, StreamLimits::default().with_max_frame(500_000));
    assert!(matches!(outcome, Err(DecodeError::TooLarge { .. })));
    assert!(cost < TABLE, "{cost}");
    assert!(packet_cost(frame.into()) < TABLE);
}

/// What is in a packet has one budget, however often it is wrapped.
#[test]
fn nested_bombs_stay_within_the_budget_of_one_packet() {
    let inner = bomb(30_000);
    let lengths = (inner.len() as u16).to_be_bytes().repeat(200);
    let outer = [&[7, 200][..], &lengths, &inner.repeat(200)].concat();
    let cost = packet_cost(outer.clone().into());
    assert!(cost <= PACKET + TABLE, "{} bytes cost {cost}", outer.len());
}

/// What is encrypted costs its own size once more.
#[cfg(feature = "aes-gcm")]
#[test]
fn encrypted_input_costs_its_size_once() {
    use memberlist_types::{EncryptionAlgorithm, Keyring, SecretKey};
    let key = |byte| SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[byte; 16]).unwrap();
    let framing =
        |key: &SecretKey| Framing::new().with_keyring(Some(Keyring::with_nonce_start([0; 12]).with_key(key)));
    let mut x = 1u32;
    let noise = std::iter::repeat_with(|| {
        x = x.wrapping_mul(1_103_515_245).wrapping_add(12345);
        x.to_be_bytes()[1]
    });
    let message = StreamMessage::User(noise.take(1 << 20).collect::<Vec<_>>().into());
    let limits = StreamLimits::default();
    for other in [7, 8] {
        let frame = wire().encode_frame(&framing(&key(7)), &limits, true, &message).unwrap();
        let mut buffer = BytesMut::from(&frame[..]);
        let mut outcome: Outcome = Ok(None);
        let ours = framing(&key(other));
        let info = measure(|| outcome = wire().decode_frame(&ours, &limits, true, &mut buffer));
        assert_eq!(outcome.is_ok(), other == 7);
        assert!(info.bytes_max < (1 << 20) + 1_000, "{}", info.bytes_max);
    }
}

proptest! {
    #[test]
    fn decoding_n_bytes_allocates_at_most_a_multiple(bytes in vec(any::<u8>(), 1..2000), kind in 0..14u8) {
        prop_assume!(bytes[0] != 9);
        for bytes in [&bytes[..], &[&[kind % 9], &bytes[..]].concat()] {
            assert_bounded(frame_cost(bytes, unlimited()).1, bytes.len());
            assert!(packet_cost(Bytes::copy_from_slice(bytes)) <= FACTOR * bytes.len() as u64 + CONSTANT + PACKET);
        }
    }

    /// Nodes that look right, in any number, with any announced count.
    #[test]
    fn nodes_of_any_number_and_size_stay_within_the_factor(
        count in any::<u16>(),
        exact in any::<bool>(),
        records in vec((1usize..9, 0usize..40), 0..60),
    ) {
        let count = if exact { records.len() as u32 } else { count.into() };
        let mut frame = head(count, 0);
        for (id, meta) in records {
            frame.extend_from_slice(&[0x94, 0xa0 | id as u8]);
            frame.extend(std::iter::repeat_n(b'x', id));
            frame.extend_from_slice(b"\xa4\x0a\0\0\x01\x07\xda\x00");
            frame.push(meta as u8);
            frame.extend(std::iter::repeat_n(b'm', meta));
        }
        assert_bounded(frame_cost(&frame, unlimited()).1, frame.len());
    }

    /// Garbage instead of compressed data.
    #[test]
    fn garbage_stays_within_the_limit(data in vec(any::<u8>(), 0..300)) {
        let packet = [b"\x09\x82\xa4Algo\x00\xa3Buf\xda", &(data.len() as u16).to_be_bytes()[..], &data].concat();
        let cost = packet_cost(packet.clone().into());
        prop_assert!(cost <= PACKET + TABLE, "{cost}");
        let cost = frame_cost(&packet, StreamLimits::default()).1;
        prop_assert!(cost <= 2 * 300 * 3840 + TABLE, "{cost}");
    }
}
