//! The cases that must not allocate don't. Unlike times, their allocations are the same on every machine.

use memberlist_benches::{Case, Meter, rows};

/// Operations before the count, so that every structure has the size that it keeps, and while it goes on.
const OPERATIONS: u64 = 2_000;

fn gated(row: &str) -> Vec<Case> {
    let cases = rows::row(row).expect("the row is there").cases;
    cases.into_iter().map(|make| make()).filter(|case| case.gated).collect()
}

fn check(row: &str, mut case: Case) {
    let operations = OPERATIONS.div_ceil(case.each);
    (case.run)(&mut Meter::default(), operations);
    let mut meter = Meter::default();
    (case.run)(&mut meter, operations);
    assert_eq!(meter.allocations, 0, "{row}, {}: {} bytes", case.name, meter.allocated);
}

#[test]
fn codec_queue_and_choice_allocate_nothing_once_warm() {
    for row in ["M1", "M5", "M7"] {
        let cases = gated(row);
        assert!(cases.len() >= 5, "a gate that holds nothing: {}", cases.len());
        cases.into_iter().for_each(|case| check(row, case));
    }
}

/// F-60: a ping that comes in and its ack, a ping that goes out and its ack. What the machine gives out is ready to be sent; the packet around it
/// is the transport's, and is one allocation.
#[test]
fn sending_allocates_nothing_once_warm() {
    let cases = gated("M9");
    for part in ["ping in, ack out", "timer, ping out, ack in"] {
        assert!(cases.iter().any(|case| case.name.starts_with(part)), "nothing is sent");
    }
    cases.into_iter().for_each(|case| check("M9", case));
}
