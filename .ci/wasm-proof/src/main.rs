//! Runs natively and as WebAssembly, and must say the same in both:
//!
//! * `trace`: clusters of state machines on a virtual clock and a virtual network, and a digest of every byte and every event in them;
//! * `cluster`: `Memberlist`s on the in-memory network, on tokio, in real time.
//!
//! Exit code 0 if everything went as it should. `trace <seed>` takes another seed, so that it can be seen that a digest changes.

mod cluster;
mod trace;
#[cfg(target_os = "wasi")]
mod wasi;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["trace"] => trace::run(1),
        ["trace", seed] => seed.parse().map_err(|_| "the seed is a number".into()).and_then(trace::run),
        ["cluster"] => cluster::run(),
        _ => Err("say `trace [seed]` or `cluster`".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("failed: {error}");
            ExitCode::FAILURE
        }
    }
}
