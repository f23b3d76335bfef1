//! Suspicions.

use crate::solo::*;
use memberlist_proto::{
    Event, Evidence, Options,
    types::{Message, State},
};

/// 9.7 TestMemberList_SuspectNode_NoNode
#[test]
fn suspicion_of_an_unknown_node_is_ignored() {
    let mut solo = Solo::new(quiet());
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    assert_eq!(solo.machine.stats().known, 1);
    assert!(solo.events.is_empty());
}

/// 9.7 TestMemberList_SuspectNode; F-05: a suspect is still a member.
/// D-02
#[test]
fn suspect_that_stays_silent_is_declared_dead() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let queue = solo.machine.stats().membership_queue;
    solo.hear(2, Message::Suspect(suspect(2, 1, 9)));
    assert_eq!(solo.state(2), Some(State::Suspect));
    assert_eq!(solo.machine.num_members(), 2);
    assert!(solo.machine.members().iter().any(|m| m.node.id == 2 && m.state == State::Suspect));
    assert_eq!(names(&solo.events), ["suspected"]);
    // Two nodes: no confirmations to wait for, so the shortest timeout, 4 s, holds.
    solo.advance(ms(3_999));
    assert_eq!(solo.state(2), Some(State::Suspect));
    solo.advance(ms(1));
    assert_eq!(solo.state(2), Some(State::Dead));
    assert_eq!(names(&solo.events), ["suspected", "failed"]);
    assert_eq!(solo.machine.stats().membership_queue, queue, "the death replaces the suspicion");
}

/// 9.7 TestMemberList_SuspectNode_DoubleSuspect
#[test]
fn the_same_accuser_counts_once() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5, 6]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    let (member, deadline) = (solo.member(2), solo.machine.poll_timeout());
    solo.clear();
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    assert_eq!(solo.member(2), member);
    assert_eq!(solo.machine.poll_timeout(), deadline);
    assert!(solo.events.is_empty());
}

/// 9.7 TestMemberList_SuspectNode_OldSuspect
#[test]
fn suspicion_of_an_older_incarnation_is_ignored() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Alive(alive(2, 10)));
    solo.hear(3, Message::Suspect(suspect(2, 9, 3)));
    assert_eq!(solo.state(2), Some(State::Alive));
}

/// 9.7 TestMemberList_SuspectNode_Refute; F-08 equal, higher, lower; A-02
/// D-09
#[test]
fn suspicion_of_ourselves_is_refuted_above_it() {
    let mut solo = Solo::new(quiet());
    solo.hear(2, Message::Suspect(suspect(ME, 1, 2)));
    assert_eq!((solo.incarnation(), solo.machine.health_score()), (2, 1));
    assert_eq!(solo.state(ME), Some(State::Alive));
    assert_eq!(solo.own_alives(), 1);
    solo.hear(2, Message::Suspect(suspect(ME, 7, 2)));
    assert_eq!(solo.incarnation(), 8);
    solo.clear();
    solo.hear(2, Message::Suspect(suspect(ME, 7, 2)));
    assert_eq!(solo.incarnation(), 8, "an older accusation is answered already");
    assert!(solo.sent.is_empty(), "no storm");
}

/// 9.8 TestSuspicion_Timer, 9.6 TestMemberList_ProbeNode_Suspect_Dogpile: confirmations shorten the wait
#[test]
fn each_independent_confirmation_shortens_the_wait() {
    for (confirmations, expected_ms) in [(0, 1_000), (1, 750), (2, 604), (3, 500), (4, 500)] {
        let mut options = quiet();
        options.probe_interval = ms(100);
        options.probe_timeout = ms(50);
        options.suspicion_mult = 5;
        options.suspicion_max_timeout_mult = 2;
        let mut solo = Solo::with_members(options, 2..=7);
        solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
        let start = solo.now;
        for accuser in (4..=7).take(confirmations) {
            solo.hear(accuser, Message::Suspect(suspect(2, 1, accuser)));
        }
        while solo.state(2) == Some(State::Suspect) {
            solo.advance_answering(ms(1));
        }
        let took = solo.now.since(start).as_millis() as u64;
        assert!(took.abs_diff(expected_ms) <= 1, "{confirmations} confirmations: {took} ms");
    }
}

/// Trust: names that nobody knows must not hurry a death.
#[test]
fn accusers_that_are_no_members_confirm_nothing() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    for stranger in 100..110 {
        solo.hear(3, Message::Suspect(suspect(2, 1, stranger)));
    }
    solo.advance(secs(4));
    assert_eq!(solo.state(2), Some(State::Suspect));
}

/// F-06, W-09, W-10: a refuted member is never declared dead by the timer of the old suspicion.
/// D-03
#[test]
fn refuted_member_is_never_declared_dead() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Suspect(suspect(2, 1, 9)));
    solo.advance(ms(3_999));
    solo.hear(2, Message::Alive(alive(2, 2)));
    // It answers from now on.
    for _ in 0..20 {
        let (_, seq) = solo.until_probe();
        solo.ack(2, seq);
    }
    assert_eq!(solo.state(2), Some(State::Alive));
    assert!(!names(&solo.events).contains(&"failed"));
}

