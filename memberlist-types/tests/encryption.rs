//! Encrypted packets and stream frames: who can read them, who can change them, and how a running cluster comes to use them.
#![cfg(all(feature = "aes-gcm", feature = "chacha20-poly1305"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Compression, CompressionAlgorithm, DecodeError, EncryptionAlgorithm, EncryptionPolicy, Framing, KeyUse,
    Keyring, Label, Message, Nack, NativeWire, Protection, SecretKey, SequenceNumber, StreamLimits,
    StreamMessage, Wire,
};
use std::net::SocketAddr;

type Msg = Message<String, SocketAddr>;
type StreamMsg = StreamMessage<String, SocketAddr>;

/// What an encryption layer costs: tag, hint, nonce, and what authenticates.
const COST: usize = 1 + 1 + 12 + 16;
/// Where the layers of a packet begin that has the label `prod`.
const HEADER: usize = 2 + 4;

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}

fn key(algorithm: EncryptionAlgorithm, first: u8) -> SecretKey {
    SecretKey::new(algorithm, &vec![first; algorithm.key_len()]).unwrap()
}

fn aes(first: u8) -> SecretKey {
    key(EncryptionAlgorithm::Aes128Gcm, first)
}

fn framing(label: &str, keyring: Keyring) -> Framing {
    Framing::new().with_label(Label::new(label).unwrap()).with_keyring(Some(keyring))
}

fn ring(keys: &[&SecretKey]) -> Keyring {
    keys.iter().fold(Keyring::new().unwrap(), |ring, key| ring.with_key(key))
}

/// A node of the cluster `prod` with these keys.
fn node(keys: &[&SecretKey]) -> Framing {
    framing("prod", ring(keys))
}

fn clear() -> Framing {
    Framing::new().with_label(Label::new("prod").unwrap())
}

fn nack() -> Msg {
    Message::Nack(Nack { seq: SequenceNumber(7) })
}

fn stream_message() -> StreamMsg {
    StreamMessage::User(Bytes::from_static(b"over a stream"))
}

fn packet(framing: &Framing) -> Bytes {
    let mut message = Vec::new();
    wire().encode_message(&nack(), &mut message).unwrap();
    wire().encode_packet(framing, &[message.into()]).unwrap()
}

fn frame(framing: &Framing) -> Bytes {
    wire().encode_frame(framing, &StreamLimits::default(), true, &stream_message()).unwrap()
}

fn receive(framing: &Framing, packet: &[u8]) -> Result<(), DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, Bytes::copy_from_slice(packet), &mut |message| seen.push(message))?;
    assert_eq!(seen, [Ok(nack())]);
    Ok(())
}

fn receive_frame(framing: &Framing, frame: &[u8]) -> Result<(), DecodeError> {
    let mut buffer = BytesMut::from(frame);
    match wire().decode_frame(framing, &StreamLimits::default(), true, &mut buffer)? {
        Some(message) => assert_eq!(message, stream_message()),
        None => return Err(DecodeError::Truncated),
    }
    Ok(())
}

/// What comes of sending both a packet and a frame; it must be the same.
#[track_caller]
fn send(from: &Framing, to: &Framing) -> Result<(), DecodeError> {
    let result = receive(to, &packet(from));
    assert_eq!(receive_frame(to, &frame(from)), result);
    result
}

fn is_encrypted(from: &Framing) -> bool {
    packet(from)[HEADER] >> 4 == 3 && frame(from)[HEADER + 4] >> 4 == 3
}

fn uses(framing: &Framing) -> Vec<KeyUse> {
    framing.keyring.as_ref().unwrap().keys()
}

