//! A process that is one node of the crate `foca` 2.0.0 and nothing else: what it takes is measured by `compare`.

use memberlist_benches::compare::{contenders::FocaUdp, victim};

fn main() -> std::process::ExitCode {
    victim::main::<FocaUdp>()
}
