//! Probing.

use crate::solo::*;
use memberlist_proto::{
    Event, Evidence, HelperAnswer, StreamFailure, StreamRequestKind,
    types::{Ack, Message, SequenceNumber, State, Versions},
};

fn without_streams() -> memberlist_proto::Options {
    let mut options = quiet();
    options.stream_ping = false;
    options
}

/// 9.6 TestMemberList_Probe, TestMemberList_ProbeNode, TestMemberList_NextSeq
#[test]
fn healthy_peer_stays_alive_and_costs_one_number_a_probe() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (target, first) = solo.until_probe();
    assert_eq!(target, 2);
    solo.ack(2, first);
    let (_, second) = solo.until_probe();
    assert_eq!(second, first.next());
    assert_eq!(solo.state(2), Some(State::Alive));
    assert!(solo.indirect_pings().is_empty() && solo.requests.is_empty());
}

/// F-55: the round-trip time of each probe is known.
#[test]
fn answered_probe_reports_its_round_trip() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (_, seq) = solo.until_probe();
    solo.advance(ms(20));
    solo.hear(2, Message::Ack(Ack { seq, payload: "hi".into() }));
    assert!(
        solo.events.iter().any(|e| matches!(e, Event::PingCompleted { node, rtt, payload, command: None }
        if node.id == 2 && *rtt == ms(20) && payload == "hi"))
    );
}

/// 9.6 TestMemberList_ProbeNode_Suspect; F-03
#[test]
fn silent_peer_is_probed_through_helpers_and_then_suspected() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5, 6]);
    let (target, seq) = solo.until_probe();
    let started = solo.now;
    solo.clear();
    solo.advance(ms(499));
    assert!(solo.indirect_pings().is_empty());
    solo.advance(ms(1));
    let asked = solo.indirect_pings();
    assert_eq!(asked.len(), 3, "three helpers");
    let (helper, _) = asked[0];
    solo.hear_from(helper, Message::Nack(memberlist_proto::types::Nack { seq }));
    for (to, request) in &asked {
        assert_ne!(*to, addr(target));
        assert_eq!((request.seq, request.target.id, request.nack), (seq, target, true));
    }
    assert!(
        matches!(&solo.requests[..], [r] if r.kind == StreamRequestKind::Ping { target, seq } && r.deadline == started + secs(1)),
        "a stream ping that never outlives the probe: {:?}",
        solo.requests
    );
    solo.advance(ms(499));
    assert_eq!(solo.state(target), Some(State::Alive));
    solo.advance(ms(1));
    assert_eq!(solo.state(target), Some(State::Suspect));
}

/// F-02, W-17: only the right number, from somebody who may say so, in time, counts.
#[test]
fn wrong_late_and_foreign_acks_do_not_count() {
    let mut solo = Solo::with_members(without_streams(), [2, 3]);
    let (target, seq) = solo.until_probe();
    let other = if target == 2 { 3 } else { 2 };
    solo.ack(target, SequenceNumber(seq.0.wrapping_add(1)));
    solo.ack(other, seq);
    solo.advance(ms(500));
    solo.hear(other, Message::User("we hear".into()));
    solo.advance(ms(500));
    assert_eq!(solo.state(target), Some(State::Suspect));
    solo.ack(target, seq);
    assert_eq!(solo.state(target), Some(State::Suspect), "only a refutation clears it");
    assert_eq!(solo.machine.stats().stray_acks, 3);
}

/// A host with several addresses may answer from one that is nobody else's.
#[test]
fn ack_from_an_unknown_address_counts() {
    let mut solo = Solo::with_members(without_streams(), [2]);
    let (_, seq) = solo.until_probe();
    solo.hear_from(4_242, Message::Ack(Ack { seq, payload: Default::default() }));
    solo.advance(secs(1));
    assert_eq!(solo.state(2), Some(State::Alive));
}

