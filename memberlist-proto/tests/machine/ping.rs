//! Answering pings, pinging for others, pings on command.

use crate::solo::*;
use bytes::Bytes;
use memberlist_proto::{
    CommandError, Event, RejectReason,
    types::{Ack, IndirectPing, Message, Node, Ping, SequenceNumber, State},
};

fn ping(seq: u32, target: Option<u32>, source: Option<u32>) -> Msg {
    Message::Ping(Ping { seq: SequenceNumber(seq), target, source: source.map(node) })
}

fn indirect(seq: u32, target: u32, source: u32) -> Msg {
    Message::IndirectPing(IndirectPing {
        seq: SequenceNumber(seq),
        target: node(target),
        nack: true,
        source: Some(node(source)),
    })
}

/// 9.5 TestHandlePing, TestHandleCompoundPing
#[test]
fn each_ping_is_answered_with_its_number() {
    let mut solo = Solo::with_members(quiet(), [2]);
    for seq in [7, 8, 9] {
        solo.hear(2, ping(seq, Some(ME), Some(2)));
    }
    let answered: Vec<_> = solo.acks().into_iter().map(|(to, seq)| (to, seq.0)).collect();
    assert_eq!(answered, [(addr(2), 7), (addr(2), 8), (addr(2), 9)]);
}

/// 9.5 TestHandlePing_WrongNode
/// F-28
#[test]
fn ping_for_somebody_else_is_not_answered() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, ping(7, Some(99), Some(2)));
    assert!(solo.sent.is_empty());
    solo.hear(2, ping(8, None, None));
    assert_eq!(solo.acks().len(), 1, "a ping for anyone is for us, too");
}

/// Q14: nobody can make us send to a third party.
#[test]
fn answer_goes_to_a_named_address_only_if_we_know_the_sender_there() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear_from(5_000, ping(1, Some(ME), Some(2)));
    assert_eq!(solo.acks().last().unwrap().0, addr(2), "a member is answered where it lives");
    solo.hear_from(5_000, ping(2, Some(ME), Some(77)));
    assert_eq!(solo.acks().last().unwrap().0, 5_000, "a stranger where it speaks from");
}

/// 9.5 TestSendMsg_Piggyback: the ack comes first, what is queued rides along.
#[test]
fn ack_carries_queued_broadcasts_after_it() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(2, ping(7, Some(ME), Some(2)));
    let (_, packet) = solo.sent.last().unwrap();
    assert!(matches!(packet[0], Message::Ack(_)));
    assert!(packet.iter().skip(1).any(|m| matches!(m, Message::Alive(_))), "{packet:?}");
}

#[test]
fn ack_carries_the_payload_that_was_set() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.machine.set_ack_payload(Bytes::from_static(b"load 3")).unwrap();
    solo.hear(2, ping(7, Some(ME), Some(2)));
    assert!(matches!(&solo.sent.last().unwrap().1[0], Message::Ack(a) if a.payload == "load 3"));
    let big = Bytes::from(vec![0; 2_000]);
    assert!(matches!(solo.machine.set_ack_payload(big), Err(CommandError::PayloadTooLarge { .. })));
}

/// F-24: a dead node that keeps talking learns of its death with each answer, one packet for one.
#[test]
fn node_held_for_dead_learns_it_when_it_pings() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.clear();
    for seq in 0..10 {
        solo.hear(2, ping(seq, Some(ME), Some(2)));
    }
    assert_eq!(solo.sent.len(), 10);
    assert!(solo.sent.iter().all(|(_, p)| p.iter().any(|m| matches!(m, Message::Dead(d) if d.node == 2))));
}

/// 9.5 TestHandleIndirectPing; W-20: the helper's own number out, the requester's number back.
#[test]
fn forwarded_ack_carries_the_requesters_number() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(2, indirect(100, 3, 2));
    let (to, inner) = solo.pings().pop().unwrap();
    assert_eq!((to, inner.target), (addr(3), Some(3)));
    assert_ne!(inner.seq.0, 100);
    solo.clear();
    solo.ack(3, inner.seq);
    assert_eq!(solo.acks(), [(addr(2), SequenceNumber(100))]);
    solo.clear();
    solo.advance(secs(2));
    assert!(!solo.messages().any(|(_, m)| matches!(m, Message::Nack(_))), "no nack after an ack");
    assert_eq!(solo.machine.stats().relays, 0);
}

/// Spec 5.22: an ack after the nack is still forwarded.
/// TestMemberList_invokeAckHandler_Channel_Nack
#[test]
fn ack_after_the_nack_is_still_forwarded() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(2, indirect(100, 3, 2));
    let (_, inner) = solo.pings().pop().unwrap();
    solo.clear();
    solo.advance(ms(400));
    assert!(solo.messages().any(|(to, m)| to == addr(2) && matches!(m, Message::Nack(n) if n.seq.0 == 100)));
    solo.ack(3, inner.seq);
    assert_eq!(solo.acks(), [(addr(2), SequenceNumber(100))]);
}

