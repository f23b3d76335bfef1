use crate::{
    HandshakeFailure, ServerNames, TlsError, certificates_from_file, key_from_file, own_certificate,
    provider, roots_from_file,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{ClientConfig, Error, RootCertStore, ServerConfig};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// How a node speaks TLS: its configuration towards those who dial it, the one for dialling others, and which name others must bear.
///
/// [`mutual`](Self::mutual) is what production wants. Configurations of one's own ([`new`](Self::new)) bring what rustls can do
/// beyond that: certificates that are exchanged while running (a resolver), revocation lists, hardware keys, another provider, TLS 1.2.
///
/// Clones share the configurations. Early data is off unless a handed-in configuration switches it on.
#[derive(Clone)]
#[non_exhaustive]
pub struct TlsOptions {
    /// For connections that others open.
    pub server: Arc<ServerConfig>,
    /// For connections to others.
    pub client: Arc<ClientConfig>,
    /// Which name the certificates of others must bear. Default: [`ServerNames::Address`].
    pub server_name: ServerNames,
    /// Whether those who dial may come without a certificate. If not, transports turn them away even where the server configuration
    /// would let them in, so that what arrives on a stream is known to come from a holder of a certificate. Default: false.
    pub anonymous_clients: bool,
}

impl TlsOptions {
    /// Configurations of one's own.
    ///
    /// How peers are verified is up to them. A server configuration that asks for no certificate lets nobody in, unless
    /// [`with_anonymous_clients`](Self::with_anonymous_clients) says that this is meant.
    #[must_use]
    pub fn new(server: Arc<ServerConfig>, client: Arc<ClientConfig>) -> Self {
        Self { server, client, server_name: ServerNames::default(), anonymous_clients: false }
    }

    /// Mutual authentication: shows this certificate (the node's own first, then intermediate ones) to everybody, as server and as
    /// client, and talks to those alone whose certificate is signed by one of these authorities. TLS 1.3 only.
    ///
    /// ```
    /// # #[cfg(feature = "self-signed")] fn main() -> Result<(), memberlist_tls::TlsError> {
    /// use memberlist_tls::{TlsOptions, rustls::RootCertStore, self_signed::Authority};
    ///
    /// let authority = Authority::new()?;
    /// let node = authority.identity("node-1", &[[127, 0, 0, 1].into()])?;
    /// let mut roots = RootCertStore::empty();
    /// roots.add(authority.certificate().clone()).unwrap();
    /// let tls = TlsOptions::mutual(node.chain().to_vec(), node.key(), roots)?;
    /// # let _ = tls; Ok(()) }
    /// # #[cfg(not(feature = "self-signed"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// Whatever would make this node refuse everybody, or be refused by everybody: no authority, a key of another certificate, an own
    /// certificate that has expired or is not for servers and clients. And a key that the provider does not know.
    pub fn mutual(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        roots: RootCertStore,
    ) -> Result<Self, TlsError> {
        let (provider, roots) = (provider()?, filled(roots)?);
        let own = Own::new(chain, key, &roots, &provider, true)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
            .build()
            .map_err(|error| TlsError::Configuration(Error::General(error.to_string())))?;
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Configuration)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(own.chain.clone(), own.key.clone_key())
            .map_err(refused_key)?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Configuration)?
            .with_root_certificates(roots)
            .with_client_auth_cert(own.chain, own.key)
            .map_err(refused_key)?;
        Ok(Self::new(Arc::new(server), Arc::new(client)))
    }

    /// [`mutual`](Self::mutual) from PEM files: the node's certificate (followed by intermediate ones), its private key, and the
    /// certificates of the authorities to trust.
    ///
    /// # Errors
    /// As there, and for a file that can't be read or has nothing of the kind.
    pub fn mutual_from_files(
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
        roots: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        Self::mutual(certificates_from_file(chain)?, key_from_file(key)?, roots_from_file(roots)?)
    }

    /// Authenticates those that are dialled, and not those who dial: **anybody who reaches the port can open streams**. For clusters
    /// whose members are told apart otherwise (a keyring, which also encrypts what is inside), and as a step towards
    /// [`mutual`](Self::mutual). TLS 1.3 only.
    ///
    /// # Errors
    /// As for [`mutual`](Self::mutual), but the certificate need not be for clients.
    pub fn server_authentication_only(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        roots: RootCertStore,
    ) -> Result<Self, TlsError> {
        let (provider, roots) = (provider()?, filled(roots)?);
        let own = Own::new(chain, key, &roots, &provider, false)?;
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Configuration)?
            .with_no_client_auth()
            .with_single_cert(own.chain, own.key)
            .map_err(refused_key)?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Configuration)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self::new(Arc::new(server), Arc::new(client)).with_anonymous_clients(true))
    }

    /// Asks for these names.
    #[must_use]
    pub fn with_server_name(mut self, names: ServerNames) -> Self {
        self.server_name = names;
        self
    }

    /// Lets those in who dial without a certificate (or does not). **Anybody who reaches the port can open streams then**, and streams
    /// no longer count as secure.
    #[must_use]
    pub fn with_anonymous_clients(mut self, anonymous_clients: bool) -> Self {
        self.anonymous_clients = anonymous_clients;
        self
    }

    /// For transports: whether somebody who dialled and showed these certificates may stay.
    ///
    /// # Errors
    /// If a certificate is required and there is none.
    pub fn admit_client(&self, shown: Option<&[CertificateDer<'_>]>) -> Result<(), HandshakeFailure> {
        if self.anonymous_clients || shown.is_some_and(|shown| !shown.is_empty()) {
            return Ok(());
        }
        Err(HandshakeFailure::NoCertificate)
    }
}

/// Of the configurations nothing is shown: they hold keys.
impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions")
            .field("server_name", &self.server_name)
            .field("anonymous_clients", &self.anonymous_clients)
            .finish_non_exhaustive()
    }
}

/// Our own certificate and key, which fit.
struct Own {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Own {
    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        roots: &Arc<RootCertStore>,
        provider: &Arc<CryptoProvider>,
        as_client: bool,
    ) -> Result<Self, TlsError> {
        own_certificate::check(&chain, roots, provider, as_client)?;
        let signing =
            provider.key_provider.load_private_key(key.clone_key()).map_err(TlsError::UnusableKey)?;
        match CertifiedKey::new(chain.clone(), signing).keys_match() {
            // Unknown: a key that can't tell its public half, such as one in hardware.
            Ok(()) | Err(Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(error) => return Err(refused_key(error)),
        }
        Ok(Self { chain, key })
    }
}

fn filled(roots: RootCertStore) -> Result<Arc<RootCertStore>, TlsError> {
    if roots.is_empty() { Err(TlsError::NoRoots) } else { Ok(Arc::new(roots)) }
}

fn refused_key(error: Error) -> TlsError {
    match error {
        Error::InconsistentKeys(_) => TlsError::KeyMismatch,
        error => TlsError::Configuration(error),
    }
}
