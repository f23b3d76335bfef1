//! M2 closely.

memberlist_benches::bench_row!("M2");
