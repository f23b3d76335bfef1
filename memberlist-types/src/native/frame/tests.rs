use super::*;
use crate::{ChecksumAlgorithm, CompressionAlgorithm, Label};
use alloc::{string::String, vec::Vec};
use layers::{BODY, Wrapping};

const CRC32: u8 = 0x11;

fn framing(label: &str) -> Framing {
    Framing::new().with_label(Label::new(label).unwrap())
}

fn framed(framing: &Framing, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_header(&mut out, PACKET_MAGIC, framing);
    let wrapping = Wrapping::begin(framing, &mut out);
    out.extend_from_slice(body);
    wrapping.compress(&mut out, usize::MAX);
    wrapping.finish(&mut out).unwrap();
    out
}

fn opened(framing: &Framing, frame: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let header = check_header(PACKET_MAGIC, framing, frame)?.ok_or(DecodeError::Truncated)?;
    let body = layers::open(framing, frame, header, usize::MAX)?;
    Ok(body.parts(&bytes::Bytes::new()).1.to_vec())
}

/// 9.3 TestAddLabelHeaderToPacket, TestRemoveLabelHeaderFromPacket
#[test]
fn label_is_put_in_front_and_taken_off() {
    for label in [String::new(), "p".into(), "production".into(), "x".repeat(255)] {
        let framing = framing(&label);
        let frame = framed(&framing, b"body");
        assert_eq!(frame[1] as usize, label.len());
        assert_eq!(&frame[2..2 + label.len()], label.as_bytes());
        assert_eq!(opened(&framing, &frame).unwrap(), b"body");
    }
    assert!(Label::new("x".repeat(256)).is_err());
}

/// 9.3 TestRemoveLabelHeaderFromPacket
#[test]
fn other_labels_and_none_are_refused() {
    let labels = ["", "prod", "prod2", "pro", "test"];
    for ours in labels {
        for theirs in labels {
            let got = opened(&framing(ours), &framed(&framing(theirs), b"body"));
            if ours == theirs {
                assert_eq!(got.unwrap(), b"body");
            } else {
                assert_eq!(got, Err(DecodeError::LabelMismatch), "{ours:?} got {theirs:?}");
            }
        }
    }
}

/// 9.3 TestRemoveLabelHeaderFromPacket: truncated.
#[test]
fn cut_label_is_incomplete_until_it_differs() {
    let framing = framing("prod");
    let check = |bytes: &[u8]| check_header(PACKET_MAGIC, &framing, bytes);
    let header = b"\xd1\x04prod";
    for cut in 0..header.len() {
        assert_eq!(check(&header[..cut]), Ok(None), "{cut}");
    }
    assert_eq!(check(header), Ok(Some(6)));
    assert_eq!(check(b"\xd1\x04prodxyz"), Ok(Some(6)));
    assert_eq!(check(b"\xd1\x05"), Err(DecodeError::LabelMismatch));
    assert_eq!(check(b"\xd1\x04pt"), Err(DecodeError::LabelMismatch));
    assert_eq!(check(b"\xd1\x00"), Err(DecodeError::LabelMismatch));
    assert_eq!(check(b"\xd2"), Err(DecodeError::BadMagic(0xd2)));
}

/// 9.3 TestLabelOverhead
#[test]
fn label_costs_its_length() {
    for len in [0, 1, 255] {
        let framing = framing(&"x".repeat(len));
        assert_eq!(overhead(&framing), 8 + len);
        assert_eq!(overhead(&framing), framed(&framing, b"").len());
        let bare = framing.with_checksum(None);
        assert_eq!(overhead(&bare), 3 + len);
        assert_eq!(overhead(&bare), framed(&bare, b"").len());
    }
}

/// Chapter 9, gaps: label and `label_stripped_upstream`.
#[test]
fn label_that_was_to_be_stripped_upstream_is_refused_if_it_is_there() {
    let ours = framing("prod").with_label_stripped_upstream(true);
    for theirs in ["prod", "test"] {
        assert_eq!(opened(&ours, &framed(&framing(theirs), b"body")), Err(DecodeError::LabelMismatch));
    }
    let without_one = framing("").with_label_stripped_upstream(true);
    assert_eq!(opened(&without_one, &framed(&framing("prod"), b"body")), Err(DecodeError::LabelMismatch));
}

