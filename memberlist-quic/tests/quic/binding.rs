use crate::{Quic, address, at, bind, deliver, identity, loopback, within};
use memberlist_core::Transport;
use memberlist_quic::{QuicError, QuicOptions, TlsOptions};
use memberlist_tls::rustls;
use nodecraft::resolver::socket_addr::SocketAddrResolver;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

async fn failure(options: QuicOptions) -> QuicError {
    let tls = identity(&["127.0.0.1"]).tls_options().unwrap();
    Quic::bind(SocketAddrResolver::default(), options, tls).await.unwrap_err()
}

/// W-55
#[tokio::test]
async fn free_port_is_the_same_for_all_sockets() {
    let net =
        bind(QuicOptions::new().with_binds([at("127.0.0.1:0"), at("127.0.0.2:0"), at("[::1]:0")])).await;
    let port = address(&net).port();
    assert_ne!(port, 0);
    assert_eq!(net.local_addresses().len(), 3);
    for local in net.local_addresses() {
        assert_eq!(local.port(), port);
        assert!(UdpSocket::bind(local).is_err(), "UDP {local} is taken");
    }
}

/// 5.2; complaint 14
#[tokio::test]
async fn wildcard_never_advertises_an_unspecified_address() {
    for wildcard in ["0.0.0.0:0", "[::]:0"] {
        let tls = identity(&["127.0.0.1"]).tls_options().unwrap();
        let options = QuicOptions::new().with_bind(at(wildcard));
        match Quic::bind(SocketAddrResolver::default(), options, tls).await {
            Ok(net) => {
                assert!(!address(&net).ip().is_unspecified() && !address(&net).ip().is_loopback());
                assert_ne!(address(&net).port(), 0);
            }
            // A machine without a network.
            Err(error) => assert!(matches!(error, QuicError::NoAdvertiseAddress { .. }), "{error}"),
        }
    }
}

/// Packets of a node that is bound to a wildcard come from the address that was called, both ways.
#[tokio::test]
async fn wildcard_answers_from_the_address_that_was_called() {
    let tls = identity(&["127.85.0.1"]).tls_options().unwrap();
    let options = QuicOptions::new().with_bind(at("0.0.0.0:0")).with_advertise(at("127.85.0.1:0"));
    let net = crate::bind_with(options, tls).await;
    let peer = bind(loopback()).await;
    crate::deliver(&peer, &net, b"there").await;
    assert_eq!(crate::deliver(&net, &peer, b"back").await.from, address(&net));
}

#[tokio::test]
async fn taken_port_is_an_error_that_names_the_address() {
    let udp = UdpSocket::bind("127.85.0.2:0").unwrap();
    let taken = udp.local_addr().unwrap();
    let error = failure(QuicOptions::new().with_bind(taken)).await;
    assert!(matches!(&error, QuicError::Bind { address, .. } if *address == taken), "{error}");
    drop(udp);
    let net = bind(QuicOptions::new().with_bind(taken)).await;
    assert_eq!(*net.advertise_address(), taken);
}

#[tokio::test]
async fn foreign_address_and_bad_options_are_errors() {
    let error = failure(QuicOptions::new().with_bind(at("192.0.2.1:0"))).await;
    assert!(matches!(error, QuicError::Bind { .. }), "{error}");
    assert!(matches!(failure(loopback().with_peer_queue(0)).await, QuicError::InvalidOption { .. }));
    let error = failure(loopback().with_advertise(at("0.0.0.0:7946"))).await;
    assert!(matches!(error, QuicError::UnspecifiedAdvertise(_)), "{error}");
}

/// A configuration that QUIC can't work with is refused when binding, not when the first peer comes.
#[tokio::test]
async fn configuration_without_the_suite_that_quic_needs_is_refused() {
    let good = identity(&["127.0.0.1"]).tls_options().unwrap();
    let mut provider = rustls::crypto::ring::default_provider();
    provider
        .cipher_suites
        .retain(|suite| suite.suite() == rustls::CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
    let client = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let tls = TlsOptions::new(Arc::clone(&good.server), Arc::new(client));
    let error = Quic::bind(SocketAddrResolver::default(), loopback(), tls).await.unwrap_err();
    assert!(matches!(&error, QuicError::InvalidTls { side: "client", .. }), "{error}");
}

/// Limits and times that are meant as none.
#[tokio::test]
async fn largest_options_work() {
    let none = Duration::MAX;
    let options = loopback()
        .with_max_handshakes(usize::MAX)
        .with_max_inbound(usize::MAX)
        .with_max_per_ip(usize::MAX)
        .with_max_outbound(usize::MAX)
        .with_max_streams(u16::MAX)
        .with_max_packet_streams(u16::MAX)
        .with_max_pending(usize::MAX)
        .with_peer_queue(usize::MAX)
        .with_handshake_timeout(none)
        .with_packet_timeout(none)
        .with_close_timeout(none);
    let (a, b) = (bind(options.clone()).await, bind(options).await);
    deliver(&a, &b, &[1; 20_000]).await;
    deliver(&b, &a, b"back").await;
    within(a.shutdown()).await;
    within(b.shutdown()).await;
}
