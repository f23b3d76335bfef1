use rustls::Error as Rustls;
use std::io;
use std::path::PathBuf;

/// Why a TLS configuration could not be made. It is our own configuration each time, and the text says what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// No crypto provider is compiled in, and the application has installed none.
    #[error(
        "no crypto provider: switch on the feature `ring` or `aws-lc-rs`, install one as the process's default, or hand in \
         configurations"
    )]
    NoProvider,
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A text is not PEM.
    #[error("{origin} is not valid PEM: {reason}")]
    InvalidPem {
        /// The file, or what the text is for.
        origin: String,
        /// Where it goes wrong.
        reason: String,
    },
    /// No certificate where one was expected.
    #[error("no certificate in {origin}: a section `BEGIN CERTIFICATE` is expected")]
    NoCertificate {
        /// The file, or what is missing.
        origin: String,
    },
    /// No private key where one was expected.
    #[error(
        "no private key in {origin}: a section `BEGIN PRIVATE KEY` (or `RSA PRIVATE KEY`, `EC PRIVATE KEY`) is expected, not encrypted"
    )]
    NoKey {
        /// The file, or what is missing.
        origin: String,
    },
    /// The list of trusted authorities is empty: nobody could be let in.
    #[error("no trusted authority: add at least one certificate to the roots")]
    NoRoots,
    /// A certificate among the trusted authorities is none that can be trusted.
    #[error("a certificate among the trusted authorities is unusable: {0}")]
    InvalidRoot(Rustls),
    /// The private key belongs to another certificate.
    #[error(
        "certificate and private key do not belong together: check that both files are of the same node, and that the node's \
         certificate is the first in its file"
    )]
    KeyMismatch,
    /// The private key is of a kind that the crypto provider does not know.
    #[error("the private key is unusable: {0}")]
    UnusableKey(Rustls),
    /// Our own certificate has expired: every peer would refuse it.
    #[error("the node's own certificate has expired: issue a new one (or set this machine's clock)")]
    Expired,
    /// Our own certificate is not valid yet: every peer would refuse it.
    #[error("the node's own certificate is not valid yet: set this machine's clock, or issue a new one")]
    NotYetValid,
    /// Our own certificate may not be used for this: every peer would refuse it.
    #[error(
        "the node's own certificate is not for {role}s: a node is server and client at once, so its extended key usage must have both \
         `serverAuth` and `clientAuth`"
    )]
    WrongPurpose {
        /// `server` or `client`.
        role: &'static str,
    },
    /// A text is no name that a certificate could bear.
    #[error("`{0}` is neither a DNS name nor an IP address")]
    InvalidName(String),
    /// rustls refuses the configuration for another reason.
    #[error("TLS configuration: {0}")]
    Configuration(Rustls),
    /// A development certificate could not be made.
    #[error("cannot make a development certificate: {0}")]
    SelfSigned(String),
}
