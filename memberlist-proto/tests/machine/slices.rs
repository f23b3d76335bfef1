//! Full states that are taken and merged in slices, so that a driver never holds its lock for long.

use crate::solo::*;
use memberlist_proto::{
    Event, JoinOptions, MergeError, RequestId, StateCursor, VersionCheck,
    types::{Message, NodeState, State, Versions},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

type States = Vec<NodeState<Id, Addr>>;

/// Merges in slices of these sizes, in turn.
fn merge_sliced(
    solo: &mut Solo,
    id: Option<RequestId>,
    states: States,
    sizes: &[usize],
) -> Result<(), MergeError> {
    let Some(mut merge) = solo.machine.begin_merge(solo.now, id, states.len())? else { return Ok(()) };
    let mut states = states.into_iter().peekable();
    let mut sizes = sizes.iter().cycle();
    while states.peek().is_some() {
        let size = *sizes.next().unwrap_or(&1);
        solo.machine.merge_states(solo.now, &mut merge, states.by_ref().take(size));
        solo.drain();
    }
    let result = solo.machine.finish_merge(solo.now, merge);
    solo.drain();
    result
}

/// All that we say, in slices.
fn told(solo: &Solo, size: usize, mut between: impl FnMut(&Solo)) -> States {
    let mut all = Vec::new();
    let mut cursor = Some(StateCursor::default());
    while let Some(from) = cursor {
        let (states, next) = solo.machine.local_states_from(from, size);
        all.extend(states);
        cursor = next;
        between(solo);
    }
    all
}

fn any_state() -> impl Strategy<Value = NodeState<Id, Addr>> {
    let state = prop_oneof![Just(State::Alive), Just(State::Suspect), Just(State::Dead), Just(State::Left)];
    (1..40_u32, 1..5_u32, state).prop_map(|(id, incarnation, state)| state_of(id, incarnation, state))
}

proptest! {
    /// P-18, P-22: a merge in slices has the outcome of one at once: the same members, events, packets, counters, and timers.
    #[test]
    fn slices_have_the_outcome_of_the_whole(
        known in proptest::collection::vec(2..40_u32, 0..20),
        states in proptest::collection::vec(any_state(), 0..60),
        sizes in proptest::collection::vec(1..20_usize, 1..4),
        joining in any::<bool>(),
    ) {
        let mut solos = [Solo::with_members(talkative(), known.clone()), Solo::with_members(talkative(), known)];
        for (solo, sliced) in solos.iter_mut().zip([false, true]) {
            let id = joining.then(|| {
                solo.machine.join(solo.now, vec![addr(50)], JoinOptions::default()).unwrap();
                solo.drain();
                solo.requests.pop().unwrap().id
            });
            if sliced {
                merge_sliced(solo, id, states.clone(), &sizes).unwrap();
            } else {
                solo.merge(id, states.clone());
            }
            solo.advance(secs(30));
        }
        let [whole, sliced] = solos;
        prop_assert_eq!(format!("{:?}", whole.events), format!("{:?}", sliced.events));
        prop_assert_eq!(format!("{:?}", whole.sent), format!("{:?}", sliced.sent));
        prop_assert_eq!(whole.machine.stats(), sliced.machine.stats());
        prop_assert_eq!(whole.machine.poll_timeout(), sliced.machine.poll_timeout());
        let (mut a, mut b) = (whole.machine.known(), sliced.machine.known());
        a.sort_by_key(|m| m.node.id);
        b.sort_by_key(|m| m.node.id);
        prop_assert_eq!(a, b);
    }

    /// What we say in slices is what we say at once, ourselves first.
    #[test]
    fn state_is_told_completely_in_slices_of_any_size(
        states in proptest::collection::vec(any_state(), 0..60),
        size in 1..70_usize,
    ) {
        let mut solo = Solo::new(talkative());
        solo.merge(None, states);
        let (whole, sliced) = (solo.machine.local_states(), told(&solo, size, |_| {}));
        prop_assert_eq!(sliced.first().map(|s| s.node.id), Some(ME));
        prop_assert_eq!(whole, sliced);
    }
}

/// With the rounds that would talk after a merge.
fn talkative() -> memberlist_proto::Options {
    let mut options = quiet();
    options.push_pull_interval = secs(15);
    options.gossip_interval = ms(200);
    options
}

/// Whoever is there all the time is told exactly once, whatever happens to others between the slices
#[test]
fn whoever_stays_is_told_once_though_others_come_and_go() {
    let mut options = quiet();
    options.gossip_to_the_dead = secs(1);
    let mut solo = Solo::with_members(options, 2..=60);
    let mut all = Vec::new();
    let mut cursor = Some(StateCursor::default());
    let mut step = 0;
    while let Some(from) = cursor {
        let (states, next) = solo.machine.local_states_from(from, 7);
        all.extend(states);
        cursor = next;
        step += 1;
        // One dies and is forgotten, another comes, one is suspected.
        solo.hear(50, Message::Dead(dead(step, 1, step)));
        solo.advance_answering(secs(3));
        assert_eq!(solo.state(step + 1), Some(State::Alive));
        solo.hear(100 + step, Message::Alive(alive(100 + step, 1)));
        solo.hear(50, Message::Alive(alive(step + 1, 2)));
    }
    let mut count = BTreeMap::new();
    all.iter().for_each(|state| *count.entry(state.node.id).or_insert(0) += 1);
    assert!((step + 2..=60).all(|id| count.get(&id) == Some(&1)), "{count:?}");
    assert_eq!(count.get(&ME), Some(&1));
    assert!(count.values().all(|n| *n <= 2));
}

/// After we left it is our departure alone; whoever leaves between two slices says no more
#[test]
fn whoever_has_left_tells_its_departure_alone() {
    let mut solo = Solo::with_members(quiet(), 2..=20);
    let (first, next) = solo.machine.local_states_from(StateCursor::default(), 5);
    assert_eq!(first.len(), 5);
    solo.machine.leave(solo.now).unwrap();
    let (rest, end) = solo.machine.local_states_from(next.unwrap(), 5);
    assert_eq!((rest.len(), end), (0, None));
    let (all, end) = solo.machine.local_states_from(StateCursor::default(), 5);
    assert_eq!(
        (all.iter().map(|s| (s.node.id, s.state)).collect::<Vec<_>>(), end),
        (vec![(ME, State::Left)], None)
    );
}

/// Leaving in the middle of a merge ends it, and says so to whoever asked for it
#[test]
fn leaving_ends_a_merge() {
    let mut solo = Solo::with_members(quiet(), 2..=4);
    let id = solo.machine.join(solo.now, vec![addr(50)], JoinOptions::default());
    id.unwrap();
    solo.drain();
    let id = solo.requests.pop().unwrap().id;
    let mut merge = solo.machine.begin_merge(solo.now, Some(id), 4).unwrap().unwrap();
    solo.machine.merge_states(solo.now, &mut merge, [state_of(10, 1, State::Alive)]);
    solo.machine.leave(solo.now).unwrap();
    solo.machine.merge_states(solo.now, &mut merge, [state_of(11, 1, State::Alive)]);
    assert_eq!(solo.machine.finish_merge(solo.now, merge), Err(MergeError::HasLeft));
    solo.drain();
    assert_eq!((solo.state(10), solo.state(11)), (Some(State::Alive), None));
    assert!(solo.events.iter().any(|e| matches!(e, Event::JoinFinished { reached: 0, .. })));
    assert_eq!(solo.machine.begin_merge(solo.now, None, 1).err(), Some(MergeError::HasLeft));
}

/// A join that is cancelled in the middle ends once; what was merged stays
#[test]
fn cancelled_join_ends_once_though_its_merge_goes_on() {
    let mut solo = Solo::new(quiet());
    let join = solo.machine.join(solo.now, vec![addr(50)], JoinOptions::default()).unwrap();
    solo.drain();
    let id = solo.requests.pop().unwrap().id;
    let mut merge = solo.machine.begin_merge(solo.now, Some(id), 2).unwrap().unwrap();
    solo.machine.merge_states(solo.now, &mut merge, [state_of(10, 1, State::Alive)]);
    solo.machine.cancel_join(solo.now, join);
    solo.machine.merge_states(solo.now, &mut merge, [state_of(11, 1, State::Alive)]);
    solo.machine.finish_merge(solo.now, merge).unwrap();
    solo.drain();
    assert_eq!(solo.machine.num_members(), 3);
    let ends =
        solo.events.iter().filter(|e| matches!(e, Event::JoinFinished { .. } | Event::JoinProgress { .. }));
    assert_eq!(ends.count(), 1);
    assert!(solo.machine.begin_merge(solo.now, Some(id), 2).unwrap().is_none(), "it is gone");
}

/// A driver that dies in the middle leaves nobody waiting for ever
#[test]
fn merge_that_is_never_finished_fails_at_its_deadline() {
    let mut solo = Solo::new(quiet());
    solo.machine.join(solo.now, vec![addr(50)], JoinOptions::default()).unwrap();
    solo.drain();
    let id = solo.requests.pop().unwrap().id;
    let mut merge = solo.machine.begin_merge(solo.now, Some(id), 2).unwrap().unwrap();
    solo.machine.merge_states(solo.now, &mut merge, [state_of(10, 1, State::Alive)]);
    drop(merge);
    solo.advance(secs(30));
    assert!(solo.events.iter().any(|e| matches!(e, Event::JoinFinished { reached: 0, .. })));
}

/// What a seed said in time counts, however long it takes here: the listeners of a large cluster may be slow.
#[test]
fn merge_that_goes_on_beyond_the_deadline_still_counts() {
    let mut solo = Solo::new(quiet());
    solo.machine.join(solo.now, vec![addr(50)], JoinOptions::default()).unwrap();
    solo.drain();
    let request = solo.requests.pop().unwrap();
    solo.advance(request.deadline.since(solo.now));
    let mut merge = solo.machine.begin_merge(solo.now, Some(request.id), 8).unwrap().unwrap();
    for id in 10..18 {
        solo.machine.merge_states(solo.now, &mut merge, [state_of(id, 1, State::Alive)]);
        solo.advance(secs(5));
    }
    solo.machine.finish_merge(solo.now, merge).unwrap();
    solo.drain();
    let ends: Vec<_> = solo
        .events
        .iter()
        .filter_map(|e| if let Event::JoinFinished { reached, .. } = e { Some(*reached) } else { None })
        .collect();
    assert_eq!(ends, [1]);
}

/// P-18: the outcome does not depend on how the nodes are divided and ordered
#[test]
fn versions_are_checked_in_slices_as_at_once() {
    let speaks = |id, v: [u8; 3]| {
        let mut state = state_of(id, 1, State::Alive);
        state.versions = Some(Versions::from_bytes([v[0], v[1], v[2], 0, 0, 0]));
        state
    };
    let fit: States = vec![speaks(60, [1, 5, 3]), speaks(61, [1, 4, 2]), speaks(62, [2, 5, 4])];
    for (odd, expected) in [
        (None, Ok(())),
        (Some(speaks(70, [1, 5, 1])), Err(70)),
        (Some(speaks(71, [1, 9, 5])), Err(71)),
        (Some(speaks(72, [1, 3, 3])), Err(62)),
    ] {
        let mut solo = Solo::with_members(quiet(), 2..=9);
        let mut states = fit.clone();
        states.extend(odd);
        for turn in 0..states.len() {
            states.rotate_left(turn);
            let mut check = VersionCheck::new();
            for slice in states.chunks(2) {
                check.add(slice);
            }
            let mut cursor = Some(StateCursor::default());
            while let Some(from) = cursor {
                cursor = solo.machine.add_versions(from, 3, &mut check);
            }
            let found = check.finish();
            assert_eq!(found, solo.machine.check_versions(&states));
            match (&found, expected) {
                (Ok(()), Ok(())) => {}
                (Err(MergeError::Incompatible { node, .. }), Err(id)) => assert_eq!(*node, id.to_string()),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(solo.machine.handle_push_pull(solo.now, None, states).is_ok(), expected.is_ok());
    }
}
