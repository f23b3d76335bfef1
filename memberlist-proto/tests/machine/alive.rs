//! Signs of life.

use crate::solo::*;
use memberlist_proto::{
    Event, RejectReason,
    types::{Message, Meta, Node, State, Versions},
};

fn gossiping() -> memberlist_proto::Options {
    let mut options = quiet();
    options.gossip_interval = ms(200);
    options
}

/// 9.7 TestMemberList_AliveNode_NewNode
#[test]
fn new_node_joins_and_is_passed_on() {
    let mut solo = Solo::new(quiet());
    let queued = solo.machine.stats().membership_queue;
    solo.hear(2, Message::Alive(alive(2, 1)));
    assert_eq!(solo.state(2), Some(State::Alive));
    assert_eq!(names(&solo.events), ["joined"]);
    assert_eq!(solo.machine.stats().membership_queue, queued + 1);
    assert_eq!(solo.machine.num_members(), 2);
}

/// 9.7 TestMemberList_AliveNode_SuspectNode
/// W-11
#[test]
fn suspect_is_cleared_only_by_a_higher_incarnation() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.advance(secs(1));
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    let suspected_at = solo.member(2).unwrap().changed_at;
    solo.advance(ms(500));
    solo.clear();
    solo.hear(2, Message::Alive(alive(2, 1)));
    assert_eq!(solo.state(2), Some(State::Suspect));
    assert!(solo.events.is_empty());
    solo.hear(2, Message::Alive(alive(2, 2)));
    assert_eq!(solo.state(2), Some(State::Alive));
    assert!(solo.member(2).unwrap().changed_at > suspected_at);
    // Not a join, but visible.
    assert_eq!(names(&solo.events), ["recovered"]);
}

/// 9.7 TestMemberList_AliveNode_Idempotent
#[test]
fn higher_incarnation_of_a_live_node_changes_nothing_visible() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let queued = solo.machine.stats().membership_queue;
    let before = solo.member(2).unwrap();
    solo.advance(ms(10));
    solo.hear(2, Message::Alive(alive(2, 2)));
    solo.hear(2, Message::Alive(alive(2, 2)));
    let after = solo.member(2).unwrap();
    assert_eq!((after.changed_at, after.incarnation.value()), (before.changed_at, 2));
    assert!(names(&solo.events).is_empty());
    assert_eq!(solo.machine.stats().membership_queue, queued, "it replaces the older statement");
}

/// 9.7 TestMemberList_AliveNode_ChangeMeta
#[test]
fn changed_metadata_is_an_update() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let mut changed = alive(2, 2);
    changed.meta = Meta::new("new");
    solo.hear(2, Message::Alive(changed));
    match &solo.events[..] {
        [Event::Updated { member, previous }] => {
            assert_eq!(member.meta, Meta::new("new"));
            assert_eq!(previous.meta, Meta::EMPTY);
        }
        other => panic!("{other:?}"),
    }
}

/// 9.7 TestMemberList_AliveNode_Refute; W-12
#[test]
fn foreign_statement_about_ourselves_is_refuted() {
    let mut solo = Solo::new(quiet());
    let mut lie = alive(ME, 1);
    lie.meta = Meta::new("not ours");
    solo.hear(2, Message::Alive(lie));
    assert_eq!(solo.machine.local().meta, Meta::EMPTY);
    assert_eq!(solo.incarnation(), 2);
    assert_eq!(solo.own_alives(), 1, "who told us learns it at once");
    assert_eq!(names(&solo.events), ["refuted"]);
}

#[test]
fn our_own_statement_coming_back_is_no_reason_to_refute() {
    let mut solo = Solo::new(quiet());
    solo.hear(2, Message::Alive(alive(ME, 1)));
    assert_eq!(solo.incarnation(), 1);
    assert!(solo.events.is_empty() && solo.sent.is_empty());
}

