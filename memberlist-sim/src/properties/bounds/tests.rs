use super::*;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn suspicions_last_as_the_options_say() {
    let options = Options::lan();
    assert_eq!(suspicion(&options, 3), (seconds(4), seconds(4), 0), "too few to confirm");
    assert_eq!(suspicion(&options, 10), (seconds(4), seconds(24), 2));
    assert_eq!(suspicion(&options, 1_000), (seconds(12), seconds(72), 2));
    let plain = Options::lan().with_suspicion_mult(2);
    assert_eq!(suspicion(&plain, 10), (seconds(2), seconds(2), 0));
}

#[test]
fn hard_bound_is_the_sum_of_its_parts() {
    let options = Options::lan().with_stall_rules(false);
    // 2 x 10 - 2 intervals until the ping and one until the deadline, then 24 s.
    assert_eq!(detection(&options, 10, 0), seconds(19 + 24));
    assert_eq!(detection(&options, 10, 7), seconds(8 * 19 + 24));
    assert_eq!(detection(&options, 10, 99), seconds(8 * 19 + 24), "no score is above its maximum");
    assert_eq!(detection(&options, 2, 0), seconds(3 + 4));
    // Twice the patience and a period more for those who doubt themselves.
    assert_eq!(detection(&Options::lan(), 10, 0), seconds(19 + 24 + 2 * (24 + 1)));
    assert_eq!(patience(&Options::lan(), 50), suspicion(&Options::lan(), 50).1.max(seconds(49)));
}

/// Against the percentiles of spec/performance.md 1.3 for first detection (40,000 draws), to which the news of about 2.5 s is added here.
#[test]
fn model_agrees_with_the_published_percentiles() {
    let options = Options::lan();
    let news = (dissemination(&options, 128) + options.probe_timeout).as_secs_f64();
    for (part, expected) in [(0.5, 10.14), (0.99, 14.02)] {
        let first = detection_model(&options, 128, part).as_secs_f64() - news;
        assert!((first - expected).abs() < 0.04 * expected, "{part}: {first}, expected {expected}");
    }
}

#[test]
fn model_is_below_the_hard_bound_and_grows_with_its_part() {
    for n in [2, 3, 8, 64, 256] {
        let options = Options::lan();
        let (half, most) = (detection_model(&options, n, 0.5), detection_model(&options, n, 0.99));
        assert!(half <= most, "{n}");
        let bound = detection(&options, n, 0) + dissemination(&options, n) + options.probe_timeout;
        assert!(detection_model(&options, n, 1.0) <= bound, "{n}");
    }
}

#[test]
fn push_pulls_grow_apart_with_each_doubling() {
    let options = Options::lan();
    let times: Vec<u64> = [32, 33, 64, 65, 1_000].iter().map(|n| push_pull(&options, *n).as_secs()).collect();
    assert_eq!(times, [30, 60, 60, 90, 180]);
}
