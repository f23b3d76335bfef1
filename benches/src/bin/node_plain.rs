//! A process that is one node of a runtime with plain sockets and nothing else: what it takes is measured by `compare`.

use memberlist_benches::compare::{contenders::Plain, victim};

fn main() -> std::process::ExitCode {
    victim::main::<Plain<false>>()
}
