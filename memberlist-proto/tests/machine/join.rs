//! Joining.

use crate::solo::*;
use memberlist_proto::{CommandError, Event, JoinOptions, JoinResult, StreamFailure, types::State};

fn results(solo: &Solo) -> Vec<JoinResult<u16>> {
    solo.events
        .iter()
        .filter_map(|e| if let Event::JoinProgress { result, .. } = e { Some(result.clone()) } else { None })
        .collect()
}

fn finished(solo: &Solo) -> Option<usize> {
    solo.events
        .iter()
        .find_map(|e| if let Event::JoinFinished { reached, .. } = e { Some(*reached) } else { None })
}

/// W-32, 9.3 TestMemberlist_Join: a result for each address, with its time.
#[test]
fn each_address_has_its_result() {
    let mut solo = Solo::new(quiet());
    solo.machine.join(solo.now, vec![addr(2), addr(3)], JoinOptions::new()).unwrap();
    solo.drain();
    let (a, b) = (solo.requests[0].clone(), solo.requests[1].clone());
    solo.advance(ms(40));
    solo.merge(Some(a.id), vec![state_of(2, 1, State::Alive)]);
    assert_eq!(finished(&solo), None);
    solo.machine.handle_stream_failure(solo.now, b.id, StreamFailure::TimedOut);
    solo.drain();
    assert_eq!(
        results(&solo),
        [
            JoinResult { address: addr(2), attempts: 1, outcome: Ok(ms(40)) },
            JoinResult { address: addr(3), attempts: 1, outcome: Err(StreamFailure::TimedOut) },
        ]
    );
    assert_eq!(finished(&solo), Some(1));
    assert_eq!(solo.machine.num_members(), 2);
}

/// P-11: bounded parallel.
#[test]
fn no_more_than_so_many_are_dialled_at_once() {
    let mut solo = Solo::new(quiet());
    let seeds: Vec<u16> = (2..=21).map(addr).collect();
    solo.machine.join(solo.now, seeds, JoinOptions::new().with_parallel(4)).unwrap();
    solo.drain();
    for done in 0..20 {
        assert_eq!(solo.requests.len(), (done + 4).min(20));
        let id = solo.requests[done].id;
        solo.machine.handle_stream_failure(solo.now, id, StreamFailure::TimedOut);
        solo.drain();
    }
    assert_eq!((results(&solo).len(), finished(&solo)), (20, Some(0)));
}

/// F-26: retry with back-off is an option; the attempts are reported.
#[test]
fn address_that_does_not_answer_is_tried_again_with_growing_pauses() {
    let mut solo = Solo::new(quiet());
    let options = JoinOptions::new().with_attempts(4).with_backoff(ms(100), ms(200));
    solo.machine.join(solo.now, vec![addr(2)], options).unwrap();
    solo.drain();
    let mut pauses = Vec::new();
    for attempt in 0..4 {
        let id = solo.requests[attempt].id;
        solo.machine.handle_stream_failure(solo.now, id, StreamFailure::Unreachable("refused".into()));
        solo.drain();
        let failed_at = solo.now;
        while solo.requests.len() == attempt + 1 && solo.now.since(failed_at) < secs(1) {
            solo.advance(ms(1));
        }
        pauses.push(solo.now.since(failed_at));
    }
    assert!(pauses[0] >= ms(50) && pauses[0] <= ms(151), "{pauses:?}");
    assert!(pauses[1] >= ms(100) && pauses[1] <= ms(301) && pauses[2] <= ms(301), "{pauses:?}");
    assert_eq!(results(&solo)[0].attempts, 4);
    assert_eq!(finished(&solo), Some(0));
}

#[test]
fn refusal_is_final() {
    let mut solo = Solo::new(quiet());
    solo.machine.join(solo.now, vec![addr(2)], JoinOptions::new().with_attempts(4)).unwrap();
    solo.drain();
    let id = solo.requests[0].id;
    solo.machine.handle_stream_failure(solo.now, id, StreamFailure::Refused("wrong cluster".into()));
    solo.drain();
    assert_eq!((results(&solo)[0].attempts, finished(&solo)), (1, Some(0)));
}

/// P-11: cancellable; what comes later from a cancelled conversation changes nothing.
#[test]
fn cancelled_join_ends_at_once() {
    let mut solo = Solo::new(quiet());
    let join =
        solo.machine.join(solo.now, vec![addr(2), addr(3)], JoinOptions::new().with_parallel(1)).unwrap();
    solo.drain();
    solo.machine.cancel_join(solo.now, join);
    solo.drain();
    assert_eq!(finished(&solo), Some(0));
    let id = solo.requests[0].id;
    solo.merge(Some(id), vec![state_of(2, 1, State::Alive)]);
    assert_eq!((solo.machine.num_members(), solo.requests.len()), (1, 1));
}

/// W-32: nothing to join is an error.
#[test]
fn joining_nobody_or_only_ourselves_is_an_error() {
    let mut solo = Solo::new(quiet());
    for seeds in [vec![], vec![addr(ME)]] {
        assert_eq!(solo.machine.join(solo.now, seeds, JoinOptions::new()), Err(CommandError::NothingToJoin));
    }
}

/// F-38: whoever joins alone does not shout the whole table back at those from whom it has it.
#[test]
fn lone_joiner_does_not_echo_what_it_learns() {
    let mut options = quiet();
    options.gossip_interval = ms(200);
    let mut solo = Solo::new(options);
    solo.machine.join(solo.now, vec![addr(2)], JoinOptions::new()).unwrap();
    solo.drain();
    let id = solo.requests[0].id;
    solo.merge(Some(id), (2..=257).map(|id| state_of(id, 1, State::Alive)).collect());
    assert_eq!(solo.machine.num_members(), 257);
    assert_eq!(solo.machine.stats().membership_queue, 1, "only what we say of ourselves");
}
