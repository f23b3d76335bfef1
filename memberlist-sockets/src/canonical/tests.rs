use super::canonical;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Q1: the four-byte and the mapped form of one IPv4 address are one address.
#[test]
fn mapped_ipv4_is_ipv4() {
    assert_eq!(canonical(at("[::ffff:10.1.2.3]:7946")), at("10.1.2.3:7946"));
    assert_eq!(canonical(at("10.1.2.3:7946")), at("10.1.2.3:7946"));
}

/// Q1
#[test]
fn ipv6_keeps_nothing_but_ip_and_port() {
    let noisy = SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 77, 3));
    assert_eq!(canonical(noisy), at("[::1]:1"));
    // `::1` and `::10.1.2.3` (compatible, not mapped) stay IPv6.
    assert_eq!(canonical(at("[::10.1.2.3]:1")), at("[::10.1.2.3]:1"));
}

#[test]
fn link_local_keeps_its_scope() {
    let ip: Ipv6Addr = "fe80::1".parse().unwrap();
    let scoped = SocketAddr::V6(SocketAddrV6::new(ip, 1, 5, 3));
    assert_eq!(canonical(scoped), SocketAddr::V6(SocketAddrV6::new(ip, 1, 0, 3)));
}