/// Reasons: who accused, who confirmed, how long, how healthy we were (9.1 of the goals: "explain").
#[test]
fn failure_says_who_accused_and_who_confirmed() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo.hear(4, Message::Suspect(suspect(2, 1, 4)));
    solo.hear(5, Message::Suspect(suspect(2, 1, 5)));
    while solo.state(2) == Some(State::Suspect) {
        solo.advance(ms(10));
    }
    let reason = solo
        .events
        .iter()
        .find_map(|e| match e {
            Event::Failed { reason, member } if member.node.id == 2 => Some(reason.clone()),
            _ => None,
        })
        .unwrap();
    assert_eq!(reason.declared_by, ME);
    let suspicion = reason.suspicion.as_ref().unwrap();
    assert_eq!((suspicion.accuser, &suspicion.evidence), (3, &Evidence::Accusation));
    assert_eq!(reason.confirmed_by, [4, 5]);
    assert!(reason.suspected_for >= secs(4));
    let text = reason.to_string();
    assert!(text.contains("accused by 3") && text.contains("confirmed by 4, 5"), "{text}");
}

/// Lifeguard's degraded.timeout: fewer confirmations than hoped for are counted.
#[test]
fn suspicion_without_enough_confirmations_is_counted() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo.advance(secs(30));
    assert_eq!(solo.state(2), Some(State::Dead));
    assert!(solo.machine.stats().suspicions_degraded >= 1);
}

/// F-09: after a refutation the very next packet, of any kind, clears the suspicion where it arrives.
#[test]
fn refutation_rides_on_the_next_packet_whatever_it_is() {
    let mut options = quiet();
    options.gossip_interval = secs(3_600);
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.hear(2, Message::Suspect(suspect(ME, 1, 2)));
    solo.clear();
    let ping =
        memberlist_proto::types::Ping { seq: Default::default(), target: Some(ME), source: Some(node(3)) };
    solo.hear(3, Message::Ping(ping));
    let (to, packet) = &solo.sent[0];
    assert_eq!(*to, addr(3));
    assert!(
        packet.iter().any(|m| matches!(m, Message::Alive(a) if a.node.id == ME && a.incarnation == inc(2)))
    );
}

/// Who has missed our refutation, and says that we are suspected or dead, is told again before it declares a death that is none.
#[test]
fn accuser_who_missed_our_refutation_is_told_again() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(2, Message::Suspect(suspect(ME, 1, 2)));
    assert_eq!(solo.incarnation(), 2);
    let told = |solo: &Solo, who| {
        solo.messages().any(|(to, m)| {
            to == addr(who) && matches!(m, Message::Alive(a) if a.node.id == ME && a.incarnation == inc(2))
        })
    };
    for accusation in [Message::Suspect(suspect(ME, 1, 3)), Message::Dead(dead(ME, 1, 3))] {
        solo.clear();
        solo.hear(2, accusation.clone());
        solo.hear(3, accusation);
        assert!(told(&solo, 2) && told(&solo, 3), "who passes it on, and who says so");
    }
    solo.clear();
    solo.hear(9, Message::Suspect(suspect(ME, 1, 9)));
    assert!(!told(&solo, 9), "strangers are told nothing");
    assert_eq!(solo.incarnation(), 2, "it is the same refutation");
}

/// Nothing is said but what a suspicion itself makes us say.
fn silent() -> Options {
    quiet().with_probe_interval(ms(0)).with_gossip_interval(ms(0)).with_stall_rules(false)
}

/// The accusations that went to a node itself.
fn told(solo: &Solo, id: u32) -> Vec<Msg> {
    let accusations = solo.messages().filter(|(to, m)| *to == addr(id) && matches!(m, Message::Suspect(_)));
    accusations.map(|(_, message)| message.clone()).collect()
}

/// Whoever missed all gossip about itself is asked once more before it is declared dead, early enough to answer.
#[test]
fn suspect_is_told_once_more_before_the_end() {
    let mut solo = Solo::with_members(silent(), [2]);
    solo.hear(2, Message::Suspect(suspect(2, 1, 9)));
    solo.clear();
    // Two nodes: the shortest timeout, 4 s; an answer has 500 ms.
    solo.advance(ms(3_499));
    assert_eq!(told(&solo, 2), []);
    solo.clear();
    solo.advance(ms(1));
    assert_eq!(told(&solo, 2), [Message::Suspect(suspect(2, 1, ME))]);
    solo.clear();
    solo.hear(2, Message::Alive(alive(2, 2)));
    solo.advance(ms(10_000));
    assert_eq!(solo.state(2), Some(State::Alive));
    assert_eq!(told(&solo, 2), []);
}

/// A confirmation that leaves no time for the answer does not make the verdict earlier than the answer can come.
#[test]
fn hurried_verdict_still_waits_for_the_answer() {
    let mut solo = Solo::with_members(silent(), 2..=30);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    // Longer than the shortest suspicion, shorter than the longest.
    solo.advance(ms(8_000));
    solo.clear();
    for accuser in 4..=5 {
        solo.hear(accuser, Message::Suspect(suspect(2, 1, accuser)));
    }
    solo.advance(ms(499));
    assert_eq!(solo.state(2), Some(State::Suspect), "it has half a second to answer");
    solo.advance(ms(1));
    assert_eq!(solo.state(2), Some(State::Dead));
}

/// Without the buddy system nobody is asked once more.
#[test]
fn suspect_is_not_told_once_more_without_the_buddy_system() {
    let mut solo = Solo::with_members(silent().with_buddy(false), [2]);
    solo.hear(2, Message::Suspect(suspect(2, 1, 9)));
    solo.clear();
    solo.advance(ms(4_000));
    assert_eq!(solo.state(2), Some(State::Dead));
    assert_eq!(told(&solo, 2), []);
}
