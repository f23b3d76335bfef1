//! The cases that must not allocate don't. Unlike times, their allocations are the same on every machine.

use memberlist_benches::{Meter, rows};

/// Operations before the count, so that every structure has the size that it keeps, and while it goes on.
const OPERATIONS: u64 = 2_000;

#[test]
fn gated_operations_allocate_nothing_once_warm() {
    let mut gated = 0;
    for id in ["M1", "M5", "M7", "M9"] {
        for make in rows::row(id).expect("the row is there").cases {
            let mut case = make();
            if !case.gated {
                continue;
            }
            gated += 1;
            let operations = OPERATIONS.div_ceil(case.each);
            (case.run)(&mut Meter::default(), operations);
            let mut meter = Meter::default();
            (case.run)(&mut meter, operations);
            assert_eq!(meter.allocations, 0, "{id}, {}: {} bytes", case.name, meter.allocated);
        }
    }
    assert!(gated >= 10, "a gate that holds nothing: {gated}");
}
