//! What holds for every message and every input.

#![allow(clippy::unwrap_used, clippy::panic)]

mod second;
mod strategy;

use bytes::{Bytes, BytesMut};
use memberlist_types::{ChecksumAlgorithm, DecodeError, Framing, NativeWire, StreamLimits, Wire, WireData};
use proptest::{collection::vec, prelude::*, sample::Index};
use std::net::{IpAddr, SocketAddr};
use strategy::{Msg, StreamMsg, address, framing, id, message, stream_message};

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}

fn encoded(message: &Msg) -> Bytes {
    let mut out = Vec::new();
    wire().encode_message(message, &mut out).unwrap();
    out.into()
}

fn packet(framing: &Framing, messages: &[Msg]) -> Bytes {
    let messages: Vec<_> = messages.iter().map(encoded).collect();
    wire().encode_packet(framing, &messages).unwrap()
}

fn frame(framing: &Framing, message: &StreamMsg) -> Bytes {
    wire().encode_frame(framing, &StreamLimits::default(), true, message).unwrap()
}

fn decoded(framing: &Framing, packet: &[u8]) -> Result<Vec<Result<Msg, DecodeError>>, DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, Bytes::copy_from_slice(packet), &mut |message| seen.push(message))?;
    Ok(seen)
}

fn decoded_frame(framing: &Framing, frame: &[u8]) -> Result<Option<StreamMsg>, DecodeError> {
    wire().decode_frame(framing, &StreamLimits::default(), false, &mut BytesMut::from(frame))
}

/// Both decoders see the same in a packet.
#[track_caller]
fn assert_packet_agrees(framing: &Framing, bytes: &[u8]) {
    let first = decoded(framing, bytes).ok();
    let first: Option<Vec<Option<Msg>>> = first.map(|all| all.into_iter().map(Result::ok).collect());
    assert_eq!(first, second::packet(&[], framing.label.as_bytes(), bytes));
}

/// Both decoders see the same in a frame.
#[track_caller]
fn assert_frame_agrees(framing: &Framing, bytes: &[u8]) {
    let first = decoded_frame(framing, bytes).ok().flatten();
    let second = second::frame(&[], framing.label.as_bytes(), bytes);
    assert_eq!(first, second);
}

/// A frame of these message bytes that is right as a frame.
fn frame_of(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len() + 1).unwrap();
    [&[0xe1, 0][..], &len.to_be_bytes(), &[0], message].concat()
}

