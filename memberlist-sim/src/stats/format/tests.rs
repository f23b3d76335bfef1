use proptest::prelude::*;

use super::*;

#[test]
fn significant_digits_survive_rounding() {
    for (value, text) in [
        (12.23, "12.2"),
        (9.996, "10.0"),
        (99.96, "100"),
        (0.0015349, "0.00153"),
        (18_240.0, "18,240"),
        (1_234_567.8, "1,234,568"),
        (-0.5, "−0.500"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.5e-9, "1.50e-9"),
        (-1.5e-9, "−1.50e-9"),
        (2e20, "2.00e20"),
        (f64::NAN, "–"),
        (f64::INFINITY, "∞"),
        (f64::NEG_INFINITY, "−∞"),
    ] {
        assert_eq!(significant(value, 3), text, "{value}");
    }
}

#[test]
fn counts_have_commas_between_thousands() {
    for (value, text) in
        [(0, "0"), (999, "999"), (1_000, "1,000"), (339_002, "339,002"), (12_345_678, "12,345,678")]
    {
        assert_eq!(count(value), text);
    }
    assert_eq!((decimals(1234.5, 2), decimals(-0.001, 1)), ("1,234.50".into(), "0.0".into()));
}

#[test]
fn durations_choose_their_unit() {
    for (value, text) in [
        (0.0, "0 s"),
        (5e-9, "5 ns"),
        (250e-6, "250 µs"),
        (0.000_999_6, "1.00 ms"),
        (0.5, "500 ms"),
        (0.9996, "1.00 s"),
        (12.23, "12.2 s"),
        (60.0, "60 s"),
        (119.6, "2 min 00 s"),
        (125.0, "2 min 05 s"),
        (7_199.9, "2 h 00 min"),
        (11_220.0, "3 h 07 min"),
        (187_200.0, "2 d 04 h"),
        (-3.5, "−3.50 s"),
        (-125.0, "−2 min 05 s"),
        (f64::INFINITY, "∞ s"),
    ] {
        assert_eq!(seconds(value), text, "{value}");
    }
    assert_eq!(duration(Duration::from_millis(1_500)), "1.50 s");
    assert!(duration(Duration::MAX).ends_with(" d"));
}

#[test]
fn bytes_choose_their_unit() {
    for (value, text) in [
        (0.0, "0 B"),
        (73.0, "73 B"),
        (999.4, "999 B"),
        (999.6, "1.00 kB"),
        (1_300.0, "1.30 kB"),
        (7.3e6, "7.30 MB"),
        (1e21, "1,000,000 PB"),
    ] {
        assert_eq!(bytes(value), text, "{value}");
    }
    assert_eq!(bytes_binary(149.0 * 1024.0 * 1024.0 * 1024.0), "149 GiB");
    assert_eq!(
        (compact(435.33e6), compact(950.0), compact(1_200.0)),
        ("435 M".into(), "950".into(), "1.20 k".into())
    );
}

#[test]
fn fractions_are_percentages() {
    assert_eq!(
        (percent(0.0153), percent(1.0), percent(0.0)),
        ("1.53 %".into(), "100 %".into(), "0 %".into())
    );
}

#[test]
fn absent_values_are_a_dash() {
    assert_eq!(or_nothing(None, seconds), "–");
    assert_eq!(or_nothing(Some(2.0), seconds), "2 s");
}

proptest! {
    #[test]
    fn every_number_has_a_text(value in prop::num::f64::ANY) {
        for write in [seconds, bytes, bytes_binary, compact, percent] {
            prop_assert!(!write(value).is_empty());
        }
    }

    #[test]
    fn duration_is_never_off_by_more_than_its_digits(value in 1e-9_f64..1e6) {
        let text = seconds(value);
        let read: f64 = text.split(' ').collect::<Vec<_>>().chunks(2).map(|pair| {
            let unit = match pair[1] {
                "ns" => 1e-9, "µs" => 1e-6, "ms" => 1e-3, "s" => 1.0, "min" => 60.0, "h" => 3_600.0, _ => 86_400.0,
            };
            pair[0].replace(',', "").parse::<f64>().unwrap() * unit
        }).sum();
        prop_assert!((read - value).abs() <= value * 0.011, "{} is {}", value, text);
    }
}
