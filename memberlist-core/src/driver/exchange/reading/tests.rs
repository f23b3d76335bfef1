use super::*;

const MB: usize = 1 << 20;

fn reading(longest: usize) -> Reading {
    Reading { longest, ..Reading::default() }
}

#[test]
fn room_is_no_larger_than_what_came_whatever_is_announced() {
    for announced in [MB, 64 * MB, usize::MAX / 2] {
        assert_eq!(reading(0).rooms(20, announced), [None, None], "it has sent next to nothing");
        assert_eq!(reading(0).rooms(LARGE - 1, announced), [None, None]);
        assert_eq!(reading(0).rooms(LARGE, announced), [None, Some(LARGE)]);
        assert_eq!(reading(0).rooms(300_000, announced), [None, Some(300_000)]);
    }
}

#[test]
fn frame_gets_as_much_at_once_as_one_before_it_really_had() {
    let reading = reading(MB);
    assert_eq!(reading.rooms(20, 64 * MB), [Some(MB - 20), None]);
    assert_eq!(reading.rooms(100_000, 64 * MB), [Some(MB - 100_000), Some(100_000)]);
    // It had its frame's head besides, and so has the next.
    assert_eq!(reading.rooms(20, MB), [Some(MB), None]);
    assert_eq!(reading.rooms(MB, 100), [None, None], "the rest is not worth it");
}

#[test]
fn memory_is_used_again_when_nobody_holds_it_and_it_fits() {
    let budget = Budget::new(10 * MB);
    let mut reading = Reading::default();
    let payload = Bytes::from(vec![1; MB]);
    reading.remember(&payload, &budget);
    assert_eq!(budget.used(), MB);
    assert!(reading.reuse(MB + 20).is_none(), "the application holds it");
    drop(payload);
    assert!(reading.reuse(2 * MB).is_none(), "too short");
    assert!(reading.reuse(MB / 2).is_none(), "a short message would hold all of it");
    assert_eq!(reading.reuse(MB + 20).map(|memory| memory.len()), Some(MB));
    assert!(reading.reuse(MB + 20).is_none(), "it is in use");
    assert_eq!(budget.used(), 0);
}

#[test]
fn only_so_much_memory_is_remembered_and_all_is_forgotten() {
    let budget = Budget::new(10 * MB);
    let mut reading = Reading::default();
    reading.remember(&Bytes::from(vec![1; LARGE - 1]), &budget);
    assert_eq!(budget.used(), 0);
    for _ in 0..20 {
        reading.remember(&Bytes::from(vec![1; MB]), &budget);
    }
    assert_eq!(budget.used(), REMEMBERED * MB);
    let mut other = Reading::default();
    for _ in 0..20 {
        other.remember(&Bytes::from(vec![1; 5 * MB]), &budget);
    }
    assert_eq!(budget.used(), (REMEMBERED + 5) * MB, "all streams together");
    reading.forget();
    drop(other);
    assert_eq!(budget.used(), 0);
}
