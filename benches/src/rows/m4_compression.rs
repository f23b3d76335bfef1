//! M4: compression of what is really sent: a gossip packet of 1,400 bytes, and a push/pull of a thousand members.

use crate::{
    Case, Row,
    crowd::{INCARNATION, alive, encoded, state, wire},
};
use bytes::Bytes;
use memberlist_proto::types::{
    Compression, CompressionAlgorithm, Framing, PushPull, StreamLimits, StreamMessage,
};
use std::hint::black_box;

pub(super) fn row() -> Row {
    let mut row = Row::new("M4", "Compression, as a layer of packets and frames");
    for algorithm in CompressionAlgorithm::ALL {
        row.add(|| packet_out(*algorithm));
        row.add(|| packet_in(*algorithm));
    }
    for algorithm in CompressionAlgorithm::ALL {
        row.add(|| frame_out(*algorithm));
    }
    row.add(|| dictionary(true));
    row.add(|| dictionary(false));
    row
}

fn framing(algorithm: CompressionAlgorithm) -> Framing {
    Framing::new().with_checksum(None).with_compression(Some(Compression::new(algorithm)))
}

/// As many updates as fit 1,400 bytes; `from` tells apart what a dictionary has seen and what it has not.
fn gossip(from: u32) -> Vec<Bytes> {
    let mut bytes = 0;
    (from..)
        .map(|n| encoded(&alive(n.wrapping_mul(2_654_435_761) % 1_000_000, INCARNATION)))
        .take_while(|message| {
            bytes += 2 + message.len();
            bytes <= 1_400
        })
        .collect()
}

fn packet_out(algorithm: CompressionAlgorithm) -> Case {
    let (framing, messages) = (framing(algorithm), gossip(0));
    let bytes = wire().encode_packet(&framing, &messages).map_or(0, |packet| packet.len());
    let run = move || wire().encode_packet(&framing, black_box(&messages)).map_or(0, |packet| packet.len());
    Case::new(format!("packet of 1,400 B: {algorithm}, out"), run).bytes(bytes)
}

fn packet_in(algorithm: CompressionAlgorithm) -> Case {
    let framing = framing(algorithm);
    let packet = wire().encode_packet(&framing, &gossip(0)).expect("it is on the wire");
    let run = move || {
        let mut seen = 0;
        let _ = wire().decode_packet(&framing, packet.clone(), &mut |message| {
            seen += usize::from(black_box(message).is_ok());
        });
        seen
    };
    Case::new(format!("packet of 1,400 B: {algorithm}, in"), run)
}

fn frame_out(algorithm: CompressionAlgorithm) -> Case {
    let framing = framing(algorithm);
    let states = (0..1_000).map(state).collect();
    let message = StreamMessage::PushPull(PushPull { join: false, states, user: Bytes::new() });
    let encode = move || wire().encode_frame(&framing, &StreamLimits::default(), true, black_box(&message));
    let bytes = encode().map_or(0, |frame| frame.len());
    Case::new(format!("push/pull of 1,000: {algorithm}, out"), encode).bytes(bytes)
}

/// What a dictionary that was made from gossip would bring: it is no layer (yet).
fn dictionary(compress: bool) -> Case {
    let samples: Vec<Vec<u8>> = (1..200).map(|n| gossip(n * 100).concat()).collect();
    let dictionary = zstd::dict::from_samples(&samples, 4096).expect("there are samples enough");
    let packet = gossip(0).concat();
    let mut compressor = zstd::bulk::Compressor::with_dictionary(1, &dictionary).expect("it is a dictionary");
    let compressed = compressor.compress(&packet).expect("it fits");
    let bytes = compressed.len();
    if compress {
        let mut out = Vec::with_capacity(4096);
        let run = move || {
            out.clear();
            compressor.compress_to_buffer(black_box(&packet), &mut out).is_ok()
        };
        return Case::new("packet of 1,400 B: zstd with a dictionary of 4 KiB, out", run).bytes(bytes);
    }
    let mut decompressor =
        zstd::bulk::Decompressor::with_dictionary(&dictionary).expect("it is a dictionary");
    let mut out = Vec::with_capacity(4096);
    Case::new("packet of 1,400 B: zstd with a dictionary of 4 KiB, in", move || {
        out.clear();
        decompressor.decompress_to_buffer(black_box(&compressed), &mut out).is_ok()
    })
}
