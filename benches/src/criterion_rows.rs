//! The cases of a row under criterion.

use crate::{Meter, rows};
use criterion::Criterion;
use std::time::Duration;

/// Measures each case of a row.
pub fn measure(criterion: &mut Criterion, id: &str) {
    let Some(row) = rows::row(id) else { return };
    let mut group = criterion.benchmark_group(row.id);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(20);
    for make in row.cases {
        let mut case = make();
        group.bench_function(&case.name, |bencher| {
            bencher.iter_custom(|n| {
                let mut meter = Meter::default();
                (case.run)(&mut meter, n);
                meter.elapsed
            });
        });
    }
    group.finish();
}

/// The whole program of a row's bench.
#[macro_export]
macro_rules! bench_row {
    ($id:literal) => {
        fn main() {
            let mut criterion = criterion::Criterion::default().configure_from_args();
            $crate::criterion_rows::measure(&mut criterion, $id);
            criterion.final_summary();
        }
    };
}
