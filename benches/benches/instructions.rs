//! Instructions of the operations that gate changes (M1, M5, M9), counted under valgrind: the same whatever else runs on the machine.
//! Needs `valgrind` and `cargo install gungraun-runner`, of the version that `Cargo.toml` names for `gungraun`.

#![allow(missing_docs, reason = "what the macros make")]

use gungraun::{library_benchmark, library_benchmark_group, main};
use memberlist_benches::{Case, Meter, rows};
use std::hint::black_box;

/// Operations of one measurement.
const OPERATIONS: u64 = 1_000;

/// The case, warm.
fn warm(row: &str, name: &str) -> Case {
    let cases = rows::row(row).into_iter().flat_map(|row| row.cases);
    let mut case = cases.map(|make| make()).find(|case| case.name == name).expect("there is such a case");
    (case.run)(&mut Meter::default(), OPERATIONS);
    case
}

fn codec(name: &str) -> Case {
    warm("M1", name)
}

fn queue(name: &str) -> Case {
    warm("M5", name)
}

fn machine(name: &str) -> Case {
    warm("M9", name)
}

#[library_benchmark]
#[bench::ping_out(args = ("ping: encode"), setup = codec)]
#[bench::ping_in(args = ("ping: decode"), setup = codec)]
#[bench::enqueue(args = ("enqueue at 10000"), setup = queue)]
#[bench::fill(args = ("fill 1,400 B at 10000"), setup = queue)]
#[bench::ping_to_ack(args = ("ping in, ack out: 10000 of 10000 members in turn"), setup = machine)]
fn thousand(mut case: Case) -> Case {
    (case.run)(black_box(&mut Meter::default()), OPERATIONS);
    case
}

library_benchmark_group!(name = gates, benchmarks = thousand);
main!(library_benchmark_groups = gates);
