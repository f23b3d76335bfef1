use crate::canonical::canonical;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Why there is no address to advertise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdvertiseError {
    /// Nothing is bound.
    #[error("no bind address: name at least one")]
    NoBindAddress,
    /// The configured advertise address is unspecified (`0.0.0.0`, `::`).
    #[error(
        "cannot advertise {0}: nobody can reach an unspecified address; set `advertise` to one that other nodes can reach"
    )]
    UnspecifiedAdvertise(SocketAddr),
    /// A wildcard is bound, and no address of this machine could be found to advertise.
    #[error(
        "no address to advertise: {bound} is bound, and no interface with a usable address was found; set `advertise` to the address \
         at which other nodes reach this one"
    )]
    NoAdvertiseAddress {
        /// The wildcard that is bound.
        bound: SocketAddr,
    },
}

/// Where others reach this node: what is configured, else the first bound address that is specified, else an address of this
/// machine that `source_towards` finds. Never unspecified, never port 0.
///
/// # Errors
/// If nothing is bound, the configured address is unspecified, or no address was found for a wildcard.
pub fn advertise_address(
    configured: Option<SocketAddr>,
    bound: &[SocketAddr],
    source_towards: impl Fn(IpAddr) -> io::Result<IpAddr>,
) -> Result<SocketAddr, AdvertiseError> {
    let first = *bound.first().ok_or(AdvertiseError::NoBindAddress)?;
    let address = match configured {
        Some(address) if address.ip().to_canonical().is_unspecified() => {
            return Err(AdvertiseError::UnspecifiedAdvertise(address));
        }
        Some(address) if address.port() == 0 => SocketAddr::new(address.ip(), first.port()),
        Some(address) => address,
        None if !first.ip().is_unspecified() => first,
        None => {
            let ip = bound
                .iter()
                .find_map(|address| own_address(address.ip(), &source_towards))
                .ok_or(AdvertiseError::NoAdvertiseAddress { bound: first })?;
            SocketAddr::new(ip, first.port())
        }
    };
    Ok(canonical(address))
}

/// An address of this machine that a wildcard (or the address itself) stands for: a private one if there is one.
fn own_address(bound: IpAddr, source_towards: impl Fn(IpAddr) -> io::Result<IpAddr>) -> Option<IpAddr> {
    if !bound.is_unspecified() {
        return Some(bound);
    }
    let found: Vec<IpAddr> = destinations(bound)
        .into_iter()
        .filter_map(|destination| source_towards(destination).ok())
        .map(|ip| ip.to_canonical())
        .filter(|ip| ip.is_ipv4() == bound.is_ipv4() && !ip.is_unspecified() && !ip.is_loopback())
        .collect();
    found.iter().copied().find(|ip| is_private(*ip)).or_else(|| found.first().copied())
}

/// What the routing table is asked for: an address that is reserved for documentation (it takes the default route), then one in
/// each private range (for machines whose private network is not on the default route).
fn destinations(bound: IpAddr) -> Vec<IpAddr> {
    if bound.is_ipv4() {
        vec![
            Ipv4Addr::new(192, 0, 2, 1).into(),
            Ipv4Addr::new(10, 255, 255, 254).into(),
            Ipv4Addr::new(172, 31, 255, 254).into(),
            Ipv4Addr::new(192, 168, 255, 254).into(),
        ]
    } else {
        vec![
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
            Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1).into(),
        ]
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

/// The source address that the system would choose towards this destination. Connecting a UDP socket sends nothing.
///
/// # Errors
/// What the system says, such as that there is no route.
pub fn source_towards(destination: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr =
        if destination.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((destination, 9))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests;
