//! Full state exchange.

use crate::solo::*;
use memberlist_proto::{
    Event, Evidence, MergeError, RejectReason, StreamRequestKind,
    types::{Message, State, Versions},
};

/// 9.7 TestMemberList_MergeState; Q21
#[test]
fn merge_follows_the_rules_for_each_state() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4, 5]);
    solo.hear(5, Message::Suspect(suspect(2, 1, 5)));
    solo.clear();
    solo.merge(
        None,
        vec![
            state_of(2, 2, State::Alive),
            state_of(3, 1, State::Suspect),
            state_of(4, 1, State::Dead),
            state_of(5, 1, State::Left),
            state_of(6, 2, State::Alive),
            state_of(7, 2, State::Dead),
        ],
    );
    let expected = [
        (2, Some(State::Alive)),
        (3, Some(State::Suspect)),
        (4, Some(State::Suspect)),
        (5, Some(State::Left)),
        (6, Some(State::Alive)),
        (7, None),
    ];
    for (id, state) in expected {
        assert_eq!(solo.state(id), state, "node {id}");
    }
    assert_eq!(names(&solo.events), ["recovered", "suspected", "suspected", "left", "joined"]);
    assert!(solo.events.iter().any(|e| matches!(e, Event::Suspected { reason, .. }
        if reason.evidence == Evidence::PushPull { state: State::Dead })));
}

/// 9.5 TestTCPPushPull: what we say is everything, in its true state.
/// Q2, P-21
#[test]
fn our_state_holds_every_node_in_its_true_state() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo.hear(4, Message::Dead(dead(4, 1, 4)));
    let mut states: Vec<_> = solo.machine.local_states().into_iter().map(|s| (s.node.id, s.state)).collect();
    states.sort_by_key(|(id, _)| *id);
    assert_eq!(states, [(1, State::Alive), (2, State::Suspect), (3, State::Alive), (4, State::Left)]);
}

/// 9.7 TestMemberlist_PushPull: a random live member, again and again.
#[test]
fn push_pull_is_asked_for_periodically() {
    let mut options = quiet();
    options.probe_interval = core::time::Duration::ZERO;
    options.push_pull_interval = secs(30);
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.advance(secs(300));
    assert!((8..=10).contains(&solo.requests.len()), "{}", solo.requests.len());
    assert!(solo.requests.iter().all(|r| r.kind == StreamRequestKind::PushPull { join: false }));
    assert!(solo.requests.iter().any(|r| r.to == addr(2)) && solo.requests.iter().any(|r| r.to == addr(3)));
}

fn versions(p: [u8; 3], d: [u8; 3]) -> Versions {
    Versions::from_bytes([p[0], p[1], p[2], d[0], d[1], d[2]])
}

/// 9.7 TestVerifyProtocol; 9.3 TestMemberlist_Join_protocolVersions, TestMemberlist_Join_Protocol_Compatibility
#[test]
fn versions_of_the_whole_cluster_must_fit() {
    // (what remote nodes announce, whether the merge is accepted); ours: understands 1 to 5, speaks 2, application 0.
    let table: [(&[Versions], bool); 8] = [
        (&[versions([1, 5, 2], [0, 0, 0])], true),
        (&[versions([1, 9, 3], [0, 9, 0])], true),
        (&[versions([1, 5, 5], [0, 0, 0])], true),
        (&[versions([1, 9, 9], [0, 0, 0])], false),
        (&[versions([3, 5, 3], [0, 0, 0])], false),
        (&[versions([1, 5, 2], [1, 3, 1])], false),
        // Transitive: the second node does not understand what the first one speaks.
        (&[versions([1, 5, 5], [0, 0, 0]), versions([1, 3, 2], [0, 0, 0])], false),
        (&[versions([1, 5, 3], [0, 0, 0]), versions([1, 4, 2], [0, 0, 0])], true),
    ];
    for (row, (remote, accepted)) in table.into_iter().enumerate() {
        let mut solo = Solo::new(quiet());
        let states: Vec<_> = remote
            .iter()
            .zip(2..)
            .map(|(v, id)| {
                let mut state = state_of(id, 1, State::Alive);
                state.versions = Some(*v);
                state
            })
            .collect();
        let result = solo.machine.handle_push_pull(solo.now, None, states);
        assert_eq!(result.is_ok(), accepted, "row {row}: {result:?}");
        assert_eq!(solo.machine.num_members(), if accepted { 1 + remote.len() } else { 1 });
        if !accepted {
            assert!(matches!(result, Err(MergeError::Incompatible { .. })));
            assert_eq!(solo.machine.stats().rejected(RejectReason::Incompatible), 1);
        }
    }
}

/// Q3: one entry without versions does not spoil the whole exchange.
#[test]
fn entry_without_versions_is_skipped_alone() {
    let mut solo = Solo::new(quiet());
    let mut short = state_of(2, 1, State::Alive);
    short.versions = None;
    solo.merge(None, vec![short, state_of(3, 1, State::Alive)]);
    assert_eq!((solo.state(2), solo.state(3)), (None, Some(State::Alive)));
}

/// P-09: a restarted node learns from the first exchange that others remember a higher incarnation.
#[test]
fn higher_incarnation_of_ours_in_a_push_pull_is_overtaken() {
    let mut solo = Solo::new(quiet());
    solo.merge(None, vec![state_of(ME, 40, State::Suspect)]);
    assert_eq!(solo.incarnation(), 41);
}

/// F-38: a saved view of 256 nodes is there at once, and nothing of it is shouted out.
#[test]
fn restored_view_is_complete_at_once_and_causes_no_storm() {
    let mut saved = Solo::with_members(quiet(), 2..=257);
    saved.hear(3, Message::Dead(dead(2, 1, 3)));
    let states = saved.machine.local_states();
    let mut options = quiet();
    options.gossip_interval = ms(200);
    let mut solo = Solo::new(options);
    solo.machine.restore(solo.now, states).unwrap();
    solo.drain();
    assert_eq!(solo.machine.num_members(), 256, "all but the dead one");
    solo.advance(secs(1));
    let mut each = std::collections::BTreeMap::new();
    solo.sent.iter().for_each(|(to, _)| *each.entry(*to).or_insert(0) += 1);
    assert!(each.values().sum::<i32>() <= 20 && each.values().all(|n| *n <= 2), "{each:?}");
}