/// 9.5 TestEncryptDecryptState, 9.8 TestEncryptDecrypt_V1, W-41: with every algorithm, and at the exact length.
#[test]
fn what_is_encrypted_is_read_by_who_has_the_key() {
    for &algorithm in EncryptionAlgorithm::ALL {
        let key = key(algorithm, 1);
        let (one, other) = (node(&[&key]), node(&[&key]));
        assert_eq!(send(&one, &other), Ok(()), "{algorithm}");
        assert_eq!(packet(&one).len(), packet(&clear()).len() + COST);
        assert_eq!(frame(&one).len(), frame(&clear()).len() + COST);
        assert_eq!(wire().packet_overhead(&one), wire().packet_overhead(&clear()) + COST);
        for bytes in [packet(&one), frame(&one)] {
            let readable = b"over a stream";
            assert!(!bytes.windows(readable.len()).any(|window| window == readable));
        }
    }
}

/// The room in packets is reckoned once, and keys may come later.
#[test]
fn overhead_counts_encryption_that_may_still_be_switched_on() {
    let with_key = ring(&[&aes(1)]).with_policy(EncryptionPolicy::Accept);
    for keyring in [ring(&[]), with_key] {
        let framing = framing("prod", keyring);
        assert!(!is_encrypted(&framing));
        assert_eq!(wire().packet_overhead(&framing), wire().packet_overhead(&clear()) + COST);
    }
}

#[test]
fn same_message_never_looks_the_same() {
    let node = node(&[&aes(1)]);
    let (one, other) = (packet(&node), packet(&node));
    assert_ne!(one, other);
    assert_ne!(one[HEADER + 2..HEADER + 14], other[HEADER + 2..HEADER + 14], "the nonces");
}

/// 9.8 TestKeyRing_MultiKeyEncryptDecrypt
#[test]
fn any_installed_key_decrypts_and_a_removed_one_no_longer() {
    let keys: Vec<_> = (1..=4).map(aes).collect();
    let receiver = node(&keys.iter().collect::<Vec<_>>());
    for key in &keys {
        assert_eq!(send(&node(&[key]), &receiver), Ok(()));
    }
    receiver.keyring.as_ref().unwrap().remove(keys[2].id()).unwrap();
    assert_eq!(send(&node(&[&keys[2]]), &receiver), Err(DecodeError::NoKey));
    assert_eq!(send(&node(&[&keys[3]]), &receiver), Ok(()));
}

#[test]
fn keys_of_several_algorithms_live_in_one_keyring() {
    let keys: Vec<_> = EncryptionAlgorithm::ALL.iter().map(|&algorithm| key(algorithm, 1)).collect();
    let receiver = node(&keys.iter().collect::<Vec<_>>());
    for key in &keys {
        assert_eq!(send(&node(&[key]), &receiver), Ok(()), "{key:?}");
    }
}

/// W-43: the two ways in which a key can be wrong.
#[test]
fn wrong_key_and_no_key_are_refused_by_name() {
    let sender = node(&[&aes(1)]);
    assert_eq!(send(&sender, &clear()), Err(DecodeError::NoKey), "no keyring");
    assert_eq!(send(&sender, &node(&[])), Err(DecodeError::NoKey), "an empty one");
    let hint = packet(&sender)[HEADER + 1];
    let mut seen = [0; 2];
    // One key in 256 has the same hint, and is then really tried.
    for n in 0..10_000u32 {
        let bytes = [&n.to_be_bytes()[..], &[0; 12]].concat();
        let other = node(&[&SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &bytes).unwrap()]);
        let same_hint = packet(&other)[HEADER + 1] == hint;
        let expected = if same_hint { DecodeError::Undecryptable } else { DecodeError::NoKey };
        assert_eq!(send(&sender, &other), Err(expected));
        seen[usize::from(same_hint)] += 1;
        if seen[1] == 3 {
            break;
        }
    }
    assert!(seen[0] > 100 && seen[1] > 0, "{seen:?}");
}

/// Two keys with one hint: both are tried.
#[test]
fn keys_with_the_same_hint_are_told_apart() {
    let hint = |key: &SecretKey| packet(&node(&[key]))[HEADER + 1];
    let wanted = hint(&aes(1));
    let numbers = 0..100_000u32;
    let twin = numbers
        .map(|n| {
            SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[&n.to_be_bytes()[..], &[0; 12]].concat())
                .unwrap()
        })
        .find(|key| hint(key) == wanted)
        .unwrap();
    let receiver = node(&[&twin, &aes(1)]);
    assert_eq!(send(&node(&[&aes(1)]), &receiver), Ok(()));
    assert_eq!(send(&node(&[&twin]), &receiver), Ok(()));
    assert_eq!(uses(&receiver).iter().map(|key| key.decrypted).collect::<Vec<_>>(), [2, 2]);
}

