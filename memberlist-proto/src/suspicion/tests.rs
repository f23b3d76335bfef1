use super::*;
use proptest::prelude::*;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn timeouts(min: u64, max: u64, k: u32) -> SuspicionTimeouts {
    SuspicionTimeouts { min: millis(min), max: millis(max), k }
}

/// 9.8 TestSuspicion_remainingSuspicionTime
#[test]
fn the_remaining_time_follows_the_logarithm_of_the_confirmations() {
    let bounds = timeouts(2_000, 30_000, 3);
    for (confirmations, elapsed, remaining) in [
        (0, 0, 30_000_i64),
        (1, 2_000, 14_000),
        (2, 3_000, 4_810),
        (3, 4_000, -2_000),
        (4, 5_000, -3_000),
        (5, 10_000, -8_000),
    ] {
        let timeout = timeout(&bounds, confirmations).as_millis() as i64;
        assert_eq!(timeout - elapsed, remaining, "{confirmations} confirmations");
    }
}

/// 5.6: the small clusters of the LAN and WAN presets.
#[test]
fn the_presets_shorten_as_the_table_says() {
    for (bounds, expected) in [
        (timeouts(4_000, 24_000, 2), &[24_000, 11_381, 4_000][..]),
        (timeouts(30_000, 180_000, 4), &[180_000, 115_398, 77_609, 50_797, 30_000][..]),
    ] {
        for (confirmations, expected) in (0..).zip(expected) {
            assert_eq!(timeout(&bounds, confirmations), millis(*expected));
        }
    }
}

/// 9.8 TestSuspicion_Timer; with it the timings of 9.6 TestMemberList_ProbeNode_Suspect_Dogpile (to the whole millisecond below).
#[test]
fn each_independent_confirmation_moves_the_deadline_earlier() {
    let start = Instant::from_nanos(77);
    for (bounds, expected) in [
        (timeouts(500, 2_000, 3), [2_000, 1_250, 811, 500]),
        (timeouts(500, 1_000, 3), [1_000, 750, 603, 500]),
    ] {
        let mut suspicion = Suspicion::new(start, "me", bounds);
        assert_eq!(suspicion.started(), start);
        assert_eq!(suspicion.deadline(), start + millis(expected[0]));
        assert!(!suspicion.confirm(&"me"), "the accuser does not confirm itself");
        for (from, expected) in ["foo", "bar", "baz"].iter().zip(&expected[1..]) {
            assert!(suspicion.is_degraded());
            assert!(suspicion.confirm(from));
            assert!(!suspicion.confirm(from), "a duplicate says nothing new");
            assert_eq!(suspicion.deadline(), start + millis(*expected));
        }
        assert!(!suspicion.is_degraded());
        assert!(!suspicion.confirm(&"zoo"), "one too many");
        assert_eq!(suspicion.deadline(), start + millis(500));
        assert_eq!(suspicion.confirmed_by(), ["foo", "bar", "baz"]);
    }
}

/// 9.8 TestSuspicion_Timer_ZeroK
#[test]
fn without_hope_for_confirmations_it_lasts_the_shortest_time() {
    let mut suspicion = Suspicion::new(Instant::START, "me", timeouts(25, 30_000, 0));
    assert!(!suspicion.confirm(&"foo"));
    assert_eq!(suspicion.deadline(), Instant::START + millis(25));
    assert!(!suspicion.is_degraded());
}

/// 9.8 TestSuspicion_Timer_Immediate
#[test]
fn a_late_confirmation_puts_the_deadline_into_the_past() {
    let mut suspicion = Suspicion::new(Instant::START, "me", timeouts(100, 30_000, 1));
    let now = Instant::START + millis(200);
    assert!(suspicion.deadline() > now);
    assert!(suspicion.confirm(&"foo"));
    assert!(suspicion.deadline() < now);
}

proptest! {
    /// W-39: within the bounds, never later with more confirmations, whatever the values.
    #[test]
    fn the_timeout_is_bounded_and_monotone(
        a in any::<Duration>(), b in any::<Duration>(), k in any::<u32>(), c in any::<u32>(), d in 0..10_u32,
    ) {
        let bounds = SuspicionTimeouts { min: a.min(b), max: a.max(b), k };
        for c in [c, d] {
            let now = timeout(&bounds, c);
            let next = timeout(&bounds, c.saturating_add(1));
            prop_assert!(bounds.min <= next && next <= now && now <= bounds.max);
        }
    }
}
