//! Edges: options at their limits and changed at run time, things that end at the wrong moment.

use crate::{net::Net, solo::*};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    Event, JoinOptions, Options, StreamFailure,
    types::{Ack, IndirectPing, Message, Ping, SequenceNumber, State},
};

fn ack(seq: SequenceNumber) -> Msg {
    Message::Ack(Ack { seq, payload: Bytes::new() })
}

fn finished(solo: &Solo) -> bool {
    solo.events.iter().any(|e| matches!(e, Event::LeaveFinished { .. }))
}

/// Who does not probe (`probe_interval` zero) still gives a suspect the time to refute.
#[test]
fn suspect_can_refute_where_probing_is_off() {
    let mut options = quiet();
    options.probe_interval = Duration::ZERO;
    let mut solo = Solo::with_members(options, [2, 3, 4, 5]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo.advance(ms(900));
    assert_eq!(solo.state(2), Some(State::Suspect));
    solo.hear(2, Message::Alive(alive(2, 2)));
    solo.advance(secs(60));
    assert_eq!(solo.state(2), Some(State::Alive));
    assert_eq!(solo.events.iter().filter(|e| matches!(e, Event::Failed { .. })).count(), 0);
}

/// Who does not probe is a helper all the same: it waits for the target before it says that it is silent.
#[test]
fn helper_serves_where_probing_is_off() {
    let mut options = quiet();
    options.probe_interval = Duration::ZERO;
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.hear(
        2,
        Message::IndirectPing(IndirectPing {
            seq: SequenceNumber(7),
            target: node(3),
            nack: true,
            source: Some(node(2)),
        }),
    );
    solo.advance(ms(50));
    let (_, ping) = solo.pings().pop().expect("the target is pinged");
    solo.hear(3, ack(ping.seq));
    assert_eq!(solo.acks(), [(addr(2), SequenceNumber(7))]);
    assert!(!solo.messages().any(|(_, m)| matches!(m, Message::Nack(_))), "no hasty nack");
}

/// A dead node is forgotten also if it is to be remembered longer since it died.
#[test]
fn dead_node_is_forgotten_after_the_time_was_made_longer() {
    let mut options = quiet();
    let mut solo = Solo::with_members(options.clone(), [2, 3]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    options.gossip_to_the_dead = secs(60);
    solo.machine.set_options(solo.now, options).unwrap();
    solo.advance(secs(59));
    assert_eq!(solo.state(2), Some(State::Dead));
    solo.advance(secs(2));
    assert_eq!(solo.member(2), None);
}

/// The last members go while we leave: nobody is left to tell.
#[test]
fn departure_ends_when_the_last_member_goes_first() {
    let mut options = quiet();
    options.gossip_interval = ms(200);
    let mut solo = Solo::with_members(options, [2]);
    solo.machine.leave(solo.now).unwrap();
    solo.drain();
    assert!(!finished(&solo));
    solo.hear(2, Message::Dead(dead(2, 1, 2)));
    solo.advance(secs(5));
    assert!(finished(&solo));
}

/// Without gossip only those hear of it who are told directly; when the last of their answers is overdue, it is over.
#[test]
fn departure_ends_without_gossip_and_without_an_answer() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5]);
    solo.machine.leave(solo.now).unwrap();
    solo.drain();
    let (to, ping) = solo.pings().remove(0);
    solo.hear_from(to, ack(ping.seq));
    assert!(!finished(&solo));
    solo.advance(secs(5));
    assert!(solo.events.iter().any(|e| matches!(e, Event::LeaveFinished { confirmed: 1 })));
}

/// The largest options that are legal: nothing overflows.
#[test]
fn huge_options_do_not_overflow() {
    for huge in [Duration::MAX, Duration::from_secs(u64::MAX / 1_000_000_000)] {
        let mut options = Options::lan();
        options.probe_interval = huge;
        options.probe_timeout = huge / 2;
        options.gossip_interval = huge;
        options.push_pull_interval = huge;
        options.stream_timeout = huge;
        options.gossip_to_the_dead = huge;
        options.healing_interval = huge;
        options.healing_interval_max = huge;
        options.indirect_checks = usize::MAX;
        options.gossip_nodes = usize::MAX;
        options.suspicion_mult = u32::MAX;
        options.suspicion_max_timeout_mult = u32::MAX;
        options.retransmit_mult = u32::MAX;
        options.awareness_max = u32::MAX;
        options.max_incarnation_jump = u32::MAX;
        options.validate().unwrap();
        let mut solo = Solo::with_members(options, 2..20);
        solo.machine.join(solo.now, vec![addr(2)], JoinOptions::new().with_attempts(u32::MAX)).unwrap();
        solo.drain();
        let id = solo.requests[0].id;
        solo.merge(Some(id), vec![state_of(2, 1, State::Dead)]);
        let request =
            IndirectPing { seq: SequenceNumber(7), target: node(3), nack: true, source: Some(node(2)) };
        solo.hear(2, Message::IndirectPing(request));
        let mut moved = alive(4, 9);
        moved.node.address = 77;
        solo.hear(4, Message::Alive(moved));
        let id = solo.machine.ping(solo.now, node(5)).unwrap();
        solo.machine.update_meta(solo.now, "x".into()).unwrap();
        solo.machine.leave(solo.now).unwrap();
        solo.machine.rejoin(solo.now).unwrap();
        solo.advance(Duration::from_secs(3_000_000));
        let _ = id;
    }
    let mut options = quiet();
    options.indirect_checks = usize::MAX;
    options.gossip_nodes = usize::MAX;
    options.gossip_interval = ms(200);
    let mut solo = Solo::with_members(options, 2..20);
    solo.machine.update_meta(solo.now, "x".into()).unwrap();
    solo.advance(secs(10));
    assert!(solo.indirect_pings().len() >= 17);
}