/// F-03: an ack that a helper forwards saves the target.
#[test]
fn forwarded_ack_saves_the_target() {
    let mut solo = Solo::with_members(without_streams(), [2, 3]);
    let (target, seq) = solo.until_probe();
    let helper = if target == 2 { 3 } else { 2 };
    solo.advance(ms(600));
    solo.ack(helper, seq);
    solo.advance(ms(350));
    assert_eq!(solo.state(target), Some(State::Alive));
    assert_eq!(solo.machine.health_score(), 0);
}

/// 9.6 TestMemberList_ProbeNode_FallbackTCP (commented out upstream); G-01
#[test]
fn stream_ping_saves_a_target_whose_packets_are_lost() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (target, seq) = solo.until_probe();
    solo.advance(ms(500));
    let request = solo.requests[0].id;
    solo.machine.handle_stream_ack(solo.now, request, &Ack { seq, payload: Default::default() });
    solo.advance(ms(600));
    assert_eq!(solo.state(target), Some(State::Alive));
    assert_eq!(solo.machine.stats().probes_by_stream, 1);
}

/// 9.6 TestMemberList_ProbeNode_FallbackTCP: once streams are cut, too, it is suspected within the same deadline.
#[test]
fn failed_stream_ping_does_not_delay_the_verdict() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (target, _) = solo.until_probe();
    solo.advance(ms(500));
    let request = solo.requests[0].id;
    solo.machine.handle_stream_failure(solo.now, request, StreamFailure::TimedOut);
    solo.advance(ms(500));
    assert_eq!(solo.state(target), Some(State::Suspect));
    let reason = solo.events.iter().find_map(|e| match e {
        Event::Suspected { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert!(
        matches!(reason.unwrap().evidence, Evidence::Probe(report) if report.stream_tried && report.took == secs(1))
    );
}

/// 9.6 TestMemberList_ProbeNode_FallbackTCP_Disabled, TestMemberList_ProbeNode_FallbackTCP_OldProtocol
#[test]
fn no_stream_ping_where_it_is_off_or_not_understood() {
    let mut off = Solo::with_members(without_streams(), [2]);
    off.until_probe();
    off.advance(secs(1));
    assert!(off.requests.is_empty());
    assert_eq!(off.state(2), Some(State::Suspect));

    let mut old = Solo::new(quiet());
    let mut peer = alive(2, 1);
    peer.versions = Some(Versions { protocol_max: 2, ..Versions::default() });
    old.hear(2, Message::Alive(peer));
    old.until_probe();
    old.advance(secs(1));
    assert!(old.requests.is_empty());
    assert_eq!(old.state(2), Some(State::Suspect));
}

/// 9.6 TestMemberList_ProbeNode_Buddy; A-04: who is suspected hears of it with every ping.
#[test]
fn ping_to_a_suspect_carries_the_suspicion() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Suspect(suspect(2, 1, 9)));
    solo.clear();
    solo.until_probe();
    let (_, packet) = solo.sent.last().unwrap();
    assert!(matches!(packet[0], Message::Ping(_)));
    assert!(matches!(&packet[1], Message::Suspect(s) if s.node == 2 && s.from == ME), "{packet:?}");
}

/// Buddy: our own accusation goes to the suspect first.
#[test]
fn suspect_is_told_at_once_when_our_probe_fails() {
    let mut solo = Solo::with_members(without_streams(), [2]);
    solo.until_probe();
    solo.clear();
    solo.advance(secs(1));
    assert!(solo.messages().any(|(to, m)| to == addr(2) && matches!(m, Message::Suspect(s) if s.node == 2)));
}

/// W-22: what can't be sent from here is no evidence against the peer.
/// D-06
#[test]
fn local_send_failure_suspects_nobody() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (_, seq) = solo.until_probe();
    solo.machine.handle_send_failure(solo.now, seq);
    solo.drain();
    assert_eq!(solo.machine.health_score(), 1);
    assert!(solo.events.iter().any(|e| matches!(e, Event::ProbeAborted { node } if node.id == 2)));
    solo.clear();
    solo.advance(secs(1));
    assert_eq!(solo.state(2), Some(State::Alive));
}

