use super::*;
use crate::{Ack, Incarnation, Label, Layers, Meta, Node, SequenceNumber};
use alloc::{string::String, vec, vec::Vec};
use core::net::SocketAddr;

type StreamMsg = StreamMessage<String, SocketAddr>;

fn state(name: &str) -> NodeState<String, SocketAddr> {
    NodeState {
        node: Node::new(name.into(), SocketAddr::from(([10, 0, 0, 1], 7946))),
        meta: Meta::EMPTY,
        incarnation: Incarnation::new(1),
        state: State::Alive,
        versions: None,
        layers: Layers::BASE,
    }
}

fn push_pull(states: usize, user: usize) -> StreamMsg {
    StreamMessage::PushPull(PushPull {
        join: false,
        states: vec![state("node"); states],
        user: vec![7; user].into(),
    })
}

fn encoded(limits: &StreamLimits, message: &StreamMsg) -> Result<Bytes, EncodeError> {
    encode_frame(&Framing::new(), limits, message)
}

fn decoded(limits: &StreamLimits, bytes: &[u8]) -> Result<Option<StreamMsg>, DecodeError> {
    decode_frame(&Framing::new(), limits, &mut BytesMut::from(bytes))
}

/// A frame that announces `len` bytes behind its header, of which these are there.
fn announced(len: u32, message: &[u8]) -> Vec<u8> {
    [&[frame::STREAM_MAGIC, 0][..], &len.to_be_bytes(), &[layers::BODY], message].concat()
}

fn reason(result: Result<Option<StreamMsg>, DecodeError>) -> (&'static str, u64, u64) {
    match result {
        Err(DecodeError::TooLarge { what, actual, limit }) => (what, actual, limit),
        other => panic!("{other:?}"),
    }
}

/// 9.5 TestReadRemoteState_Limits: as soon as the number is there, long before the states are.
#[test]
fn too_many_states_are_refused_when_announced() {
    let limits = StreamLimits::default();
    let head = announced(30_000_000, &[kind::PUSH_PULL, 0x11, 1, 0x23, 0x98, 0x96, 0x80]);
    assert_eq!(reason(decoded(&limits, &head)), ("states", 10_000_000, 1_048_576));
    assert_eq!(decoded(&limits, &head[..head.len() - 1]), Ok(None));
    let allowed = announced(30_000_000, &[kind::PUSH_PULL, 0x11, 1, 0x23, 0x10, 0, 0]);
    assert_eq!(decoded(&limits, &allowed), Ok(None));
}

/// 9.5 TestReadRemoteState_Limits: as soon as the length is there.
#[test]
fn too_much_user_state_is_refused_when_announced() {
    let limits = StreamLimits::default();
    let head = announced(31_000_000, &[kind::PUSH_PULL, 0x21, 1, 0x3f, 0x01, 0xc9, 0xc3, 0x80]);
    assert_eq!(reason(decoded(&limits, &head)), ("user bytes", 30_000_000, 20_971_520));
    assert_eq!(decoded(&limits, &head[..head.len() - 1]), Ok(None));
    let allowed = announced(31_000_000, &[kind::PUSH_PULL, 0x21, 1, 0x3f, 0x01, 0x40, 0, 0]);
    assert_eq!(decoded(&limits, &allowed), Ok(None));
}

/// 9.5 TestReadUserMsg_Limit: with and without a checksum in front.
#[test]
fn too_long_user_message_is_refused_when_announced() {
    let limits = StreamLimits::default();
    let user = [kind::USER, 0x1f, 0x01, 0xc9, 0xc3, 0x80];
    let expected = ("user bytes", 30_000_000, 20_971_520);
    assert_eq!(reason(decoded(&limits, &announced(30_000_007, &user))), expected);
    let mut checked = announced(30_000_012, &user);
    checked.splice(6..6, [0x11, 1, 2, 3, 4]);
    assert_eq!(reason(decoded(&limits, &checked)), expected);
}

