use crate::canonical::canonical;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// The port that is used where a text names none: 7946.
pub const DEFAULT_PORT: u16 = 7946;

/// An address to bind: an IP address and a port (0: any free one), never a host name.
///
/// From text: `10.0.0.1:7946`, `10.0.0.1` (port 7946), `[::]:7946`, `[::1]`, `::1`.
///
/// ```
/// use memberlist_sockets::BindAddress;
///
/// let address: BindAddress = "[::1]".parse()?;
/// assert_eq!(address.socket_addr(), "[::1]:7946".parse().unwrap());
/// assert!("localhost:7946".parse::<BindAddress>().is_err());
/// # Ok::<(), memberlist_sockets::InvalidBindAddress>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct BindAddress(SocketAddr);

impl BindAddress {
    /// The address and port to bind.
    #[must_use]
    pub const fn socket_addr(self) -> SocketAddr {
        self.0
    }

    /// The same IP address with this port.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.0.set_port(port);
        self
    }
}

impl From<SocketAddr> for BindAddress {
    fn from(address: SocketAddr) -> Self {
        Self(canonical(address))
    }
}

impl From<IpAddr> for BindAddress {
    /// With the default port, 7946.
    fn from(ip: IpAddr) -> Self {
        Self::from((ip, DEFAULT_PORT))
    }
}

impl From<(IpAddr, u16)> for BindAddress {
    fn from(address: (IpAddr, u16)) -> Self {
        Self::from(SocketAddr::from(address))
    }
}

impl FromStr for BindAddress {
    type Err = InvalidBindAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        if let Ok(address) = trimmed.parse::<SocketAddr>() {
            return Ok(Self::from(address));
        }
        let bare = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(trimmed);
        bare.parse::<IpAddr>().map(Self::from).map_err(|_| InvalidBindAddress { text: text.to_owned() })
    }
}

impl TryFrom<&str> for BindAddress {
    type Error = InvalidBindAddress;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for BindAddress {
    type Error = InvalidBindAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BindAddress> for String {
    fn from(address: BindAddress) -> Self {
        address.to_string()
    }
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that names no address to bind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot bind `{text}`: write an IP address of this machine with an optional port, such as 10.0.0.1:7946, 0.0.0.0 or [::]:7946; \
     host names are not looked up here"
)]
pub struct InvalidBindAddress {
    text: String,
}

impl InvalidBindAddress {
    /// The text, as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests;
