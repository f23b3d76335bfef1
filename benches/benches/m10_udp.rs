//! M10 closely.

memberlist_benches::bench_row!("M10");