/// The same is refused however the bytes arrive: an announcement counts even if a later one is smaller.
#[test]
fn overridden_announcement_still_keeps_the_limit() {
    let limits = StreamLimits::default().with_max_states(3).with_max_user(3);
    let cases: [(&[u8], &str); 3] = [
        (&[kind::PUSH_PULL, 0x21, 4, 0x20], "states"),
        (&[kind::PUSH_PULL, 0x34, 1, 2, 3, 4, 0x30], "user bytes"),
        (&[kind::USER, 0x14, 1, 2, 3, 4, 0x11, 1], "user bytes"),
    ];
    for (message, what) in cases {
        let frame = announced(u32::try_from(message.len() + 1).unwrap(), message);
        for len in frame.len() - 1..=frame.len() {
            assert_eq!(reason(decoded(&limits, &frame[..len])).0, what, "{message:02x?} {len}");
        }
    }
}

/// The same limits hold where a frame arrives at once, and exactly.
#[test]
fn limits_are_exact_on_both_sides() {
    let open = StreamLimits::default();
    let limits = open.with_max_states(3).with_max_user(10);
    for (states, user, what) in [(3, 10, None), (4, 0, Some("states")), (0, 11, Some("user bytes"))] {
        let message = push_pull(states, user);
        let sent = encoded(&limits, &message);
        let received = decoded(&limits, &encoded(&open, &message).unwrap());
        match what {
            None => {
                assert_eq!(received, Ok(Some(message)));
                assert!(sent.is_ok());
            }
            Some(expected) => {
                assert!(matches!(sent, Err(EncodeError::TooLarge { what, .. }) if what == expected));
                assert_eq!(reason(received).0, expected);
            }
        }
    }
}

/// Q28: the sender learns of it.
#[test]
fn sender_of_too_long_a_user_message_is_told() {
    let limits = StreamLimits::default();
    let message = |len| StreamMsg::User(vec![0; len].into());
    let error = EncodeError::TooLarge { what: "user bytes", actual: 20_971_521, limit: 20_971_520 };
    assert_eq!(encoded(&limits, &message(20_971_521)), Err(error));
    let frame = encoded(&limits, &message(20_971_520)).unwrap();
    assert_eq!(decoded(&limits, &frame), Ok(Some(message(20_971_520))));
}

#[test]
fn frame_limit_counts_the_whole_frame_on_both_sides() {
    let message = StreamMsg::User(vec![0; 1000].into());
    let frame = encoded(&StreamLimits::default(), &message).unwrap();
    let enough = StreamLimits::default().with_max_frame(frame.len());
    assert_eq!(encoded(&enough, &message).as_ref(), Ok(&frame));
    assert_eq!(decoded(&enough, &frame), Ok(Some(message.clone())));

    let (actual, limit) = (frame.len(), frame.len() - 1);
    let less = StreamLimits::default().with_max_frame(limit);
    let error = EncodeError::TooLarge { what: "frame bytes", actual, limit };
    assert_eq!(encoded(&less, &message), Err(error));
    // The length alone is enough.
    assert_eq!(decoded(&less, &frame[..5]), Ok(None));
    assert_eq!(reason(decoded(&less, &frame[..6])), ("frame bytes", actual as u64, limit as u64));
    assert_eq!(
        reason(decoded(&StreamLimits::default(), &announced(u32::MAX, &[]))).1,
        u64::from(u32::MAX) + 6
    );
}

/// A frame that trickles in costs the same for every piece, however much is there already.
#[cfg(feature = "std")]
#[test]
fn waiting_for_a_large_frame_is_cheap() {
    let mut head = announced(60_000_000, &[kind::PUSH_PULL, 0x21, 1]);
    head.resize(40_000_000, 0x40);
    let mut buffer = BytesMut::from(&head[..]);
    let limits = StreamLimits::default();
    // One look at all the bytes takes milliseconds; ten thousand such looks would take minutes.
    let start = std::time::Instant::now();
    for _ in 0..10_000 {
        let got: Result<Option<StreamMsg>, _> = decode_frame(&Framing::new(), &limits, &mut buffer);
        assert_eq!(got, Ok(None));
    }
    assert!(start.elapsed() < core::time::Duration::from_secs(5));
}

