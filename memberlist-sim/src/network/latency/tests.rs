use super::*;
use proptest::prelude::*;

const DRAWS: usize = 100_000;

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Sorted draws in milliseconds.
fn draws(latency: &Latency) -> Vec<f64> {
    let mut rng = random::generator(1, "latency", 0);
    let mut draws: Vec<_> = (0..DRAWS).map(|_| latency.draw(&mut rng).as_secs_f64() * 1e3).collect();
    draws.sort_by(f64::total_cmp);
    draws
}

fn mean(draws: &[f64]) -> f64 {
    draws.iter().sum::<f64>() / draws.len() as f64
}

fn deviation(draws: &[f64]) -> f64 {
    let mean = mean(draws);
    (draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / draws.len() as f64).sqrt()
}

fn quantile(draws: &[f64], q: f64) -> f64 {
    draws[((draws.len() - 1) as f64 * q) as usize]
}

#[track_caller]
fn near(value: f64, expected: f64, part: f64) {
    assert!((value - expected).abs() <= expected * part, "{value}, expected {expected}");
}

#[test]
fn constant_is_always_the_same_and_draws_nothing() {
    let (mut one, mut other) = (random::generator(1, "a", 0), random::generator(1, "a", 0));
    assert_eq!(Latency::Constant(millis(5)).draw(&mut one), millis(5));
    assert_eq!(one.next_u64(), other.next_u64());
}

#[test]
fn uniform_has_its_mean_and_ends() {
    let draws = draws(&Latency::uniform(millis(10), millis(30)));
    near(mean(&draws), 20.0, 0.005);
    near(deviation(&draws), 20.0 / 12f64.sqrt(), 0.01);
    near(draws[0], 10.0, 0.001);
    near(draws[DRAWS - 1], 30.0, 0.001);
}

#[test]
fn normal_has_its_moments_and_the_quantiles_of_a_bell() {
    let draws = draws(&Latency::normal(millis(100), millis(10)));
    near(mean(&draws), 100.0, 0.002);
    near(deviation(&draws), 10.0, 0.01);
    near(quantile(&draws, 0.8413), 110.0, 0.003);
    near(quantile(&draws, 0.99), 100.0 + 10.0 * Z99, 0.005);
}

#[test]
fn normal_takes_no_time_where_the_bell_is_below_zero() {
    let draws = draws(&Latency::normal(millis(10), millis(10)));
    let none = draws.iter().filter(|draw| **draw == 0.0).count() as f64 / DRAWS as f64;
    near(none, 0.1587, 0.03);
    // The mean of max(0, X) for X ~ N(m, m): m (Phi(1) + phi(1)).
    near(mean(&draws), 10.0 * (0.8413 + 0.2420), 0.01);
}

#[test]
fn log_normal_has_its_median_and_99th_percentile() {
    let draws = draws(&Latency::log_normal(millis(40), millis(100)));
    near(quantile(&draws, 0.5), 40.0, 0.01);
    near(quantile(&draws, 0.99), 100.0, 0.02);
    let sigma = 2.5f64.ln() / Z99;
    near(mean(&draws), 40.0 * (sigma * sigma / 2.0).exp(), 0.01);
}

#[test]
fn log_normal_of_a_percentile_below_its_median_is_constant() {
    assert_eq!(
        Latency::log_normal(millis(5), millis(1)),
        Latency::LogNormal { median: millis(5), sigma: 0.0 }
    );
    assert_eq!(draws(&Latency::log_normal(millis(5), millis(5)))[DRAWS - 1], 5.0);
}

#[test]
fn exponential_has_its_base_mean_and_quantiles() {
    let draws = draws(&Latency::exponential(millis(10), millis(5)));
    assert!(draws[0] >= 10.0);
    near(mean(&draws), 15.0, 0.005);
    near(deviation(&draws), 5.0, 0.02);
    near(quantile(&draws, 0.99), 10.0 + 5.0 * 100f64.ln(), 0.01);
}