/// W-41: header, label, length, tag, hint, nonce, text and tag: nothing can be changed.
#[test]
fn every_changed_bit_is_noticed() {
    for &algorithm in EncryptionAlgorithm::ALL {
        let node = node(&[&key(algorithm, 1)]).with_checksum(None);
        for (bytes, is_frame) in [(packet(&node), false), (frame(&node), true)] {
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.to_vec();
                changed[bit / 8] ^= 1 << (bit % 8);
                let got = if is_frame { receive_frame(&node, &changed) } else { receive(&node, &changed) };
                assert!(got.is_err(), "{algorithm}, bit {bit} of {bytes:02x?}");
            }
        }
    }
}

/// F-47
#[test]
fn cut_and_lengthened_packets_are_refused() {
    let node = node(&[&aes(1)]);
    let bytes = packet(&node);
    for len in 0..bytes.len() {
        assert!(receive(&node, &bytes[..len]).is_err(), "{len}");
    }
    for extra in [1, 16, 100] {
        let longer = [&bytes[..], &vec![0; extra]].concat();
        assert_eq!(receive(&node, &longer), Err(DecodeError::Undecryptable));
    }
    let shortest = [&bytes[..HEADER + 14], &[0; 15]].concat();
    assert_eq!(receive(&node, &shortest), Err(DecodeError::Truncated));
}

/// What one cluster encrypted can't be played to another one with the same key.
#[test]
fn label_is_authenticated() {
    let key = aes(1);
    let (ours, theirs) = (node(&[&key]), framing("test", ring(&[&key])));
    assert_eq!(send(&ours, &theirs), Err(DecodeError::LabelMismatch));
    let swap = |bytes: &[u8]| [&bytes[..2], b"test", &bytes[6..]].concat();
    assert_eq!(receive(&theirs, &swap(&packet(&ours))), Err(DecodeError::Undecryptable));
    assert_eq!(receive_frame(&theirs, &swap(&frame(&ours))), Err(DecodeError::Undecryptable));
    // Nor can it be cut out for a cluster without label.
    let cut = |bytes: &[u8]| [&bytes[..1], &[0], &bytes[6..]].concat();
    let unlabelled = framing("", ring(&[&key]));
    assert_eq!(receive(&unlabelled, &cut(&packet(&ours))), Err(DecodeError::Undecryptable));
}

#[test]
fn removed_label_is_taken_for_ours_and_still_authenticated() {
    let key = aes(1);
    let cut = |bytes: &[u8]| [&bytes[..1], &[0], &bytes[6..]].concat();
    let stripped = node(&[&key]).with_label_stripped_upstream(true);
    let (ours, theirs) = (node(&[&key]), framing("test", ring(&[&key])));
    assert_eq!(receive(&stripped, &cut(&packet(&ours))), Ok(()));
    assert_eq!(receive_frame(&stripped, &cut(&frame(&ours))), Ok(()));
    assert_eq!(receive(&stripped, &cut(&packet(&theirs))), Err(DecodeError::Undecryptable));
    assert_eq!(receive_frame(&stripped, &cut(&frame(&theirs))), Err(DecodeError::Undecryptable));
    assert_eq!(receive(&stripped, &packet(&ours)), Err(DecodeError::LabelMismatch));
}

/// A packet is no frame, even with the same key.
#[test]
fn packets_and_frames_are_not_interchangeable() {
    let node = node(&[&aes(1)]);
    let bytes = packet(&node);
    let len = u32::try_from(bytes.len() - HEADER).unwrap().to_be_bytes();
    let disguised = [&[0xe1], &bytes[1..HEADER], &len, &bytes[HEADER..]].concat();
    assert_eq!(receive_frame(&node, &disguised), Err(DecodeError::Undecryptable));
}

