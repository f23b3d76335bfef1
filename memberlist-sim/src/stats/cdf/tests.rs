use proptest::prelude::*;

use super::*;

#[test]
fn equal_values_make_one_step() {
    let cdf = Cdf::new(&Sample::new([1.0, 2.0, 2.0, 4.0]));
    assert_eq!(cdf.steps(), [(1.0, 0.25), (2.0, 0.75), (4.0, 1.0)]);
    assert_eq!((cdf.at(0.9), cdf.at(1.0), cdf.at(3.0), cdf.at(9.0)), (0.0, 0.25, 0.75, 1.0));
    assert_eq!((cdf.reached(0.25), cdf.reached(0.5), cdf.reached(1.0)), (Some(1.0), Some(2.0), Some(4.0)));
}

#[test]
fn cases_without_a_value_keep_the_last_step_under_one() {
    let cdf = Cdf::out_of(&Sample::new([3.0, 5.0]), 8);
    assert_eq!(cdf.steps(), [(3.0, 0.125), (5.0, 0.25)]);
    assert_eq!((cdf.at(100.0), cdf.reached(0.25), cdf.reached(0.26)), (0.25, Some(5.0), None));
    assert_eq!(Cdf::out_of(&Sample::new([3.0, 5.0]), 0), Cdf::new(&Sample::new([3.0, 5.0])));
}

#[test]
fn empty_sample_has_no_steps() {
    let cdf = Cdf::new(&Sample::default());
    assert_eq!((cdf.steps().len(), cdf.at(1.0), cdf.reached(0.5)), (0, 0.0, None));
}

proptest! {
    #[test]
    fn steps_rise_to_one(values in prop::collection::vec(-9.0_f64..9.0, 1..100)) {
        let sample = Sample::new(values);
        let cdf = Cdf::new(&sample);
        prop_assert!(cdf.steps().windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
        prop_assert_eq!(cdf.at(sample.max().unwrap()), 1.0);
    }

    #[test]
    fn inverse_is_the_nearest_rank(values in prop::collection::vec(0_u8..9, 1..100), p in 0.001_f64..=1.0) {
        let sample = Sample::new(values.into_iter().map(f64::from));
        prop_assert_eq!(Cdf::new(&sample).reached(p), sample.nearest_rank(p));
    }
}