/// 9.7 TestMemberList_AliveNode_Conflict; 9.3 TestMemberlist_conflictDelegate
/// D-10
#[test]
fn another_address_is_a_conflict_while_alive_and_accepted_once_dead() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    let mut moved = alive(2, 5);
    moved.node = Node::new(2, 77);
    solo.hear_from(77, Message::Alive(moved.clone()));
    assert_eq!(solo.member(2).unwrap().node.address, addr(2));
    assert!(solo.events.iter().any(|e| matches!(e, Event::Conflict { existing, claimed }
        if existing.node.id == claimed.id && claimed.address == 77)));
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.hear_from(77, Message::Alive(moved.clone()));
    assert_eq!(solo.state(2), Some(State::Dead), "a death just heard of may be false");
    solo.advance_answering(secs(2));
    solo.clear();
    solo.hear_from(77, Message::Alive(moved));
    assert_eq!(solo.member(2).unwrap().node.address, 77);
    assert_eq!(names(&solo.events), ["joined"]);
}

/// Q24
/// F-34
#[test]
fn stale_statement_with_another_address_is_no_conflict() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Alive(alive(2, 9)));
    solo.clear();
    let mut stale = alive(2, 3);
    stale.node = Node::new(2, 77);
    solo.hear(3, Message::Alive(stale));
    assert!(solo.events.is_empty());
}

/// Q23, G-03
#[test]
fn unknown_node_at_incarnation_zero_leaves_no_trace() {
    let mut solo = Solo::new(quiet());
    solo.hear(2, Message::Alive(alive(2, 0)));
    assert_eq!(solo.member(2), None);
    assert_eq!(solo.machine.stats().known, 1);
    assert_eq!(solo.machine.stats().rejected(RejectReason::IncarnationZero), 1);
}

/// Q3, 9.6 TestMemberList_ProbeNode_Wrong_VSN, G-04
#[test]
fn nodes_without_sound_versions_are_not_admitted() {
    let mut solo = Solo::new(quiet());
    let zero = Versions { protocol_min: 0, protocol_max: 0, ..Versions::default() };
    let reversed = Versions { protocol_min: 5, protocol_max: 2, ..Versions::default() };
    for versions in [None, Some(zero), Some(reversed)] {
        let mut wrong = alive(2, 1);
        wrong.versions = versions;
        solo.hear(2, Message::Alive(wrong));
    }
    assert_eq!(solo.member(2), None);
    assert_eq!(solo.machine.stats().rejected(RejectReason::InvalidVersions), 3);
}

/// F-27: every member who hears of a node passes it on, so that one message is enough to join.
#[test]
fn admitted_node_is_gossiped_to_others() {
    let mut solo = Solo::with_members(gossiping(), [2, 3]);
    solo.advance(secs(2));
    solo.clear();
    solo.hear(4, Message::Alive(alive(4, 1)));
    solo.advance(secs(1));
    assert!(solo.messages().any(|(to, m)| to != addr(4) && matches!(m, Message::Alive(a) if a.node.id == 4)));
}

/// P-09: a node that restarted with a lower incarnation is told what others remember.
#[test]
fn restarted_node_behind_its_past_is_told_so() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Alive(alive(2, 50)));
    solo.clear();
    solo.hear(2, Message::Alive(alive(2, 1)));
    assert_eq!(solo.sent.len(), 1, "one packet for one");
    assert!(solo.messages().any(|(to, m)| to == addr(2)
        && matches!(m, Message::Alive(a) if a.node.id == 2 && a.incarnation == inc(50))));
}

/// F-14: one Active when the first peer joins, one Idle when the last is gone, nothing is sent in between.
#[test]
fn probing_stops_with_the_last_peer_and_starts_with_the_first() {
    let mut options = quiet();
    options.gossip_to_the_dead = secs(1_000);
    let mut solo = Solo::new(options);
    solo.advance(secs(10));
    assert!(solo.sent.is_empty());
    solo.hear(2, Message::Alive(alive(2, 1)));
    assert_eq!(solo.events.iter().filter(|e| matches!(e, Event::Active)).count(), 1);
    solo.until_probe();
    solo.hear(2, Message::Dead(dead(2, 1, 2)));
    assert_eq!(solo.events.iter().filter(|e| matches!(e, Event::Idle)).count(), 1);
    solo.clear();
    solo.advance(secs(60));
    assert!(solo.sent.is_empty());
    assert_eq!(solo.events, []);
}
