//! M7 closely.

memberlist_benches::bench_row!("M7");
