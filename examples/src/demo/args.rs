//! What the command line says.

use super::{
    kit::{Choice, RuntimeKind, TransportKind},
    secrets,
};
use clap::Parser;
use memberlist::prelude::*;
use std::{net::SocketAddr, path::PathBuf, str::FromStr};

/// A cluster that runs before your eyes, over real sockets on loopback.
///
/// Without --bind, --join, --name or --interactive: starts NODES nodes in this
/// process, shows who sees whom and what happens when, and ends by itself in
/// about half a minute. They join; one broadcasts; one is killed without a
/// goodbye, suspected, and declared dead; it is restarted under its name on a new
/// port; another leaves. The exit code is 0 only if every node saw every step.
///
/// With one of them: runs ONE node, prints what it sees, and goes on until Ctrl-C
/// (then it says goodbye; kill -9 it, and the others will find out). Start it in
/// several terminals.
///
/// All nodes use the LAN preset: each probes one other a second and waits half a
/// second for the answer before it asks three others to try; a suspect has at
/// least 4 s to contradict, in clusters of up to ten nodes; gossip every 200 ms to
/// three others; a full exchange of state every 30 s. Set RUST_LOG (for example to
/// debug) to see the log, on standard error.
///
/// With --transport, --runtime, --encrypt and --compress the same happens over
/// something else. All nodes of a cluster need the same transport and encryption.
/// Processes that use TLS, QUIC or encryption need common --secrets; the
/// demonstration in one process makes its own.
#[derive(Clone, Debug, Parser)]
#[command(name = "cluster", verbatim_doc_comment)]
pub(crate) struct Args {
    /// How many nodes the demonstration has, 2 to 50 [default: 5].
    #[arg(long, value_name = "NODES")]
    nodes: Option<usize>,
    /// Plain lines: no table redrawn in place, no colours. So it is anyway if standard output is no terminal.
    #[arg(long)]
    plain: bool,
    /// How bytes get from node to node; TLS and QUIC with certificates on both sides.
    #[arg(long, value_enum, default_value_t)]
    transport: TransportKind,
    /// The async runtime of the nodes.
    #[arg(long, value_enum, default_value_t)]
    runtime: RuntimeKind,
    /// Encrypt with a common key, where TLS does not, by aes-256-gcm or another algorithm: aes-128-gcm, aes-192-gcm, chacha20-poly1305.
    #[arg(long, value_name = "ALGORITHM", num_args = 0..=1, require_equals = true, value_parser = encryption)]
    encrypt: Option<Option<EncryptionAlgorithm>>,
    /// Compress what is worth it, by lz4 or another algorithm: snappy, zstd, brotli.
    #[arg(long, value_name = "ALGORITHM", num_args = 0..=1, require_equals = true, value_parser = compression)]
    #[arg(default_missing_value = "lz4")]
    compress: Option<CompressionAlgorithm>,
    /// One node: the directory of the cluster's secrets (an authority for certificates, and a key). It is made, for you alone, if there is none.
    #[arg(long, value_name = "DIR")]
    secrets: Option<PathBuf>,
    /// One node: bind this address [default: 127.0.0.1:0, a free port].
    #[arg(long, value_name = "ADDR")]
    bind: Option<SocketAddr>,
    /// One node: join the cluster through this address or host name; may be given several times.
    #[arg(long, value_name = "ADDR", value_parser = SeedAddress::from_str)]
    join: Vec<SeedAddress>,
    /// One node: its name, unique in the cluster [default: from port or process].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The cluster's label: nodes with another one are not heard.
    #[arg(long, value_name = "LABEL", default_value = "", hide_default_value = true)]
    label: String,
    /// One node, with a prompt: members, broadcast, meta, ping, leave, rejoin, quit, kill.
    #[arg(long)]
    interactive: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mode {
    Cluster(Cluster),
    Single(Single),
}

/// A whole cluster in this process.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cluster {
    pub(crate) nodes: usize,
    pub(crate) choice: Choice,
    pub(crate) plain: bool,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Single {
    pub(crate) name: String,
    pub(crate) bind: SocketAddr,
    pub(crate) join: Vec<SeedAddress>,
    pub(crate) choice: Choice,
    pub(crate) secrets: Option<PathBuf>,
    pub(crate) interactive: bool,
    pub(crate) plain: bool,
}

impl Args {
    /// What is asked for, or in one sentence why it cannot be.
    pub(crate) fn mode(self) -> Result<Mode, String> {
        let choice = Choice {
            transport: self.transport,
            runtime: self.runtime,
            encrypt: self.encrypt,
            compress: self.compress,
            label: self.label,
        };
        let single = self.bind.is_some() || !self.join.is_empty() || self.name.is_some() || self.interactive;
        if !single {
            let nodes = self.nodes.unwrap_or(5);
            if !(2..=50).contains(&nodes) {
                return Err(format!("--nodes must be from 2 to 50, not {nodes}"));
            }
            if self.secrets.is_some() {
                return Err(
                    "--secrets is for processes of one node each; the demonstration makes its own".into()
                );
            }
            return Ok(Mode::Cluster(Cluster { nodes, choice, plain: self.plain }));
        }
        if let Some(nodes) = self.nodes.filter(|nodes| *nodes != 1) {
            return Err(format!(
                "--nodes {nodes} is for the demonstration in one process; with --bind, --join, --name or --interactive each process is one node"
            ));
        }
        if choice.needs_secrets() && self.secrets.is_none() {
            return Err("give every node the same --secrets DIR (made if there is none): TLS, QUIC and encryption need it".into());
        }
        let bind = self.bind.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let name = match (self.name, bind.port()) {
            (Some(name), _) if name.trim().is_empty() => return Err("--name must not be empty".into()),
            (Some(name), _) => name,
            (None, 0) => format!("node-{}", std::process::id()),
            (None, port) => format!("node-{port}"),
        };
        let Self { join, secrets, interactive, plain, .. } = self;
        Ok(Mode::Single(Single { name, bind, join, choice, secrets, interactive, plain }))
    }
}

fn encryption(name: &str) -> Result<EncryptionAlgorithm, String> {
    secrets::algorithm(name).ok_or_else(|| one_of(EncryptionAlgorithm::ALL))
}

fn compression(name: &str) -> Result<CompressionAlgorithm, String> {
    let all = CompressionAlgorithm::ALL;
    all.iter().copied().find(|algorithm| algorithm.to_string() == name).ok_or_else(|| one_of(all))
}

fn one_of(all: &[impl ToString]) -> String {
    format!("one of {}", all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