#[test]
fn pareto_has_its_base_mean_and_heavy_tail() {
    let draws = draws(&Latency::pareto(millis(10), millis(10), 3.0));
    assert!(draws[0] >= 10.0);
    near(mean(&draws), 10.0 + 10.0 / 2.0, 0.02);
    for q in [0.5, 0.9, 0.99, 0.999] {
        near(quantile(&draws, q), 10.0 + 10.0 * ((1.0 - q).powf(-1.0 / 3.0) - 1.0), 0.08);
    }
}

#[test]
fn table_has_its_quantiles_and_is_straight_between_them() {
    let table = vec![(0.0, millis(1)), (0.5, millis(2)), (0.9, millis(10)), (1.0, millis(100))];
    let latency = Latency::Table(table);
    assert_eq!(latency.validate(), Ok(()));
    let draws = draws(&latency);
    for (q, time) in [(0.25, 1.5), (0.5, 2.0), (0.7, 6.0), (0.9, 10.0), (0.95, 55.0)] {
        near(quantile(&draws, q), time, 0.03);
    }
    assert!(draws[0] >= 1.0 && draws[DRAWS - 1] <= 100.0);
}

#[test]
fn medians_are_those_of_the_draws() {
    for latency in [
        Latency::uniform(millis(10), millis(30)),
        Latency::normal(millis(100), millis(10)),
        Latency::log_normal(millis(40), millis(100)),
        Latency::exponential(millis(10), millis(50)),
        Latency::pareto(millis(10), millis(100), 1.5),
        Latency::Table(vec![(0.0, millis(1)), (1.0, millis(3))]),
    ] {
        near(quantile(&draws(&latency), 0.5), latency.median().as_secs_f64() * 1e3, 0.015);
    }
}

#[test]
fn what_is_not_possible_is_named() {
    let field = |latency: Latency| latency.validate().unwrap_err().field;
    assert_eq!(field(Latency::Constant(millis(3_600_001))), "constant");
    assert_eq!(field(Latency::uniform(millis(2), millis(1))), "low");
    assert_eq!(field(Latency::normal(millis(2), Duration::MAX)), "deviation");
    assert_eq!(field(Latency::LogNormal { median: millis(1), sigma: f64::NAN }), "sigma");
    assert_eq!(field(Latency::LogNormal { median: Duration::ZERO, sigma: 1.0 }), "median");
    assert_eq!(field(Latency::exponential(Duration::MAX, millis(1))), "base");
    assert_eq!(field(Latency::pareto(millis(1), millis(1), 0.0)), "shape");
    for table in [
        vec![],
        vec![(0.1, millis(1)), (1.0, millis(2))],
        vec![(0.0, millis(1)), (f64::NAN, millis(2)), (1.0, millis(3))],
        vec![(0.0, millis(2)), (1.0, millis(1))],
    ] {
        assert_eq!(field(Latency::Table(table)), "table");
    }
}

fn any_time() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

fn any_latency() -> impl Strategy<Value = Latency> {
    let table = prop::collection::vec((any::<f64>(), any_time()), 0..5);
    prop_oneof![
        any_time().prop_map(Latency::Constant),
        (any_time(), any_time()).prop_map(|(low, high)| Latency::Uniform(low, high)),
        (any_time(), any_time()).prop_map(|(mean, deviation)| Latency::Normal { mean, deviation }),
        (any_time(), any::<f64>()).prop_map(|(median, sigma)| Latency::LogNormal { median, sigma }),
        (any_time(), any_time()).prop_map(|(base, mean)| Latency::Exponential { base, mean }),
        (any_time(), any_time(), any::<f64>())
            .prop_map(|(base, scale, shape)| Latency::pareto(base, scale, shape)),
        table.prop_map(Latency::Table),
    ]
}

proptest! {
    #[test]
    fn nothing_takes_longer_than_the_longest_whatever_is_asked_for(latency in any_latency(), seed in any::<u64>()) {
        let mut rng = random::generator(seed, "latency", 0);
        for _ in 0..20 {
            prop_assert!(latency.draw(&mut rng) <= Latency::LONGEST);
        }
        prop_assert!(latency.median() <= Latency::LONGEST);
        let _ = latency.validate();
    }
}