/// 9.3 TestAddLabelHeaderToStream, TestRemoveLabelHeaderFromStream: what follows is untouched.
#[test]
fn label_stands_in_every_frame_and_what_follows_is_intact() {
    let framing = |label: &str| Framing::new().with_label(Label::new(label).unwrap());
    let limits = StreamLimits::default();
    let message = |n| StreamMsg::Ack(Ack { seq: SequenceNumber(n), payload: Bytes::new() });
    for label in ["", "prod", &"x".repeat(255)] {
        let framing = framing(label);
        let mut buffer = BytesMut::new();
        for n in 1..4 {
            let frame = encode_frame(&framing, &limits, &message(n)).unwrap();
            assert_eq!(&frame[2..2 + label.len()], label.as_bytes());
            buffer.extend_from_slice(&frame);
        }
        buffer.extend_from_slice(b"\xe1");
        for n in 1..4 {
            assert_eq!(decode_frame(&framing, &limits, &mut buffer), Ok(Some(message(n))));
        }
        assert_eq!(&buffer[..], b"\xe1");
    }
    let frame = encode_frame(&framing("prod"), &limits, &message(1)).unwrap();
    for other in ["", "test", "prod2"] {
        // The first bytes are enough.
        for len in [4, frame.len()] {
            let mut buffer = BytesMut::from(&frame[..len]);
            let got: Result<Option<StreamMsg>, _> = decode_frame(&framing(other), &limits, &mut buffer);
            assert_eq!(got, Err(DecodeError::LabelMismatch), "{other:?} {len}");
        }
    }
    let stripped = framing("prod").with_label_stripped_upstream(true);
    let cut = [&frame[..1], &[0], &frame[6..]].concat();
    assert_eq!(decode_frame(&stripped, &limits, &mut BytesMut::from(&cut[..])), Ok(Some(message(1))));
    let mut labelled = BytesMut::from(&frame[..]);
    let got: Result<Option<StreamMsg>, _> = decode_frame(&stripped, &limits, &mut labelled);
    assert_eq!(got, Err(DecodeError::LabelMismatch));
}

/// 9.5 TestIngestPacket_CRC, on streams.
#[test]
fn every_single_flipped_bit_of_a_frame_is_noticed() {
    let limits = StreamLimits::default();
    let frame = encoded(&limits, &push_pull(2, 5)).unwrap();
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let got = decoded(&limits, &flipped);
        assert!(!matches!(got, Ok(Some(_))), "bit {bit}: {got:?}");
    }
}

#[test]
fn long_error_text_is_cut_between_characters() {
    let limits = StreamLimits::default();
    let sent =
        |text: &str| match decoded(&limits, &encoded(&limits, &StreamMessage::Error(text.into())).unwrap()) {
            Ok(Some(StreamMessage::Error(text))) => text,
            other => panic!("{other:?}"),
        };
    assert_eq!(sent(""), "");
    assert_eq!(sent(&"x".repeat(1024)), "x".repeat(1024));
    assert_eq!(sent(&"x".repeat(5000)), "x".repeat(1024));
    assert_eq!(sent(&"€".repeat(400)), "€".repeat(341));
}

#[test]
fn too_long_error_text_is_refused_when_announced() {
    let head = announced(3000, &[kind::ERROR, 0x1e, 0x04, 0x01]);
    assert_eq!(reason(decoded(&StreamLimits::default(), &head)), ("error text bytes", 1025, 1024));
}

#[test]
fn number_of_states_must_be_right() {
    let limits = StreamLimits::default();
    let frame = encoded(&limits, &push_pull(2, 0)).unwrap();
    for count in [0u8, 1, 3, 200] {
        let mut body = frame[12..].to_vec();
        assert_eq!(body[..3], [kind::PUSH_PULL, 0x21, 2]);
        body[2] = count;
        let len = u32::try_from(body.len() + 1).unwrap();
        let got = decoded(&limits, &announced(len, &body));
        assert_eq!(got, Err(DecodeError::Invalid("number of states")), "{count}");
    }
}

