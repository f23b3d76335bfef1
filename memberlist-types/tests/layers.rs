//! The layers of frames: their bytes are frozen, and every combination of them comes back. W-45 for the layers.
#![cfg(all(
    feature = "xxhash32",
    feature = "xxhash64",
    feature = "xxhash3",
    feature = "murmur3",
    feature = "snappy",
    feature = "lz4",
    feature = "zstd",
    feature = "brotli",
    feature = "aes-gcm",
    feature = "chacha20-poly1305"
))]
#![allow(clippy::unwrap_used, clippy::panic)]

mod second;
mod strategy;

use bytes::{Bytes, BytesMut};
use memberlist_types::{
    ChecksumAlgorithm, Compression, CompressionAlgorithm, DecodeError, EncryptionAlgorithm, Framing, Keyring,
    Label, Layers, Message, Nack, NativeWire, SecretKey, SequenceNumber, StreamLimits, StreamMessage, Wire,
};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use second::{Msg, StreamMsg};
use std::{collections::BTreeMap, net::SocketAddr};
use strategy::{framing, message, stream_message};

const VECTORS: &str = include_str!("vectors/layers.txt");

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}

/// The bytes of a key, `00 01 02 …`, and its algorithm's tag.
fn key_bytes(algorithm: EncryptionAlgorithm) -> (u8, Vec<u8>) {
    let tag = match algorithm {
        EncryptionAlgorithm::Aes128Gcm => 0x33,
        EncryptionAlgorithm::Aes192Gcm => 0x35,
        EncryptionAlgorithm::Aes256Gcm => 0x36,
        EncryptionAlgorithm::ChaCha20Poly1305 => 0x39,
        other => panic!("{other} has no tag here"),
    };
    (tag, (0..u8::try_from(algorithm.key_len()).unwrap()).collect())
}

/// With one key; its first nonce is `a0 a1 … ab`.
fn keyring(algorithm: EncryptionAlgorithm) -> Keyring {
    let key = SecretKey::new(algorithm, &key_bytes(algorithm).1).unwrap();
    let start: Vec<u8> = (0xa0..=0xab).collect();
    Keyring::with_nonce_start(start.try_into().unwrap()).with_key(&key)
}

fn prod() -> Framing {
    Framing::new().with_label(Label::new("prod").unwrap())
}

fn nack() -> Msg {
    Message::Nack(Nack { seq: SequenceNumber(0xdead_beef) })
}

fn user() -> Bytes {
    Bytes::from("hello ".repeat(20))
}

fn packet(framing: &Framing, messages: &[Msg]) -> Bytes {
    let encoded = messages.iter().map(|message| {
        let mut out = Vec::new();
        wire().encode_message(message, &mut out).unwrap();
        out.into()
    });
    wire().encode_packet(framing, &encoded.collect::<Vec<_>>()).unwrap()
}

fn frame(framing: &Framing, message: &StreamMsg) -> Bytes {
    wire().encode_frame(framing, &StreamLimits::default(), true, message).unwrap()
}

fn decoded(framing: &Framing, packet: &Bytes) -> Result<Vec<Result<Msg, DecodeError>>, DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, packet.clone(), &mut |message| seen.push(message))?;
    Ok(seen)
}

fn decoded_frame(framing: &Framing, frame: &[u8]) -> Result<Option<StreamMsg>, DecodeError> {
    wire().decode_frame(framing, &StreamLimits::default(), true, &mut BytesMut::from(frame))
}

/// Both decoders find these messages in the packet.
#[track_caller]
fn assert_packet(framing: &Framing, algorithm: Option<EncryptionAlgorithm>, bytes: &Bytes, messages: &[Msg]) {
    let expected: Vec<_> = messages.iter().cloned().map(Ok).collect();
    assert_eq!(decoded(framing, bytes), Ok(expected), "{framing}");
    let keys: Vec<_> = algorithm.map(key_bytes).into_iter().collect();
    let keys: Vec<_> = keys.iter().map(|(tag, bytes)| (*tag, &bytes[..])).collect();
    let second = second::packet(&keys, framing.label.as_bytes(), bytes);
    assert_eq!(second, Some(messages.iter().cloned().map(Some).collect()), "{framing}");
}

