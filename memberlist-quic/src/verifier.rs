use crate::ConnectFailure;
use memberlist_tls::HandshakeFailure;
use rustls::pki_types::CertificateDer;
use std::fmt;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A say of the application's in who may be a peer, after TLS has accepted its certificates.
///
/// It is asked for each connection, in both directions, with the peer's address and its certificates, its own first (none if the
/// TLS configuration asks for none). What it refuses is closed, with its reason told to the peer, and counted
/// ([`QuicStats::peers_refused`](crate::QuicStats::peers_refused)). It must not block;
/// a panic refuses the peer.
///
/// ```
/// use memberlist_quic::{PeerVerifier, QuicOptions};
/// use std::collections::HashSet;
///
/// let revoked: HashSet<Vec<u8>> = HashSet::new();
/// let verifier = PeerVerifier::new(move |_address, certificates| match certificates.first() {
///     Some(own) if !revoked.contains(own.as_ref()) => Ok(()),
///     _ => Err("certificate revoked".to_owned()),
/// });
/// let options = QuicOptions::new().with_peer_verifier(verifier);
/// # let _ = options;
/// ```
#[derive(Clone)]
pub struct PeerVerifier(Arc<Verify>);

type Verify = dyn Fn(SocketAddr, &[CertificateDer<'static>]) -> Result<(), String> + Send + Sync;

impl PeerVerifier {
    /// Asks this closure; its error is the reason for the refusal.
    pub fn new(
        verify: impl Fn(SocketAddr, &[CertificateDer<'static>]) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(verify))
    }

    /// Whether this peer may stay; the reason if not.
    ///
    /// # Errors
    /// The closure's.
    pub fn verify(&self, peer: SocketAddr, certificates: &[CertificateDer<'static>]) -> Result<(), String> {
        (self.0)(peer, certificates)
    }
}

impl PeerVerifier {
    /// [`verify`](Self::verify), where a panic is a refusal, for which the peer can't be blamed: it must not take the accepting task,
    /// or the attempt that others wait for, with it.
    pub(crate) fn judge(
        &self,
        peer: SocketAddr,
        certificates: &[CertificateDer<'static>],
    ) -> Result<(), ConnectFailure> {
        match catch_unwind(AssertUnwindSafe(|| self.verify(peer, certificates))) {
            Ok(verdict) => verdict.map_err(ConnectFailure::RefusedPeer),
            Err(_panic) => Err(HandshakeFailure::Local("the peer verifier panicked".to_owned()).into()),
        }
    }
}

impl fmt::Debug for PeerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerVerifier")
    }
}

impl PartialEq for PeerVerifier {
    /// Whether it is the same closure.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for PeerVerifier {}