/// F-12: a request that names ourselves makes no sense.
#[test]
fn indirect_ping_of_ourselves_is_refused() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let before = solo.machine.stats();
    solo.hear(2, indirect(1, ME, 2));
    solo.hear(2, indirect(1, 2, ME));
    assert!(solo.sent.is_empty());
    let after = solo.machine.stats();
    assert_eq!(after.rejected(RejectReason::Nonsense), 2);
    assert_eq!((after.known, after.relays), (before.known, before.relays));
}

/// D-07: a stranger can't aim us at an address that we do not know.
#[test]
fn strangers_can_not_aim_our_pings_at_unknown_addresses() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(77, indirect(1, 88, 77));
    assert!(solo.sent.is_empty());
    solo.hear(2, indirect(2, 88, 2));
    assert_eq!(solo.pings().len(), 1, "a member may know somebody whom we do not know yet");
}

/// W-24: requests beyond the cap are refused; pings are still answered.
#[test]
fn relays_are_bounded_and_pings_still_answered() {
    let mut options = quiet();
    options.max_relays = 100;
    let mut solo = Solo::with_members(options, [2, 3]);
    for seq in 0..150 {
        solo.hear(2, indirect(seq, 3, 2));
    }
    let stats = solo.machine.stats();
    assert_eq!((stats.relays, stats.rejected(RejectReason::RelaysFull)), (100, 50));
    solo.hear(2, ping(7, Some(ME), Some(2)));
    assert_eq!(solo.acks().len(), 1);
    solo.advance(secs(2));
    assert_eq!(solo.machine.stats().relays, 0, "they end by themselves");
}

/// 9.6 TestMemberList_Ping; 9.4 TestMemberlist_PingDelegate
#[test]
fn ping_on_command_ends_with_a_round_trip_or_a_failure() {
    let mut options = quiet();
    options.probe_interval = core::time::Duration::ZERO;
    let mut solo = Solo::with_members(options, [2]);
    let first = solo.machine.ping(solo.now, node(2)).unwrap();
    solo.drain();
    let seq = solo.pings().pop().unwrap().1.seq;
    solo.advance(ms(30));
    solo.hear(2, Message::Ack(Ack { seq, payload: "x".into() }));
    assert!(
        solo.events.iter().any(|e| matches!(e, Event::PingCompleted { command: Some(id), rtt, payload, .. }
        if *id == first && *rtt == ms(30) && payload == "x"))
    );
    let second = solo.machine.ping(solo.now, Node::new(99, addr(2))).unwrap();
    solo.advance(ms(500));
    assert!(
        solo.events
            .iter()
            .any(|e| matches!(e, Event::PingFailed { command, node } if *command == second && node.id == 99))
    );
    assert_eq!((solo.machine.health_score(), solo.state(2)), (0, Some(State::Alive)));
    assert_eq!(solo.machine.ping(solo.now, node(ME)), Err(CommandError::Ourselves));
}

/// 9.6 TestMemberList_invokeAckHandler, TestMemberList_setAckHandler, TestMemberList_setProbeChannels, TestMemberList_invokeAckHandler_Channel_Ack; W-18: exactly one completion
#[test]
fn each_number_is_answered_once() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.machine.ping(solo.now, node(2)).unwrap();
    solo.drain();
    let seq = solo.pings().pop().unwrap().1.seq;
    solo.ack(2, seq);
    solo.ack(2, seq);
    solo.ack(2, SequenceNumber(seq.0.wrapping_add(500)));
    solo.advance(ms(600));
    let completed =
        solo.events.iter().filter(|e| matches!(e, Event::PingCompleted { command: Some(_), .. })).count();
    assert_eq!(completed, 1);
    assert!(!solo.events.iter().any(|e| matches!(e, Event::PingFailed { .. })));
    assert_eq!(solo.machine.stats().stray_acks, 2);
}

/// A ping that bears our own name comes from a clone or is made up.
/// F-63
#[test]
fn ping_that_claims_to_be_ours_is_refused() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear_from(5_000, ping(1, Some(ME), Some(ME)));
    assert!(solo.sent.is_empty());
    assert_eq!(solo.machine.stats().rejected(RejectReason::Nonsense), 1);
}

/// Spec 5.5.2: the address that the requester holds is pinged, not the one where we know the node to be since.
#[test]
fn helper_pings_the_address_that_a_member_asks_about() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    let target = memberlist_proto::types::Node::new(3, 7_003);
    let source = Some(node(2));
    let request = IndirectPing { seq: SequenceNumber(7), target, nack: true, source };
    solo.hear(2, Message::IndirectPing(request));
    assert_eq!(solo.pings().pop().map(|(to, ping)| (to, ping.target)), Some((7_003, Some(3))));
}
