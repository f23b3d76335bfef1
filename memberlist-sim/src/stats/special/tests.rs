use proptest::prelude::*;

use super::*;

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// Closed forms: I_x(1, b) = 1 − (1 − x)^b, I_x(a, 1) = x^a, I_x(2, 2) = x²(3 − 2x), I_½(a, a) = ½.
#[test]
fn incomplete_beta_agrees_with_its_closed_forms() {
    for x in [0.001, 0.1, 0.3, 0.5, 0.77, 0.999] {
        close(incomplete_beta(1.0, 5.0, x), 1.0 - libm::pow(1.0 - x, 5.0), 1e-14);
        close(incomplete_beta(7.0, 1.0, x), libm::pow(x, 7.0), 1e-14);
        close(incomplete_beta(2.0, 2.0, x), x * x * (3.0 - 2.0 * x), 1e-14);
    }
    for a in [0.5, 3.0, 40.0, 1e4, 1e6] {
        close(incomplete_beta(a, a, 0.5), 0.5, 1e-7);
    }
    assert_eq!((incomplete_beta(2.0, 3.0, 0.0), incomplete_beta(2.0, 3.0, 1.0)), (0.0, 1.0));
}

/// By summing the terms: Bin(10, ½) has 1, 10, 45, 120, 210, 252 … out of 1,024.
#[test]
fn binomial_tail_is_the_sum_of_its_terms() {
    let mut sum = 0.0;
    for (k, term) in [1.0, 10.0, 45.0, 120.0, 210.0, 252.0, 210.0, 120.0, 45.0, 10.0, 1.0].iter().enumerate()
    {
        sum += term / 1024.0;
        close(binomial_at_most(k as u64, 10, 0.5), sum, 1e-13);
    }
    close(binomial_at_most(0, 100, 0.01), libm::pow(0.99, 100.0), 1e-13);
}

/// NIST/SEMATECH e-Handbook of Statistical Methods, tables 1.3.6.7.1 (normal) and 1.3.6.7.2 (Student's t).
#[test]
fn quantiles_are_those_of_the_printed_tables() {
    close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-12);
    close(normal_quantile(0.995), 2.575_829_303_548_901, 1e-12);
    close(normal_quantile(0.5), 0.0, 1e-15);
    for (freedom, t95, t99) in [
        (1.0, 12.706, 63.657),
        (2.0, 4.303, 9.925),
        (3.0, 3.182, 5.841),
        (4.0, 2.776, 4.604),
        (10.0, 2.228, 3.169),
        (30.0, 2.042, 2.750),
        (100.0, 1.984, 2.626),
    ] {
        close(student_two_sided(0.05, freedom), t95, 5e-4);
        close(student_two_sided(0.01, freedom), t99, 5e-4);
    }
    // With many degrees of freedom it is the normal distribution.
    close(student_two_sided(0.05, 1e7), 1.959_964_2, 1e-6);
}

proptest! {
    #[test]
    fn quantile_of_beta_inverts_the_function(a in 0.5_f64..60.0, b in 0.5_f64..60.0, p in 0.0001_f64..0.9999) {
        prop_assert!((incomplete_beta(a, b, beta_quantile(a, b, p)) - p).abs() < 1e-9);
    }
}
