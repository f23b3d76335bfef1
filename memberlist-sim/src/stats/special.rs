//! The special functions behind the intervals: the incomplete beta function, and the quantiles that follow from it.

#[cfg(test)]
mod tests;

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun, *Handbook of Mathematical
/// Functions*, 26.5.8), for positive `a` and `b`.
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly below the mean alone; above it the symmetric function is taken.
    if x > (a + 1.0) / (a + b + 2.0) { 1.0 - lower_tail(b, a, 1.0 - x) } else { lower_tail(a, b, x) }
}

fn lower_tail(a: f64, b: f64, x: f64) -> f64 {
    let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - ln_beta) / a;
    (front * continued_fraction(a, b, x)).clamp(0.0, 1.0)
}

/// The continued fraction, evaluated from the front (Lentz's method). It takes about √max(a, b) terms.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for m in 1..100_000_u32 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        result *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let change = c * d;
        result *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// The `x` with I_x(a, b) = `p`: the quantile of the beta distribution.
pub(super) fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    bisect(0.0, 1.0, |x| incomplete_beta(a, b, x) < p)
}

/// The quantile of the standard normal distribution.
pub(super) fn normal_quantile(p: f64) -> f64 {
    bisect(-40.0, 40.0, |x| 0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2) < p)
}

/// The `t` that a variable of Student's distribution with `freedom` degrees of freedom exceeds in absolute value with
/// probability `alpha`.
pub(super) fn student_two_sided(alpha: f64, freedom: f64) -> f64 {
    let x = beta_quantile(freedom / 2.0, 0.5, alpha);
    // 1 − x comes from the symmetric quantile: near x = 1 the difference would have lost its digits.
    let rest = beta_quantile(0.5, freedom / 2.0, 1.0 - alpha);
    libm::sqrt(freedom * rest / x)
}

/// The probability of at most `k` successes in `n` trials, each of probability `p`.
pub(super) fn binomial_at_most(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { incomplete_beta((n - k) as f64, k as f64 + 1.0, 1.0 - p) }
}

/// The point where `below` turns from true to false, as near as numbers can stand.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    // 1,100 halvings pass through every power of two there is; adjacent numbers end it after sixty or so.
    for _ in 0..1_100 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) { low = middle } else { high = middle }
    }
    low + (high - low) / 2.0
}