/// Reasons: which helpers answered what.
#[test]
fn suspicion_says_what_each_helper_answered() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4]);
    let (target, seq) = solo.until_probe();
    let helpers: Vec<u32> = [2, 3, 4].into_iter().filter(|id| *id != target).collect();
    solo.advance(ms(600));
    solo.nack(helpers[0], seq);
    solo.advance(ms(400));
    let report = solo.events.iter().find_map(|e| match e {
        Event::Suspected { reason, .. } => match &reason.evidence {
            Evidence::Probe(report) => Some(report.clone()),
            _ => None,
        },
        _ => None,
    });
    let mut answers = report.unwrap().helpers;
    answers.sort_by_key(|(id, _)| *id);
    assert_eq!(answers, [(helpers[0], HelperAnswer::Nack), (helpers[1], HelperAnswer::Silent)]);
}

/// F-52, and the paused process: due timers after a 30 s sleep suspect nobody whose packets are there already.
/// P-22
#[test]
fn paused_process_that_reads_first_suspects_nobody() {
    let mut solo = Solo::with_members(without_streams(), [2]);
    let (_, seq) = solo.until_probe();
    solo.now += secs(30);
    solo.ack(2, seq);
    solo.machine.handle_timeout(solo.now);
    solo.drain();
    assert_eq!(solo.state(2), Some(State::Alive));
    assert!(!names(&solo.events).contains(&"failed"));
}

/// W-16: the gone are skipped.
#[test]
fn dead_and_left_nodes_are_not_probed() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4]);
    solo.hear(2, Message::Dead(dead(2, 1, 4)));
    solo.hear(3, Message::Dead(dead(3, 1, 3)));
    for _ in 0..6 {
        let (target, seq) = solo.until_probe();
        assert_eq!(target, 4);
        solo.ack(4, seq);
    }
}

/// F-13: wake-ups that come late, twice or not at all for a while never stop the probe loop.
#[test]
fn late_and_surplus_wake_ups_never_stop_the_probe_loop() {
    let mut solo = Solo::with_members(without_streams(), [2]);
    for late in [0, 3_000, 50, 10_000, 0, 700] {
        let (_, seq) = solo.until_probe();
        solo.ack(2, seq);
        solo.machine.handle_timeout(solo.now);
        solo.now += ms(late);
        solo.machine.handle_timeout(solo.now);
        solo.machine.handle_timeout(solo.now);
        solo.drain();
        if let Some(seq) = solo.raw.last().and_then(|t| t.probe) {
            solo.ack(2, seq);
        }
    }
    assert_eq!(solo.state(2), Some(State::Alive));
    assert!(solo.machine.stats().probes >= 6);
}

/// W-19: an ack that comes before the packet was even fetched for sending is not lost.
#[test]
fn ack_before_the_send_is_not_lost() {
    let mut solo = Solo::with_members(without_streams(), [2]);
    let at = solo.machine.poll_timeout().unwrap();
    solo.now = at;
    solo.machine.handle_timeout(at);
    let transmit = solo.machine.poll_transmit().unwrap();
    let seq = transmit.probe.unwrap();
    solo.machine.handle_message(at, addr(2), Message::Ack(Ack { seq, payload: Default::default() }));
    solo.advance(ms(999));
    assert_eq!((solo.state(2), solo.machine.stats().stray_acks), (Some(State::Alive), 0));
}

/// TestTCPPing: an ack with another number, or to another kind of stream, does not count.
#[test]
fn stream_ack_with_a_wrong_number_does_not_count() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (_, seq) = solo.until_probe();
    solo.advance(ms(500));
    let request = solo.requests[0].id;
    let wrong = Ack { seq: seq.next(), payload: Default::default() };
    solo.machine.handle_stream_ack(solo.now, request, &wrong);
    solo.machine.handle_stream_ack(
        solo.now,
        memberlist_proto::RequestId(999),
        &Ack { seq, payload: Default::default() },
    );
    solo.advance(ms(500));
    assert_eq!(solo.state(2), Some(State::Suspect));
}
