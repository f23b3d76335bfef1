//! Streams that are unusual, slow, or meant to do harm.

#![allow(clippy::unwrap_used, clippy::panic)]

mod strategy;

use bytes::{Bytes, BytesMut};
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{
    Ack, DecodeError, EncodeError, Framing, Incarnation, Label, Layers, Meta, Node, NodeState, PushPull,
    PushPullPart, SequenceNumber, State, StreamLimits, StreamMessage, Versions, Wire,
};
use std::net::SocketAddr;
use strategy::StreamMsg;

type Outcome = Result<Option<StreamMsg>, DecodeError>;

const COMPRESSING: HashicorpWire = HashicorpWire::new();
const BARE: HashicorpWire = COMPRESSING.with_compression(false);

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &BARE
}

fn framing() -> Framing {
    Framing::new()
}

fn decoded(frame: &[u8]) -> Outcome {
    decoded_within(&StreamLimits::default(), frame)
}

fn decoded_within(limits: &StreamLimits, frame: &[u8]) -> Outcome {
    wire().decode_frame(&framing(), limits, true, &mut BytesMut::from(frame))
}

fn missing(frame: &[u8]) -> usize {
    wire().missing(&framing(), &StreamLimits::default(), true, frame)
}

fn encoded(wire: HashicorpWire, message: &StreamMsg) -> Result<Bytes, EncodeError> {
    let wire: &dyn Wire<String, SocketAddr> = &wire;
    wire.encode_frame(&framing(), &StreamLimits::default(), true, message)
}

fn node_state(name: String, meta: usize) -> NodeState<String, SocketAddr> {
    NodeState {
        node: Node::new(name, SocketAddr::from(([10, 0, 0, 1], 7946))),
        meta: Meta::new(vec![7; meta]),
        incarnation: Incarnation::new(1),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: Layers::from_bits(1 << 24),
    }
}

fn push_pull(nodes: usize, meta: usize, user: usize) -> StreamMsg {
    let states = (0..nodes).map(|n| node_state(format!("node-{n}"), meta)).collect();
    StreamMessage::PushPull(PushPull { join: false, states, user: vec![7; user].into() })
}

/// The head of a push/pull.
fn head(nodes: &[u8], user: &[u8]) -> Vec<u8> {
    [b"\x06\x83\xa4Join\xc2\xa5Nodes", nodes, b"\xacUserStateLen", user].concat()
}

#[track_caller]
fn assert_too_large(outcome: &Outcome, expected: &str) {
    assert!(matches!(outcome, Err(DecodeError::TooLarge { what, .. }) if *what == expected), "{outcome:?}");
}

/// 9.5 TestReadRemoteState_Limits: as soon as it is announced.
#[test]
fn too_many_nodes_or_bytes_are_refused_when_they_are_announced() {
    assert_too_large(&decoded(&head(b"\xd2\x00\x98\x96\x80", b"\x00")), "states");
    assert_too_large(&decoded(&head(b"\x00", b"\xd2\x01\xc9\xc3\x80")), "user bytes");
    assert_too_large(&decoded(&head(b"\xd2\x00\x10\x00\x01", b"\x00")), "states");
    assert_eq!(decoded(&head(b"\xd2\x00\x10\x00\x00", b"\x00")), Ok(None));
    assert_too_large(&decoded(&head(b"\x00", b"\xd2\x01\x40\x00\x01")), "user bytes");
    assert_eq!(decoded(&head(b"\x00", b"\xd2\x01\x40\x00\x00")), Ok(None));
    for negative in [&b"\xff"[..], b"\xd3\x80\0\0\0\0\0\0\0"] {
        assert_eq!(decoded(&head(negative, b"\0")), Err(DecodeError::Invalid("negative length")));
        assert_eq!(decoded(&head(b"\0", negative)), Err(DecodeError::Invalid("negative length")));
    }
    assert_eq!(decoded(&head(b"\xcf\x80\0\0\0\0\0\0\0", b"\0")), Err(DecodeError::Invalid("signed number")));
    let limits = StreamLimits::default().with_max_states(2).with_max_user(3);
    assert_too_large(&decoded_within(&limits, &head(b"\x03", b"\x00")), "states");
    assert_too_large(&decoded_within(&limits, &head(b"\x00", b"\x04")), "user bytes");
}

