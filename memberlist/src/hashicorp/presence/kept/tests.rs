use super::*;

fn event(time: u64, payload: usize) -> UserEvent {
    UserEvent { time, name: "deploy".into(), payload: vec![0; payload].into(), coalesce: false }
}

fn times(kept: &Kept) -> Vec<u64> {
    kept.slots().into_iter().flatten().map(|slot| slot.time).collect()
}

#[test]
fn latest_events_are_kept_by_their_times() {
    let mut kept = Kept::default();
    for time in [5, 3, 5] {
        kept.keep(&event(time, 1));
    }
    assert_eq!(times(&kept), [3, 5]);
    assert_eq!(kept.slots()[1].as_ref().map(|slot| slot.events.len()), Some(2));
}

#[test]
fn what_is_kept_is_bounded_in_times_and_bytes_and_the_oldest_goes_first() {
    let mut kept = Kept::default();
    for time in 0..2 * MAX_TIMES as u64 {
        kept.keep(&event(time, 1));
    }
    assert_eq!(times(&kept), (MAX_TIMES as u64..2 * MAX_TIMES as u64).collect::<Vec<_>>());
    for time in 2_000..2_010 {
        kept.keep(&event(time, MAX_BYTES / 4));
    }
    assert_eq!(times(&kept), [2_007, 2_008, 2_009]);
    kept.keep(&event(3_000, 2 * MAX_BYTES));
    assert_eq!((times(&kept).len(), kept.bytes), (0, 0));
}
