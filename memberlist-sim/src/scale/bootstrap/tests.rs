use super::*;

#[test]
fn small_cluster_comes_together_finds_its_dead_and_nobody_else() {
    for loss in [0.0, 0.05] {
        let outcome = Bootstrap::new(1, 16, loss).run().unwrap();
        assert!(outcome.full_view.unwrap() < Duration::from_secs(3), "{outcome:?}");
        assert!(outcome.last_detection.unwrap() < Duration::from_secs(20), "{outcome:?}");
        assert_eq!(outcome.false_deaths, 0);
        assert_eq!(outcome, Bootstrap::new(1, 16, loss).run().unwrap(), "the same seed");
    }
}
