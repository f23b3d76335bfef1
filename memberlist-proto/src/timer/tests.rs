use super::*;
use alloc::vec;
use core::time::Duration;
use proptest::prelude::*;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

#[test]
fn timers_fire_in_order_of_time_then_of_insertion() {
    let mut timers = Timers::new(Instant::START);
    for (time, name) in [(5, 'a'), (3, 'b'), (5, 'c'), (3_600_000_000_000, 'd'), (0, 'e'), (3, 'f')] {
        timers.insert(at(time), name);
    }
    assert_eq!(timers.next(), Some(at(0)));
    let mut fired = vec![];
    while let Some((_, name)) = timers.pop(at(3_600_000_000_000)) {
        fired.push(name);
    }
    assert_eq!(fired, ['e', 'b', 'f', 'a', 'c', 'd']);
    assert_eq!((timers.next(), timers.len()), (None, 0));
}

#[test]
fn nothing_fires_early_and_the_past_fires_at_once() {
    let mut timers = Timers::new(at(1_000_000_000));
    timers.insert(at(2_000_000_000), 1);
    assert_eq!(timers.pop(at(1_999_999_999)), None);
    timers.insert(at(7), 0);
    assert_eq!(timers.next(), Some(at(7)));
    assert_eq!(timers.pop(at(1_500_000_000)), Some((at(7), 0)));
    assert_eq!(timers.pop(at(1_999_999_999)), None);
    assert_eq!(timers.pop(at(2_000_000_000)), Some((at(2_000_000_000), 1)));
}

#[test]
fn a_timer_at_the_end_of_time_never_fires() {
    let mut timers = Timers::new(Instant::START);
    let key = timers.insert(Instant::START + Duration::MAX, ());
    assert_eq!((timers.next(), timers.len()), (None, 1));
    assert_eq!(timers.pop(Instant::NEVER), None);
    assert_eq!(timers.cancel(key), Some(()));
    assert_eq!((timers.cancel(key), timers.len()), (None, 0));
}

/// F-53: ten thousand resets, each followed by the late key of the one before.
#[test]
fn a_stale_key_never_cancels_another_timer() {
    let mut timers = Timers::new(Instant::START);
    let mut stale = vec![];
    let mut key = timers.insert(at(1), 0);
    for n in 1..=10_000_u64 {
        if n % 2 == 0 {
            assert_eq!(timers.cancel(key), Some(n - 1));
        } else {
            assert_eq!(
                timers.pop(at(n * 1_000_000)),
                Some((at((n - 1) * 1_000_000 + u64::from(n == 1)), n - 1))
            );
        }
        stale.push(key);
        key = timers.insert(at(n * 1_000_000), n);
    }
    for key in stale {
        assert_eq!(timers.cancel(key), None);
    }
    assert_eq!(timers.len(), 1);
    assert_eq!(timers.cancel(key), Some(10_000));
}

/// The fullest slot is spread, not searched again and again.
#[test]
fn many_timers_at_one_place_come_out_in_order() {
    let mut timers = Timers::new(Instant::START);
    for n in 0..5_000_u64 {
        timers.insert(at(60_000_000_000 + (n * 7_919) % 5_000), n);
    }
    let key = timers.insert(at(50_000_000_000), 9_999);
    assert_eq!(timers.ready.len(), 0);
    timers.cancel(key);
    assert_eq!(timers.ready.len(), 5_000);
    assert_eq!(timers.next(), Some(at(60_000_000_000)));
    // Set before the cursor that the search has moved on.
    timers.insert(at(1), 7_777);
    assert_eq!(timers.pop(at(1)), Some((at(1), 7_777)));
    for n in 0..5_000 {
        assert_eq!(timers.pop(Instant::NEVER).map(|(time, _)| time), Some(at(60_000_000_000 + n)));
    }
    assert_eq!(timers.len(), 0);
}

#[test]
fn a_slot_is_reused_after_its_timer_is_gone() {
    let mut timers = Timers::new(Instant::START);
    for n in 0..1_000 {
        timers.insert(at(n), n);
        assert!(timers.pop(at(n)).is_some());
    }
    assert_eq!(timers.entries.len(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    Cancel(usize),
    Advance(u64),
    PopOne,
}

fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4_u64,
        0..2_000_000_u64,
        0..2_000_000_000_u64,
        0..200_000_000_000_u64,
        0..40_000_000_000_000_u64,
        any::<u64>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => span().prop_map(Step::Insert),
        2 => any::<usize>().prop_map(Step::Cancel),
        2 => span().prop_map(Step::Advance),
        2 => Just(Step::PopOne),
    ]
}