/// Both decoders find this message in the frame.
#[track_caller]
fn assert_frame(
    framing: &Framing,
    algorithm: Option<EncryptionAlgorithm>,
    bytes: &Bytes,
    message: &StreamMsg,
) {
    assert_eq!(decoded_frame(framing, bytes), Ok(Some(message.clone())), "{framing}");
    let keys: Vec<_> = algorithm.map(key_bytes).into_iter().collect();
    let keys: Vec<_> = keys.iter().map(|(tag, bytes)| (*tag, &bytes[..])).collect();
    assert_eq!(second::frame(&keys, framing.label.as_bytes(), bytes).as_ref(), Some(message), "{framing}");
}

fn all<T: Copy>(all: &[T]) -> Vec<Option<T>> {
    all.iter().copied().map(Some).chain([None]).collect()
}

/// Lines of `name: hex`; `#` begins a comment.
fn vectors() -> BTreeMap<String, Bytes> {
    let lines = VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, hex) = line.split_once(": ").unwrap();
            let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).unwrap() as u8).collect();
            (name.into(), digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A vector, and what it says.
struct Case {
    name: String,
    framing: Framing,
    encryption: Option<EncryptionAlgorithm>,
    message: Content,
}

enum Content {
    Packet(Msg),
    Frame(StreamMsg),
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let bare = prod().with_checksum(None);
    for &algorithm in ChecksumAlgorithm::ALL {
        let framing = prod().with_checksum(Some(algorithm));
        let message = Content::Packet(nack());
        cases.push(Case { name: format!("packet-{algorithm}"), framing, encryption: None, message });
    }
    for &algorithm in CompressionAlgorithm::ALL {
        let compression = Compression::new(algorithm).with_threshold(100);
        let framing = bare.clone().with_compression(Some(compression));
        let message = Content::Packet(Message::User(user()));
        cases.push(Case { name: format!("packet-{algorithm}"), framing, encryption: None, message });
    }
    for &algorithm in EncryptionAlgorithm::ALL {
        let framing = bare.clone().with_keyring(Some(keyring(algorithm)));
        let message = Content::Packet(nack());
        let encryption = Some(algorithm);
        cases.push(Case { name: format!("packet-{algorithm}"), framing, encryption, message });
    }
    let everything = || {
        prod()
            .with_checksum(Some(ChecksumAlgorithm::XxHash3))
            .with_compression(Some(Compression::new(CompressionAlgorithm::Lz4).with_threshold(100)))
            .with_keyring(Some(keyring(EncryptionAlgorithm::ChaCha20Poly1305)))
    };
    let encryption = Some(EncryptionAlgorithm::ChaCha20Poly1305);
    for (name, message) in [
        ("packet-everything", Content::Packet(Message::User(user()))),
        ("frame-everything", Content::Frame(StreamMessage::User(user()))),
    ] {
        cases.push(Case { name: name.into(), framing: everything(), encryption, message });
    }
    cases
}

/// W-45: every algorithm's bytes are frozen, and read by two decoders. (How well something is compressed may change; how it is read may not.)
#[test]
fn layers_match_their_vectors_both_ways() {
    let file = vectors();
    let cases = cases();
    let ours = |case: &Case| match &case.message {
        Content::Packet(message) => packet(&case.framing, std::slice::from_ref(message)),
        Content::Frame(message) => frame(&case.framing, message),
    };
    let expected: String =
        cases.iter().map(|case| format!("{}: {}\n", case.name, hex(&ours(case)))).collect();
    assert_eq!(file.len(), cases.len(), "vectors and cases; ours are:\n{expected}");
    for case in self::cases() {
        let bytes = &file[&case.name];
        let ours = ours(&case);
        if case.framing.compression.is_none() {
            assert_eq!(hex(&ours), hex(bytes), "{}", case.name);
        }
        for bytes in [bytes, &ours] {
            match &case.message {
                Content::Packet(message) => {
                    assert_packet(&case.framing, case.encryption, bytes, std::slice::from_ref(message));
                }
                Content::Frame(message) => assert_frame(&case.framing, case.encryption, bytes, message),
            }
        }
    }
}

/// All of them, with label and without: packets and frames come back, to both decoders, and within the budget.
#[test]
fn every_combination_of_layers_comes_back() {
    let messages = [nack(), Message::User(user()), nack()];
    let stream_message = StreamMessage::User(Bytes::from("hello ".repeat(500)));
    let mut seen = 0;
    for checksum in all(ChecksumAlgorithm::ALL) {
        for compression in all(CompressionAlgorithm::ALL) {
            for encryption in all(EncryptionAlgorithm::ALL) {
                for framing in [prod(), Framing::new()] {
                    let framing = framing
                        .with_checksum(checksum)
                        .with_compression(compression.map(|it| Compression::new(it).with_threshold(100)))
                        .with_keyring(encryption.map(keyring));
                    let bytes = packet(&framing, &messages);
                    assert_packet(&framing, encryption, &bytes, &messages);
                    let budget = wire().packet_overhead(&framing) + 3 * 2 + 6 + 6 + 120 + 3;
                    if compression.is_some() {
                        assert!(bytes.len() < budget)
                    } else {
                        assert_eq!(bytes.len(), budget)
                    }
                    assert_frame(&framing, encryption, &frame(&framing, &stream_message), &stream_message);
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 6 * 5 * 5 * 2);
}

/// P-27: nodes with different settings understand each other.
#[test]
fn checksum_and_compression_are_the_senders_choice() {
    let receiver = prod();
    for checksum in all(ChecksumAlgorithm::ALL) {
        for compression in all(CompressionAlgorithm::ALL) {
            let compression = compression.map(|it| Compression::new(it).with_threshold(0));
            let sender = prod().with_checksum(checksum).with_compression(compression);
            let message = Message::User(user());
            assert_eq!(
                decoded(&receiver, &packet(&sender, std::slice::from_ref(&message))),
                Ok(vec![Ok(message)]),
                "{sender}"
            );
        }
    }
}

/// 9.5 TestIngestPacket_CRC, for every algorithm.
#[test]
fn every_checksum_notices_every_flipped_bit() {
    for &algorithm in ChecksumAlgorithm::ALL {
        let framing = prod().with_checksum(Some(algorithm));
        let bytes = packet(&framing, &[nack()]);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decoded(&framing, &flipped.into()).is_err(), "{algorithm}, bit {bit}");
        }
    }
}

#[test]
fn removed_label_leaves_every_checksum_right() {
    for &algorithm in ChecksumAlgorithm::ALL {
        let framing = prod().with_checksum(Some(algorithm));
        let bytes = packet(&framing, &[nack()]);
        let cut = Bytes::from([&bytes[..1], &[0], &bytes[6..]].concat());
        let stripped = framing.with_label_stripped_upstream(true);
        assert_eq!(decoded(&stripped, &cut), Ok(vec![Ok(nack())]), "{algorithm}");
    }
}

/// A frame that announces too much is refused when its first bytes are there.
#[test]
fn announced_length_of_a_compressed_frame_is_checked_early() {
    for tag in [0x24, 0x27, 0x28, 0x2b] {
        for checksum in [&[][..], &[0x11, 1, 2, 3, 4]] {
            let len = 1_000u32.to_be_bytes();
            let head = [&[0xe1, 0][..], &len, checksum, &[tag, 0x04, 0x00, 0x00, 0x01]].concat();
            let (actual, limit) = ((64 << 20) + 1, 64 << 20);
            let error = DecodeError::TooLarge { what: "decompressed bytes", actual, limit };
            assert_eq!(decoded_frame(&Framing::new(), &head), Err(error));
            assert_eq!(decoded_frame(&Framing::new(), &head[..head.len() - 1]), Ok(None));
        }
    }
}

/// What receivers would refuse is refused to the sender, however small it becomes.
#[test]
fn sender_is_told_of_what_is_too_large_to_be_decompressed() {
    for &algorithm in CompressionAlgorithm::ALL {
        let framing = prod().with_compression(Some(Compression::new(algorithm)));
        let message = StreamMsg::User(vec![7; 5_000].into());
        let limits = StreamLimits::default().with_max_frame(5_000);
        let error = wire().encode_frame(&framing, &limits, true, &message).unwrap_err();
        assert!(error.to_string().contains("frame bytes"), "{error}");
        let limits = limits.with_max_frame(5_100);
        let bytes = wire().encode_frame(&framing, &limits, true, &message).unwrap();
        assert!(bytes.len() < 1_000);
        let got = wire().decode_frame(&framing, &limits, true, &mut BytesMut::from(&bytes[..]));
        assert_eq!(got, Ok(Some(message)));
    }
}

fn any_framing() -> impl Strategy<Value = (Framing, Option<EncryptionAlgorithm>)> {
    let encryption =
        option::of((0..EncryptionAlgorithm::ALL.len()).prop_map(|at| EncryptionAlgorithm::ALL[at]));
    (framing(), encryption)
        .prop_map(|(framing, encryption)| (framing.with_keyring(encryption.map(keyring)), encryption))
}

proptest! {
    #[test]
    fn any_packet_and_frame_comes_back_through_any_layers(
        (framing, encryption) in any_framing(),
        messages in vec(message(), 1..8),
        stream_message in stream_message(),
    ) {
        assert_packet(&framing, encryption, &packet(&framing, &messages), &messages);
        assert_frame(&framing, encryption, &frame(&framing, &stream_message), &stream_message);
    }

    /// W-46: any bytes behind any tag of a layer.
    #[test]
    fn garbage_in_a_layer_never_panics(
        (framing, _) in any_framing(),
        tag in 0..0x40u8,
        bytes in vec(any::<u8>(), 0..200),
        len in any::<u16>(),
    ) {
        let framing = framing.with_label(Label::default());
        for header in [&[0xd1, 0, tag][..], &[0xd1, 0, tag, 0, 0, len.to_be_bytes()[0], len.to_be_bytes()[1]]] {
            let _ = decoded(&framing, &[header, &bytes].concat().into());
        }
        let total = u32::try_from(bytes.len() + 1).unwrap().to_be_bytes();
        let _ = decoded_frame(&framing, &[&[0xe1, 0], &total[..], &[tag], &bytes].concat());
    }

    /// W-46: what is right but for some bytes.
    #[test]
    fn damaged_packets_and_frames_never_panic(
        (framing, encryption) in any_framing(),
        messages in vec(message(), 1..4),
        stream_message in stream_message(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in any::<Index>(),
    ) {
        for (bytes, is_frame) in [(packet(&framing, &messages), false), (frame(&framing, &stream_message), true)] {
            let mut bytes = bytes.to_vec();
            for (at, value) in &damage {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            let before = bytes.clone();
            bytes.truncate(cut.index(bytes.len()));
            for bytes in [before, bytes] {
                if is_frame {
                    let _ = decoded_frame(&framing, &bytes);
                } else if let Ok(seen) = decoded(&framing, &bytes.clone().into()) {
                    let authentic = seen.iter().all(|message| message.as_ref().is_ok_and(|message| messages.contains(message)));
                    prop_assert!(encryption.is_none() || authentic);
                }
            }
        }
    }
}

/// What is sent is what the receiver can read, and it takes no more room than what was reckoned with.
#[test]
fn framing_is_reduced_to_what_a_node_reads() {
    for &checksum in ChecksumAlgorithm::ALL {
        for &algorithm in CompressionAlgorithm::ALL {
            let compression = Compression::new(algorithm);
            let framing = Framing::new().with_checksum(Some(checksum)).with_compression(Some(compression));
            assert_eq!(wire().readable(&framing, Layers::compiled_in()), framing);
            assert_eq!(wire().readable(&framing, Layers::BASE), Framing::new());
            let some = Layers::BASE.with_checksum(checksum);
            assert_eq!(wire().readable(&framing, some), Framing::new().with_checksum(Some(checksum)));
            let some = Layers::BASE.with_compression(algorithm);
            assert_eq!(wire().readable(&framing, some), Framing::new().with_compression(Some(compression)));
            assert!(wire().is_base(&Framing::new()) && !wire().is_base(&framing));
            for layers in [Layers::BASE, some] {
                let reduced = wire().readable(&framing, layers);
                assert!(wire().packet_overhead(&reduced) <= wire().packet_overhead(&framing));
            }
        }
    }
    let none = Framing::new().with_checksum(None);
    assert_eq!(wire().readable(&none, Layers::BASE), none, "no checksum is read by everybody");
}
