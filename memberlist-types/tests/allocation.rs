//! W-47: what a decoder allocates is bounded by what it was given, never by what the input claims.
//!
//! `n` bytes of input cost at most `FACTOR * n + CONSTANT` bytes of memory. The factor comes from the smallest entry of a push/pull:
//! 5 bytes on the wire, and about a hundred as a `NodeState<String, SocketAddr>`, plus its id; a real entry is some 30 bytes, and its factor 4.

#![allow(clippy::unwrap_used, clippy::panic)]

use allocation_counter::measure;
use bytes::{Bytes, BytesMut};
use memberlist_types::{
    DecodeError, Framing, Incarnation, Layers, Message, Meta, NativeWire, Node, NodeState, PushPull, State,
    StreamLimits, StreamMessage, Versions, Wire,
};
use proptest::{collection::vec, prelude::*};
use std::net::SocketAddr;

const FACTOR: u64 = 32;
const CONSTANT: u64 = 256;

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}

type Outcome = Result<Option<StreamMessage<String, SocketAddr>>, DecodeError>;

/// Decodes a frame; says what came of it and how much memory was in use at most, beyond the input's.
fn frame_cost(bytes: &[u8], limits: StreamLimits) -> (Outcome, u64) {
    let mut buffer = BytesMut::from(bytes);
    let mut outcome = Ok(None);
    let info = measure(|| outcome = wire().decode_frame(&Framing::new(), &limits, true, &mut buffer));
    (outcome, info.bytes_max)
}

fn packet_cost(packet: Bytes) -> u64 {
    let mut seen: Vec<Result<Message<String, SocketAddr>, DecodeError>> = Vec::with_capacity(2000);
    let info = measure(|| {
        let _ = wire().decode_packet(&Framing::new(), packet, &mut |message| seen.push(message));
    });
    info.bytes_max
}

/// A frame of these message bytes, right as a frame.
fn frame_of(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len() + 1).unwrap();
    [&[0xe1, 0][..], &len.to_be_bytes(), &[0], message].concat()
}

fn unlimited() -> StreamLimits {
    StreamLimits::default().with_max_frame(usize::MAX).with_max_states(usize::MAX).with_max_user(usize::MAX)
}

#[track_caller]
fn assert_bounded(cost: u64, input: usize) {
    let bound = FACTOR * input as u64 + CONSTANT;
    assert!(cost <= bound, "{input} bytes of input cost {cost} bytes of memory");
}

/// The measure itself: an allocation is seen.
#[test]
fn measure_sees_an_allocation() {
    let info = measure(|| drop(Vec::<u8>::with_capacity(12_345)));
    assert_eq!(info.bytes_max, 12_345);
}

/// W-47, 9.5 TestReadRemoteState_Limits: even where the limits would allow it.
#[test]
fn announced_states_reserve_no_more_than_is_there() {
    let announced: &[&[u8]] = &[&[0xff; 4], &[0xff; 8], &[0x98, 0x96, 0x80]];
    for count in announced {
        let key = 0x20 | u8::try_from(count.len()).unwrap();
        let state = [0x49, 0x11, b'a', 0x26, 10, 0, 0, 1, 0x1f, 0x0a];
        let message = [&[9, key], *count, &state].concat();
        let frame = frame_of(&message);
        let (outcome, cost) = frame_cost(&frame, unlimited());
        assert_eq!(outcome, Err(DecodeError::Invalid("number of states")));
        assert_bounded(cost, frame.len());
    }
}

/// W-47: whoever sends more states than announced, and so past the limit, is stopped at the first of them.
#[test]
fn unannounced_states_are_not_kept() {
    let state = [0x49, 0x11, b'a', 0x26, 10, 0, 0, 1, 0x1f, 0x0a];
    let mut message = vec![9, 0x21, 1];
    message.extend(state.iter().cycle().take(state.len() * 10_000));
    let (outcome, cost) = frame_cost(&frame_of(&message), unlimited());
    assert_eq!(outcome, Err(DecodeError::Invalid("number of states")));
    assert!(cost < 1000, "{cost}");
}

/// W-47: the worst ratio of memory to bytes that an attacker can reach: as many of the smallest entries as fit, the first one valid.
#[test]
fn smallest_states_stay_within_the_factor() {
    let state = [0x49, 0x11, b'a', 0x26, 10, 0, 0, 1, 0x1f, 0x0a];
    let junk = [0x44, 0x11, b'a', 0x21, 0];
    let mut message = vec![9, 0x24, 0xff, 0xff, 0xff, 0xff];
    message.extend_from_slice(&state);
    message.extend(junk.iter().cycle().take(1_000_000));
    let frame = frame_of(&message);
    let (outcome, cost) = frame_cost(&frame, unlimited());
    assert_eq!(outcome, Err(DecodeError::Invalid("socket address")));
    assert!(cost > frame.len() as u64, "this is the case that allocates most");
    assert_bounded(cost, frame.len());
}