/// W-43, 9.2 TestCreate_secretKeyEmpty, 9.2 TestCreate_keyringOnly: clear and encrypted input under each policy, and without keys.
#[test]
fn policies_accept_and_refuse_what_they_say() {
    use EncryptionPolicy::{Accept, Prefer, Require};
    let sender = node(&[&aes(1)]);
    for (policy, from_clear) in [(Accept, Ok(())), (Prefer, Ok(())), (Require, Err(DecodeError::Unencrypted))]
    {
        let receiver = node(&[&aes(1)]);
        receiver.keyring.as_ref().unwrap().set_policy(policy);
        assert_eq!(send(&sender, &receiver), Ok(()), "{policy}");
        assert_eq!(send(&clear(), &receiver), from_clear, "{policy}");
        assert_eq!(is_encrypted(&receiver), policy != Accept, "{policy}");
        // What is encrypted but wrong is never taken for clear text.
        assert_eq!(send(&node(&[&aes(2)]), &receiver), Err(DecodeError::NoKey), "{policy}");
    }
    // Without keys there is nothing to require.
    assert_eq!(send(&clear(), &node(&[])), Ok(()));
}

/// With the first byte, and not only once a large frame is there.
#[test]
fn clear_frame_is_refused_early_where_encryption_is_required() {
    let receiver = node(&[&aes(1)]);
    let bytes = frame(&clear());
    for len in HEADER + 5..=bytes.len() {
        assert_eq!(receive_frame(&receiver, &bytes[..len]), Err(DecodeError::Unencrypted), "{len}");
    }
    // Compressed or with a checksum, it is refused all the same.
    let small = frame(&clear().with_checksum(None));
    assert_eq!(receive_frame(&receiver, &small), Err(DecodeError::Unencrypted));
}

/// Nobody waits (and holds memory) for the rest of a large frame that can't be read anyway.
#[test]
fn frame_of_an_unknown_key_or_layer_is_refused_early() {
    let (sender, receiver) = (node(&[&aes(1)]), node(&[&aes(2)]));
    let bytes = frame(&sender);
    for len in HEADER + 6..=bytes.len() {
        assert_eq!(receive_frame(&receiver, &bytes[..len]), Err(DecodeError::NoKey), "{len}");
        assert_eq!(receive_frame(&clear(), &bytes[..len]), Err(DecodeError::NoKey), "{len}");
    }
    assert_eq!(receive_frame(&receiver, &bytes[..HEADER + 5]), Err(DecodeError::Truncated));
    let mut unknown = frame(&clear()).to_vec();
    for tag in [0x1d, 0x22, 0x30, 0x41] {
        unknown[HEADER + 4] = tag;
        for len in HEADER + 5..=unknown.len() {
            let refused = receive_frame(&clear(), &unknown[..len]);
            assert_eq!(refused, Err(DecodeError::UnknownLayer(tag)), "{len}");
        }
    }
}

#[test]
fn order_of_layers_is_fixed() {
    let (node, open) = (node(&[&aes(1)]), clear());
    let encrypted = packet(&node.clone().with_checksum(None));
    // A checksum around the encryption, by who knows the algorithm.
    let inside = &encrypted[HEADER..];
    let covered = [&encrypted[..HEADER], &[0x11], inside].concat();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&covered);
    let around = [&covered[..=HEADER], &hasher.finalize().to_be_bytes(), inside].concat();
    assert_eq!(receive(&open, &around), Err(DecodeError::Invalid("order of layers")));
}

