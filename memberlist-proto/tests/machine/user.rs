//! Bytes of the application.

use crate::solo::*;
use bytes::Bytes;
use memberlist_proto::{CommandError, Event, types::Message};

/// 9.4 TestMemberlist_SendTo
/// F-25
#[test]
fn message_to_an_address_goes_there_alone() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.machine.send(solo.now, addr(2), "hello".into()).unwrap();
    solo.drain();
    assert_eq!(solo.sent, [(addr(2), vec![Message::User("hello".into())])]);
}

/// 9.4 TestMemberlist_SendTo
#[test]
fn messages_that_are_sent_together_share_packets_in_their_order() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let payloads: Vec<Bytes> = (0..100_u8).map(|n| vec![n; 64].into()).collect();
    solo.machine.send_many(solo.now, addr(2), payloads.clone()).unwrap();
    let mut sent = Vec::new();
    let mut packets = 0;
    while let Some(packet) = solo.machine.poll_transmit() {
        assert_eq!(packet.to, addr(2));
        assert!(packet.messages.iter().map(|m| m.len() + 2).sum::<usize>() <= solo.machine.packet_capacity());
        sent.extend(packet.messages.iter().map(|message| message.slice(message.len() - 64..)));
        packets += 1;
    }
    assert_eq!(sent, payloads);
    assert_eq!(packets, 5, "20 fit one packet");
    solo.machine.send_many(solo.now, addr(2), Vec::new()).unwrap();
    assert_eq!(solo.machine.poll_transmit(), None);
}

/// P-17
#[test]
fn one_message_that_fits_no_packet_stops_those_that_are_sent_with_it() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (actual, limit) = (1_401, solo.machine.max_user_payload());
    let payloads = vec![Bytes::from_static(b"fits"), vec![1; actual].into()];
    assert_eq!(
        solo.machine.send_many(solo.now, addr(2), payloads),
        Err(CommandError::PayloadTooLarge { actual, limit })
    );
    assert_eq!(solo.machine.poll_transmit(), None);
}

/// F-43
#[test]
fn user_message_becomes_an_event() {
    let mut solo = Solo::new(quiet());
    solo.hear(2, Message::User("hello".into()));
    assert_eq!(solo.events, [Event::User { from: addr(2), payload: "hello".into() }]);
}

/// F-17, P-17: what fits no packet is an error that names the limit; what just fits is sent.
#[test]
fn payload_limit_is_exact_enough_to_be_used() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let limit = solo.machine.max_user_payload();
    assert!(limit > 1_300);
    solo.machine.send(solo.now, addr(2), Bytes::from(vec![1; limit])).unwrap();
    solo.machine.broadcast(solo.now, None, Bytes::from(vec![1; limit])).unwrap();
    let over = Bytes::from(vec![1; 1_401]);
    assert_eq!(
        solo.machine.send(solo.now, addr(2), over.clone()),
        Err(CommandError::PayloadTooLarge { actual: 1_401, limit })
    );
    assert_eq!(
        solo.machine.broadcast(solo.now, None, over),
        Err(CommandError::PayloadTooLarge { actual: 1_401, limit })
    );
}

/// F-46
#[test]
fn empty_and_surplus_broadcasts_are_refused() {
    let mut options = quiet();
    options.max_user_broadcasts = 2;
    let mut solo = Solo::with_members(options, [2]);
    assert_eq!(solo.machine.broadcast(solo.now, None, Bytes::new()), Err(CommandError::EmptyPayload));
    let key = Some(Bytes::from_static(b"k"));
    solo.machine.broadcast(solo.now, key.clone(), "1".into()).unwrap();
    solo.machine.broadcast(solo.now, None, "2".into()).unwrap();
    assert_eq!(solo.machine.broadcast(solo.now, None, "3".into()), Err(CommandError::QueueFull));
    solo.machine.broadcast(solo.now, key, "4".into()).unwrap();
    assert_eq!((solo.machine.stats().user_dropped, solo.machine.stats().user_queue), (1, 2));
}

/// P-04: bytes are bounded as well as counts.
#[test]
fn queued_bytes_are_bounded() {
    let mut options = quiet();
    options.max_user_broadcast_bytes = 2_000;
    let mut solo = Solo::with_members(options, [2]);
    solo.machine.broadcast(solo.now, None, Bytes::from(vec![1; 1_200])).unwrap();
    assert_eq!(
        solo.machine.broadcast(solo.now, None, Bytes::from(vec![1; 1_200])),
        Err(CommandError::QueueFull)
    );
    assert!(solo.machine.stats().user_queue_bytes <= 2_000);
}