fn part(conversation: u64, number: u32, more: bool, states: usize, user: usize) -> StreamMsg {
    let StreamMessage::PushPull(piece) = push_pull(states, user) else { unreachable!() };
    StreamMessage::PushPullPart(PushPullPart { conversation, answer: 0, number, more, piece })
}

/// P-18: a push/pull in parts.
#[test]
fn parts_keep_their_conversation_their_number_and_whether_more_follow() {
    let limits = StreamLimits::default();
    for (conversation, number, more) in
        [(u64::MAX, u32::MAX, true), (1, 0, false), (0, 1, false), (0, 0, true), (7, 258, true)]
    {
        for (states, user) in [(2, 0), (0, 9), (3, 4)] {
            let message = part(conversation, number, more, states, user);
            let frame = encoded(&limits, &message).unwrap();
            assert_eq!(decoded(&limits, &frame), Ok(Some(message.clone())));
            let StreamMessage::PushPullPart(part) = message else { unreachable!() };
            let answer = StreamMessage::PushPullPart(PushPullPart { answer: u64::MAX - 1, ..part });
            let frame = encoded(&limits, &answer).unwrap();
            assert_eq!(decoded(&limits, &frame), Ok(Some(answer)));
        }
    }
}

/// One without conversation, number and successor is a push/pull as before, byte for byte.
#[test]
fn a_part_that_is_all_is_a_whole_push_pull() {
    let limits = StreamLimits::default();
    let whole = encoded(&limits, &push_pull(2, 5)).unwrap();
    assert_eq!(encoded(&limits, &part(0, 0, false, 2, 5)), Ok(whole.clone()));
    assert_eq!(decoded(&limits, &whole), Ok(Some(push_pull(2, 5))));
}

/// Each part brings something, so that the limits of their sum bound their number.
#[test]
fn a_part_with_nothing_in_it_is_refused_unless_it_is_the_last() {
    let limits = StreamLimits::default();
    assert!(matches!(encoded(&limits, &part(1, 0, true, 0, 0)), Err(EncodeError::Unsupported(_))));
    let last = part(1, 7, false, 0, 0);
    assert_eq!(decoded(&limits, &encoded(&limits, &last).unwrap()), Ok(Some(last)));
    let empty = announced(6, &[kind::PUSH_PULL, 0x51, 1, 0x71, 1]);
    assert_eq!(decoded(&limits, &empty), Err(DecodeError::Invalid("empty part")));
}