/// W-47: no reservation for a frame that is not there.
#[test]
fn announced_frame_reserves_nothing() {
    let head = [0xe1, 0, 0x03, 0xff, 0xff, 0xff, 0x00, 8, 0x1f, 0x00, 0xff, 0xff, 0xff, b'x'];
    let (outcome, cost) = frame_cost(&head, unlimited());
    assert_eq!((outcome, cost), (Ok(None), 0));
}

/// W-46, W-49, W-51: payloads are slices of what arrived.
#[test]
fn payloads_are_not_copied() {
    let frame = frame_of(&[&[8, 0x1f, 0x00, 0x10, 0x00, 0x00][..], &vec![7; 1 << 20]].concat());
    let (outcome, cost) = frame_cost(&frame, StreamLimits::default());
    assert!(matches!(outcome, Ok(Some(StreamMessage::User(payload))) if payload.len() == 1 << 20));
    assert!(cost < 200, "{cost}");

    let mut message = Vec::new();
    wire().encode_message(&Message::User(Bytes::from(vec![7; 60_000])), &mut message).unwrap();
    let packet = wire().encode_packet(&Framing::new(), &[message.into()]).unwrap();
    // A reference count, that is all.
    assert!(packet_cost(packet) < 100);
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
        layers: Layers::compiled_in(),
    };
    let message = PushPull { join: false, states: vec![state], user: Bytes::from(vec![7; 1 << 20]) };
    let limits = StreamLimits::default();
    let frame =
        wire().encode_frame(&Framing::new(), &limits, true, &StreamMessage::PushPull(message)).unwrap();
    let mut kept = None;
    let info = measure(|| {
        let mut buffer = BytesMut::from(&frame[..]);
        let got = wire().decode_frame(&Framing::new(), &limits, true, &mut buffer);
        let Ok(Some(StreamMessage::PushPull(mut got))) = got else { panic!("refused") };
        kept = got.states.pop();
    });
    assert!(info.bytes_current < 100, "{} bytes are kept", info.bytes_current);
    assert_eq!(kept.unwrap().meta.as_ref(), b"role");
}

proptest! {
    /// W-47
    #[test]
    fn decoding_n_bytes_allocates_at_most_a_multiple(bytes in vec(any::<u8>(), 1..2000)) {
        let (_, cost) = frame_cost(&bytes, unlimited());
        assert_bounded(cost, bytes.len());
        for kind in [6, 9] {
            let frame = frame_of(&[&[kind], &bytes[..]].concat());
            let (_, cost) = frame_cost(&frame, unlimited());
            assert_bounded(cost, frame.len());
        }
        let packet = [&[0xd1, 0, 0], &bytes[..]].concat();
        assert_bounded(packet_cost(packet.clone().into()), packet.len());
    }

    /// W-47: entries that look right, in any number, with any announced count.
    #[test]
    fn states_of_any_number_and_size_stay_within_the_factor(
        count in any::<u32>(),
        records in vec((1usize..9, 0usize..40), 0..60),
    ) {
        let mut message = [&[9, 0x24][..], &count.to_be_bytes()].concat();
        for (id, meta) in records {
            let mut record = vec![0x10 | id as u8];
            record.extend(std::iter::repeat_n(b'x', id));
            record.extend([0x26, 10, 0, 0, 1, 0x1f, 0x0a, 0x4d, meta as u8]);
            record.extend(std::iter::repeat_n(b'm', meta));
            message.extend([0x4d, record.len() as u8]);
            message.extend(record);
        }
        let frame = frame_of(&message);
        let (_, cost) = frame_cost(&frame, unlimited());
        assert_bounded(cost, frame.len());
    }
}

/// Compressed input: whatever it announces or contains, at most the limit is used for what comes out of it.
#[cfg(all(feature = "snappy", feature = "lz4", feature = "zstd", feature = "brotli"))]
mod compressed {
    use super::*;
    use memberlist_types::{Compression, CompressionAlgorithm};

    const TAGS: [u8; 4] = [0x24, 0x27, 0x28, 0x2b];

    /// What a packet may become.
    const PACKET_LIMIT: u64 = 1 << 16;

    /// A packet of compressed data that announce `len` bytes.
    fn packet(tag: u8, len: u32, data: &[u8]) -> Bytes {
        [&[0xd1, 0, tag][..], &len.to_be_bytes(), data].concat().into()
    }

    fn frame(tag: u8, len: u32, data: &[u8]) -> Vec<u8> {
        let total = u32::try_from(data.len() + 5).unwrap().to_be_bytes();
        [&[0xe1, 0][..], &total, &[tag], &len.to_be_bytes(), data].concat()
    }

    /// A bomb: compressed zeros, `len` of them.
    fn bomb(algorithm: CompressionAlgorithm, len: usize) -> (u8, Vec<u8>) {
        let framing = Framing::new().with_checksum(None).with_compression(Some(Compression::new(algorithm)));
        let message = StreamMessage::<String, SocketAddr>::User(vec![0; len].into());
        let limits = unlimited();
        let frame = wire().encode_frame(&framing, &limits, true, &message).unwrap();
        (frame[6], frame[11..].to_vec())
    }

