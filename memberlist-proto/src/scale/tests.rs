use super::*;
use proptest::prelude::*;

fn secs(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// 9.8 TestSuspicionTimeout
#[test]
fn the_suspicion_timeout_grows_with_the_logarithm_of_the_cluster() {
    let options = Options { probe_interval: Duration::from_secs(1), suspicion_mult: 1, ..Options::lan() };
    for (n, millis) in [(5, 1000), (10, 1000), (50, 1698), (100, 2000), (500, 2698), (1000, 3000)] {
        assert_eq!(suspicion_timeouts(&options, n).min, secs(millis), "{n} nodes");
    }
}

/// F-66, W-23: the table of the original, and beyond.
#[test]
fn the_presets_give_the_suspicion_bounds_of_the_table() {
    for (n, lan, wan) in [
        (0, 4_000, 30_000),
        (1, 4_000, 30_000),
        (5, 4_000, 30_000),
        (10, 4_000, 30_000),
        (50, 6_792, 50_940),
        (100, 8_000, 60_000),
        (500, 10_792, 80_940),
        (1_000, 12_000, 90_000),
        (10_000, 16_000, 120_000),
        (1_000_000, 24_000, 180_000),
    ] {
        for (options, min) in [(Options::lan(), lan), (Options::wan(), wan)] {
            let timeouts = suspicion_timeouts(&options, n);
            assert_eq!((timeouts.min, timeouts.max), (secs(min), secs(min * 6)), "{n} nodes");
        }
    }
}

#[test]
fn confirmations_are_only_waited_for_where_there_are_enough_nodes() {
    for (options, k, least) in [(Options::lan(), 2, 4), (Options::wan(), 4, 6), (Options::local(), 1, 3)] {
        for n in 0..100 {
            assert_eq!(suspicion_timeouts(&options, n).k, if n >= least { k } else { 0 }, "{n} nodes");
        }
    }
    for mult in 0..=2 {
        let options = Options { suspicion_mult: mult, ..Options::lan() };
        assert_eq!(suspicion_timeouts(&options, 1_000).k, 0);
    }
}

/// 9.8 TestRetransmitLimit (except that we send at least once), F-66, W-28.
#[test]
fn the_retransmit_limit_grows_with_the_digits_of_the_cluster() {
    for (mult, n, limit) in [
        (3, 0, 1),
        (3, 1, 3),
        (3, 9, 3),
        (3, 10, 6),
        (3, 99, 6),
        (3, 100, 9),
        (4, 1, 4),
        (4, 5, 4),
        (4, 10, 8),
        (4, 100, 12),
        (4, 10_000, 20),
        (4, 1_000_000, 28),
        (0, 100, 1),
        (u32::MAX, 100, u32::MAX),
    ] {
        assert_eq!(retransmit_limit(mult, n), limit, "{mult} times for {n} nodes");
    }
}

/// 9.8 TestPushPullScale, F-66
#[test]
fn push_pulls_are_rarer_in_larger_clusters() {
    let second = Duration::from_secs(1);
    for (range, factor) in [(0..=32, 1), (33..=64, 2), (65..=128, 3), (129..=256, 4)] {
        for n in range {
            assert_eq!(push_pull_scale(second, n), second * factor, "{n} nodes");
        }
    }
    for (n, factor) in [(1_000, 6), (10_000, 10), (1_000_000, 16)] {
        assert_eq!(push_pull_scale(second, n), second * factor, "{n} nodes");
    }
}

proptest! {
    /// W-23, W-39: no value overflows, and more nodes never mean less time.
    #[test]
    fn scaling_saturates_and_is_monotone(
        mult in any::<u32>(),
        max_mult in any::<u32>(),
        interval in any::<Duration>(),
        n in any::<usize>(),
        more in any::<usize>(),
    ) {
        let options = Options {
            suspicion_mult: mult,
            suspicion_max_timeout_mult: max_mult,
            probe_interval: interval,
            ..Options::lan()
        };
        let (few, many) = (suspicion_timeouts(&options, n), suspicion_timeouts(&options, n.saturating_add(more)));
        prop_assert!(few.min <= few.max);
        prop_assert!(few.min <= many.min && few.max <= many.max);
        prop_assert!(retransmit_limit(mult, n) <= retransmit_limit(mult, n.saturating_add(more)));
        prop_assert!(push_pull_scale(interval, n) <= push_pull_scale(interval, n.saturating_add(more)));
    }
}
