//! M1 closely.

memberlist_benches::bench_row!("M1");
