//! Packets of HashiCorp's wire, whole and with any framing.

use super::{
    packet::FACTOR,
    world::{Msg, framing},
};
use allocation_counter::measure;
use bytes::Bytes;
use memberlist_hashicorp::{Format0, HashicorpWire};
use memberlist_types::{DecodeError, Framing, Protection, Wire};
use std::{net::SocketAddr, slice};

/// What a packet becomes when it is decompressed, and the tables for that.
const DECOMPRESSION: u64 = (1 << 16) + 200_000;

pub(super) type Dyn<'a> = &'a dyn Wire<String, SocketAddr>;

/// Each setting has its number.
pub(super) fn wire(number: u8) -> HashicorpWire {
    let format_0 = [Format0::Refuse, Format0::Accept, Format0::Send][usize::from(number >> 1) % 3];
    HashicorpWire::new().with_compression(number & 1 == 1).with_format_0(format_0)
}

/// The first two bytes: the framing of who receives, and the wire; with its highest bit the rest was sent by a sound node, in all layers.
///
/// Memory is bounded; what was understood can be said again, and means the same.
pub fn hashicorp_packet(input: &[u8]) {
    let &[number, setting, ref bytes @ ..] = input else { return };
    let (ours, framing) = (wire(setting), framing(number));
    let wire: Dyn<'_> = &ours;
    let packet = match setting & 0x80 {
        0 => Bytes::copy_from_slice(bytes),
        _ => match wire.encode_packet(&framing, &[Bytes::copy_from_slice(bytes)]) {
            Ok(packet) => packet.slice(stripped(&framing)..),
            Err(_) => return,
        },
    };
    let mut seen = Vec::with_capacity(1100);
    let mut result = Ok(());
    let info = measure(|| {
        result = wire.decode_packet(&framing, packet.clone(), &mut |message| seen.push(message));
    });
    let bound = (FACTOR + 1) * packet.len() as u64 + DECOMPRESSION;
    assert!(info.bytes_max <= bound, "{} bytes cost {}", packet.len(), info.bytes_max);
    assert!(result.is_ok() || seen.is_empty(), "refused as a whole, or message by message");
    if setting & 0x80 != 0 && framing.protection() == Protection::Required {
        let refused = matches!(
            result,
            Err(DecodeError::Unencrypted
                | DecodeError::NoKey
                | DecodeError::LabelMismatch
                | DecodeError::ChecksumMismatch)
        );
        assert!(!refused, "it was sent with the same keys: {result:?}");
    }
    for message in seen.iter().flatten() {
        comes_back(message);
    }
}

/// Bytes of the label that somebody takes off in front of who receives.
pub(super) fn stripped(framing: &Framing) -> usize {
    match framing.label.as_bytes().len() {
        len @ 1.. if framing.label_stripped_upstream => 2 + len,
        _ => 0,
    }
}

/// In the clear, and encrypted.
fn comes_back(message: &Msg) {
    let text = format!("{message} {message:?}");
    assert!(!text.is_empty());
    let wire: Dyn<'_> = &HashicorpWire::new();
    let mut encoded = Vec::new();
    wire.encode_message(message, &mut encoded).expect("what was understood can be said");
    let encoded = Bytes::from(encoded);
    for framing in [Framing::new(), framing(3)] {
        // Decompressed, it may have been longer than what fits a datagram.
        let Ok(packet) = wire.encode_packet(&framing, slice::from_ref(&encoded)) else { return };
        assert!(packet.len() <= wire.packet_overhead(&framing) + wire.message_overhead() + encoded.len());
        let mut seen = Vec::new();
        wire.decode_packet(&framing, packet, &mut |message| seen.push(message)).expect("it is sound");
        assert_eq!(seen, [Ok(message.clone())]);
    }
}
