use rustls::{AlertDescription as Alert, CertificateError as Invalid, Error, InvalidMessage};

/// Why a handshake failed, and so what to look at. Of rustls's many errors those are told apart that a user can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeFailure {
    /// The peer's certificate is signed by none of our authorities.
    #[error("the peer's certificate is signed by no authority that this node trusts")]
    UnknownAuthority,
    /// The peer's certificate does not bear the name that it should.
    #[error(
        "the peer's certificate does not name `{expected}` but {presented:?}: reissue it, or ask for one name with \
         `ServerNames::Fixed`"
    )]
    WrongName {
        /// What was asked for.
        expected: String,
        /// What it bears.
        presented: Vec<String>,
    },
    /// The peer's certificate has expired (or our clock is wrong).
    #[error("the peer's certificate has expired, or this machine's clock is wrong")]
    Expired,
    /// The peer's certificate is not valid yet (or our clock is wrong).
    #[error("the peer's certificate is not valid yet, or this machine's clock is wrong")]
    NotYetValid,
    /// The peer's certificate has been revoked.
    #[error("the peer's certificate has been revoked")]
    Revoked,
    /// The peer's certificate is not for what the peer is here, server or client.
    #[error(
        "the peer's certificate is not for its role: its extended key usage must have `serverAuth` and `clientAuth`"
    )]
    WrongPurpose,
    /// The peer's certificate is unacceptable for another reason.
    #[error("the peer's certificate is unacceptable: {0}")]
    InvalidCertificate(String),
    /// The peer showed no certificate.
    #[error("the peer showed no certificate, and this node requires one")]
    NoCertificate,
    /// The peer requires a certificate of us, and we showed none.
    #[error("the peer requires a certificate, and this node showed none: configure mutual authentication")]
    OwnCertificateRequired,
    /// The peer does not know the authority that signed our certificate.
    #[error("the peer does not trust the authority of this node's certificate")]
    OwnAuthorityUnknown,
    /// The peer finds our certificate expired.
    #[error("the peer finds this node's certificate expired: issue a new one (or check the clocks)")]
    OwnCertificateExpired,
    /// The peer refuses our certificate for another reason, which it named by this alert.
    #[error("the peer refuses this node's certificate ({0:?})")]
    OwnCertificateRefused(Alert),
    /// What the peer says is not TLS.
    #[error("the peer does not speak TLS: this node is configured for it, the peer is not")]
    NotTls,
    /// The connection ended before the peer had answered with a single byte. So behaves a peer that does not speak TLS, and one that has as
    /// many connections as it lets in (of one address, or in all).
    #[error(
        "the peer closed the connection before the handshake: perhaps it has too many connections, or does not speak TLS"
    )]
    Unanswered,
    /// The connection ended in the middle of the handshake; nothing was said about why.
    #[error("the peer ended the connection during the handshake, and did not say why")]
    Ended,
    /// Both have no protocol version, cipher suite or the like in common.
    #[error("the peer's TLS is incompatible with this node's: {0}")]
    Incompatible(String),
    /// The peer breaks the protocol's rules, or somebody changes what it says.
    #[error("the peer breaks the rules of TLS: {0}")]
    Misbehaved(String),
    /// The peer gave up for a reason of its own, which it named by this alert.
    #[error("the peer gave up ({0:?})")]
    GaveUp(Alert),
    /// Something of our own, such as no random numbers, or a configuration that can't work.
    #[error("this node's own TLS failed: {0}")]
    Local(String),
}

impl HandshakeFailure {
    /// Whether the failure lies with the peer and cannot be owed to our own configuration or clock. All doubtful cases (an unknown
    /// authority, a wrong name, an expired certificate, a peer without TLS) are not: a node that is wrongly configured must not take
    /// all others for ill.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Revoked | Self::Misbehaved(_) | Self::GaveUp(_))
    }

    /// What an alert that the peer sent says.
    #[must_use]
    pub fn from_alert(alert: Alert) -> Self {
        match alert {
            Alert::CertificateRequired | Alert::NoCertificate => Self::OwnCertificateRequired,
            Alert::UnknownCA => Self::OwnAuthorityUnknown,
            Alert::CertificateExpired => Self::OwnCertificateExpired,
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::DecryptError
            | Alert::AccessDenied => Self::OwnCertificateRefused(alert),
            Alert::HandshakeFailure
            | Alert::ProtocolVersion
            | Alert::InsufficientSecurity
            | Alert::MissingExtension
            | Alert::UnsupportedExtension
            | Alert::UnrecognisedName
            | Alert::NoApplicationProtocol => {
                Self::Incompatible(format!("it refused the handshake ({alert:?})"))
            }
            // It understood nothing of what we said: a peer that breaks the rules, or takes us for one.
            _ => Self::GaveUp(alert),
        }
    }
}

impl From<&Error> for HandshakeFailure {
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(invalid) => from_certificate(invalid),
            Error::NoCertificatesPresented => Self::NoCertificate,
            Error::AlertReceived(alert) => Self::from_alert(*alert),
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge,
            ) => Self::NotTls,
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
                Self::Incompatible(error.to_string())
            }
            Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::InvalidMessage(_)
            | Error::DecryptError
            | Error::PeerMisbehaved(_)
            | Error::PeerSentOversizedRecord => Self::Misbehaved(error.to_string()),
            _ => Self::Local(error.to_string()),
        }
    }
}

fn from_certificate(invalid: &Invalid) -> HandshakeFailure {
    use HandshakeFailure as Failure;
    match invalid {
        Invalid::UnknownIssuer => Failure::UnknownAuthority,
        Invalid::NotValidForNameContext { expected, presented } => {
            Failure::WrongName { expected: expected.to_str().into_owned(), presented: presented.clone() }
        }
        Invalid::NotValidForName => {
            Failure::WrongName { expected: "the name asked for".to_owned(), presented: Vec::new() }
        }
        Invalid::Expired | Invalid::ExpiredContext { .. } => Failure::Expired,
        Invalid::NotValidYet | Invalid::NotValidYetContext { .. } => Failure::NotYetValid,
        Invalid::Revoked => Failure::Revoked,
        Invalid::InvalidPurpose | Invalid::InvalidPurposeContext { .. } => Failure::WrongPurpose,
        other => Failure::InvalidCertificate(other.to_string()),
    }
}
