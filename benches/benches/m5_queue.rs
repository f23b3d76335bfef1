//! M5 closely.

memberlist_benches::bench_row!("M5");
