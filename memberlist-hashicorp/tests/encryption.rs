//! Keys, and what is accepted with and without them.

#![cfg(feature = "aes-gcm")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod strategy;

use bytes::{Bytes, BytesMut};
use memberlist_hashicorp::{Format0, HashicorpWire};
use memberlist_types::{
    DecodeError, EncryptionAlgorithm, EncryptionPolicy, Framing, Keyring, Label, Message, Ping, PushPull,
    SecretKey, SequenceNumber, StreamLimits, StreamMessage, Wire,
};
use std::net::SocketAddr;
use strategy::{Msg, StreamMsg};

const PLAIN: HashicorpWire = HashicorpWire::new().with_compression(false);

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &PLAIN
}

fn framing(key: u8, policy: EncryptionPolicy) -> Framing {
    let key = SecretKey::new(EncryptionAlgorithm::Aes256Gcm, &[key; 32]).unwrap();
    let keyring = Keyring::with_nonce_start([0; 12]).with_key(&key).with_policy(policy);
    Framing::new().with_checksum(None).with_keyring(Some(keyring))
}

fn clear() -> Framing {
    Framing::new().with_checksum(None)
}

fn ping() -> Msg {
    let target = Some("a node with a name that is long enough".into());
    Message::Ping(Ping { seq: SequenceNumber(7), target, source: None })
}

fn packet(framing: &Framing, messages: &[Msg]) -> Bytes {
    let encoded = |message: &Msg| {
        let mut out = Vec::new();
        wire().encode_message(message, &mut out).unwrap();
        out.into()
    };
    wire().encode_packet(framing, &messages.iter().map(encoded).collect::<Vec<_>>()).unwrap()
}

fn decoded(framing: &Framing, packet: &Bytes) -> Result<Vec<Msg>, DecodeError> {
    let mut seen = Vec::new();
    wire().decode_packet(framing, packet.clone(), &mut |message| seen.push(message.unwrap()))?;
    Ok(seen)
}

fn frame(framing: &Framing, first: bool) -> Bytes {
    wire().encode_frame(framing, &StreamLimits::default(), first, &state()).unwrap()
}

fn state() -> StreamMsg {
    StreamMessage::PushPull(PushPull { join: true, states: vec![], user: Bytes::from_static(b"state") })
}

fn decoded_frame(framing: &Framing, first: bool, frame: &[u8]) -> Result<Option<StreamMsg>, DecodeError> {
    wire().decode_frame(framing, &StreamLimits::default(), first, &mut BytesMut::from(frame))
}

const POLICIES: [EncryptionPolicy; 3] =
    [EncryptionPolicy::Accept, EncryptionPolicy::Prefer, EncryptionPolicy::Require];

