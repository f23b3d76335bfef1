use proptest::prelude::*;

use super::*;

fn labels(axis: &Axis, values: &[f64]) -> (String, Vec<String>) {
    let ruler = axis.ruler(values.iter().copied(), 6, false);
    (ruler.label.clone(), ruler.ticks.iter().map(|tick| ruler.write(*tick)).collect())
}

#[test]
fn ticks_are_round_and_named_in_the_unit_that_suits_them() {
    let (label, ticks) = labels(&Axis::new("time", Unit::Seconds), &[0.0, 18.3]);
    assert_eq!(
        (label.as_str(), ticks),
        ("time (s)", ["0", "5", "10", "15", "20"].map(String::from).to_vec())
    );
    let (label, ticks) = labels(&Axis::new("time", Unit::Seconds), &[0.05, 0.27]);
    assert_eq!((label.as_str(), ticks.last().unwrap().as_str()), ("time (ms)", "300"));
    let (label, _) = labels(&Axis::new("", Unit::Seconds), &[700.0]);
    assert_eq!(label, "min");
    let (label, ticks) = labels(&Axis::new("informed", Unit::Fraction), &[0.0, 1.0]);
    assert_eq!(label, "informed (%)");
    assert_eq!(ticks, ["0", "20", "40", "60", "80", "100"]);
    let (label, ticks) = labels(&Axis::new("load", Unit::BytesPerSecond), &[0.0, 4_200.0]);
    assert_eq!((label.as_str(), ticks[1].as_str()), ("load (kB/s)", "1"));
    let (_, ticks) = labels(&Axis::new("n", Unit::Number), &[0.0, 0.3]);
    assert_eq!(ticks, ["0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30"]);
}

#[test]
fn logarithmic_ticks_are_powers_of_ten_and_zero_lies_at_the_edge() {
    let axis = Axis::new("FP", Unit::Number).log();
    let ruler = axis.ruler([0.0, 18.0, 82_000.0].into_iter(), 6, false);
    assert_eq!(ruler.ticks, [10.0, 100.0, 1_000.0, 10_000.0, 100_000.0]);
    assert_eq!((ruler.position(0.0), ruler.position(1_000.0), ruler.position(1e9)), (0.0, 0.5, 1.0));
    assert_eq!(ruler.write(10_000.0), "10,000");
}

#[test]
fn axis_without_data_has_a_length() {
    for axis in [Axis::default(), Axis::default().log(), Axis::new("", Unit::Bytes)] {
        let ruler = axis.ruler(core::iter::empty(), 6, false);
        assert!(ruler.low < ruler.high && ruler.ticks.len() > 1);
    }
    assert_eq!(Axis::new("t", Unit::Seconds).ruler([0.0].into_iter(), 6, false).label, "t (s)");
}

#[test]
fn axis_can_be_asked_to_reach_further_than_the_data() {
    let ruler = Axis::new("t", Unit::Seconds).from(-2.0).to(30.0).ruler([1.0, 5.0].into_iter(), 8, true);
    assert_eq!((ruler.low, ruler.high), (-2.0, 30.0));
    let ruler = Axis::new("t", Unit::Seconds).to(f64::NAN).ruler([1.0, 5.0].into_iter(), 8, true);
    assert_eq!((ruler.low, ruler.high), (0.0, 5.0));
}

proptest! {
    #[test]
    fn every_value_has_its_place_between_the_edges(
        values in prop::collection::vec(prop::num::f64::ANY, 0..6),
        log in any::<bool>(),
        tight in any::<bool>(),
    ) {
        let axis = Axis { log, ..Axis::new("", Unit::Seconds) };
        let ruler = axis.ruler(values.iter().copied(), 8, tight);
        prop_assert!(ruler.low < ruler.high && ruler.low.is_finite() && ruler.high.is_finite(), "{:?}", ruler);
        prop_assert!(ruler.ticks.len() <= 20);
        for value in values {
            let pixel = ruler.map(&value, (700, 20));
            prop_assert!((20..=700).contains(&pixel));
        }
    }
}