/// The four steps, each on one node after the other: in every mixture, everybody understands everybody.
#[test]
fn running_clear_text_cluster_becomes_an_encrypted_one_without_losing_a_packet() {
    let nodes: Vec<_> = (0..4).map(|_| node(&[])).collect();
    let all_understand = |step: &str| {
        for from in &nodes {
            for to in &nodes {
                assert_eq!(send(from, to), Ok(()), "{step}");
            }
        }
    };
    let keyring = |node: &Framing| node.keyring.clone().unwrap();
    all_understand("no keys");
    for node in &nodes {
        keyring(node).set_policy(EncryptionPolicy::Accept);
        keyring(node).add(&aes(1));
        all_understand("accept");
        assert!(!is_encrypted(node));
    }
    for node in &nodes {
        keyring(node).set_policy(EncryptionPolicy::Prefer);
        all_understand("prefer");
        assert!(is_encrypted(node));
    }
    for node in &nodes {
        keyring(node).set_policy(EncryptionPolicy::Require);
        all_understand("require");
    }
    for node in &nodes {
        assert_eq!(send(&clear(), node), Err(DecodeError::Unencrypted));
    }
}

/// P-24: add, use, look at the counters, remove.
#[test]
fn keys_are_changed_without_losing_a_packet() {
    let (old, new) = (aes(1), key(EncryptionAlgorithm::ChaCha20Poly1305, 2));
    let nodes: Vec<_> = (0..4).map(|_| node(&[&old])).collect();
    let all_understand = |step: &str| {
        for from in &nodes {
            for to in &nodes {
                assert_eq!(send(from, to), Ok(()), "{step}");
            }
        }
    };
    let keyring = |node: &Framing| node.keyring.clone().unwrap();
    let uses_of_old = || -> u64 {
        let keys = nodes.iter().flat_map(uses);
        keys.filter(|key| key.id == old.id()).map(|key| key.encrypted + key.decrypted).sum()
    };
    for node in &nodes {
        keyring(node).add(&new);
        all_understand("add");
    }
    for node in &nodes {
        let before = uses_of_old();
        all_understand("use");
        assert!(uses_of_old() > before, "somebody still uses it");
        keyring(node).use_key(new.id()).unwrap();
        all_understand("use");
    }
    let before = uses_of_old();
    all_understand("used");
    assert_eq!(uses_of_old(), before, "nobody uses it any more");
    for node in &nodes {
        keyring(node).remove(old.id()).unwrap();
        all_understand("remove");
    }
    assert_eq!(send(&self::node(&[&old]), &nodes[0]), Err(DecodeError::NoKey));
}

#[test]
fn use_of_each_key_is_counted() {
    let (old, new) = (aes(1), aes(2));
    let (sender, receiver) = (node(&[&old]), node(&[&new, &old]));
    for _ in 0..3 {
        send(&sender, &receiver).unwrap();
    }
    // Refusals don't count.
    let mut bytes = packet(&sender).to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    receive(&receiver, &bytes).unwrap_err();
    send(&node(&[&aes(3)]), &receiver).unwrap_err();

    let summary = |framing: &Framing| {
        let all = uses(framing).into_iter();
        all.map(|key| (key.id, key.primary, key.encrypted, key.decrypted)).collect::<Vec<_>>()
    };
    assert_eq!(summary(&sender), [(old.id(), true, 7, 0)]);
    assert_eq!(summary(&receiver), [(new.id(), true, 0, 0), (old.id(), false, 0, 6)]);
}

/// A frame has no memory: what makes a recorded packet harmless is the protocol.
#[test]
fn frame_layer_does_not_notice_a_replay() {
    let node = node(&[&aes(1)]);
    let recorded = packet(&node);
    assert_eq!((receive(&node, &recorded), receive(&node, &recorded)), (Ok(()), Ok(())));
}

/// Payloads are slices of what was decrypted, and bad messages don't cost good ones.
#[test]
fn inside_is_as_in_clear() {
    let node = node(&[&aes(1)]);
    let mut good = Vec::new();
    wire().encode_message(&nack(), &mut good).unwrap();
    let bad = Bytes::from_static(&[99]);
    let packet = wire().encode_packet(&node, &[bad, good.into()]).unwrap();
    let mut seen = Vec::new();
    wire().decode_packet(&node, packet, &mut |message| seen.push(message)).unwrap();
    assert_eq!(seen, [Err(DecodeError::UnknownKind(99)), Ok(nack())]);
}