/// 9.5 TestMemberlist_EncryptedGossipTransition: with every two neighbouring steps of a roll-out, in both directions. (A ping begins as an
/// encrypted packet does.)
#[test]
fn neighbouring_policies_understand_each_other() {
    let steps: Vec<Framing> =
        std::iter::once(clear()).chain(POLICIES.map(|policy| framing(1, policy))).collect();
    for (from, sender) in steps.iter().enumerate() {
        for (to, receiver) in steps.iter().enumerate() {
            let understood = if from <= 1 { to != 3 } else { to != 0 };
            let expected = [ping(), Message::User(Bytes::from_static(b"hi"))];
            for messages in [&expected[..1], &expected[1..], &expected] {
                let got = decoded(receiver, &packet(sender, messages));
                assert_eq!(got == Ok(messages.to_vec()), understood, "{from} to {to}: {got:?}");
            }
            let got = decoded_frame(receiver, true, &frame(sender, true));
            assert_eq!(got == Ok(Some(state())), understood, "{from} to {to}: {got:?}");
        }
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let required = framing(1, EncryptionPolicy::Require);
    for messages in [&[ping()][..], &[Message::User(Bytes::from_static(b"x"))]] {
        assert_eq!(decoded(&required, &packet(&clear(), messages)), Err(DecodeError::Unencrypted));
    }
    assert_eq!(decoded(&required, &Bytes::from_static(b"\x08")), Err(DecodeError::Unencrypted));
    assert_eq!(decoded_frame(&required, true, &frame(&clear(), true)), Err(DecodeError::Unencrypted));
    assert_eq!(decoded_frame(&required, true, &[6]), Err(DecodeError::Unencrypted));
    // 9.5 TestGossip_MismatchedKeys
    for policy in POLICIES {
        let (ours, theirs) = (framing(1, policy), framing(2, EncryptionPolicy::Require));
        assert_eq!(decoded(&ours, &packet(&theirs, &[ping()])), Err(DecodeError::NoKey));
        assert_eq!(decoded_frame(&ours, true, &frame(&theirs, true)), Err(DecodeError::NoKey));
    }
    assert_eq!(decoded_frame(&clear(), true, &frame(&required, true)), Err(DecodeError::NoKey));
    assert_eq!(decoded_frame(&clear(), true, &[10]), Err(DecodeError::NoKey));
}

/// Q26, 9.5 TestEncryptDecryptState: the answer bears no label, but is of one cluster only.
#[test]
fn label_is_authenticated_also_where_it_is_not_written() {
    let labelled = |label| framing(1, EncryptionPolicy::Require).with_label(Label::new(label).unwrap());
    let answer = frame(&labelled("foo"), false);
    assert_eq!(answer[0], 10);
    assert_eq!(decoded_frame(&labelled("foo"), false, &answer), Ok(Some(state())));
    assert_eq!(decoded_frame(&labelled("fox"), false, &answer), Err(DecodeError::NoKey));
    let request = frame(&labelled("foo"), true);
    assert!(request.starts_with(b"\xf4\x03foo\x0a"));
    assert_eq!(decoded_frame(&labelled("foo"), true, &request), Ok(Some(state())));
    assert_eq!(decoded_frame(&labelled("foo"), true, &answer), Err(DecodeError::LabelMismatch));
    assert_eq!(
        decoded_frame(&labelled("foo"), false, &request),
        Err(DecodeError::Invalid("label in front of an answer"))
    );
    // Whoever took it away in front of us does not change what it authenticates.
    let stripped = labelled("foo").with_label_stripped_upstream(true);
    assert_eq!(decoded_frame(&stripped, true, &request[5..]), Ok(Some(state())));
    let bytes = packet(&labelled("foo"), &[ping()]);
    assert_eq!(decoded(&stripped, &bytes.slice(5..)), Ok(vec![ping()]));
    assert_eq!(decoded(&stripped, &bytes), Err(DecodeError::LabelMismatch));
}

#[test]
fn secured_below_nothing_is_encrypted_but_what_is_encrypted_is_read() {
    let required = framing(1, EncryptionPolicy::Require);
    let below = required.clone().with_secured_below(true);
    assert_eq!(packet(&below, &[ping()])[0], 0);
    assert_eq!(decoded(&below, &packet(&below, &[ping()])), Ok(vec![ping()]));
    assert_eq!(decoded(&below, &packet(&required, &[ping()])), Ok(vec![ping()]));
    assert_eq!(decoded_frame(&below, true, &frame(&below, true)), Ok(Some(state())));
    assert_eq!(decoded_frame(&below, true, &frame(&required, true)), Ok(Some(state())));
    assert_eq!(wire().packet_overhead(&below), 2);
    assert_eq!(wire().packet_overhead(&required), 31);
}

/// Q7
#[test]
fn format_0_needs_permission() {
    let required = framing(1, EncryptionPolicy::Require);
    let older: &dyn Wire<String, SocketAddr> = &PLAIN.with_format_0(Format0::Send);
    let newer: &dyn Wire<String, SocketAddr> = &PLAIN.with_format_0(Format0::Accept);
    let bytes = older.encode_packet(&required, &[Bytes::from_static(b"\x08hi")]).unwrap();
    assert_eq!(decoded(&required, &bytes), Err(DecodeError::UnknownLayer(0)));
    let mut seen = Vec::new();
    newer.decode_packet(&required, bytes, &mut |message| seen.push(message)).unwrap();
    assert_eq!(seen, [Ok(Message::User(Bytes::from_static(b"hi")))]);
    let bytes = older.encode_frame(&required, &StreamLimits::default(), true, &state()).unwrap();
    assert_eq!(decoded_frame(&required, true, &bytes), Err(DecodeError::UnknownLayer(0)));
    let mut buffer = BytesMut::from(&bytes[..]);
    let got = newer.decode_frame(&required, &StreamLimits::default(), true, &mut buffer);
    assert_eq!(got, Ok(Some(state())));
    assert_eq!(older.packet_overhead(&required), 2 + 45);
    // Of a format that there is not, nothing is waited for.
    assert_eq!(decoded_frame(&required, true, b"\x0a\0\0\x01\0\x02"), Err(DecodeError::UnknownLayer(2)));
}

#[test]
fn encrypted_frames_are_measured_before_they_are_there() {
    let required = framing(1, EncryptionPolicy::Require);
    let too_large = |what| move |got| matches!(got, Err(DecodeError::TooLarge { what: w, .. }) if w == what);
    assert!(too_large("encrypted bytes")(decoded_frame(&required, true, b"\x0a\x01\x40\x00\x01")));
    assert_eq!(decoded_frame(&required, true, b"\x0a\x01\x40\x00\x00"), Ok(None));
    assert!(matches!(decoded_frame(&required, true, b"\x0a\0\0\0\x1c"), Err(DecodeError::Invalid(_))));
    let small = StreamLimits::default().with_max_frame(1000);
    let got = wire().decode_frame(&required, &small, true, &mut BytesMut::from(&b"\x0a\0\0\x04\0"[..]));
    assert!(too_large("frame bytes")(got));
    assert_eq!(wire().missing(&required, &small, true, b"\x0a"), 33);
    assert_eq!(wire().missing(&required, &small, true, b"\x0a\0\0\x01\0"), 256);
    // Q28: nor is one sent.
    let message = StreamMsg::User(vec![7; 20 << 20].into());
    let sent = wire().encode_frame(&required, &StreamLimits::default(), true, &message);
    assert!(matches!(sent, Err(memberlist_types::EncodeError::TooLarge { what: "encrypted bytes", .. })));
    assert!(wire().encode_frame(&clear(), &StreamLimits::default(), true, &message).is_ok());
}

#[test]
fn what_is_cut_off_inside_is_not_waited_for() {
    let required = framing(1, EncryptionPolicy::Require);
    let small = StreamLimits::default();
    let keyring = required.keyring.clone().unwrap();
    let mut text = b"\x08\x81\xaaUserMsgLen\x05abc".to_vec();
    let header = [10, 0, 0, 0, (29 + text.len()) as u8];
    let sealed = keyring.seal(&[EncryptionAlgorithm::Aes256Gcm], &header, &mut text).unwrap().unwrap();
    let bytes = [&header[..], &[1], &sealed.nonce, &text, &sealed.tag].concat();
    let got = wire().decode_frame(&required, &small, true, &mut BytesMut::from(&bytes[..]));
    assert_eq!(got, Err(DecodeError::Truncated));
}

#[test]
fn keys_of_other_algorithms_are_refused() {
    for &algorithm in EncryptionAlgorithm::ALL {
        let key = SecretKey::new(algorithm, &vec![7; algorithm.key_len()]).unwrap();
        let framing = clear().with_keyring(Some(Keyring::with_nonce_start([0; 12]).with_key(&key)));
        let aes = algorithm.to_string().starts_with("aes");
        assert_eq!(wire().check_framing(&framing).is_ok(), aes, "{algorithm}");
        assert_eq!(
            wire().encode_packet(&framing, &[Bytes::from_static(b"\x08")]).is_ok(),
            aes,
            "{algorithm}"
        );
    }
}
