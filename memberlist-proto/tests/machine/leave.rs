//! Leaving and coming back.

use crate::{net::Net, solo::*};
use memberlist_proto::{
    CommandError, Event, Options,
    types::{Message, State},
};
use std::collections::BTreeSet;

/// 9.2 TestMemberlist_Leave; W-33: told directly, confirmed by three.
#[test]
fn departure_is_told_directly_and_complete_when_three_heard_it() {
    let mut solo = Solo::with_members(quiet(), 2..=9);
    solo.machine.leave(solo.now).unwrap();
    solo.drain();
    assert_eq!(names(&solo.events), ["left"]);
    assert_eq!(solo.sent.len(), 8);
    for (_, packet) in &solo.sent {
        assert!(matches!(&packet[0], Message::Dead(d) if d.node == ME && d.from == ME));
    }
    let pings = solo.pings();
    for (n, (to, ping)) in pings.iter().take(3).enumerate() {
        assert_eq!(names(&solo.events).contains(&"leave_finished"), n == 3);
        solo.hear_from(
            *to,
            Message::Ack(memberlist_proto::types::Ack { seq: ping.seq, payload: Default::default() }),
        );
    }
    assert!(solo.events.iter().any(|e| matches!(e, Event::LeaveFinished { confirmed: 3 })));
    assert_eq!((solo.state(ME), solo.machine.num_members()), (Some(State::Left), 8));
}

/// W-33: nobody of a small cluster waits for gossip, and a large one costs no more than 256 packets; sixteen are asked to answer.
#[test]
fn departure_is_told_to_all_up_to_a_limit() {
    for (others, told) in [(100, 100), (256, 256), (400, 256)] {
        let mut solo = Solo::with_members(quiet(), 2..=others + 1);
        solo.machine.leave(solo.now).unwrap();
        solo.drain();
        let addresses: BTreeSet<_> = solo.sent.iter().map(|(to, _)| *to).collect();
        assert_eq!((solo.sent.len(), addresses.len()), (told, told));
        for (_, packet) in &solo.sent {
            assert!(matches!(&packet[0], Message::Dead(d) if d.node == ME && d.is_leave()));
        }
        assert_eq!(solo.pings().len(), 16);
    }
}

#[test]
fn lone_node_leaves_at_once_and_only_once() {
    let mut solo = Solo::new(quiet());
    solo.machine.leave(solo.now).unwrap();
    solo.drain();
    assert!(solo.events.iter().any(|e| matches!(e, Event::LeaveFinished { confirmed: 0 })));
    assert_eq!(solo.machine.leave(solo.now), Err(CommandError::HasLeft));
}

/// Without a single answer, gossip's limit ends it.
#[test]
fn departure_ends_by_gossip_if_nobody_answers() {
    let mut options = quiet();
    options.gossip_interval = ms(200);
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.machine.leave(solo.now).unwrap();
    solo.advance(secs(5));
    assert!(solo.events.iter().any(|e| matches!(e, Event::LeaveFinished { confirmed: 0 })));
}

/// Spec 5.16: who has left answers pings, and probes nobody; what would make it alive again is an error, or ignored.
#[test]
fn left_node_answers_but_does_not_probe() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.machine.leave(solo.now).unwrap();
    solo.advance(secs(5));
    solo.clear();
    solo.advance(secs(60));
    assert!(solo.pings().is_empty());
    solo.hear(
        2,
        Message::Ping(memberlist_proto::types::Ping {
            seq: Default::default(),
            target: Some(ME),
            source: Some(node(2)),
        }),
    );
    assert_eq!(solo.acks().len(), 1);
    assert_eq!(solo.machine.update_meta(solo.now, "x".into()), Err(CommandError::HasLeft));
    solo.hear(2, Message::Suspect(suspect(ME, 1, 2)));
    solo.hear(2, Message::Alive(alive(ME, 9)));
    assert_eq!((solo.state(ME), solo.incarnation()), (Some(State::Left), 1));
}

