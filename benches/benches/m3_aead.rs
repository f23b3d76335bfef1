//! M3 closely.

memberlist_benches::bench_row!("M3");
