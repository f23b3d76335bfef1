//! One message, as a packet and as a stream frame, for nodes with several types of ids and addresses.

use super::{frame, packet};
use crate::second;
use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Address, ChecksumAlgorithm, Compression, CompressionAlgorithm, DecodeError, Framing, Id, NativeWire,
    StreamLimits, Wire, WireData,
};
use nodecraft::NodeId;
use smol_str::SmolStr;
use std::net::{IpAddr, SocketAddr};

/// The first byte says which framing is tried besides the simplest one.
pub fn message(input: &[u8]) {
    let Some((&number, message)) = input.split_first() else { return };
    // Longer ones fit no packet.
    let message = message.get(..60_000).unwrap_or(message);
    if message.is_empty() {
        return;
    }
    let bytes = Bytes::copy_from_slice(message);
    let plain = packet_of(&Framing::new(), &bytes);
    let outcome = packet::decoded(&Framing::new(), plain.clone());
    let second = second::packet(&[], b"", &plain);
    let first = outcome.as_ref().ok().map(|all| all.iter().map(|m| m.clone().ok()).collect());
    assert_eq!(first, second, "{outcome:?}");
    let wrapped = packet_of(&framing(number), &bytes);
    assert_eq!(packet::decoded(&framing(number), wrapped), outcome, "{}", framing(number));
    let own_len = bytes.len();
    for message in outcome.iter().flatten().flatten() {
        packet::comes_back(message);
        let mut again = Vec::new();
        super::world::wire().encode_message(message, &mut again).unwrap();
        assert!(again.len() <= own_len, "nobody says it in fewer bytes than we do");
    }

    let stream = frame_of(message);
    let got = super::world::wire().decode_frame(
        &Framing::new(),
        &StreamLimits::default(),
        true,
        &mut BytesMut::from(&stream[..]),
    );
    assert_eq!(got.clone().ok().flatten(), second::frame(&[], b"", &stream), "{got:?}");
    assert_ne!(got, Ok(None), "the frame is complete");
    if let Ok(Some(message)) = &got {
        frame::comes_back(message);
    }

    others::<u64, SocketAddr>(&plain, &stream);
    others::<u32, u16>(&plain, &stream);
    others::<u8, u128>(&plain, &stream);
    others::<SmolStr, IpAddr>(&plain, &stream);
    others::<NodeId, SocketAddr>(&plain, &stream);
}

fn packet_of(framing: &Framing, message: &Bytes) -> Bytes {
    super::world::wire().encode_packet(framing, std::slice::from_ref(message)).unwrap()
}

/// A frame of these message bytes that is right as a frame.
fn frame_of(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len() + 1).unwrap();
    [&[0xe1, 0][..], &len.to_be_bytes(), &[0], message].concat()
}

/// Every checksum with every compression.
fn framing(number: u8) -> Framing {
    let number = usize::from(number);
    let checksum = ChecksumAlgorithm::ALL.get(number % 6).copied();
    let compression = CompressionAlgorithm::ALL.get(number / 6 % 5).copied();
    super::world::framing((number / 30) as u8)
        .with_label_stripped_upstream(false)
        .with_checksum(checksum)
        .with_compression(compression.map(|algorithm| Compression::new(algorithm).with_threshold(0)))
}

/// With other ids and addresses nothing panics, and what is understood is said again as it was.
fn others<I: Id + WireData, A: Address + WireData>(packet: &Bytes, stream: &[u8]) {
    let wire: &dyn Wire<I, A> = &NativeWire;
    let (framing, limits) = (Framing::new(), StreamLimits::default());
    let mut seen = Vec::new();
    wire.decode_packet(&framing, packet.clone(), &mut |message| seen.push(message))
        .expect("sound as a packet");
    for message in seen.into_iter().flatten() {
        let _ = format!("{message}");
        let mut bytes = Vec::new();
        wire.encode_message(&message, &mut bytes).unwrap();
        let packet = wire.encode_packet(&framing, &[bytes.into()]).unwrap();
        wire.decode_packet(&framing, packet, &mut |again| assert_eq!(again.as_ref(), Ok(&message))).unwrap();
    }
    match wire.decode_frame(&framing, &limits, true, &mut BytesMut::from(stream)) {
        Ok(None) => panic!("the frame is complete"),
        Ok(Some(message)) => {
            let frame = wire.encode_frame(&framing, &limits, true, &message).unwrap();
            let again = wire.decode_frame(&framing, &limits, true, &mut BytesMut::from(&frame[..]));
            assert_eq!(again, Ok(Some(message)));
        }
        Err(DecodeError::BadMagic(_) | DecodeError::LabelMismatch) => panic!("the header is right"),
        Err(_) => {}
    }
}
