//! S1 closely.

memberlist_benches::bench_row!("S1");