/// 9.5 TestReadUserMsg_Limit
#[test]
fn too_long_user_messages_are_refused_when_they_are_announced() {
    assert_too_large(&decoded(b"\x08\x81\xaaUserMsgLen\xd2\x01\xc9\xc3\x80"), "user bytes");
    assert_eq!(decoded(b"\x08\x81\xaaUserMsgLen\xff"), Err(DecodeError::Invalid("negative length")));
    assert_eq!(missing(b"\x08\x81\xaaUserMsgLen\xd2\x01\x00\x00\x00"), 1 << 24);
    assert_eq!(decoded(b"\x08\x81\xaaUserMsgLen\x00"), Ok(Some(StreamMessage::User(Bytes::new()))));
    assert_eq!(decoded(b"\x08\x80"), Ok(Some(StreamMessage::User(Bytes::new()))));
    let limits = StreamLimits::default().with_max_frame(100);
    assert_too_large(&decoded_within(&limits, b"\x08\x81\xaaUserMsgLen\x7f"), "frame bytes");
}

/// Q28: what the other side would refuse is not sent.
#[test]
fn what_exceeds_the_limits_is_an_error_for_the_sender() {
    let refused = |limits: StreamLimits, message: &StreamMsg, expected: &str| {
        let sent = wire().encode_frame(&framing(), &limits, true, message);
        assert!(matches!(sent, Err(EncodeError::TooLarge { what, .. }) if what == expected), "{sent:?}");
    };
    let limits = StreamLimits::default();
    refused(
        limits.with_max_user(usize::MAX),
        &StreamMessage::User(vec![7; (20 << 20) + 1].into()),
        "user bytes",
    );
    refused(limits.with_max_states(2), &push_pull(3, 0, 0), "states");
    refused(limits.with_max_user(2), &push_pull(1, 0, 3), "user bytes");
    refused(limits.with_max_frame(100), &push_pull(2, 0, 0), "frame bytes");
    // Compressed, it would be short enough, but not when it is decompressed again.
    let zeros = StreamMessage::User(vec![0; 1000].into());
    let sent = |limits| {
        let wire: &dyn Wire<String, SocketAddr> = &COMPRESSING;
        wire.encode_frame(&framing(), &limits, true, &zeros)
    };
    assert!(sent(limits).unwrap().len() < 200);
    assert!(matches!(
        sent(limits.with_max_frame(200)),
        Err(EncodeError::TooLarge { what: "frame bytes", .. })
    ));
    assert!(encoded(BARE, &StreamMessage::User(vec![7; 20 << 20].into())).is_ok());
}

#[test]
fn what_the_wire_has_not_is_unsupported() {
    let piece = PushPull { join: false, states: vec![], user: Bytes::new() };
    let part = PushPullPart { conversation: 1, answer: 0, number: 0, more: true, piece };
    assert!(matches!(encoded(BARE, &StreamMessage::PushPullPart(part)), Err(EncodeError::Unsupported(_))));
}

/// 9.3 TestRemoveLabelHeaderFromStream: byte by byte, and what follows it stays.
#[test]
fn label_is_in_front_of_the_first_frame_of_who_dials() {
    let framing = framing().with_label(Label::new("foo").unwrap());
    let message = StreamMessage::Ack(Ack { seq: SequenceNumber(7), payload: Bytes::new() });
    let limits = StreamLimits::default();
    let frame = wire().encode_frame(&framing, &limits, true, &message).unwrap();
    let read =
        |first, bytes: &[u8]| wire().decode_frame(&framing, &limits, first, &mut BytesMut::from(bytes));
    assert_eq!(read(true, &frame), Ok(Some(message.clone())));
    for len in 0..frame.len() {
        assert_eq!(read(true, &frame[..len]), Ok(None));
    }
    assert_eq!(read(true, &frame[5..]), Err(DecodeError::LabelMismatch));
    assert_eq!(read(true, b"\xf4\x03fox"), Err(DecodeError::LabelMismatch));
    assert_eq!(read(true, b"\xf4\x00"), Err(DecodeError::Invalid("length of a label")));
    assert_eq!(read(false, &frame[5..]), Ok(Some(message)));
    assert_eq!(read(false, &frame), Err(DecodeError::Invalid("label in front of an answer")));
}

#[test]
fn kinds_that_have_no_place_on_a_stream_are_refused() {
    for kind in [1, 3, 4, 5, 7, 11, 12, 14, 99, 255] {
        assert_eq!(decoded(&[kind]), Err(DecodeError::UnknownKind(kind)));
    }
    for first in [0xd1, 0xe1, 0x15, 0x16] {
        assert_eq!(decoded(&[first]), Err(DecodeError::BadMagic(first)));
        let answer = wire().decode_frame(
            &framing(),
            &StreamLimits::default(),
            false,
            &mut BytesMut::from(&[first][..]),
        );
        assert_eq!(answer, Err(DecodeError::BadMagic(first)));
    }
}