/// Chapter 9, gaps: label and `label_stripped_upstream`.
#[test]
fn stripped_label_leaves_the_checksum_right() {
    let strip = |frame: Vec<u8>| {
        let len = usize::from(frame[1]);
        [&[frame[0], 0][..], &frame[2 + len..]].concat()
    };
    let ours = framing("prod").with_label_stripped_upstream(true);
    // The proxy cut the label out and left the rest alone.
    assert_eq!(opened(&ours, &strip(framed(&framing("prod"), b"body"))).unwrap(), b"body");
    // The proxy made the frame anew, or the sender has none.
    assert_eq!(opened(&ours, &framed(&framing(""), b"body")).unwrap(), b"body");
    // It let through what was another cluster's.
    let other = strip(framed(&framing("test"), b"body"));
    assert_eq!(opened(&ours, &other), Err(DecodeError::ChecksumMismatch));
    // And without the option, such input is not ours.
    let stripped = strip(framed(&framing("prod"), b"body"));
    assert_eq!(opened(&framing("prod"), &stripped), Err(DecodeError::LabelMismatch));
    assert_eq!(opened(&framing(""), &stripped), Err(DecodeError::ChecksumMismatch));
}

/// 9.5 TestIngestPacket_CRC: header, label, tags, value and body are all covered.
#[test]
fn every_single_flipped_bit_is_noticed() {
    for label in ["", "prod"] {
        let framing = framing(label);
        let frame = framed(&framing, b"some body");
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(opened(&framing, &flipped).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn checksum_is_the_sender_s_choice() {
    let (with, without) = (framing("prod"), framing("prod").with_checksum(None));
    assert_eq!(opened(&without, &framed(&with, b"body")).unwrap(), b"body");
    assert_eq!(opened(&with, &framed(&without, b"body")).unwrap(), b"body");
}

#[test]
fn unknown_layer_is_refused_wherever_it_stands() {
    let framing = framing("");
    let known = [0x11, 0x12, 0x14, 0x17, 0x18, 0x24, 0x27, 0x28, 0x2b, 0x33, 0x35, 0x36, 0x39];
    for tag in (1..=255).filter(|tag| !known.contains(tag)) {
        let frame = [PACKET_MAGIC, 0, tag, 1, 2, 3];
        assert_eq!(opened(&framing, &frame), Err(DecodeError::UnknownLayer(tag)));
        let value = ChecksumAlgorithm::Crc32.of(&[&frame[..2], &[CRC32], &frame[2..]]);
        let inside = [&frame[..2], &[CRC32], value.as_bytes(), &frame[2..]].concat();
        assert_eq!(opened(&framing, &inside), Err(DecodeError::UnknownLayer(tag)));
    }
}

/// No single flipped bit turns a layer into another, or takes the checksum away.
#[test]
fn tags_of_layers_differ_in_two_bits() {
    let tags = (0..0x40u8).filter(|tag| tag.count_ones() % 2 == 0).collect::<Vec<_>>();
    let checksums = ChecksumAlgorithm::ALL.iter().map(|algorithm| algorithm.tag());
    let compressions = CompressionAlgorithm::ALL.iter().map(|algorithm| algorithm.tag());
    for tag in checksums.chain(compressions).chain([BODY]) {
        assert!(tags.contains(&tag), "{tag:#x}");
    }
    #[cfg(feature = "encryption")]
    for algorithm in crate::EncryptionAlgorithm::ALL {
        assert!(tags.contains(&algorithm.tag()), "{algorithm}");
    }
    for (at, one) in tags.iter().enumerate() {
        for other in &tags[at + 1..] {
            assert!((one ^ other).count_ones() >= 2, "{one:#x} {other:#x}");
        }
    }
}

#[test]
fn first_byte_is_none_of_another_format() {
    for magic in [PACKET_MAGIC, STREAM_MAGIC] {
        assert!(magic > 13 && magic != 244 && magic != 0xb5);
    }
    assert_ne!(PACKET_MAGIC, STREAM_MAGIC);
}