#[test]
fn limits_hold_inside_encryption() {
    let compressions = CompressionAlgorithm::ALL.iter().map(|&algorithm| Some(Compression::new(algorithm)));
    for compression in compressions.chain([None]) {
        let node = node(&[&aes(1)]).with_compression(compression);
        let message = StreamMsg::User(vec![7; 100_000].into());
        let open = StreamLimits::default();
        let frame = wire().encode_frame(&node, &open, true, &message).unwrap();
        let decode =
            |limits: &StreamLimits| wire().decode_frame(&node, limits, true, &mut BytesMut::from(&frame[..]));
        assert_eq!(decode(&open), Ok(Some(message)));
        for limits in [open.with_max_user(99_999), open.with_max_frame(99_999)] {
            let error = decode(&limits).unwrap_err();
            assert!(matches!(error, DecodeError::TooLarge { .. }), "{error}");
        }
    }
}

#[test]
fn frame_limit_counts_what_encryption_adds() {
    let node = node(&[&aes(1)]);
    let limits = StreamLimits::default();
    let len = frame(&node).len();
    let encode = |max| wire().encode_frame(&node, &limits.with_max_frame(max), true, &stream_message());
    let bytes = encode(len).unwrap();
    let error = encode(len - 1).unwrap_err().to_string();
    assert_eq!(error, format!("too much: {len} frame bytes, the limit is {}", len - 1));
    let decode = |max| {
        let limits = limits.with_max_frame(max);
        wire().decode_frame(&node, &limits, true, &mut BytesMut::from(&bytes[..]))
    };
    assert_eq!(decode(len), Ok(Some(stream_message())));
    assert!(matches!(decode(len - 1), Err(DecodeError::TooLarge { .. })));
}

/// However a frame arrives: nothing is taken from the buffer before it is there, and what follows stays.
#[test]
fn encrypted_frames_may_arrive_in_pieces() {
    let node = node(&[&aes(1)]);
    let bytes = [frame(&node), frame(&node)].concat();
    let (mut buffer, mut seen) = (BytesMut::new(), 0);
    for byte in bytes {
        buffer.extend_from_slice(&[byte]);
        let before = buffer.len();
        match wire().decode_frame(&node, &StreamLimits::default(), true, &mut buffer).unwrap() {
            Some(message) => {
                assert_eq!(message, stream_message());
                seen += 1;
            }
            None => assert_eq!(buffer.len(), before),
        }
    }
    assert_eq!((seen, buffer.len()), (2, 0));
}

/// Compiles only if it does.
#[test]
fn keyring_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Keyring>();
    shared::<Framing>();
}

/// What a transport encrypts already is not encrypted again, and both are read; a key that is missing is still named.
#[test]
fn nothing_is_encrypted_twice_over_a_secure_transport() {
    let below = |keys: &[&SecretKey]| node(keys).with_secured_below(true);
    let (one, other) = (below(&[&aes(1)]), below(&[&aes(2)]));
    assert!(!is_encrypted(&one));
    assert_eq!(wire().packet_overhead(&one), wire().packet_overhead(&clear()));
    assert_eq!(send(&one, &other), Ok(()), "whatever the keys and the policy");
    assert_eq!(send(&node(&[&aes(1)]), &one), Ok(()), "who encrypts all the same is understood");
    assert_eq!(send(&node(&[&aes(1)]), &other), Err(DecodeError::NoKey));
    assert_eq!(send(&one, &node(&[&aes(1)])), Err(DecodeError::Unencrypted));
}

#[test]
fn protection_says_what_keyring_and_transport_give() {
    let with = |policy| framing("", ring(&[&aes(1)]).with_policy(policy)).protection();
    assert_eq!(clear().protection(), Protection::NoKeyring);
    assert_eq!(node(&[]).protection(), Protection::NoKeys);
    assert_eq!(with(EncryptionPolicy::Accept), Protection::Accepted);
    assert_eq!(with(EncryptionPolicy::Prefer), Protection::Preferred);
    assert_eq!(with(EncryptionPolicy::Require), Protection::Required);
    assert_eq!(clear().with_secured_below(true).protection(), Protection::Below);
}
