//! What the corpus began with: the golden vectors, what a cluster says while it starts, and texts that users write.

mod recorded;

use crate::bytes_of_peers::world::{framing, limits, wire};
use bytes::Bytes;
use memberlist_types::{ChecksumAlgorithm, Compression, CompressionAlgorithm};
use std::collections::BTreeMap;

/// A target, and an input for it.
pub type Seed = (&'static str, Vec<u8>);

const VECTORS: [&str; 5] = [
    include_str!("../../memberlist-types/tests/vectors/messages.txt"),
    include_str!("../../memberlist-types/tests/vectors/packets.txt"),
    include_str!("../../memberlist-types/tests/vectors/frames.txt"),
    include_str!("../../memberlist-types/tests/vectors/layers.txt"),
    include_str!("../../memberlist-types/tests/vectors/refused.txt"),
];

/// All of them.
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, bytes) in VECTORS.iter().flat_map(|file| vectors(file)) {
        match bytes.first() {
            // With or without the label; the keys are those of the vectors.
            Some(0xd1) => seeds.push(("packet", [&[reader(&bytes), 0], &bytes[..]].concat())),
            Some(0xe1) => of_stream(&mut seeds, reader(&bytes), &bytes),
            _ if !name.contains(' ') => seeds.push(("message", [&[0], &bytes[..]].concat())),
            _ => {}
        }
    }
    hashicorp(&mut seeds);
    recorded(&mut seeds);
    packet_streams(&mut seeds);
    seeds.extend(TEXTS.map(|text| ("text", text.into())));
    configurations(&mut seeds);
    seeds
}

/// What Go nodes wrote, for nodes in the clear and with a checksum, a label and keys; and the same with a sound frame around it.
fn hashicorp(seeds: &mut Vec<Seed>) {
    const PACKETS: [&str; 2] = [
        include_str!("../../memberlist-hashicorp/tests/vectors/messages.txt"),
        include_str!("../../memberlist-hashicorp/tests/vectors/packets.txt"),
    ];
    for (_, bytes) in PACKETS.iter().flat_map(|file| vectors(file)) {
        for (number, setting) in [(0, 1), (0, 0x81), (3, 0x80), (7, 0x85)] {
            seeds.push(("hashicorp_packet", [&[number, setting], &bytes[..]].concat()));
        }
    }
    let streams = vectors(include_str!("../../memberlist-hashicorp/tests/vectors/streams.txt"));
    let (_, messages) = recorded::cluster();
    let wire: &dyn memberlist_types::Wire<_, _> = &memberlist_hashicorp::HashicorpWire::new();
    for number in [0, 1, 3] {
        let sent = |message| wire.encode_frame(&framing(number), &limits(false), true, message).ok();
        let frames = messages.iter().filter_map(sent).map(|frame| frame.to_vec());
        for frame in streams.values().cloned().chain(frames) {
            seeds.push(("hashicorp_stream", [&[6, number, 1], &frame[..]].concat()));
        }
    }
    seeds.push(("hashicorp_stream", [&[6, 6, 0x85], &[7; 100][..]].concat()));
}

/// The number of a node that reads such a packet or frame, whether it is encrypted or not.
fn reader(bytes: &[u8]) -> u8 {
    if bytes.get(1) == Some(&4) { 4 } else { 0 }
}

/// A frame: whoever reads it, and every side of a conversation.
fn of_stream(seeds: &mut Vec<Seed>, reader: u8, frame: &[u8]) {
    seeds.push(("frame", [&[6, reader, 0], frame].concat()));
    for role in [0, 1, 2, 4] {
        seeds.push(("exchange", [&[role, 9, reader, 0], frame].concat()));
    }
}

/// Lines of `name: hex`.
fn vectors(text: &str) -> BTreeMap<&str, Vec<u8>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(':')).map(|(name, hex)| (name, unhex(hex))).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// What three nodes say, in every framing in turn.
fn recorded(seeds: &mut Vec<Seed>) {
    let (packets, frames) = recorded::cluster();
    for (number, messages) in packets.iter().enumerate() {
        for message in messages {
            seeds.push(("message", [&[number as u8], &message[..]].concat()));
        }
        let framing = layered(number);
        let packet = wire().encode_packet(&framing, messages).unwrap();
        seeds.push(("packet", [&[number as u8 % 8 & !2, 0], &packet[..]].concat()));
        // Behind each checksum and key.
        let body: Bytes =
            messages.iter().flat_map(|m| [&(m.len() as u16).to_be_bytes(), &m[..]].concat()).collect();
        let shape = 1 | (number as u8 % 6) << 1 | (number as u8 % 5) << 4;
        seeds.push(("packet", [&[number as u8 % 8, shape, 0], &body[..]].concat()));
    }
    for (number, message) in frames.iter().enumerate() {
        let frame = wire().encode_frame(&layered(number), &limits(false), true, message).unwrap();
        of_stream(seeds, number as u8 % 8 & !2, &frame);
    }
}

fn layered(number: usize) -> memberlist_types::Framing {
    let compression = CompressionAlgorithm::ALL.get(number % 5).copied();
    framing(number as u8 % 8 & !2)
        .with_checksum(ChecksumAlgorithm::ALL.get(number % 6).copied())
        .with_compression(compression.map(|algorithm| Compression::new(algorithm).with_threshold(0)))
}

fn packet_streams(seeds: &mut Vec<Seed>) {
    let packets: [&[&[u8]]; 3] = [&[], &[b"hello"], &[b"a", &[7; 300], b"third"]];
    for (piece, packets) in packets.into_iter().enumerate() {
        let mut stream = [&[piece as u8 * 7], &crate::packet_stream::preamble(7946)[..]].concat();
        packets.iter().for_each(|packet| crate::packet_stream::append(&mut stream, packet));
        seeds.push(("packet_stream", stream));
    }
}

const TEXTS: [&str; 16] = [
    "10.0.0.1:7946",
    "10.0.0.1",
    "::1",
    "[::1]",
    "[::1]:7946",
    "[fe80::1%3]:7946",
    "::ffff:10.0.0.1",
    "db.example",
    "db.example:7946",
    "node-1/10.0.0.1:7946",
    "node-1/[::1]:7946",
    "b\u{fc}cher.example:1",
    "10.0.0.0/8, fd00::/8,192.0.2.1",
    "::ffff:10.0.0.0/104",
    "0123456789abcdef",
    "production",
];

fn configurations(seeds: &mut Vec<Seed>) {
    use memberlist_proto::Options;
    let mut push = |whose: u8, json: Result<Vec<u8>, serde_json::Error>| {
        seeds.push(("configuration", [&[whose], &json.unwrap()[..]].concat()));
    };
    for options in [Options::lan(), Options::wan(), Options::local()] {
        push(0, serde_json::to_vec(&options));
    }
    push(1, serde_json::to_vec(&memberlist_core::Options::lan()));
    push(2, serde_json::to_vec(&memberlist_net::NetOptions::new().with_allowed(Default::default())));
    for number in 0..5 {
        push(3, serde_json::to_vec(&layered(number)));
    }
    push(4, serde_json::to_vec(&limits(true)));
}
