//! Deaths, departures, forgetting.

use crate::solo::*;
use memberlist_proto::{
    AddressChange, Event,
    types::{Message, Node, State},
};

/// 9.7 TestMemberList_DeadNode_NoNode
#[test]
fn death_of_an_unknown_node_is_ignored() {
    let mut solo = Solo::new(quiet());
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    assert_eq!(solo.machine.stats().known, 1);
    assert!(solo.events.is_empty());
}

/// 9.7 TestMemberList_DeadNode; 9.2 TestMemberList_Members
#[test]
fn dead_node_is_no_member_any_more() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    assert_eq!(solo.state(2), Some(State::Dead));
    assert_eq!(solo.machine.num_members(), 2);
    assert!(solo.machine.members().iter().all(|m| m.node.id != 2));
    assert_eq!(names(&solo.events), ["failed"]);
}

/// 9.7 TestMemberList_DeadNodeLeft
#[test]
fn departure_is_left_and_frees_the_name_for_any_address() {
    let mut elsewhere = alive(2, 1);
    elsewhere.node = Node::new(2, 88);
    for rule in [AddressChange::AfterLeave, AddressChange::Verified] {
        let mut options = quiet();
        options.address_change = rule;
        let mut solo = Solo::with_members(options, [2]);
        solo.hear(2, Message::Dead(dead(2, 1, 2)));
        assert_eq!(solo.state(2), Some(State::Left));
        assert_eq!(names(&solo.events), ["left"]);
        solo.hear_from(88, Message::Alive(elsewhere.clone()));
        if rule == AddressChange::Verified {
            // By default the new address is asked, and the old one.
            let request = solo.requests.pop().expect("a question to the new address");
            let mut said = state_of(2, 1, State::Alive);
            said.node.address = 88;
            solo.merge(Some(request.id), vec![said]);
            solo.advance(secs(2));
        }
        assert_eq!(solo.member(2).unwrap().node.address, 88);
        assert_eq!(solo.state(2), Some(State::Alive));
    }
}

/// 9.7 TestMemberList_DeadNode_Double
#[test]
fn second_death_is_ignored_even_at_a_higher_incarnation() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    let before = solo.member(2);
    solo.clear();
    solo.hear(3, Message::Dead(dead(2, 9, 3)));
    solo.hear(2, Message::Dead(dead(2, 9, 2)));
    assert_eq!(solo.member(2), before, "nor does a dead node become left");
    assert!(solo.events.is_empty());
}

/// 9.7 TestMemberList_DeadNode_OldDead; F-10 and W-03: an old death does not beat a newer life.
#[test]
fn death_of_an_older_incarnation_is_ignored() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Alive(alive(2, 10)));
    solo.hear(3, Message::Dead(dead(2, 9, 3)));
    assert_eq!(solo.state(2), Some(State::Alive));
}

/// 9.7 TestMemberList_DeadNode_AliveReplay
#[test]
fn replayed_life_of_the_same_incarnation_does_not_revive() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.hear(2, Message::Alive(alive(2, 1)));
    assert_eq!(solo.state(2), Some(State::Dead));
}

/// 9.7 TestMemberList_DeadNode_Refute
/// F-30
#[test]
fn our_own_death_is_refuted() {
    let mut solo = Solo::new(quiet());
    solo.hear(3, Message::Dead(dead(ME, 1, 3)));
    assert_eq!(solo.state(ME), Some(State::Alive));
    assert_eq!((solo.incarnation(), solo.machine.health_score(), solo.own_alives()), (2, 1, 1));
}

/// W-12: a replayed departure of a former process of ours is refuted, too.
#[test]
fn departure_that_we_did_not_announce_is_refuted() {
    let mut solo = Solo::new(quiet());
    solo.hear(3, Message::Dead(dead(ME, 5, ME)));
    assert_eq!((solo.state(ME), solo.incarnation()), (Some(State::Alive), 6));
}

/// 9.7 TestMemberList_ResetNodes; F-37; W-14: exactly one Removed, after the time for gossip to the dead.
/// TestMoveDeadNodes, P-18
#[test]
fn dead_node_is_forgotten_after_its_time_and_not_before() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.clear();
    solo.advance(ms(29_900));
    assert_eq!(solo.state(2), Some(State::Dead));
    solo.advance(ms(200));
    assert_eq!(solo.member(2), None);
    solo.advance(secs(100));
    let removed = solo.events.iter().filter(|e| matches!(e, Event::Removed(m) if m.node.id == 2)).count();
    assert_eq!(removed, 1);
}

/// F-37: the timer of an earlier death does not remove a node that returned and died again.
#[test]
fn node_that_returned_and_died_again_is_remembered_anew() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, Message::Dead(dead(2, 1, 2)));
    solo.advance(secs(20));
    solo.hear(2, Message::Alive(alive(2, 2)));
    solo.hear(2, Message::Dead(dead(2, 2, 2)));
    solo.advance(secs(20));
    assert_eq!(solo.state(2), Some(State::Left));
    solo.advance(secs(11));
    assert_eq!(solo.member(2), None);
}

/// W-15: a gone node can be forgotten by command, which answers with it; a member can't.
#[test]
fn gone_node_is_forgotten_on_command() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    assert_eq!(solo.machine.forget(&2), None);
    assert_eq!(solo.machine.forget(&99), None);
    assert_eq!(solo.machine.forget(&ME), None);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    assert_eq!(solo.machine.forget(&2).map(|m| m.node.id), Some(2));
    solo.drain();
    assert_eq!(solo.member(2), None);
    assert_eq!(names(&solo.events), ["failed", "removed"]);
}
