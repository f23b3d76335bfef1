use super::{HostResolver, ResolveError};
use crate::SeedAddress;
use agnostic::tokio::TokioRuntime;
use memberlist_core::ResolveAll;
use nodecraft::resolver::AddressResolver;
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::net::SocketAddr;

async fn resolve_all(text: &str) -> Result<Vec<SocketAddr>, ResolveError> {
    HostResolver::<TokioRuntime>::default().resolve_all(&SeedAddress::from(text)).await
}

/// 9.3 TestMemberList_ResolveAddr
#[tokio::test]
async fn ip_addresses_resolve_to_themselves_with_the_default_port_if_they_have_none() {
    for (text, expected) in [
        ("127.0.0.1", "127.0.0.1:7946"),
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("::1", "[::1]:7946"),
        ("[::1]:80", "[::1]:80"),
        ("foo/10.0.0.1", "10.0.0.1:7946"),
        ("[::ffff:10.0.0.1]:80", "10.0.0.1:80"),
        ("[fe80::1%3]:80", "[fe80::1%3]:80"),
    ] {
        assert_eq!(resolve_all(text).await.unwrap(), [expected.parse().unwrap()], "{text}");
    }
}

/// 9.3 TestMemberList_ResolveAddr; complaint 12: names of the hosts file, without a dot, are looked up like any other.
#[tokio::test]
async fn localhost_resolves_to_distinct_loopback_addresses() {
    for (text, port) in [("localhost", 7946), ("localhost:80", 80), ("foo/localhost:80", 80)] {
        let found = resolve_all(text).await.unwrap();
        assert!(!found.is_empty());
        for (index, address) in found.iter().enumerate() {
            assert!(address.ip().is_loopback(), "{address}");
            assert_eq!(address.port(), port);
            assert!(!found[..index].contains(address), "{found:?}");
        }
        let one = HostResolver::<TokioRuntime>::default().resolve(&SeedAddress::from(text)).await.unwrap();
        assert_eq!(one, found[0]);
    }
}

#[tokio::test]
async fn unknown_host_is_an_error_that_names_it() {
    let error = resolve_all("no-such-host.invalid:80").await.unwrap_err();
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
}

/// 9.3 TestMemberList_ResolveAddr
#[tokio::test]
async fn text_that_names_no_host_is_an_error_without_a_look_up() {
    for text in ["", ":80", "/localhost", "localhost:http", "localhost:65536"] {
        assert!(matches!(resolve_all(text).await, Err(ResolveError::InvalidHost(_))), "{text}");
    }
}

#[tokio::test]
async fn socket_address_resolver_gives_the_one_address() {
    let address: SocketAddr = "10.0.0.1:80".parse().unwrap();
    let resolver = SocketAddrResolver::<TokioRuntime>::default();
    assert_eq!(resolver.resolve_all(&address).await.unwrap(), [address]);
}