/// The number of addresses tried at once holds for second attempts, too.
#[test]
fn second_attempts_of_a_join_keep_within_its_parallel() {
    let mut solo = Solo::new(quiet());
    let seeds = (100..200).map(addr).collect();
    let options = JoinOptions::new().with_parallel(4).with_attempts(3).with_backoff(ms(100), ms(200));
    solo.machine.join(solo.now, seeds, options).unwrap();
    solo.drain();
    let mut open = std::mem::take(&mut solo.requests);
    let mut dialled = open.len();
    while !open.is_empty() {
        assert!(open.len() <= 4, "{} at once", open.len());
        solo.advance(secs(1));
        // The one that was dialled first gives up.
        let request = open.remove(0);
        solo.machine.handle_stream_failure(solo.now, request.id, StreamFailure::TimedOut);
        solo.drain();
        solo.advance(ms(400));
        dialled += solo.requests.len();
        open.append(&mut solo.requests);
    }
    assert_eq!(dialled, 300);
    let results = solo.events.iter().filter(|e| matches!(e, Event::JoinProgress { .. })).count();
    assert_eq!(results, 100);
    assert!(solo.events.iter().any(|e| matches!(e, Event::JoinFinished { reached: 0, .. })));
}

/// Invariant 21 also where two messages belong together: the largest ack, and the news that its receiver is suspected.
#[test]
fn largest_ack_to_a_suspect_keeps_to_the_budget() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    let mut size = 1_400;
    while solo.machine.set_ack_payload(vec![7; size].into()).is_err() {
        size -= 1;
    }
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo.clear();
    solo.hear(2, Message::Ping(Ping { seq: SequenceNumber(1), target: Some(ME), source: Some(node(2)) }));
    assert_eq!(solo.acks(), [(addr(2), SequenceNumber(1))]);
    assert!(solo.messages().any(|(to, m)| to == addr(2) && matches!(m, Message::Suspect(_))));
    for transmit in &solo.raw {
        assert!(packet_size(&transmit.messages) <= 1_400, "{}", packet_size(&transmit.messages));
    }
}

/// F-52: due timers after a long sleep are no evidence against anybody: our own probe is void, and a suspicion that ran
/// out meanwhile gives the suspect a last moment. Nothing else changes: who stays silent is found after all.
#[test]
fn own_sleep_declares_nobody_dead() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5]);
    let (target, _) = solo.until_probe();
    let other = if target == 2 { 3 } else { 2 };
    solo.hear(4, Message::Suspect(suspect(other, 1, 4)));
    solo.now += secs(60);
    solo.machine.handle_timeout(solo.now);
    solo.drain();
    assert_eq!(solo.state(target), Some(State::Alive), "the probe fell into our sleep");
    assert_eq!(solo.state(other), Some(State::Suspect));
    assert!(solo.machine.health_score() > 0, "our health pays");
    solo.advance(ms(100));
    solo.hear(other, Message::Alive(alive(other, 2)));
    assert_eq!(solo.state(other), Some(State::Alive));
    solo.advance(secs(300));
    assert_eq!(solo.machine.num_members(), 1, "all are silent, and found");
}

/// A driver that is always late finds a dead node all the same.
#[test]
fn driver_that_is_always_late_still_finds_the_dead() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    for _ in 0..200 {
        let at = solo.machine.poll_timeout().unwrap_or(solo.now);
        solo.now = solo.now.max(at) + secs(1);
        solo.machine.handle_timeout(solo.now);
        solo.drain();
    }
    assert_eq!(solo.machine.num_members(), 1);
}

/// Rounds do not double, whatever is switched off and on, left and rejoined, idle and active.
#[test]
fn rounds_never_double() {
    let mut solo = Solo::with_members(Options::lan(), [2]);
    for round in 0..50u32 {
        let mut off = Options::lan();
        off.probe_interval = Duration::ZERO;
        off.gossip_interval = Duration::ZERO;
        off.push_pull_interval = Duration::ZERO;
        off.healing = false;
        solo.machine.set_options(solo.now, off).unwrap();
        solo.advance(ms(u64::from(round) * 37));
        solo.machine.set_options(solo.now, Options::lan()).unwrap();
        solo.machine.leave(solo.now).unwrap();
        solo.advance(ms(u64::from(round) * 13));
        solo.machine.rejoin(solo.now).unwrap();
        let incarnation = solo.member(2).map_or(1, |m| m.incarnation.value());
        solo.hear(2, Message::Dead(dead(2, incarnation, 2)));
        solo.hear(2, Message::Alive(alive(2, incarnation + 1)));
    }
    solo.advance_answering(secs(30));
    solo.clear();
    solo.advance_answering(secs(120));
    let probes = solo.raw.iter().filter(|t| t.probe.is_some()).count();
    assert!((118..=121).contains(&probes), "{probes} probes in two minutes");
    assert!((3..=5).contains(&solo.requests.len()), "{} push/pulls", solo.requests.len());
}

/// Two nodes that leave at the same moment both come to an end, whatever is lost.
#[test]
fn two_nodes_that_leave_together_both_finish() {
    for seed in 0..20 {
        let mut net = Net::cluster(2, &Options::lan(), 700 + seed);
        net.loss = 0.5;
        let now = net.now;
        net.with(1, |m| m.leave(now).unwrap());
        net.with(2, |m| m.leave(now).unwrap());
        net.run(secs(10));
        for id in [1, 2] {
            assert_eq!(net.count(id, "leave_finished"), 1, "seed {seed}, node {id}");
        }
    }
}