    /// W-47
    #[test]
    fn announced_length_reserves_nothing_that_cannot_come() {
        for tag in TAGS {
            // Snappy has the length (64,000,000) in its data once more.
            let head: &[u8] = if tag == 0x24 { &[0x80, 0xa0, 0xc2, 0x1e] } else { &[] };
            let data: Vec<u8> = head.iter().copied().chain((0..20).map(|n| n * 11)).collect();
            let (outcome, cost) = frame_cost(&frame(tag, 64_000_000, &data), StreamLimits::default());
            assert!(outcome.is_err());
            assert!(cost < 100_000, "{tag:#x}: {cost}");
            let (outcome, cost) = frame_cost(&frame(tag, u32::MAX, &data), StreamLimits::default());
            assert!(matches!(outcome, Err(DecodeError::TooLarge { .. })));
            assert!(cost < 100, "{tag:#x}: {cost}");
            assert!(packet_cost(packet(tag, 65_537, &data)) < 100);
        }
    }

    /// W-47: 20 MB that were made small, whatever length they announce.
    #[test]
    fn bombs_are_refused_within_the_limit() {
        for &algorithm in CompressionAlgorithm::ALL {
            let (tag, data) = bomb(algorithm, 20_000_000);
            assert!(data.len() < 1_000_000, "{algorithm}: {}", data.len());
            for len in [0, 1, 1_000, 65_535, 65_536, 65_537, 19_000_000, u32::MAX] {
                let input = data.len() as u64;
                let seen = packet_cost(packet(tag, len, &data));
                // Decoders have tables, of half a megabyte at most.
                assert!(seen <= 2 * PACKET_LIMIT + 500_000, "{algorithm} {len}: {seen} for {input} bytes");
                let limits = StreamLimits::default().with_max_frame(1_500_000);
                let (outcome, cost) = frame_cost(&frame(tag, len, &data), limits);
                assert!(outcome.is_err(), "{algorithm} {len}");
                assert!(cost <= 2 * 1_500_000 + input + 500_000, "{algorithm} {len}: {cost}");
            }
        }
    }

    /// The measure sees what decompression costs.
    #[test]
    fn honest_data_cost_what_they_announce() {
        for &algorithm in CompressionAlgorithm::ALL {
            let (tag, data) = bomb(algorithm, 1_000_000);
            let len = 1_000_000 + 6;
            let (outcome, cost) = frame_cost(&frame(tag, len, &data), StreamLimits::default());
            assert!(matches!(outcome, Ok(Some(StreamMessage::User(payload))) if payload.len() == 1_000_000));
            assert!(cost >= 1_000_000, "{algorithm}: {cost}");
            assert!(cost <= 3_000_000, "{algorithm}: {cost}");
        }
    }

    /// A window of 16 MiB is not allocated for a packet.
    #[test]
    fn large_windows_are_refused() {
        // The first byte of a Brotli stream: windows of 24 bits, and the large window.
        for first in [0x0f, 0x11] {
            let data = [&[first][..], &[0xff; 30]].concat();
            let cost = packet_cost(packet(0x2b, 60_000, &data));
            assert!(cost < 1_000, "{cost}");
        }
        for window in [19, 24] {
            let params = brotli::enc::BrotliEncoderParams { lgwin: window, quality: 5, ..Default::default() };
            let mut data = Vec::new();
            brotli::BrotliCompress(&mut &vec![7; 1 << 20][..], &mut data, &params).unwrap();
            let cost = packet_cost(packet(0x2b, 60_000, &data));
            assert!(cost < 1_000, "{window}: {cost}");
        }
    }

    proptest! {
        /// W-47
        #[test]
        fn garbage_stays_within_the_limit(tag in 0..4usize, len in 0..70_000u32, data in vec(any::<u8>(), 0..300)) {
            let cost = packet_cost(packet(TAGS[tag], len, &data));
            prop_assert!(cost <= 2 * PACKET_LIMIT + 2_000_000, "{cost}");
        }
    }
}

/// W-47: what is encrypted costs its own size once more.
#[cfg(feature = "aes-gcm")]
#[test]
fn encrypted_input_costs_its_size_once() {
    use memberlist_types::{EncryptionAlgorithm, Keyring, SecretKey};
    let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[7; 16]).unwrap();
    let other = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[8; 16]).unwrap();
    let framing = |key| Framing::new().with_keyring(Some(Keyring::with_nonce_start([0; 12]).with_key(key)));
    let message = StreamMessage::User(vec![7; 1 << 20].into());
    let (ours, theirs) = (framing(&key), framing(&other));
    let limits = StreamLimits::default();
    let frame = wire().encode_frame(&ours, &limits, true, &message).unwrap();
    for (framing, bound) in [(&ours, (1 << 20) + 1_000), (&theirs, 1_000)] {
        let mut buffer = BytesMut::from(&frame[..]);
        let mut outcome: Outcome = Ok(None);
        let info = measure(|| outcome = wire().decode_frame(framing, &limits, true, &mut buffer));
        assert_eq!(outcome.is_ok(), bound > 1_000);
        assert!(info.bytes_max < bound, "{}", info.bytes_max);
    }
}
