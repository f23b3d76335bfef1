use proptest::prelude::*;

use super::*;

fn alternating(first: f64, a: f64, b: f64, pairs: usize) -> Sample {
    Sample::new(core::iter::once(first).chain((0..pairs).flat_map(|_| [a, b])))
}

fn close(found: Option<f64>, expected: f64, tolerance: f64) {
    let found = found.expect("a value");
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// NIST Statistical Reference Datasets, univariate summary statistics, sets NumAcc1 to NumAcc4, made to break naive formulas.
#[test]
fn mean_and_deviation_are_those_certified_by_nist() {
    let first = Sample::new([10_000_001.0, 10_000_003.0, 10_000_002.0]);
    close(first.mean(), 10_000_002.0, 0.0);
    close(first.std_dev(), 1.0, 0.0);

    let second = alternating(1.2, 1.1, 1.3, 500);
    close(second.mean(), 1.2, 1e-15);
    close(second.std_dev(), 0.1, 1e-15);

    let third = alternating(1_000_000.2, 1_000_000.1, 1_000_000.3, 500);
    close(third.mean(), 1_000_000.2, 1e-9);
    close(third.std_dev(), 0.1, 1e-10);

    let fourth = alternating(10_000_000.2, 10_000_000.1, 10_000_000.3, 500);
    close(fourth.mean(), 10_000_000.2, 1e-8);
    // The data themselves are off by 2e-9 in binary: no formula comes nearer.
    close(fourth.std_dev(), 0.1, 1e-8);
}

/// The worked examples of the article "Percentile" of Wikipedia: nearest rank, and interpolation with C = 1 (type 7).
#[test]
fn percentiles_are_those_of_the_worked_examples() {
    let five = Sample::new([15.0, 20.0, 35.0, 40.0, 50.0]);
    for (p, expected) in [(0.05, 15.0), (0.30, 20.0), (0.40, 20.0), (0.50, 35.0), (1.0, 50.0)] {
        assert_eq!(five.nearest_rank(p), Some(expected), "p = {p}");
    }
    close(five.quantile(0.40), 29.0, 1e-12);

    let ten = Sample::new([3.0, 6.0, 7.0, 8.0, 8.0, 10.0, 13.0, 15.0, 16.0, 20.0]);
    for (p, expected) in [(0.25, 7.0), (0.50, 8.0), (0.75, 15.0), (1.0, 20.0)] {
        assert_eq!(ten.nearest_rank(p), Some(expected), "p = {p}");
    }
    // R: quantile(x, c(.25, .5, .75)) gives 7.25, 9, 14.5.
    close(ten.quantile(0.25), 7.25, 1e-12);
    close(ten.quantile(0.50), 9.0, 1e-12);
    close(ten.quantile(0.75), 14.5, 1e-12);
}

#[test]
fn rank_of_a_whole_product_is_not_lifted_by_rounding() {
    // 0.07 * 100 is 7.000000000000001 in binary.
    let hundred = Sample::new((1..=100).map(f64::from));
    assert_eq!(hundred.nearest_rank(0.07), Some(7.0));
    assert_eq!(hundred.nearest_rank(0.99), Some(99.0));
    let thousand = Sample::new((1..=1_000).map(f64::from));
    assert_eq!(thousand.nearest_rank(0.999), Some(999.0));
    let less = Sample::new((1..=999).map(f64::from));
    assert_eq!(less.nearest_rank(0.999), Some(999.0));
    let hundred_and_one = Sample::new((0..=100).map(f64::from));
    for percent in 0..=100_u32 {
        assert_eq!(hundred_and_one.quantile(f64::from(percent) / 100.0), Some(f64::from(percent)));
    }
}

#[test]
fn empty_sample_has_no_figures() {
    let empty = Sample::default();
    assert_eq!((empty.count(), empty.is_empty(), empty.sum()), (0, true, 0.0));
    assert_eq!((empty.min(), empty.max(), empty.mean(), empty.std_dev()), (None, None, None, None));
    assert_eq!((empty.median(), empty.nearest_rank(0.5), empty.summary()), (None, None, None));
}

#[test]
fn single_value_is_every_quantile_and_has_no_deviation() {
    let one = Sample::of_durations([Duration::from_millis(1_500)]);
    let summary = one.summary().unwrap();
    assert_eq!((summary.min, summary.median, summary.p999, summary.max), (1.5, 1.5, 1.5, 1.5));
    assert_eq!((summary.mean, summary.std_dev), (1.5, None));
}

#[test]
fn values_that_are_not_finite_are_left_out_and_counted() {
    let sample = Sample::new([f64::NAN, 1.0, f64::INFINITY, 3.0, f64::NEG_INFINITY]);
    assert_eq!((sample.count(), sample.left_out(), sample.mean()), (2, 3, Some(2.0)));
    assert_eq!((sample.quantile(f64::NAN), sample.nearest_rank(f64::NAN)), (None, None));
    assert_eq!((sample.quantile(-3.0), sample.nearest_rank(7.0)), (Some(1.0), Some(3.0)));
}

proptest! {
    #[test]
    fn quantiles_are_monotone_and_within_the_sample(
        values in prop::collection::vec(-1e12_f64..1e12, 1..200),
        p in 0.0_f64..=1.0,
        q in 0.0_f64..=1.0,
    ) {
        let sample = Sample::new(values);
        let (p, q) = if p <= q { (p, q) } else { (q, p) };
        for quantile in [Sample::quantile, Sample::nearest_rank] {
            let (low, high) = (quantile(&sample, p).unwrap(), quantile(&sample, q).unwrap());
            prop_assert!(low <= high);
            prop_assert!(sample.min().unwrap() <= low && high <= sample.max().unwrap());
        }
        prop_assert!(sample.values().contains(&sample.nearest_rank(p).unwrap()));
    }

    #[test]
    fn figures_do_not_depend_on_the_order(values in prop::collection::vec(-1e6_f64..1e6, 0..100)) {
        let forwards = Sample::new(values.clone());
        let backwards = Sample::new(values.into_iter().rev());
        prop_assert_eq!(forwards.summary(), backwards.summary());
    }

    #[test]
    fn summary_is_ordered(values in prop::collection::vec(prop::num::f64::NORMAL, 1..50)) {
        let summary = Sample::new(values).summary().unwrap();
        let figures = [summary.min, summary.median, summary.p90, summary.p99, summary.p999, summary.max];
        prop_assert!(figures.is_sorted(), "{:?}", figures);
    }

    #[test]
    fn nearest_rank_covers_its_fraction_and_no_smaller_value_does(
        values in prop::collection::vec(0_u8..20, 1..60),
        p in 0.001_f64..=1.0,
    ) {
        let sample = Sample::new(values.iter().copied().map(f64::from));
        let found = sample.nearest_rank(p).unwrap();
        let share = |limit: f64, inclusive: bool| {
            let fit = |v: &&f64| if inclusive { **v <= limit } else { **v < limit };
            sample.values().iter().filter(fit).count() as f64 / sample.count() as f64
        };
        prop_assert!(share(found, true) >= p - 1e-9);
        prop_assert!(share(found, false) < p + 1e-9);
    }
}
