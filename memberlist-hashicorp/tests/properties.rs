//! What holds for every message and every input.

#![allow(clippy::unwrap_used, clippy::panic)]

mod strategy;

use bytes::{Bytes, BytesMut};
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{ChecksumAlgorithm, DecodeError, Framing, Protection, StreamLimits, Wire};
use proptest::{collection::vec, prelude::*, sample::Index};
use std::net::SocketAddr;
use strategy::{Msg, StreamMsg, framing, message, stream_message, wire};

type Dyn<'a> = &'a dyn Wire<String, SocketAddr>;

const LIMITS: fn() -> StreamLimits = StreamLimits::default;

fn encoded(message: &Msg) -> Bytes {
    let (wire, mut out): (Dyn<'_>, _) = (&HashicorpWire::new(), Vec::new());
    wire.encode_message(message, &mut out).unwrap();
    out.into()
}

fn packet(wire: Dyn<'_>, framing: &Framing, messages: &[Msg]) -> Bytes {
    let messages: Vec<_> = messages.iter().map(encoded).collect();
    wire.encode_packet(framing, &messages).unwrap()
}

fn decoded(
    wire: Dyn<'_>,
    framing: &Framing,
    packet: &[u8],
) -> Result<Vec<Result<Msg, DecodeError>>, DecodeError> {
    let mut seen = Vec::new();
    wire.decode_packet(framing, Bytes::copy_from_slice(packet), &mut |message| seen.push(message))?;
    Ok(seen)
}

fn frame(wire: Dyn<'_>, framing: &Framing, first: bool, message: &StreamMsg) -> Bytes {
    wire.encode_frame(framing, &LIMITS(), first, message).unwrap()
}

fn decoded_frame(
    wire: Dyn<'_>,
    framing: &Framing,
    first: bool,
    frame: &[u8],
) -> Result<Option<StreamMsg>, DecodeError> {
    wire.decode_frame(framing, &LIMITS(), first, &mut BytesMut::from(frame))
}

fn flip(bytes: &[u8], bit: Index) -> Vec<u8> {
    let bit = bit.index(bytes.len() * 8);
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// Bytes that look like msgpack, behind something that looks like a kind.
fn message_like() -> impl Strategy<Value = Vec<u8>> {
    const KEYS: [&[u8]; 12] = [
        b"\xa5SeqNo",
        b"\xa4Node",
        b"\xaaSourceAddr",
        b"\xa6Target",
        b"\xa4Port",
        b"\xa5Nodes",
        b"\xacUserStateLen",
        b"\xaaUserMsgLen",
        b"\xa4Addr",
        b"\xa3Buf",
        b"\xa3Vsn",
        b"\xa4Name",
    ];
    let value = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        vec(any::<u8>(), 0..20).prop_map(|raw| [&[0xa0 | raw.len() as u8][..], &raw].concat()),
        vec(any::<u8>(), 0..9),
        Just(vec![0x0a]),
        Just(vec![0xa4, 10, 0, 0, 1]),
    ];
    let pair = (0..KEYS.len(), value).prop_map(|(key, value)| [KEYS[key], &value].concat());
    let map = (vec(pair, 0..8), 0..3u8)
        .prop_map(|(pairs, more)| [&[0x80 | (pairs.len() as u8 + more)][..], &pairs.concat()].concat());
    (0..15u8, map, vec(any::<u8>(), 0..40)).prop_map(|(kind, map, rest)| [&[kind][..], &map, &rest].concat())
}

proptest! {
    /// 9.8 TestEncodeDecode, 9.5 TestHandleCompoundPing: in order, and not a byte more than the budget arithmetic says.
    #[test]
    fn every_packet_comes_back(wire in wire(), framing in framing(), messages in vec(message(), 1..8)) {
        let wire: Dyn<'_> = &wire;
        prop_assert_eq!(wire.check_framing(&framing), Ok(()));
        let encodings: Vec<_> = messages.iter().map(encoded).collect();
        let bytes = packet(wire, &framing, &messages);
        let sum: usize = encodings.iter().map(|bytes| wire.message_overhead() + bytes.len()).sum();
        prop_assert!(bytes.len() <= wire.packet_overhead(&framing) + sum);
        let expected: Vec<_> = messages.iter().cloned().map(Ok).collect();
        prop_assert_eq!(decoded(wire, &framing, &bytes), Ok(expected));
    }

    /// However the stream cuts it, and whatever follows; and it never waits for more than there will be.
    #[test]
    fn every_stream_message_comes_back(
        wire in wire(),
        framing in framing(),
        message in stream_message(),
        first in any::<bool>(),
        follows in vec(any::<u8>(), 0..5),
    ) {
        let wire: Dyn<'_> = &wire;
        let bytes = frame(wire, &framing, first, &message);
        for len in 0..bytes.len() {
            let mut buffer = BytesMut::from(&bytes[..len]);
            prop_assert_eq!(wire.decode_frame(&framing, &LIMITS(), first, &mut buffer), Ok(None), "{}", len);
            prop_assert_eq!(&buffer, &bytes[..len]);
            let missing = wire.missing(&framing, &LIMITS(), first, &buffer);
            prop_assert!((1..=bytes.len() - len).contains(&missing), "{} of {}: {}", len, bytes.len(), missing);
            prop_assert_eq!(wire.decode_cost(&framing, &buffer), 0);
        }
        prop_assert!(wire.decode_cost(&framing, &bytes) >= bytes.len());
        let mut buffer = BytesMut::from(&[&bytes[..], &follows].concat()[..]);
        prop_assert_eq!(wire.decode_frame(&framing, &LIMITS(), first, &mut buffer), Ok(Some(message)));
        prop_assert_eq!(&buffer[..], &follows[..]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        wire in wire(),
        framing in framing(),
        bytes in vec(any::<u8>(), 0..300),
        first in any::<bool>(),
    ) {
        let wire: Dyn<'_> = &wire;
        let label = framing.label.as_bytes();
        let header = if label.is_empty() { vec![] } else { [&[0xf4, label.len() as u8][..], label].concat() };
        for bytes in [&bytes[..], &[&header[..], &bytes].concat()] {
            let _ = decoded(wire, &framing, bytes);
            let _ = wire.decode_cost(&framing, bytes);
            let missing = wire.missing(&framing, &LIMITS(), first, bytes);
            match decoded_frame(wire, &framing, first, bytes) {
                Ok(None) => prop_assert!(missing > 0),
                _ => prop_assert_eq!(missing, 0),
            }
        }
    }

    /// With structs that are almost right, bare, several in one, and compressed.
    #[test]
    fn arbitrary_structs_never_panic(messages in vec(message_like(), 1..6)) {
        let (compressing, bare) = (HashicorpWire::new(), HashicorpWire::new().with_compression(false));
        let framing = Framing::new();
        let parts: Vec<_> = messages.iter().cloned().map(Bytes::from).collect();
        for wire in [&compressing as Dyn<'_>, &bare] {
            let _ = decoded(wire, &framing, &wire.encode_packet(&framing, &parts).unwrap());
            for message in &messages {
                let _ = decoded(wire, &framing, message);
                let missing = wire.missing(&framing, &LIMITS(), true, message);
                let outcome = decoded_frame(wire, &framing, true, message);
                prop_assert_eq!(matches!(outcome, Ok(None)), missing > 0);
            }
        }
    }

    /// 9.5 TestIngestPacket_CRC: behind the byte that says there is a checksum, nothing can change without being noticed.
    #[test]
    fn flipped_bit_is_noticed_behind_a_checksum(
        wire in wire(),
        framing in framing(),
        messages in vec(message(), 1..4),
        bit in any::<Index>(),
    ) {
        let wire: Dyn<'_> = &wire;
        let framing = framing.with_checksum(Some(ChecksumAlgorithm::Crc32));
        let bytes = packet(wire, &framing, &messages);
        let flipped = flip(&bytes, bit);
        let before = match framing.label.as_bytes().len() { 0 => 0, len => 2 + len };
        let kind = flipped[before] != bytes[before];
        let outcome = decoded(wire, &framing, &flipped);
        let required = framing.protection() == Protection::Required;
        prop_assert!(outcome.is_err() || kind && !required, "{outcome:?}");
    }

    /// A changed bit does no harm.
    #[test]
    fn flipped_bits_never_panic(
        wire in wire(),
        framing in framing(),
        messages in vec(message(), 1..4),
        stream_message in stream_message(),
        bits in vec(any::<Index>(), 1..4),
    ) {
        let wire: Dyn<'_> = &wire;
        let framing = framing.with_checksum(None);
        let flipped = |bytes: Bytes| bits.iter().fold(bytes.to_vec(), |bytes, bit| flip(&bytes, *bit));
        let _ = decoded(wire, &framing, &flipped(packet(wire, &framing, &messages)));
        let _ = decoded_frame(wire, &framing, true, &flipped(frame(wire, &framing, true, &stream_message)));
    }

    /// What was sent in the other format, or without compression, is read as well.
    #[test]
    fn settings_of_the_sender_do_not_matter(
        ours in wire(),
        theirs in wire(),
        framing in framing(),
        messages in vec(message(), 1..4),
    ) {
        let sends_0 = theirs.format_0 == memberlist_hashicorp::Format0::Send;
        let ours = if sends_0 { ours.with_format_0(memberlist_hashicorp::Format0::Accept) } else { ours };
        let bytes = packet(&theirs, &framing, &messages);
        let expected: Vec<_> = messages.iter().cloned().map(Ok).collect();
        prop_assert_eq!(decoded(&ours, &framing, &bytes), Ok(expected));
    }

    #[test]
    fn error_leaves_what_was_there(id in "[a-z]{256,300}", before in vec(any::<u8>(), 0..9)) {
        let wire: Dyn<'_> = &HashicorpWire::new();
        let mut out = before.clone();
        let suspect = memberlist_types::Suspect { incarnation: 7.into(), node: id.clone(), from: id };
        prop_assert!(wire.encode_message(&Msg::Suspect(suspect), &mut out).is_err());
        prop_assert_eq!(out, before);
    }
}
