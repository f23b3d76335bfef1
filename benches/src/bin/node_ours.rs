//! A process that is one node of this project and nothing else: what it takes is measured by `compare`.

use memberlist_benches::compare::{contenders::Ours, victim};

fn main() -> std::process::ExitCode {
    victim::main::<Ours>()
}
