//! What the memberlist transports over TLS and QUIC share: [`TlsOptions`] (the two configurations of rustls, and which name a peer's
//! certificate must bear), why a handshake fails ([`HandshakeFailure`]), and certificates for development (`self_signed`).
//!
//! # Whom mutual TLS lets in
//!
//! Every node is server and client at once. [`TlsOptions::mutual`] makes both sides show a certificate of an authority that the
//! other trusts, with TLS 1.3 alone. So whoever has no certificate of these authorities can neither open a stream to a node nor pass
//! for one, and nobody on the way reads or changes what is said.
//!
//! What it does not say is *which* node somebody is: a certificate is not bound to a node's id. Any holder of a certificate of the
//! authority may speak for any node, just as any holder of the key of a keyring may. So use an authority that signs the nodes of this
//! cluster and nothing else: with a company-wide authority, everything in the company is a member.
//!
//! # Which name a certificate bears
//!
//! Nodes are reached by socket address, and no host name is known of them. So by default the certificate must name the IP address
//! that was dialled (as a subject alternative name), which suits an authority that issues by address. Where addresses change, or
//! certificates are made before addresses are known, give all certificates of the cluster one name beside their own, and ask for that:
//! [`ServerNames::fixed`].
//!
//! ```no_run
//! use memberlist_tls::{ServerNames, TlsOptions};
//!
//! # fn main() -> Result<(), memberlist_tls::TlsError> {
//! let tls = TlsOptions::mutual_from_files("node.pem", "node.key", "authority.pem")?
//!     .with_server_name(ServerNames::fixed("cluster.internal")?);
//! # Ok(())
//! # }
//! ```
//!
//! # Crypto providers
//!
//! Where this crate builds a configuration, it takes the process's default provider if the application has installed one
//! (`rustls::crypto::CryptoProvider::install_default`), else ring (feature `ring`, on by default), else aws-lc-rs (feature
//! `aws-lc-rs`). With both features on that is ring: a feature that some other crate switches on changes nothing. With neither, and
//! none installed, configurations that are handed in ([`TlsOptions::new`]) still work.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod failure;
mod names;
mod options;
mod own_certificate;
mod pem;
mod provider;
#[cfg(all(feature = "self-signed", any(feature = "ring", feature = "aws-lc-rs")))]
#[cfg_attr(docsrs, doc(cfg(feature = "self-signed")))]
pub mod self_signed;

pub use error::TlsError;
pub use failure::HandshakeFailure;
pub use names::ServerNames;
pub use options::TlsOptions;
pub use pem::{
    certificates_from_file, certificates_from_pem, key_from_file, key_from_pem, roots_from_file,
    roots_from_pem,
};
pub use provider::provider;
pub use rustls;