/// Q12: what does not become shorter is sent as it is.
#[test]
fn only_what_becomes_shorter_is_compressed() {
    let ack = StreamMessage::Ack(Ack { seq: SequenceNumber(7), payload: Bytes::new() });
    assert_eq!(encoded(COMPRESSING, &ack), encoded(BARE, &ack));
    let large = push_pull(100, 0, 0);
    let (short, long) = (encoded(COMPRESSING, &large).unwrap(), encoded(BARE, &large).unwrap());
    assert!(short.len() < long.len() / 2 && short[0] == 9);
    assert_eq!(decoded(&short), Ok(Some(large)));
    assert_eq!(wire().decode_cost(&framing(), &short), short.len() + long.len());
    assert_eq!(wire().decode_cost(&framing(), &long), long.len());
}

fn compressed(message: &[u8]) -> Vec<u8> {
    let wire: &dyn Wire<String, SocketAddr> = &COMPRESSING;
    let packet =
        wire.encode_packet(&framing().with_checksum(None), &[Bytes::copy_from_slice(message)]).unwrap();
    assert_eq!(packet[0], 9, "does not become shorter");
    packet.to_vec()
}

#[test]
fn compressed_streams_are_opened_once() {
    let user = [&b"\x08\x81\xaaUserMsgLen\xd1\x03\xe8"[..], &[7; 1000]].concat();
    let once = compressed(&user);
    let message = StreamMessage::User(vec![7; 1000].into());
    assert_eq!(decoded(&once), Ok(Some(message)));
    // Two layers, and others that have no place inside.
    let twice = compressed(&[&once[..], &[0; 500]].concat());
    assert_eq!(decoded(&twice), Err(DecodeError::UnknownKind(9)));
    assert_eq!(decoded(&compressed(&[10; 500])), Err(DecodeError::UnknownKind(10)));
    // What is cut off inside does not come.
    assert_eq!(decoded(&compressed(&user[..900])), Err(DecodeError::Truncated));
    assert_eq!(decoded(b"\x09\x82\xa4Algo\x07\xa3Buf\xa3\x00\x03\x02"), Err(DecodeError::UnknownLayer(7)));
    assert_eq!(decoded(b"\x09\x82\xa4Algo\x00\xa3Buf\xa3\x00\x03\x02"), Err(DecodeError::Truncated));
    // Neither more than a frame may have.
    let limits = StreamLimits::default().with_max_frame(900);
    assert_too_large(&decoded_within(&limits, &once), "decompressed bytes");
}

/// Nodes that are none for us cost nothing but themselves: Go passes them on for ever.
#[test]
fn nodes_that_can_not_be_are_left_out() {
    let state = |name: &[u8], ip: &[u8], port: u8, state: u8| {
        let raw = |bytes: &[u8]| [&[0xda, 0, bytes.len() as u8][..], bytes].concat();
        [b"\x84\xa4Addr", &raw(ip)[..], b"\xa4Name", &raw(name), b"\xa4Port", &[port], b"\xa5State", &[state]]
            .concat()
    };
    let good = state(b"good", &[10, 0, 0, 1], 7, 1);
    let bad = [
        state(b"", &[10, 0, 0, 1], 7, 1),
        state(b"\xff\xff", &[10, 0, 0, 1], 7, 1),
        state(b"bad", &[10, 0, 0], 7, 1),
        state(b"bad", &[10, 0, 0, 1], 0, 1),
        state(b"bad", &[10, 0, 0, 1], 7, 4),
    ];
    let bytes = [head(&[1 + bad.len() as u8], b"\x02"), bad.concat(), good, b"hi".to_vec()].concat();
    let Ok(Some(StreamMessage::PushPull(got))) = decoded(&bytes) else { panic!() };
    assert_eq!(got.states.len(), 1);
    assert_eq!(got.states[0].node.to_string(), "good(10.0.0.1:7)");
    assert_eq!(got.states[0].state, State::Suspect);
    assert_eq!(got.user, "hi");
    // What is none by its bytes is another matter.
    let bytes = [head(b"\x01", b"\x00"), b"\x83\xa4Port\xce\0\x01\0\0\xa4Name\xa1n\xa4Addr\xa41234".to_vec()]
        .concat();
    assert_eq!(decoded(&bytes), Err(DecodeError::Invalid("16-bit number")));
    let bytes = [head(b"\x02", b"\x00"), vec![0xc0; 30]].concat();
    assert_eq!(decoded(&bytes), Err(DecodeError::Invalid("length of a node")));
}

