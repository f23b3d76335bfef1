//! M6 closely.

memberlist_benches::bench_row!("M6");
