//! What nodes are made with: transport, runtime, and the layers of frames.

use super::{node::Node, secrets::Secrets};
use clap::ValueEnum;
use futures_util::TryFutureExt;
use memberlist::{
    Bind, NodeBuilder,
    agnostic::Runtime,
    async_std::AsyncStdRuntime,
    prelude::*,
    smol::SmolRuntime,
    tokio::TokioRuntime,
    types::{Compression, CompressionAlgorithm},
};
use std::{fmt, net::SocketAddr, path::Path, sync::Arc};
use tokio::sync::oneshot;

/// Packets and frames over so many bytes are compressed: less than by default, since those of a small cluster are small.
const COMPRESSED_FROM: usize = 128;

/// How bytes get from node to node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportKind {
    #[default]
    Tcp,
    Tls,
    Quic,
}

/// What runs the nodes; the screen is always tokio's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuntimeKind {
    #[default]
    Tokio,
    Smol,
    AsyncStd,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) transport: TransportKind,
    pub(crate) runtime: RuntimeKind,
    /// Whether, and with which algorithm; the inner `None`: whichever there is a key for.
    pub(crate) encrypt: Option<Option<EncryptionAlgorithm>>,
    pub(crate) compress: Option<CompressionAlgorithm>,
    pub(crate) label: String,
}

impl Choice {
    /// Whether the nodes have to share secrets.
    pub(crate) fn needs_secrets(&self) -> bool {
        self.encrypt.is_some() || self.transport != TransportKind::Tcp
    }
}

/// Makes nodes.
pub(crate) struct Kit {
    choice: Choice,
    secrets: Option<Secrets>,
}

impl Kit {
    /// With secrets of its own, if any are needed: for nodes of one process.
    pub(crate) fn alone(choice: Choice) -> Result<Self, String> {
        let algorithm = choice.encrypt.flatten().unwrap_or(EncryptionAlgorithm::Aes256Gcm);
        let secrets = choice.needs_secrets().then(|| Secrets::generate(algorithm)).transpose()?;
        Ok(Self { choice, secrets })
    }

    /// With those of this directory.
    pub(crate) fn shared(choice: Choice, secrets: Option<&Path>) -> Result<Self, String> {
        let algorithm = choice.encrypt.flatten();
        let secrets = secrets.map(|at| Secrets::in_directory(at, algorithm)).transpose()?;
        Ok(Self { choice, secrets })
    }

    /// Starts a node.
    pub(crate) async fn start(&self, name: &SmolStr, bind: SocketAddr) -> Result<Node, String> {
        let node = match self.choice.runtime {
            RuntimeKind::Tokio => self.start_on::<TokioRuntime>(name, bind).await,
            RuntimeKind::Smol => self.start_on::<SmolRuntime>(name, bind).await,
            RuntimeKind::AsyncStd => self.start_on::<AsyncStdRuntime>(name, bind).await,
        };
        node.map_err(|error| format!("{name} cannot start: {error}"))
    }

    async fn start_on<R: Runtime>(&self, name: &SmolStr, bind: SocketAddr) -> Result<Node, String> {
        let name = name.clone();
        match self.choice.transport {
            TransportKind::Tcp => self.run::<R, _>(TcpBuilder::<R, _>::new(name), bind).await,
            TransportKind::Tls => {
                // UDP beside TLS is in clear without a keyring: then packets travel inside TLS, too.
                let net = NetOptions::new().with_streams_only(self.choice.encrypt.is_none());
                let builder = TlsBuilder::<R, _>::new(name, self.secrets()?.tls()?).net_options(net);
                self.run::<R, _>(builder, bind).await
            }
            TransportKind::Quic => {
                self.run::<R, _>(QuicBuilder::<R, _>::new(name, self.secrets()?.tls()?), bind).await
            }
        }
    }

    /// The same for every transport.
    async fn run<R: Runtime, B: Bind + 'static>(
        &self,
        builder: NodeBuilder<B, SmolStr>,
        bind: SocketAddr,
    ) -> Result<Node, String> {
        let mut options = Options::lan();
        // QUIC encrypts everything itself: who asks for encryption nevertheless gets both.
        options.always_encrypt =
            self.choice.encrypt.is_some() && self.choice.transport == TransportKind::Quic;
        let mut builder = builder.bind(bind).label(&self.choice.label).options(options);
        if let Some(algorithm) = self.choice.compress {
            builder = builder.compression(Compression::new(algorithm).with_threshold(COMPRESSED_FROM));
        }
        if self.choice.encrypt.is_some() {
            // Each node has a keyring of its own, as processes have.
            let keyring = Keyring::new().map_err(|error| error.to_string())?;
            builder = builder.keyring(keyring.with_key(self.secrets()?.key()));
        }
        // On its runtime, which need not be the one of the screen.
        let (started, start) = oneshot::channel();
        R::spawn_detach(async move {
            let node = builder.start().map_ok(|node| Arc::new(node) as Node).await;
            // Whoever asked is gone only if the program ends.
            let _ = started.send(node);
        });
        let node = start.await.map_err(|_gone| "its runtime has ended".to_owned())?;
        node.map_err(|error| error.to_string())
    }

    fn secrets(&self) -> Result<&Secrets, String> {
        self.secrets.as_ref().ok_or_else(|| "it has no certificate and no key".to_owned())
    }
}

/// What the nodes run on, in a clause: "over QUIC on smol, compressed with lz4".
impl fmt::Display for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Choice { transport, runtime, encrypt, compress, .. } = &self.choice;
        let transport = match (transport, encrypt) {
            (TransportKind::Tcp, _) => "TCP and UDP",
            (TransportKind::Tls, Some(_)) => "TLS and UDP",
            (TransportKind::Tls, None) => "TLS alone",
            (TransportKind::Quic, _) => "QUIC",
        };
        let runtime = match runtime {
            RuntimeKind::Tokio => "tokio",
            RuntimeKind::Smol => "smol",
            RuntimeKind::AsyncStd => "async-std",
        };
        write!(f, "over {transport} on {runtime}")?;
        if let (Some(_), Some(secrets)) = (encrypt, &self.secrets) {
            // TLS encrypts its streams itself.
            let what =
                if self.choice.transport == TransportKind::Tls { "packets" } else { "packets and streams" };
            write!(f, ", {what} encrypted with {}", secrets.key().algorithm())?;
        } else if self.choice.transport == TransportKind::Tcp {
            f.write_str(", in clear")?;
        }
        match compress {
            Some(algorithm) => write!(f, ", compressed with {algorithm}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
