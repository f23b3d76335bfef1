use proptest::prelude::*;

use super::*;

fn close(found: Option<Interval>, low: f64, high: f64, tolerance: f64) {
    let found = found.expect("an interval");
    let near = (found.low - low).abs() <= tolerance && (found.high - high).abs() <= tolerance;
    assert!(near, "{found:?} is not [{low}, {high}]");
}

/// NIST/SEMATECH e-Handbook, 1.3.5.2: the heat flow data ZARR13.DAT.
#[test]
fn interval_of_a_mean_is_that_of_the_nist_example() {
    close(mean_interval_of(9.261_460, 0.022_789, 195, 0.95), 9.258_242, 9.264_679, 2e-6);
}

/// By hand: 1..=5 has mean 3 and deviation √2.5; t(4; 0.975) = 2.776445.
#[test]
fn interval_of_a_small_mean_uses_students_distribution() {
    let half = 2.776_445_105 * libm::sqrt(2.5 / 5.0);
    let sample = Sample::new((1..=5).map(f64::from));
    close(mean_interval(&sample, 0.95), 3.0 - half, 3.0 + half, 1e-8);
}

/// Newcombe, *Two-sided confidence intervals for the single proportion*, Statistics in Medicine 17 (1998), table I, method 3.
#[test]
fn intervals_of_proportions_are_those_of_newcombe() {
    close(proportion_interval(81, 263, 0.95), 0.2553, 0.3662, 5e-5);
    close(proportion_interval(15, 148, 0.95), 0.0624, 0.1605, 5e-5);
    close(proportion_interval(0, 20, 0.95), 0.0, 0.1611, 5e-5);
    close(proportion_interval(1, 29, 0.95), 0.0061, 0.1718, 5e-5);
}

/// 1 − 0.05^(1/n): printed as 0.1391 for n = 20 and 0.0295 for n = 100; and 3/n for many.
#[test]
fn nothing_seen_bounds_the_probability_by_about_three_in_n() {
    let bound = |n| rule_of_three(n, 0.95).unwrap();
    assert!((bound(20) - 0.1391).abs() < 5e-5, "{}", bound(20));
    assert!((bound(100) - 0.0295).abs() < 5e-5, "{}", bound(100));
    assert!((bound(1_000_000) * 1e6 - 2.9957).abs() < 1e-3);
    assert!((bound(1) - 0.95).abs() < 1e-12);
}

/// The ranks of the classic table for the median: none for 5 values, (1, 6) of 6, (2, 9) of 10, (6, 15) of 20, (40, 61) of 100.
#[test]
fn interval_of_the_median_has_the_tabulated_ranks() {
    let of = |n: u32| quantile_interval(&Sample::new((1..=n).map(f64::from)), 0.5, 0.95);
    assert_eq!(of(5), None);
    assert_eq!(of(6), Some(Interval::new(1.0, 6.0)));
    assert_eq!(of(10), Some(Interval::new(2.0, 9.0)));
    assert_eq!(of(20), Some(Interval::new(6.0, 15.0)));
    assert_eq!(of(100), Some(Interval::new(40.0, 61.0)));
}

/// 0.999^n must fall to 0.025: n ≥ ln 0.025 / ln 0.999 = 3,687.04.
#[test]
fn interval_of_a_tail_needs_enough_values() {
    let of = |n: u32| quantile_interval(&Sample::new((1..=n).map(f64::from)), 0.999, 0.95);
    assert_eq!(of(3_687), None);
    assert_eq!(of(3_688).map(|interval| interval.high), Some(3_688.0));
}

/// The example of `poisson.test` in R: 11 cases in 800 person-years against 21 in 3,011.
#[test]
fn interval_of_a_rate_ratio_is_that_of_the_published_example() {
    close(rate_ratio_interval(11, 800.0, 21, 3_011.0, 0.95), 0.858_426_4, 4.277_265_9, 1e-6);
}

