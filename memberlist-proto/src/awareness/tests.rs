use super::*;

/// 9.1 TestAwareness
#[test]
fn the_score_stays_in_its_range_and_scales_durations() {
    let mut awareness = Awareness::new(8);
    assert_eq!((awareness.score(), awareness.scale(Duration::from_secs(1))), (0, Duration::from_secs(1)));
    for (delta, score, changed) in [
        (0, 0, false),
        (-1, 0, false),
        (1, 1, true),
        (3, 4, true),
        (10, 7, true),
        (1, 7, false),
        (-1, 6, true),
        (-1, 5, true),
        (-100, 0, true),
        (-1, 0, false),
        (i32::MAX, 7, true),
        (i32::MIN, 0, true),
    ] {
        assert_eq!(awareness.apply(delta), changed, "{delta} to {score}");
        assert_eq!(awareness.score(), score);
        assert_eq!(awareness.scale(Duration::from_secs(1)), Duration::from_secs(u64::from(score) + 1));
    }
}

#[test]
fn a_range_of_nothing_or_of_everything_is_harmless() {
    for max in [0, 1] {
        let mut awareness = Awareness::new(max);
        assert!(!awareness.apply(1) && !awareness.apply(-1));
        assert_eq!(awareness.scale(Duration::from_secs(3)), Duration::from_secs(3));
    }
    let mut awareness = Awareness::new(u32::MAX);
    awareness.apply(i32::MAX);
    awareness.apply(i32::MAX);
    assert_eq!(awareness.score(), u32::MAX - 1);
    assert_eq!(awareness.scale(Duration::MAX), Duration::MAX);
}
