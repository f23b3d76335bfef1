//! M9 closely.

memberlist_benches::bench_row!("M9");
