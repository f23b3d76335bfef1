use proptest::prelude::*;

use super::*;

#[test]
fn few_points_stay_as_they_are() {
    let points: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), f64::from(i * i))).collect();
    assert_eq!(extremes(&points, |x| x as i32), points);
    assert_eq!(extremes(&[], |x| x as i32), []);
}

#[test]
fn peak_within_a_column_is_kept() {
    let mut points: Vec<(f64, f64)> = (0..1_000).map(|i| (f64::from(i) / 1_000.0, 1.0)).collect();
    points[400].1 = 99.0;
    points[600].1 = -7.0;
    assert_eq!(extremes(&points, |_| 0), [points[0], points[400], points[600], points[999]]);
}

proptest! {
    #[test]
    fn thinned_points_are_a_subsequence_with_the_same_extremes(heights in prop::collection::vec(-9_i8..9, 1..300)) {
        let points: Vec<(f64, f64)> =
            heights.iter().enumerate().map(|(i, y)| (i as f64 / 10.0, f64::from(*y))).collect();
        let thinned = extremes(&points, |x| (x / 3.0) as i32);
        let mut all = points.iter();
        prop_assert!(thinned.iter().all(|kept| all.any(|point| point == kept)));
        prop_assert!(thinned.len() <= 4 * (points.len() / 30 + 1));
        let span = |of: &[(f64, f64)]| of.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.1), h.max(p.1)));
        prop_assert_eq!(span(&points), span(&thinned));
    }
}
