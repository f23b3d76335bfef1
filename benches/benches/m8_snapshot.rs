//! M8 closely.

memberlist_benches::bench_row!("M8");
