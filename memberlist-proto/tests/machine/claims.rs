//! W-42: whoever claims to be somebody, and what binds the claim.
//!
//! A cluster key proves that a sender belongs to the cluster, not which member it is: all who hold it are trusted alike, and gossip is passed on by
//! others than those whom it is about. What is bound to the address that a member is known at is everything that speaks for the sender itself:
//! answers to our questions, where our own answers go, whom we ping at whose request, and where a member is.

use crate::solo::*;
use bytes::Bytes;
use memberlist_proto::{
    Event, RejectReason,
    types::{Ack, IndirectPing, Message, Nack, Node, Ping, SequenceNumber, State},
};

/// No member's address.
const ELSEWHERE: Addr = 9_999;

fn solo() -> Solo {
    Solo::with_members(quiet(), [2, 3, 4, 5])
}

/// An answer to a question counts from the address that was asked (or, for hosts with several, from one that is no other member's).
#[test]
fn answers_count_only_from_whom_was_asked() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    let (target, seq) = solo.until_probe();
    let other = if target == 2 { 3 } else { 2 };
    solo.hear(other, Message::Ack(Ack { seq, payload: Bytes::new() }));
    solo.hear_from(ELSEWHERE, Message::Nack(Nack { seq }));
    solo.hear(target, Message::Nack(Nack { seq }));
    assert_eq!(solo.machine.stats().stray_acks, 3);
    solo.advance(ms(500));
    solo.hear(other, Message::User("we hear".into()));
    solo.advance(ms(490));
    solo.advance(ms(20));
    assert_eq!(solo.state(target), Some(State::Suspect), "nobody else can answer for it");
}

/// A ping's answer goes to the member whom it claims to be from, where that is known to be; a claim of another address gets it where the packet came from.
#[test]
fn answer_never_goes_to_an_address_that_only_the_packet_names() {
    let mut solo = solo();
    let ping = |id, address| {
        let source = Some(Node::new(id, address));
        Message::Ping(Ping { seq: SequenceNumber(1), target: Some(ME), source })
    };
    for (claimed, address, answered) in
        [(2, addr(2), addr(2)), (2, 7_777, ELSEWHERE), (77, addr(2), ELSEWHERE), (77, 7_777, ELSEWHERE)]
    {
        solo.clear();
        solo.hear_from(ELSEWHERE, ping(claimed, address));
        assert_eq!(solo.acks(), [(answered, SequenceNumber(1))], "{claimed} at {address}");
    }
    assert_eq!(solo.member(77), None);
    assert_eq!(solo.member(2).unwrap().node.address, addr(2));
}

/// Nobody is pinged at an address that we don't know, unless it is a member who asks, from its own address.
#[test]
fn indirect_pings_are_served_for_members_at_their_own_address() {
    let request = |source| {
        let target = Node::new(88, 8_888);
        Message::IndirectPing(IndirectPing {
            seq: SequenceNumber(1),
            target,
            nack: false,
            source: Some(node(source)),
        })
    };
    let mut solo = solo();
    for (from, claimed) in [(ELSEWHERE, 2), (addr(3), 2), (ELSEWHERE, 77)] {
        solo.hear_from(from, request(claimed));
    }
    assert!(solo.pings().is_empty());
    assert_eq!(solo.machine.stats().rejected(RejectReason::Nonsense), 3);
    solo.hear(2, request(2));
    assert_eq!(solo.pings().len(), 1);
}

/// Where a member is, only the member itself can say, and only once its old address is silent.
#[test]
fn nobody_moves_a_member_by_claiming_to_be_it() {
    let mut solo = solo();
    let mut moved = alive(2, 9);
    moved.node.address = ELSEWHERE;
    solo.hear_from(ELSEWHERE, Message::Alive(moved.clone()));
    solo.hear(2, Message::Alive(moved));
    assert_eq!(solo.member(2).unwrap().node.address, addr(2));
    assert!(solo.events.iter().any(|event| matches!(event, Event::Conflict { .. })));
    assert_eq!(solo.machine.stats().rejected(RejectReason::AddressConflict), 2);
}

/// An accusation is hearsay by nature: its accuser is not bound to a packet. So it only begins a suspicion, which the accused refutes; made-up
/// accusers hurry nothing.
#[test]
fn accusers_that_are_made_up_hurry_no_death() {
    let mut solo = solo();
    for accuser in [3, 77, 78, 79, 80] {
        solo.hear_from(ELSEWHERE, Message::Suspect(suspect(2, 1, accuser)));
    }
    assert_eq!(solo.state(2), Some(State::Suspect));
    solo.hear(2, Message::Alive(alive(2, 2)));
    assert_eq!(solo.state(2), Some(State::Alive));
    assert!(!solo.events.iter().any(|event| matches!(event, Event::Failed { .. })));
}