/// Newcombe's table I, method 5 (Clopper and Pearson), turned into odds: 81 of 263 is 81 against 182.
#[test]
fn interval_of_a_rate_ratio_is_exact_for_the_share() {
    let found = rate_ratio_interval(81, 1.0, 182, 1.0, 0.95).unwrap();
    let share = |odds: f64| odds / (1.0 + odds);
    close(Some(Interval::new(share(found.low), share(found.high))), 0.2527, 0.3676, 5e-5);
}

#[test]
fn ratio_to_nothing_has_no_upper_bound() {
    let found = rate_ratio_interval(7, 1.0, 0, 1.0, 0.95).unwrap();
    assert!(found.low > 1.0 && found.high == f64::INFINITY);
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.ends_with("\"high\":null}"), "{text}");
    assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), found);
    let mirrored = rate_ratio_interval(0, 1.0, 7, 1.0, 0.95).unwrap();
    assert!(mirrored.low == 0.0 && mirrored.high < 1.0);
}

#[test]
fn what_has_no_interval_gives_none() {
    let sample = Sample::new([1.0, 2.0]);
    assert_eq!(mean_interval(&Sample::default(), 0.95), None);
    assert_eq!(mean_interval(&Sample::new([1.0]), 0.95), None);
    assert_eq!((proportion_interval(0, 0, 0.95), proportion_interval(3, 2, 0.95)), (None, None));
    assert_eq!((rule_of_three(0, 0.95), rate_ratio_interval(0, 1.0, 0, 1.0, 0.95)), (None, None));
    for level in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!((mean_interval(&sample, level), proportion_interval(1, 2, level)), (None, None));
        assert_eq!((rule_of_three(9, level), quantile_interval(&sample, 0.5, level)), (None, None));
        assert_eq!(rate_ratio_interval(1, 1.0, 1, 1.0, level), None);
    }
    for exposure in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(rate_ratio_interval(1, exposure, 1, 1.0, 0.95), None);
        assert_eq!(rate_ratio_interval(1, 1.0, 1, exposure, 0.95), None);
    }
    assert_eq!(
        (quantile_interval(&sample, 0.0, 0.9), quantile_interval(&sample, f64::NAN, 0.9)),
        (None, None)
    );
}

/// The coverage, summed up exactly over all outcomes of 40 trials: Wilson's interval is right about 95 times in 100.
#[test]
fn interval_of_a_proportion_covers_the_truth_as_often_as_it_says() {
    for truth in [0.1, 0.3, 0.5] {
        let mut covered = 0.0;
        for hits in 0..=40 {
            let below = if hits == 0 { 0.0 } else { binomial_at_most(hits - 1, 40, truth) };
            if proportion_interval(hits, 40, 0.95).unwrap().contains(truth) {
                covered += binomial_at_most(hits, 40, truth) - below;
            }
        }
        assert!((0.92..=0.98).contains(&covered), "{truth}: {covered}");
    }
}

proptest! {
    #[test]
    fn intervals_hold_their_estimate_and_widen_with_the_level(hits in 0_u64..500, more in 0_u64..500) {
        let trials = hits + more + 1;
        let narrow = proportion_interval(hits, trials, 0.8).unwrap();
        let wide = proportion_interval(hits, trials, 0.99).unwrap();
        prop_assert!(narrow.contains(hits as f64 / trials as f64) && narrow.overlaps(&wide));
        prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high && 0.0 <= wide.low && wide.high <= 1.0);

        let ratio = rate_ratio_interval(hits + 1, 2.0, more + 1, 3.0, 0.9).unwrap();
        prop_assert!(ratio.contains((hits + 1) as f64 / 2.0 / ((more + 1) as f64 / 3.0)));
        let mirrored = rate_ratio_interval(more + 1, 3.0, hits + 1, 2.0, 0.9).unwrap();
        prop_assert!((mirrored.low * ratio.high - 1.0).abs() < 1e-6);
    }
}
