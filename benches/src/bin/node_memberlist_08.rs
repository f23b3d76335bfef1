//! A process that is one node of the crate `memberlist` 0.8.5 and nothing else: what it takes is measured by `compare`.

use memberlist_benches::compare::{contenders::Memberlist08, victim};

fn main() -> std::process::ExitCode {
    victim::main::<Memberlist08>()
}