#[test]
fn numbers_of_parts_that_do_not_fit_are_invalid() {
    let limits = StreamLimits::default();
    let nine = [kind::PUSH_PULL, 0x59, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(decoded(&limits, &announced(12, &nine)), Err(DecodeError::Invalid("conversation of a part")));
    let five = [kind::PUSH_PULL, 0x65, 1, 0, 0, 0, 0];
    assert_eq!(decoded(&limits, &announced(8, &five)), Err(DecodeError::Invalid("number of a part")));
}

/// What decoding takes is told by a whole frame alone, and never less than the frame.
#[test]
fn cost_of_decoding_is_seen_as_soon_as_a_frame_is_whole() {
    let framing = Framing::new();
    let frame = encoded(&StreamLimits::default(), &push_pull(9, 100)).unwrap();
    for len in 0..frame.len() {
        assert_eq!(decode_cost(&framing, &frame[..len]), 0, "{len}");
    }
    assert_eq!(decode_cost(&framing, &frame), frame.len() - 6);
    assert_eq!(decode_cost(&framing, &[&frame[..], &[1, 2, 3]].concat()), frame.len() - 6);
    let other = Framing::new().with_label(Label::new("other").unwrap());
    assert_eq!(decode_cost(&other, &frame), 0, "it is refused anyway");
    assert_eq!(decode_cost(&framing, b"GET / HTTP/1.1"), 0);
}

#[cfg(feature = "lz4")]
#[test]
fn cost_of_decoding_counts_what_a_frame_says_it_decompresses_to() {
    use crate::{Compression, CompressionAlgorithm};
    let lz4 = Compression::new(CompressionAlgorithm::Lz4);
    for checksum in [None, Some(crate::ChecksumAlgorithm::Crc32)] {
        let framing = Framing::new().with_compression(Some(lz4)).with_checksum(checksum);
        let frame = encode_frame(&framing, &StreamLimits::default(), &push_pull(0, 1_000_000)).unwrap();
        assert!(frame.len() < 10_000);
        let cost = decode_cost(&framing, &frame);
        assert!((1_000_000 + frame.len()..1_000_100 + frame.len()).contains(&(cost + 6)), "{cost}");
        assert_eq!(decode_cost(&framing, &frame[..frame.len() - 1]), 0);
    }
}

#[test]
fn messages_for_packets_are_unknown_on_streams() {
    for kind in [kind::INDIRECT_PING, kind::NACK, kind::SUSPECT, kind::ALIVE, kind::DEAD, 0, 11, 255] {
        let got = decoded(&StreamLimits::default(), &announced(2, &[kind]));
        assert_eq!(got, Err(DecodeError::UnknownKind(kind)));
    }
}

fn pieces(framing: &Framing, limits: &StreamLimits, payload: &Bytes) -> Result<[Bytes; 2], EncodeError> {
    encode_user_frame::<String, SocketAddr>(framing, limits, payload.clone())
}

/// 9.5: a frame in two pieces is the frame that it would be in one.
#[test]
fn user_message_in_two_pieces_is_the_same_frame_and_its_payload_is_not_copied() {
    let limits = StreamLimits::default();
    let labelled = Framing::new().with_label(Label::new("prod").unwrap());
    for framing in [Framing::new(), Framing::new().with_checksum(None), labelled] {
        for bytes in [0, 1, 15, 16, 255, 256, 70_000] {
            let payload = Bytes::from(vec![7; bytes]);
            let [head, rest] = pieces(&framing, &limits, &payload).unwrap();
            let whole = encode_frame(&framing, &limits, &StreamMsg::User(payload.clone())).unwrap();
            assert_eq!([&head[..], &rest].concat(), whole, "{bytes}");
            assert!(rest.is_empty() || rest.as_ptr() == payload.as_ptr());
            assert_eq!(rest.len(), bytes);
        }
    }
}

#[test]
fn user_message_in_two_pieces_has_the_same_limits() {
    let framing = Framing::new();
    for limits in [
        StreamLimits::default().with_max_user(100),
        StreamLimits::default().with_max_frame(110),
        StreamLimits::default().with_max_frame(114),
    ] {
        for bytes in 90..110 {
            let payload = Bytes::from(vec![7; bytes]);
            let whole = encode_frame(&framing, &limits, &StreamMsg::User(payload.clone()));
            let apart = pieces(&framing, &limits, &payload);
            assert_eq!(apart.map(|pieces| Bytes::from(pieces.concat())), whole, "{bytes}");
        }
    }
}

#[test]
fn frame_len_is_known_with_the_header_and_only_of_a_frame_of_ours() {
    let framing = Framing::new().with_label(Label::new("prod").unwrap());
    let frame = encode_frame(&framing, &StreamLimits::default(), &push_pull(3, 1_000)).unwrap();
    let header = 2 + 4 + LEN_LEN;
    for there in 0..=frame.len() {
        let expected = (there >= header).then_some(frame.len());
        assert_eq!(frame_len(&framing, &frame[..there]), expected, "{there}");
    }
    let behind = [&frame[..], &frame].concat();
    assert_eq!(frame_len(&framing, &behind), Some(frame.len()));
    assert_eq!(frame_len(&Framing::new(), &frame), None, "another label");
    assert_eq!(frame_len(&framing, &[0xff; 20]), None);
}