/// F-29, P-10: all survivors report Left, not Failed, within 2 s at N = 64; P-08: the same instance rejoins.
#[test]
fn everybody_sees_a_departure_as_such_and_the_same_instance_can_return() {
    let mut net = Net::cluster(64, &Options::lan(), 5);
    net.forget_events();
    let now = net.now;
    net.with(7, |m| m.leave(now).unwrap());
    let left = |net: &Net| net.up().all(|h| h.machine.member(&7).is_some_and(|m| m.state == State::Left));
    assert!(net.run_until(secs(2), left));
    net.run(secs(3));
    assert_eq!(net.total("failed"), 0);
    assert_eq!(net.total("suspected"), 0);
    let now = net.now;
    net.with(7, |m| m.rejoin(now).unwrap());
    assert!(net.run_until(secs(5), |net| net.all_see(64)), "the same instance is back");
}

/// Rejoin after the others have forgotten: the members it remembers are enough.
#[test]
fn late_rejoin_finds_back_by_itself() {
    let mut net = Net::cluster(8, &Options::lan(), 6);
    let now = net.now;
    net.with(3, |m| m.leave(now).unwrap());
    net.run(secs(120));
    assert_eq!(net.state_at(1, 3), None);
    let now = net.now;
    net.with(3, |m| m.rejoin(now).unwrap());
    assert!(net.run_until(secs(10), |net| net.all_see(8)));
}

/// Who has left does not probe, so what it knows grows old: it must not tell others of nodes that have died since.
#[test]
fn left_node_tells_of_its_own_departure_alone() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.machine.leave(solo.now).unwrap();
    let said = solo.machine.local_states();
    assert_eq!(said.len(), 1);
    assert_eq!((said[0].node.id, said[0].state), (ME, State::Left));
    solo.machine.rejoin(solo.now).unwrap();
    assert_eq!(solo.machine.local_states().len(), 3);
}

/// Who has missed a departure would hold a node that answers pings for a member for ever, for all others have soon forgotten it: its answer
/// says that it has left.
#[test]
fn left_node_says_so_to_whoever_still_pings_it() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let ping = || {
        Message::Ping(memberlist_proto::types::Ping {
            seq: Default::default(),
            target: Some(ME),
            source: Some(node(2)),
        })
    };
    let says_so = |solo: &Solo| {
        solo.messages()
            .any(|(to, m)| to == addr(2) && matches!(m, Message::Dead(d) if d.node == ME && d.is_leave()))
    };
    solo.hear(2, ping());
    assert!(!says_so(&solo), "not before it has left");
    solo.machine.leave(solo.now).unwrap();
    solo.advance(secs(60));
    solo.clear();
    solo.hear(2, ping());
    assert!(solo.acks().len() == 1 && says_so(&solo));
    // Who is pinged so hears it at its incarnation, and holds it for left.
    let mut other = Solo::with_members(quiet(), [9]);
    other.hear(9, Message::Dead(dead(9, 1, 9)));
    assert_eq!(other.state(9), Some(State::Left));
}

/// Who has missed a departure, and accuses the node that has left, is told of it: also when all others have forgotten it.
#[test]
fn accuser_of_a_node_that_has_left_is_told_so() {
    let options = quiet();
    let remembered = options.gossip_to_the_dead;
    let mut solo = Solo::with_members(options, [2, 3, 4]);
    solo.hear(3, Message::Dead(dead(3, 1, 3)));
    for wait in [secs(0), remembered + secs(1)] {
        solo.advance_answering(wait);
        let told = |solo: &Solo, who| {
            solo.messages().any(|(to, m)| {
                to == addr(who) && matches!(m, Message::Dead(d) if d.node == 3 && d.is_leave())
            })
        };
        solo.clear();
        solo.hear(9, Message::Suspect(suspect(3, 1, 9)));
        solo.hear(2, Message::Suspect(suspect(3, 2, 2)));
        assert!(!told(&solo, 9), "strangers are told nothing");
        assert_eq!(told(&solo, 2), solo.state(3).is_some(), "the forgotten one may live again since");
        solo.clear();
        solo.hear(2, Message::Suspect(suspect(3, 1, 2)));
        solo.hear(4, Message::Suspect(suspect(3, 1, 2)));
        assert!(told(&solo, 2) && told(&solo, 4), "who says so, and who passes it on, after {wait:?}");
    }
    assert_eq!(solo.state(3), None, "it was forgotten meanwhile");
}
