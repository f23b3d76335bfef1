use std::net::{IpAddr, SocketAddr, SocketAddrV6};

/// The one form of an address that this crate hands out, so that two addresses are the same place exactly if they are equal:
/// an IPv4-mapped IPv6 address is the IPv4 address, the flow label is zero, and a scope stays only where it means something
/// (unicast link-local).
#[must_use]
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(v6) => match v6.ip().to_canonical() {
            IpAddr::V4(ip) => SocketAddr::from((ip, v6.port())),
            IpAddr::V6(ip) => {
                let scope = if ip.is_unicast_link_local() { v6.scope_id() } else { 0 };
                SocketAddr::V6(SocketAddrV6::new(ip, v6.port(), 0, scope))
            }
        },
    }
}

#[cfg(test)]
mod tests;