fn flip(bytes: &[u8], bit: Index) -> Vec<u8> {
    let bit = bit.index(bytes.len() * 8);
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// Bytes that are likely to be fields.
fn field_like() -> impl Strategy<Value = Vec<u8>> {
    let field = (0u8..9, vec(any::<u8>(), 0..20)).prop_map(|(tag, value)| {
        let len = u8::try_from(value.len()).unwrap();
        let key = if len < 13 { vec![tag << 4 | len] } else { vec![tag << 4 | 13, len] };
        [key, value].concat()
    });
    (0u8..12, vec(field, 0..8)).prop_map(|(kind, fields)| [vec![kind], fields.concat()].concat())
}

proptest! {
    /// W-49, F-17, 9.8 TestEncodeDecode, 9.5 TestHandleCompoundPing: in order, and not a byte more than the budget arithmetic says.
    #[test]
    fn every_packet_comes_back(framing in framing(), messages in vec(message(), 1..8)) {
        let encodings: Vec<_> = messages.iter().map(encoded).collect();
        let bytes = packet(&framing, &messages);
        let sum: usize = encodings.iter().map(|bytes| wire().message_overhead() + bytes.len()).sum();
        let budget = wire().packet_overhead(&framing) + sum;
        prop_assert!(bytes.len() == budget || framing.compression.is_some() && bytes.len() < budget);
        let expected: Vec<_> = messages.iter().cloned().map(Ok).collect();
        prop_assert_eq!(decoded(&framing, &bytes), Ok(expected));
        assert_packet_agrees(&framing, &bytes);
    }

    /// However the stream cuts it, and whatever follows.
    #[test]
    fn every_stream_message_comes_back(
        framing in framing(),
        messages in vec(stream_message(), 1..4),
        cuts in vec(1..200usize, 0..40),
    ) {
        let bytes: Vec<u8> = messages.iter().flat_map(|message| frame(&framing, message)).collect();
        for message in &messages {
            assert_frame_agrees(&framing, &frame(&framing, message));
        }
        let mut rest = &bytes[..];
        let mut cuts = cuts.into_iter();
        let (mut buffer, mut seen) = (BytesMut::new(), Vec::new());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cuts.next().unwrap_or(usize::MAX).min(rest.len()));
            buffer.extend_from_slice(now);
            rest = later;
            loop {
                let before = buffer.clone();
                match wire().decode_frame(&framing, &StreamLimits::default(), true, &mut buffer) {
                    Ok(Some(message)) => seen.push(message),
                    Ok(None) => {
                        prop_assert_eq!(&buffer, &before);
                        break;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
        prop_assert_eq!(seen, messages);
        prop_assert!(buffer.is_empty());
    }

    /// W-46
    #[test]
    fn arbitrary_bytes_never_panic(framing in framing(), bytes in vec(any::<u8>(), 0..300)) {
        assert_packet_agrees(&framing, &bytes);
        let _ = decoded_frame(&framing, &bytes);
        let header = [&[0xd1, framing.label.as_bytes().len() as u8][..], framing.label.as_bytes()].concat();
        assert_packet_agrees(&framing, &[&header[..], &bytes].concat());
    }

    /// W-46: the frame is right, the messages are anything.
    #[test]
    fn arbitrary_messages_never_panic(messages in vec(vec(any::<u8>(), 1..60), 1..6)) {
        let messages: Vec<_> = messages.into_iter().map(Bytes::from).collect();
        let bytes = wire().encode_packet(&Framing::new(), &messages).unwrap();
        assert_packet_agrees(&Framing::new(), &bytes);
        for message in &messages {
            assert_frame_agrees(&Framing::new(), &frame_of(message));
        }
    }

    /// W-46, W-48: well-formed fields with tags, kinds and values of all sorts.
    #[test]
    fn arbitrary_fields_are_understood_alike_by_both_decoders(message in field_like()) {
        let bytes = wire().encode_packet(&Framing::new(), &[Bytes::from(message.clone())]).unwrap();
        assert_packet_agrees(&Framing::new(), &bytes);
        assert_frame_agrees(&Framing::new(), &frame_of(&message));
    }

    /// 9.5 TestIngestPacket_CRC
    #[test]
    fn flipped_bit_is_always_noticed(
        framing in framing(),
        messages in vec(message(), 1..4),
        stream_message in stream_message(),
        bit in any::<Index>(),
    ) {
        let checksum = framing.checksum.or(Some(ChecksumAlgorithm::Crc32));
        let framing = framing.with_checksum(checksum);
        let bytes = packet(&framing, &messages);
        prop_assert!(decoded(&framing, &flip(&bytes, bit)).is_err());
        let bytes = frame(&framing, &stream_message);
        let got = decoded_frame(&framing, &flip(&bytes, bit));
        prop_assert!(!matches!(got, Ok(Some(_))), "{got:?}");
    }

    /// Without a checksum a changed bit may go unnoticed, but does no harm, and means the same to everybody.
    #[test]
    fn flipped_bit_without_checksum_never_panics(
        framing in framing(),
        messages in vec(message(), 1..4),
        stream_message in stream_message(),
        bits in vec(any::<Index>(), 1..4),
    ) {
        let framing = framing.with_checksum(None);
        let flipped = |bytes: Bytes| bits.iter().fold(bytes.to_vec(), |bytes, bit| flip(&bytes, *bit));
        assert_packet_agrees(&framing, &flipped(packet(&framing, &messages)));
        let bytes = flipped(frame(&framing, &stream_message));
        if let Ok(Some(message)) = decoded_frame(&framing, &bytes) {
            // The length may have shrunk: what lies behind it is the next frame's.
            let label = framing.label.as_bytes();
            let len = u32::from_be_bytes(bytes[2 + label.len()..6 + label.len()].try_into().unwrap());
            let whole = &bytes[..6 + label.len() + len as usize];
            prop_assert_eq!(second::frame(&[], label, whole), Some(message));
        }
    }

    #[test]
    fn cut_packet_gives_only_what_was_whole(
        framing in framing(),
        messages in vec(message(), 1..4),
        cut in any::<Index>(),
    ) {
        let bytes = packet(&framing, &messages);
        let bytes = &bytes[..cut.index(bytes.len())];
        match decoded(&framing, bytes) {
            Ok(seen) => {
                prop_assert!(framing.checksum.is_none());
                let whole: Vec<Msg> = seen.iter().cloned().map_while(Result::ok).collect();
                prop_assert!(messages.starts_with(&whole));
                prop_assert!(whole.len() < messages.len());
                prop_assert!(seen[whole.len()..].iter().all(|rest| *rest == Err(DecodeError::Truncated)));
            }
            Err(DecodeError::Truncated) => {}
            Err(DecodeError::Invalid(what)) => {
                prop_assert_eq!(what, "compressed data");
                prop_assert!(framing.checksum.is_none() && framing.compression.is_some());
            }
            Err(error) => prop_assert_eq!(error, DecodeError::ChecksumMismatch),
        }
    }

    /// F-71
    #[test]
    fn failed_encoding_leaves_what_was_there(before in vec(any::<u8>(), 0..20), message in message()) {
        let mut out = before.clone();
        let bad = match message {
            Msg::Ping(mut m) => { m.target = Some("x".repeat(256)); Msg::Ping(m) }
            Msg::IndirectPing(mut m) => { m.target.id = String::new(); Msg::IndirectPing(m) }
            Msg::Suspect(mut m) => { m.from = "x".repeat(300); Msg::Suspect(m) }
            Msg::Alive(mut m) => { m.node.id = String::new(); Msg::Alive(m) }
            Msg::Dead(mut m) => { m.from = String::new(); Msg::Dead(m) }
            good => good,
        };
        if wire().encode_message(&bad, &mut out).is_err() {
            prop_assert_eq!(out, before);
        } else {
            prop_assert!(out.starts_with(&before) && out.len() > before.len());
        }
    }

    /// W-50
    #[test]
    fn identities_come_back(id in id(), address in address(), ip in any::<IpAddr>(), n in any::<u128>()) {
        fn again<T: WireData>(value: &T) -> T {
            let mut out = vec![];
            value.encode(&mut out);
            assert_eq!(out.len(), value.encoded_len());
            T::decode(&out).unwrap()
        }
        prop_assert_eq!(&again(&id), &id);
        prop_assert_eq!(again(&id.clone().into_bytes()), id.clone().into_bytes());
        prop_assert_eq!(again(&Bytes::from(id.clone())), Bytes::from(id.clone()));
        prop_assert_eq!(again(&address), address);
        prop_assert_eq!(again(&ip), ip.to_canonical());
        prop_assert_eq!(again(&n), n);
        prop_assert_eq!(again(&(n as u64)), n as u64);
        prop_assert_eq!(again(&(n as u8)), n as u8);
    }

    /// W-50: no bytes make a decoder of identities panic, and what it takes is what it would write.
    #[test]
    fn identities_of_arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..40)) {
        fn check<T: WireData>(bytes: &[u8]) {
            if let Ok(value) = T::decode(bytes) {
                let mut out = vec![];
                value.encode(&mut out);
                let mapped = bytes.len() >= 16 && out.len() == bytes.len() - 12;
                assert!(out == bytes || mapped);
            }
        }
        check::<String>(&bytes);
        check::<Vec<u8>>(&bytes);
        check::<u32>(&bytes);
        check::<SocketAddr>(&bytes);
        check::<IpAddr>(&bytes);
    }
}
