//! The demonstration `cluster`: what it is made of.
//!
//! Without `--bind`, `--join` or `--interactive` it runs a whole cluster in one process and checks each step; with
//! them it is a single node, to be started several times.

use clap::Parser;
use std::process::ExitCode;

mod args;
mod cast;
mod kit;
mod node;
mod prompt;
mod reason;
mod run;
mod screen;
mod secrets;
mod sight;
mod single;
mod step;
mod summary;
mod table;
mod timeline;
mod told;

/// The whole program `cluster`.
#[must_use]
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
    let outcome = args.mode().and_then(|mode| {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
        match mode {
            args::Mode::Cluster(cluster) => runtime.block_on(run::run(cluster)),
            args::Mode::Single(single) => runtime.block_on(single::run(single)),
        }
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("cluster: {sentence}");
            ExitCode::FAILURE
        }
    }
}
