//! M4 closely.

memberlist_benches::bench_row!("M4");
