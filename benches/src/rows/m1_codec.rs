//! M1: messages to bytes and back.

use super::peers::{msgpack, protobuf};
use crate::{
    Case, Row,
    crowd::{INCARNATION, Msg, alive, encoded, node, ping, wire},
};
use bytes::Bytes;
use memberlist_proto::types::{Ack, Framing, Message, SequenceNumber, Suspect};
use rand_core::Rng;
use std::hint::black_box;

/// Messages in the packet of many.
const MANY: u32 = 20;

pub(super) fn row() -> Row {
    let mut row = Row::new("M1", "Codec: one message to bytes, and a packet of it back to the message");
    let ping = || ping(0xbeef, &node(2).id);
    row.add(move || encode("ping: encode", ping()).targets(25.0, 10.0).bytes_within(32));
    row.add(move || {
        decode("ping: decode", &vec![ping(); MANY as usize]).each(MANY.into()).targets(50.0, 25.0)
    });
    row.add(move || decode("ping: decode, alone in its packet", &[ping()]));
    row.add(move || protobuf::encode(&ping()).peer());
    row.add(move || protobuf::decode(&ping()).peer());
    row.add(move || msgpack::encode(&ping()).peer());
    row.add(move || msgpack::decode(&ping()).peer());
    let ack = || Message::Ack(Ack { seq: SequenceNumber(0xbeef), payload: Bytes::new() });
    row.add(move || encode("ack: encode", ack()));
    row.add(move || decode("ack: decode", &[ack()]));
    row.add(move || encode("alive: encode", alive(1, INCARNATION)));
    row.add(move || decode("alive: decode", &[alive(1, INCARNATION)]));
    let suspect =
        || Message::Suspect(Suspect { incarnation: INCARNATION, node: node(1).id, from: node(2).id });
    row.add(move || encode("suspect: encode", suspect()));
    row.add(move || decode("suspect: decode", &[suspect()]));
    row.add(|| {
        let messages: Vec<Msg> = (0..MANY).map(|n| alive(n, INCARNATION)).collect();
        let mut out = Vec::with_capacity(1400);
        let write = move || {
            out.clear();
            messages.iter().for_each(|message| wire().encode_message(message, &mut out).unwrap_or_default());
            black_box(&out).len()
        };
        Case::new("20 × alive: encode", write)
            .bytes(encoded(&alive(0, INCARNATION)).len() * 20)
            .without_allocations()
    });
    row.add(|| {
        let messages: Vec<Msg> = (0..MANY).map(|n| alive(n, INCARNATION)).collect();
        decode("20 × alive: decode", &messages)
    });
    row.add(hostile);
    row
}

fn encode(name: &str, message: Msg) -> Case {
    let bytes = encoded(&message).len();
    let mut out = Vec::with_capacity(64);
    let write = move || {
        out.clear();
        wire().encode_message(black_box(&message), &mut out).unwrap_or_default();
        black_box(&out).len()
    };
    Case::new(name, write).bytes(bytes).without_allocations()
}

/// From a packet without checksum, so that it is the messages that are measured.
fn decode(name: &str, messages: &[Msg]) -> Case {
    let framing = Framing::new().with_checksum(None);
    let messages: Vec<Bytes> = messages.iter().map(encoded).collect();
    let packet = wire().encode_packet(&framing, &messages).expect("it is on the wire");
    // The first clone of bytes may allocate.
    let _shared = packet.clone();
    let read = move || {
        let mut seen = 0;
        let _ = wire().decode_packet(&framing, packet.clone(), &mut |message| {
            seen += usize::from(black_box(message).is_ok());
        });
        seen
    };
    Case::new(name, read).without_allocations()
}

/// What somebody sends who means no good: right packets with bytes changed at random.
fn hostile() -> Case {
    let framing = Framing::new().with_checksum(None);
    let messages: Vec<Bytes> = (0..MANY).map(|n| encoded(&alive(n, INCARNATION))).collect();
    let packet = wire().encode_packet(&framing, &messages).expect("it is on the wire");
    let mut dice = crate::crowd::dice();
    let packets: Vec<Bytes> = (0..256)
        .map(|_| {
            let mut bytes = packet.to_vec();
            for _ in 0..8 {
                let at = dice.next_u32() as usize % bytes.len();
                bytes[at] = dice.next_u32() as u8;
            }
            Bytes::from(bytes)
        })
        .collect();
    let mut next = 0;
    Case::new("20 × alive with 8 random bytes: decode", move || {
        next = (next + 1) % packets.len();
        let mut bad = 0;
        let _ = wire().decode_packet(&framing, packets[next].clone(), &mut |message| {
            bad += usize::from(black_box(message).is_err());
        });
        bad
    })
}
