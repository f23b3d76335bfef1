use super::*;
use crate::{Ack, Label, Nack, Ping, SequenceNumber};
use alloc::{string::String, vec, vec::Vec};
use core::net::SocketAddr;

type Msg = Message<String, SocketAddr>;
type Decoded = Result<Msg, DecodeError>;

fn encoded(message: &Msg) -> Bytes {
    let mut out = Vec::new();
    message::encode(message, &mut out).unwrap();
    out.into()
}

fn decoded(packet: impl Into<Bytes>) -> Result<Vec<Decoded>, DecodeError> {
    let mut seen = Vec::new();
    decode(&Framing::new(), &packet.into(), &mut |message| seen.push(message))?;
    Ok(seen)
}

fn nack(seq: u32) -> Msg {
    Message::Nack(Nack { seq: SequenceNumber(seq) })
}

/// A packet of this body, without checksum.
fn raw(body: &[u8]) -> Vec<u8> {
    [&[frame::PACKET_MAGIC, 0, layers::BODY], body].concat()
}

/// 9.5 TestHandleCompoundPing
#[test]
fn three_pings_in_a_packet_are_three_pings() {
    let ping = Message::Ping(Ping { seq: SequenceNumber(42), target: None, source: None });
    let packet = encode(&Framing::new(), &[encoded(&ping), encoded(&ping), encoded(&ping)]).unwrap();
    assert_eq!(decoded(packet), Ok(vec![Ok(ping.clone()), Ok(ping.clone()), Ok(ping)]));
}

/// F-17, 9.8 TestMakeCompoundMessage: the length arithmetic is exact.
#[test]
fn packet_costs_what_the_arithmetic_says() {
    let message = encoded(&nack(7));
    for label in ["", "prod"] {
        let framing = Framing::new().with_label(Label::new(label).unwrap());
        for count in 1..5 {
            let packet = encode(&framing, &vec![message.clone(); count]).unwrap();
            assert_eq!(packet.len(), overhead(&framing) + count * (MESSAGE_OVERHEAD + message.len()));
        }
    }
}

/// 9.5 TestHandleCommand, 9.4 TestIngestPacket_ExportedFunc_EmptyMessage
#[test]
fn empty_input_is_an_error_at_every_level() {
    assert_eq!(decoded(vec![]), Err(DecodeError::Truncated));
    assert_eq!(decoded(raw(b"")), Err(DecodeError::Truncated));
    assert_eq!(decoded(raw(b"\0\0")), Ok(vec![Err(DecodeError::Truncated)]));
    let error = encode(&Framing::new(), &[]).unwrap_err();
    assert_eq!(error, EncodeError::Unsupported("a packet without messages"));
    let error = encode(&Framing::new(), &[Bytes::new()]).unwrap_err();
    assert_eq!(error, EncodeError::Unsupported("an empty message"));
}

/// 9.8 TestDecodeCompoundMessage_Trunc: what is whole counts.
#[test]
fn cut_message_does_not_cost_those_before_it() {
    let body = [0, 3, 4, 0x11, 1, 0, 3, 4, 0x11, 2, 0, 9, 4, 0x11];
    let truncated = Err(DecodeError::Truncated);
    assert_eq!(decoded(raw(&body)), Ok(vec![Ok(nack(1)), Ok(nack(2)), truncated.clone()]));
    assert_eq!(decoded(raw(&body[..11])), Ok(vec![Ok(nack(1)), Ok(nack(2)), truncated]));
}

#[test]
fn bad_message_does_not_cost_those_behind_it() {
    let body = [0, 2, 99, 1, 0, 0, 0, 2, 4, 0x14, 0, 3, 4, 0x11, 1];
    let expected = [
        Err(DecodeError::UnknownKind(99)),
        Err(DecodeError::Truncated),
        Err(DecodeError::Truncated),
        Ok(nack(1)),
    ];
    assert_eq!(decoded(raw(&body)).unwrap(), expected);
}

#[test]
fn messages_for_streams_are_unknown_in_packets() {
    assert_eq!(
        decoded(raw(&[0, 1, 9, 0, 1, 10])).unwrap(),
        [Err(DecodeError::UnknownKind(9)), Err(DecodeError::UnknownKind(10))]
    );
}

/// Chapter 9, gaps: parts of more than 64 KiB (Q6).
#[test]
fn message_has_at_most_65_535_bytes() {
    let longest = encoded(&Message::User(vec![7; 65_535 - 4].into()));
    assert_eq!(longest.len(), 65_535);
    let packet = encode(&Framing::new(), &[longest, encoded(&nack(1))]).unwrap();
    let seen = decoded(packet).unwrap();
    assert!(matches!(&seen[0], Ok(Message::User(payload)) if payload.len() == 65_531));
    assert_eq!(seen[1], Ok(nack(1)));

    let longer = encoded(&Message::User(vec![7; 65_532].into()));
    let error = EncodeError::TooLarge { what: "message bytes", actual: 65_536, limit: 65_535 };
    assert_eq!(encode(&Framing::new(), &[longer]), Err(error));
}

/// Chapter 9, gaps: more than 255 parts (Q6). More than the limit are not looked at.
#[test]
fn packet_has_at_most_1024_messages() {
    let message = encoded(&nack(1));
    let packet = encode(&Framing::new(), &vec![message.clone(); MAX_MESSAGES]).unwrap();
    let seen = decoded(packet).unwrap();
    assert_eq!(seen.len(), MAX_MESSAGES);
    assert!(seen.iter().all(|message| *message == Ok(nack(1))));

    let error = EncodeError::TooLarge { what: "messages in a packet", actual: 1025, limit: 1024 };
    assert_eq!(encode(&Framing::new(), &vec![message.clone(); MAX_MESSAGES + 1]), Err(error));

    let flood = raw(&[0, 0].repeat(30_000));
    let seen = decoded(flood).unwrap();
    assert_eq!(seen.len(), MAX_MESSAGES + 1);
    let error = DecodeError::TooLarge { what: "messages in a packet", actual: 1025, limit: 1024 };
    assert_eq!(seen.last(), Some(&Err(error)));
}

/// If the wrapping is bad, nobody hears of the messages.
#[test]
fn bad_wrapping_hides_all_messages() {
    let mut packet = encode(&Framing::new(), &[encoded(&nack(1))]).unwrap().to_vec();
    packet[4] ^= 1;
    let mut calls = 0;
    let got = decode::<String, SocketAddr>(&Framing::new(), &packet.into(), &mut |_| calls += 1);
    assert_eq!((got, calls), (Err(DecodeError::ChecksumMismatch), 0));
}

/// W-49, W-51
#[test]
fn payload_is_a_slice_of_the_packet() {
    let ack = Message::Ack(Ack { seq: SequenceNumber(1), payload: Bytes::from_static(b"payload") });
    let packet = encode(&Framing::new(), &[encoded(&ack)]).unwrap();
    let range = packet.as_ptr_range();
    let seen = decoded(packet.clone()).unwrap();
    let Ok(Message::Ack(ack)) = &seen[0] else { panic!("{seen:?}") };
    assert!(range.contains(&ack.payload.as_ptr()));
}