proptest! {
    /// F-52: whatever is set, cancelled and skipped over, the wheel does what a sorted list does.
    #[test]
    fn the_wheel_agrees_with_a_sorted_list(
        start in span(),
        steps in proptest::collection::vec(step(), 1..300),
    ) {
        let mut now = at(start);
        let mut timers = Timers::new(now);
        let mut oracle: Vec<(Instant, usize)> = vec![];
        let mut keys = vec![];
        for step in steps {
            match step {
                Step::Insert(after) => {
                    // Half of them relative to now (some in the past), half anywhere.
                    let time = if after % 2 == 0 { now + Duration::from_nanos(after) } else { at(after) };
                    let name = keys.len();
                    keys.push(timers.insert(time, name));
                    oracle.push((time, name));
                    oracle.sort_unstable();
                }
                Step::Cancel(which) => {
                    if keys.is_empty() { continue }
                    let name = which % keys.len();
                    let expected = oracle.iter().position(|(_, n)| *n == name).map(|n| oracle.remove(n).1);
                    prop_assert_eq!(timers.cancel(keys[name]), expected);
                }
                Step::PopOne => {
                    let due = oracle.first().is_some_and(|(t, _)| *t <= now && *t != Instant::NEVER);
                    let expected = due.then(|| oracle.remove(0));
                    prop_assert_eq!(timers.pop(now), expected);
                }
                Step::Advance(by) => {
                    now += Duration::from_nanos(by);
                    loop {
                        let due = oracle.first().is_some_and(|(t, _)| *t <= now && *t != Instant::NEVER);
                        let expected = due.then(|| oracle.remove(0));
                        let popped = timers.pop(now);
                        prop_assert_eq!(popped, expected);
                        if popped.is_none() { break }
                    }
                }
            }
            let expected = oracle.first().map(|(t, _)| *t).filter(|t| *t != Instant::NEVER);
            prop_assert_eq!(timers.next(), expected);
            prop_assert_eq!(timers.len(), oracle.len());
        }
    }

    /// Thousands of timers in few slots, so that slots are spread and ticks are shared.
    #[test]
    fn crowded_slots_agree_with_a_sorted_list(
        times in proptest::collection::vec(0..3_000_000_000_u64, 200..600),
        cancelled in proptest::collection::vec(any::<usize>(), 0..200),
    ) {
        let mut timers = Timers::new(Instant::START);
        let mut keys = vec![];
        let mut oracle = vec![];
        for (name, time) in times.iter().enumerate() {
            keys.push(timers.insert(at(*time), name));
            oracle.push((at(*time), name));
        }
        oracle.sort_unstable();
        for which in cancelled {
            let name = which % keys.len();
            let expected = oracle.iter().position(|(_, n)| *n == name).map(|n| oracle.remove(n).1);
            prop_assert_eq!(timers.cancel(keys[name]), expected);
            prop_assert_eq!(timers.next(), oracle.first().map(|(t, _)| *t));
        }
        for expected in oracle {
            prop_assert_eq!(timers.next(), Some(expected.0));
            prop_assert_eq!(timers.pop(at(3_000_000_000)), Some(expected));
        }
        prop_assert_eq!(timers.len(), 0);
    }
}

/// An idle machine's timers take no wheel, and one that was built for many goes with them.
#[test]
fn few_timers_need_no_wheel() {
    let mut timers = Timers::new(Instant::START);
    for n in 0..FEW as u64 {
        timers.insert(at(n * 1_000_000_000), n);
    }
    assert_eq!((timers.levels.len(), timers.in_wheel), (0, 0));
    let keys: Vec<TimerKey> =
        (0..100).map(|n| timers.insert(at(500_000_000 + n * 1_000_000_000), n)).collect();
    assert!(!timers.levels.is_empty() && timers.in_wheel > 100);
    assert_eq!(timers.ready.len() + timers.in_wheel, timers.len());
    for key in keys {
        timers.cancel(key);
    }
    let rest: Vec<u64> = core::iter::from_fn(|| timers.pop(Instant::NEVER)).map(|(_, n)| n).collect();
    assert_eq!(rest, (0..FEW as u64).collect::<Vec<_>>());
    assert_eq!((timers.levels.len(), timers.in_wheel), (0, 0));
}
