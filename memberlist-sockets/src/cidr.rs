use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// The networks that may take part: packets and streams from elsewhere are refused, nothing is sent elsewhere, and no member
/// with an address elsewhere is admitted.
///
/// An empty policy allows nothing at all; to allow everything, set no policy
/// (the transport's option `allowed` is `None`). IPv4 and IPv6 networks are listed separately;
/// an IPv4-mapped IPv6 address counts as the IPv4 address.
///
/// ```
/// use memberlist_sockets::CidrPolicy;
///
/// let policy = CidrPolicy::parse(["10.0.0.0/8", "fd00::/8"])?;
/// assert!(policy.allows("10.1.2.3".parse().unwrap()));
/// assert!(!policy.allows("192.0.2.1".parse().unwrap()));
/// # Ok::<(), memberlist_sockets::InvalidCidrs>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct CidrPolicy {
    networks: Vec<IpNet>,
}

impl CidrPolicy {
    /// These networks, and no others.
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { networks: networks.into_iter().collect() }
    }

    /// These networks, from text such as `10.0.0.0/8` or `fd00::/8`; a bare address is the network of that one address; blanks
    /// around a network are ignored.
    ///
    /// # Errors
    /// Names every text that is not a network.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidCidrs> {
        let mut networks = Vec::new();
        let mut invalid = Vec::new();
        for text in texts {
            let trimmed = text.trim();
            match trimmed.parse::<IpNet>().or_else(|_| trimmed.parse::<IpAddr>().map(IpNet::from)) {
                Ok(network) => networks.push(network),
                Err(_) => invalid.push(text.to_owned()),
            }
        }
        if invalid.is_empty() { Ok(Self { networks }) } else { Err(InvalidCidrs { invalid }) }
    }

    /// Whether this address lies in one of the networks.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.networks.iter().any(|network| covers(network, ip))
    }

    /// The networks.
    #[must_use]
    pub fn networks(&self) -> &[IpNet] {
        &self.networks
    }
}

/// A network that is written as IPv4-mapped IPv6 is meant as the IPv4 network, as addresses are.
fn covers(network: &IpNet, ip: IpAddr) -> bool {
    match (network, ip) {
        (IpNet::V6(network), IpAddr::V4(ip)) => {
            let mapped = network.prefix_len() >= 96 && network.addr().to_ipv4_mapped().is_some();
            mapped && network.contains(&ip.to_ipv6_mapped())
        }
        _ => network.contains(&ip),
    }
}

/// Texts that are not networks. Nothing was configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCidrs {
    invalid: Vec<String>,
}

impl InvalidCidrs {
    /// The texts, as they were given.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.invalid
    }
}

impl fmt::Display for InvalidCidrs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a network in CIDR notation (such as 10.0.0.0/8): {}", self.invalid.join(", "))
    }
}

impl std::error::Error for InvalidCidrs {}

#[cfg(test)]
mod tests;
