use crate::{InvalidHost, NamedHost};
use nodecraft::{CheapClone, HostAddr};
use smol_str::{SmolStr, ToSmolStr};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// An address to join at, as a user writes it: `10.0.0.1:7946`, `db.example`, `[::1]:7946`, or a [`SocketAddr`].
///
/// Made from text at once and without an error, so that a list of addresses from a file can be joined as it is: a text that names no host
/// is an error when it is resolved, and stands in the join's report beside the others. To find out at once, parse it with [`FromStr`].
///
/// ```
/// use memberlist_sockets::SeedAddress;
///
/// let seed = SeedAddress::from("db.example:7946");
/// assert_eq!(seed.to_string(), "db.example:7946");
/// assert!(seed.host().is_ok());
/// assert!(SeedAddress::from("db.example:").host().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeedAddress {
    text: SmolStr,
}

impl SeedAddress {
    /// The host that is named.
    ///
    /// # Errors
    /// The text names none.
    pub fn host(&self) -> Result<NamedHost, InvalidHost> {
        self.text.parse()
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl CheapClone for SeedAddress {}

impl fmt::Display for SeedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for SeedAddress {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let seed = Self::from(text);
        seed.host()?;
        Ok(seed)
    }
}

impl From<&str> for SeedAddress {
    fn from(text: &str) -> Self {
        Self { text: text.trim().into() }
    }
}

impl From<String> for SeedAddress {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for SeedAddress {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<SocketAddr> for SeedAddress {
    fn from(address: SocketAddr) -> Self {
        Self { text: address.to_smolstr() }
    }
}

impl From<&SocketAddr> for SeedAddress {
    fn from(address: &SocketAddr) -> Self {
        Self::from(*address)
    }
}

impl From<IpAddr> for SeedAddress {
    /// With the resolver's default port.
    fn from(ip: IpAddr) -> Self {
        Self { text: ip.to_smolstr() }
    }
}

impl From<HostAddr> for SeedAddress {
    fn from(address: HostAddr) -> Self {
        let text = match (address.ip(), address.port()) {
            (Some(ip), Some(port)) => SocketAddr::new(*ip, port).to_smolstr(),
            (Some(ip), None) => ip.to_smolstr(),
            (None, _) => address.to_smolstr(),
        };
        Self { text }
    }
}

#[cfg(test)]
mod tests;
