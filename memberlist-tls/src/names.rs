use crate::TlsError;
use rustls::pki_types::ServerName;
use std::net::IpAddr;

/// Which name the certificate of a node must bear when it is dialled.
///
/// ```
/// use memberlist_tls::ServerNames;
///
/// let names = ServerNames::fixed("cluster.internal")?;
/// assert_eq!(names.name_for([10, 0, 0, 1].into()).to_str(), "cluster.internal");
/// assert_eq!(ServerNames::Address.name_for([10, 0, 0, 1].into()).to_str(), "10.0.0.1");
/// # Ok::<(), memberlist_tls::TlsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerNames {
    /// The IP address that was dialled.
    #[default]
    Address,
    /// This name, whatever was dialled: all certificates of the cluster bear it.
    Fixed(ServerName<'static>),
}

impl ServerNames {
    /// One DNS name (or IP address) for all nodes.
    ///
    /// # Errors
    /// If the text is neither.
    pub fn fixed(name: &str) -> Result<Self, TlsError> {
        ServerName::try_from(name.to_owned())
            .map(Self::Fixed)
            .map_err(|_invalid| TlsError::InvalidName(name.to_owned()))
    }

    /// The name that the certificate of a node dialled at this address must bear.
    #[must_use]
    pub fn name_for(&self, dialled: IpAddr) -> ServerName<'static> {
        match self {
            Self::Address => ServerName::from(dialled.to_canonical()),
            Self::Fixed(name) => name.clone(),
        }
    }
}
