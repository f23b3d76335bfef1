use crate::QuicError;
use crate::node::Node;
use agnostic::Runtime;
use memberlist_sockets::canonical;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// Tells who answers at an address: a handle that can be given away before the transport is, such as to a delegate.
///
/// TLS says that a peer holds a certificate of the cluster; it does not say that it is the node as which it introduces itself. An
/// application whose certificates bear the nodes' names can bind the two in its alive delegate, so that no holder of one certificate
/// can pass for another node:
///
/// ```
/// use agnostic::Runtime;
/// use memberlist_core::{delegate::{AliveDelegate, Refusal}, types::Alive};
/// use memberlist_quic::{Peers, bears_name};
/// use std::net::SocketAddr;
///
/// /// Who answers at a node's address must hold the certificate of that name.
/// struct NamedByCertificate<R: Runtime>(Peers<R>);
///
/// impl<R: Runtime> AliveDelegate<String, SocketAddr> for NamedByCertificate<R> {
///     async fn notify_alive(&self, peer: &Alive<String, SocketAddr>) -> Result<(), Refusal> {
///         let shown = self.0.identify(&peer.node.address).await.map_err(|error| error.to_string())?;
///         match shown.first() {
///             Some(own) if bears_name(own, &peer.node.id) => Ok(()),
///             _ => Err("the certificate at this address is another node's".into()),
///         }
///     }
/// }
/// ```
pub struct Peers<R: Runtime>(pub(crate) Arc<Node<R>>);

impl<R: Runtime> Peers<R> {
    /// The certificates that a peer has presented on the connection that there is with it now, its own first; `None` without a
    /// connection, or if the peer presented none (who opens a connection presents them only if the server configuration asks for it).
    #[must_use]
    pub fn certificates(&self, peer: &SocketAddr) -> Option<Vec<CertificateDer<'static>>> {
        self.0.pool.find(canonical(*peer))?.certificates()
    }

    /// The certificates of who is at this address now, its own first: of the connection that there is, or of one that is opened for it.
    ///
    /// # Errors
    /// As for opening a stream.
    pub async fn identify(&self, peer: &SocketAddr) -> Result<Vec<CertificateDer<'static>>, QuicError> {
        let peer = canonical(*peer);
        self.0.check_open()?;
        self.0.check_destination(peer)?;
        let found = self.0.tasks.closing().or(self.0.connection(peer)).await.ok_or(QuicError::Closed)??;
        Ok(found.certificates().unwrap_or_default())
    }
}

impl<R: Runtime> Clone for Peers<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Runtime> fmt::Debug for Peers<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers").field("of", &self.0.advertise).finish_non_exhaustive()
    }
}

/// Whether a certificate bears this name (a DNS name or an IP address) among its subject alternative names. Nothing else of it is
/// looked at: that is done in the handshake.
#[must_use]
pub fn bears_name(certificate: &CertificateDer<'_>, name: &str) -> bool {
    ServerName::try_from(name).is_ok_and(|name| bears(certificate, &name))
}

pub(crate) fn bears(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    ParsedCertificate::try_from(certificate)
        .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, name).is_ok())
}
