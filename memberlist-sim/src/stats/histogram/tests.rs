use proptest::prelude::*;

use super::*;

fn counts(histogram: &Histogram) -> Vec<u64> {
    histogram.bins().iter().map(|bin| bin.count).collect()
}

#[test]
fn edge_belongs_to_the_upper_bin_and_the_last_edge_to_the_last_bin() {
    let sample = Sample::new([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 3.5]);
    let histogram = Histogram::fixed(&sample, 0.0, 3.0, 3).unwrap();
    assert_eq!(counts(&histogram), [2, 2, 2]);
    assert_eq!((histogram.below(), histogram.above(), histogram.total()), (1, 1, 8));
}

#[test]
fn range_without_room_for_bins_is_refused() {
    let sample = Sample::new([1.0]);
    for (low, high, bins) in [
        (0.0, 1.0, 0),
        (1.0, 1.0, 3),
        (2.0, 1.0, 3),
        (0.0, f64::INFINITY, 3),
        (f64::NAN, 1.0, 3),
        (f64::MIN, f64::MAX, 3),
        (1.0, 1.0 + f64::EPSILON, 3),
    ] {
        assert_eq!(Histogram::fixed(&sample, low, high, bins), None, "{low} {high} {bins}");
    }
}

/// By hand: 1..=8 has the quartiles 2.75 and 6.25, so the width is 2 * 3.5 / 2 = 3.5, and ⌈7 / 3.5⌉ bins.
#[test]
fn automatic_width_is_that_of_freedman_and_diaconis() {
    let histogram = Histogram::auto(&Sample::new((1..=8).map(f64::from)));
    assert_eq!(counts(&histogram), [4, 4]);
    assert_eq!(histogram.bins()[1].low, 4.5);
}

#[test]
fn mostly_equal_values_fall_back_to_the_rule_of_sturges() {
    let sample = Sample::new([5.0; 15].into_iter().chain([9.0]));
    assert_eq!(counts(&Histogram::auto(&sample)), [15, 0, 0, 0, 1]);
}

#[test]
fn empty_and_equal_samples_have_a_histogram() {
    assert_eq!(Histogram::auto(&Sample::default()).bins(), []);
    for value in [0.0, 7.0, -3.0, 1e300, f64::MIN_POSITIVE] {
        let histogram = Histogram::auto(&Sample::new([value; 4]));
        assert_eq!(counts(&histogram), [4]);
        let bin = histogram.bins()[0];
        assert!(bin.low < value && value < bin.high || value == f64::MIN_POSITIVE, "{bin:?}");
    }
}

proptest! {
    #[test]
    fn every_value_is_counted_once(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 0..100), bins in 1_usize..40) {
        let sample = Sample::new(values);
        prop_assert_eq!(Histogram::auto(&sample).total(), sample.count() as u64);
        let fixed = Histogram::fixed(&sample, -10.0, 1e10, bins).unwrap();
        prop_assert_eq!(fixed.total(), sample.count() as u64);
    }

    #[test]
    fn bins_follow_one_another_and_hold_their_values(values in prop::collection::vec(-50.0_f64..50.0, 2..200)) {
        let sample = Sample::new(values);
        let histogram = Histogram::auto(&sample);
        prop_assert!(histogram.bins().windows(2).all(|pair| pair[0].high == pair[1].low));
        let last = histogram.bins().len() - 1;
        for (index, bin) in histogram.bins().iter().enumerate() {
            let inside = |v: &&f64| bin.low <= **v && (**v < bin.high || index == last && **v <= bin.high);
            prop_assert_eq!(bin.count, sample.values().iter().filter(inside).count() as u64);
        }
    }
}
