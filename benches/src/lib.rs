//! Micro-benchmarks of memberlist: what each operation costs in time, bytes and allocations, beside a floor, a goal and those of others;
//! and macro-benchmarks of whole clusters beside those of others, in the module `compare` (`cargo run --release -p memberlist-benches --bin compare`).
//!
//! A *case* is one operation; the cases of one subject are a *row* (`M1` to `M10`, and `S1`). Everything measures the same cases:
//! * `cargo run --release -p memberlist-benches --bin micro` prints the table of all rows, and writes it to `RESULTS.md` if asked;
//! * `cargo run --release -p memberlist-benches --bin growth` shows what becomes of the costs as the cluster grows;
//! * `cargo bench -p memberlist-benches --bench m5_queue` looks at one row closely (criterion);
//! * `cargo bench -p memberlist-benches --bench instructions` counts instructions (valgrind), which do not depend on what else runs;
//! * `cargo test -p memberlist-benches` holds the allocations of the gated cases: their numbers are the same on every machine.

pub mod case;
#[cfg(feature = "compare")]
pub mod compare;
pub mod counting;
pub mod criterion_rows;
pub mod crowd;
pub mod meter;
pub mod origin;
pub mod report;
pub mod rows;

pub use case::{Case, Row};
pub use meter::Meter;