/// The smallest nodes that can be.
#[test]
fn nodes_as_arrays_are_read() {
    let bytes = [head(b"\x02", b"\x00"), b"\x93\xa1n\xa4\x0a\0\0\x01\x07".repeat(2)].concat();
    let Ok(Some(StreamMessage::PushPull(got))) = decoded(&bytes) else { panic!("{:?}", decoded(&bytes)) };
    assert_eq!(got.states.len(), 2);
    assert_eq!((got.states[1].versions, got.states[1].layers), (None, Layers::BASE));
}

#[test]
fn error_text_is_shortened_and_made_readable() {
    let text = |frame: &[u8]| match decoded(frame) {
        Ok(Some(StreamMessage::Error(text))) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(text(b"\x0d\x81\xa5Error\xa4bo\xffm"), "bo\u{fffd}m");
    let long = [&b"\x0d\x81\xa5Error\xda\x08\x00"[..], &[b'x'; 2048]].concat();
    assert_eq!(text(&long), "x".repeat(1024));
    let sent = encoded(BARE, &StreamMessage::Error("ü".repeat(1000).into())).unwrap();
    assert_eq!(text(&sent), "ü".repeat(512));
}

/// Who puts more into a struct than there can be wants to keep us busy.
#[test]
fn values_in_a_struct_are_counted() {
    let many = [&b"\x00\xdc\x00\x40"[..], &[5; 64]].concat();
    assert_too_large(&decoded(&many), "values in one struct");
    let nested = [&b"\x00\x81\xa1x"[..], &[0x91; 100]].concat();
    assert_too_large(&decoded(&nested), "values in one struct");
    assert_too_large(&decoded(b"\x00\xdf\xff\xff\xff\xff"), "values in one struct");
    assert_too_large(&decoded(b"\x00\xdd\xff\xff\xff\xff"), "values in one struct");
    let enough = [&b"\x00\x9f\x05\xc0\xc0\xc0\xc0"[..], &[5; 10]].concat();
    assert!(matches!(decoded(&enough), Ok(Some(StreamMessage::Ping(_)))));
}

/// How often a frame is looked at that comes byte by byte, and how many bytes are passed over in doing so, as a multiple of its own.
fn trickle(frame: &[u8]) -> (usize, usize) {
    let (mut looks, mut passed, mut wanted) = (0, 0, 1);
    let mut buffer = BytesMut::new();
    for &byte in frame {
        buffer.extend_from_slice(&[byte]);
        if buffer.len() < wanted {
            continue;
        }
        looks += 1;
        passed += buffer.len();
        match wire().decode_frame(&framing(), &StreamLimits::default(), true, &mut buffer) {
            Ok(None) => wanted = buffer.len() + missing(&buffer),
            Ok(Some(_)) => assert!(buffer.is_empty()),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(buffer.is_empty(), "it was not decoded when it was complete");
    (looks, passed / frame.len())
}

#[test]
fn frame_that_comes_byte_by_byte_is_not_looked_at_for_every_byte() {
    let frame = |message: &StreamMsg| encoded(BARE, message).unwrap();
    // What a Go node sends.
    let (looks, times) = trickle(&frame(&push_pull(10_000, 0, 100_000)));
    assert!(looks < 150 && times < 60, "{looks}, {times}");
    // With as much metadata as Go allows.
    let (looks, times) = trickle(&frame(&push_pull(300, 512, 0)));
    assert!(looks < 400 && times < 150, "{looks}, {times}");
    let (looks, _) = trickle(&frame(&StreamMessage::User(vec![7; 1 << 20].into())));
    assert!(looks < 10, "{looks}");
    let (looks, _) = trickle(&compressed(&frame(&push_pull(100, 0, 0))));
    assert!(looks < 12, "{looks}");
}

/// The worst that can be made: as many small values as are allowed, in each of many nodes.
#[test]
fn work_of_a_frame_that_is_made_to_be_slow_is_bounded() {
    let filler = [
        &b"\x85\xa1n\x01\xa1x\xdc\x00\x30"[..],
        &[5; 48],
        b"\xa4Addr\xa4\x0a\0\0\x01\xa4Name\xa1n\xa4Port\x07",
    ]
    .concat();
    for nodes in [500, 4_000] {
        let head = head(&[&[0xd1][..], &(nodes as u16).to_be_bytes()].concat(), b"\x00");
        let frame = [head, filler.repeat(nodes)].concat();
        let (looks, times) = trickle(&frame);
        assert!(looks < 250 && times < 60, "{nodes}: {looks}, {times}");
    }
}
