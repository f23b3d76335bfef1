//! Who may be a peer, and how it is told apart from a peer that is ill.

use crate::{Quic, address, bind, bind_with, deliver, identity, loopback, tls, until, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{Transport, TransportError};
use memberlist_quic::{ConnectFailure, HandshakeFailure, PeerVerifier, QuicError, ServerNames, TlsOptions};
use memberlist_tls::rustls;
use memberlist_tls::self_signed::Authority;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Why a stream to this peer cannot be had.
async fn failure(from: &Quic, to: &Quic) -> ConnectFailure {
    match within(from.open_stream(&address(to))).await {
        Err(QuicError::Connect { failure, .. }) => failure,
        other => panic!("{other:?}"),
    }
}

/// What the caller finds wrong is known at once; it is no evidence against the peer, because it may be our own configuration.
#[tokio::test]
async fn peer_of_an_unknown_authority_is_not_trusted() {
    let other = Authority::new().unwrap();
    let foreign = other.identity("node", &[[127, 0, 0, 1].into()]).unwrap().tls_options().unwrap();
    let (a, b) = (bind(loopback()).await, bind_with(loopback(), foreign).await);
    let failure = failure(&a, &b).await;
    assert_eq!(failure, ConnectFailure::Handshake(HandshakeFailure::UnknownAuthority));
    assert!(!failure.is_remote());
    assert_eq!(a.stats().handshakes_untrusted, 1);
    until(|| b.stats().handshakes_untrusted == 1).await;
    assert_eq!((a.stats().outbound, b.stats().inbound), (0, 0));
    // A packet to it says so too, instead of trying again each time.
    let error = a.send_packet(&address(&b), "x".into()).await.unwrap_err();
    assert!(matches!(&error, QuicError::Connect { failure: ConnectFailure::Handshake(_), .. }), "{error}");
    assert!(!error.is_remote());
}

#[tokio::test]
async fn peer_with_another_name_is_not_trusted() {
    let wrong = identity(&["127.0.0.9"]).tls_options().unwrap();
    let (a, b) = (bind(loopback()).await, bind_with(loopback(), wrong).await);
    let failure = failure(&a, &b).await;
    assert!(
        matches!(&failure, ConnectFailure::Handshake(HandshakeFailure::InvalidCertificate(text)) if text.contains("127.0.0.1")),
        "{failure}"
    );
    // It may call, for its certificate is good; what is sent to it does not go over that connection.
    deliver(&b, &a, b"hello").await;
    assert!(a.send_packet(&address(&b), "x".into()).await.is_err());
    assert_eq!((a.stats().inbound, a.stats().outbound), (1, 0));
}

/// All nodes under one name, wherever they are.
#[tokio::test]
async fn fixed_name_stands_for_all_addresses() {
    let named = || {
        let tls = crate::authority().identity("cluster.internal", &[]).unwrap().tls_options().unwrap();
        tls.with_server_name(ServerNames::fixed("cluster.internal").unwrap())
    };
    let (a, b) = (bind_with(loopback(), named()).await, bind_with(loopback(), named()).await);
    deliver(&a, &b, b"there").await;
    deliver(&b, &a, b"back").await;
    // The callers' certificates bear the name as well, so one connection serves both.
    assert_eq!((a.stats().outbound, a.stats().inbound), (1, 0));
}

/// Without a certificate where one is required: to the caller the handshake looks complete, and the refusal comes after it.
#[tokio::test]
async fn caller_without_a_certificate_is_refused() {
    let identity = identity(&["127.0.0.1"]);
    let mutual = identity.tls_options().unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(identity.roots().unwrap())
        .with_no_client_auth();
    let anonymous = TlsOptions::new(Arc::clone(&mutual.server), Arc::new(client));
    let (a, b) = (bind_with(loopback(), anonymous).await, bind(loopback()).await);
    a.send_packet(&address(&b), "x".into()).await.unwrap();
    until(|| a.stats().handshakes_untrusted == 1 && b.stats().handshakes_untrusted == 1).await;
    let error = a.send_packet(&address(&b), "x".into()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            QuicError::Connect {
                failure: ConnectFailure::Handshake(HandshakeFailure::OwnCertificateRequired),
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.is_remote());
    assert_eq!(b.stats().packets_received, 0);
    // The next attempt, after a while, meets the same.
    let refused = async {
        while a.stats().handshakes_untrusted < 2 {
            if let Ok(mut stream) = a.open_stream(&address(&b)).await {
                let _ = stream.write_all(b"x").await;
                let mut byte = [0];
                assert!(stream.read_exact(&mut byte).await.is_err());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within(refused).await;
}

/// A server configuration that asks callers for no certificate lets nobody in, unless that is meant; then nothing counts as secure.
#[tokio::test]
async fn callers_without_certificates_are_let_in_only_if_that_is_meant() {
    let identity = identity(&["127.0.0.1"]);
    let tls = || {
        let roots = identity.roots().unwrap();
        TlsOptions::server_authentication_only(identity.chain().to_vec(), identity.key(), roots).unwrap()
    };
    let a = bind_with(loopback(), tls()).await;
    let strict = bind_with(loopback(), tls().with_anonymous_clients(false)).await;
    a.send_packet(&address(&strict), "x".into()).await.unwrap();
    until(|| strict.stats().handshakes_untrusted == 1 && a.stats().outbound == 0).await;
    let error = a.send_packet(&address(&strict), "x".into()).await.unwrap_err();
    assert!(
        matches!(&error, QuicError::Connect { failure: ConnectFailure::RefusedByPeer(_), .. }),
        "{error}"
    );
    assert!(strict.capabilities().secure_packets && strict.capabilities().secure_streams);
    assert_eq!(strict.stats().packets_received, 0);

    let open = bind_with(loopback(), tls()).await;
    deliver(&a, &open, b"anybody").await;
    assert!(!open.capabilities().secure_packets && !open.capabilities().secure_streams);
    assert!(open.capabilities().anonymous_streams && !strict.capabilities().anonymous_streams);
    // What is sent to somebody who has shown nothing does not go over the connection that it opened, but where it has to show something.
    deliver(&open, &a, b"back").await;
    assert_eq!((open.stats().inbound, open.stats().outbound), (1, 1));
}

/// Other software on the same authority is no peer.
#[tokio::test]
async fn peer_of_another_protocol_is_refused() {
    let options = loopback();
    let mut other = tls(&options);
    let mut server = rustls::ServerConfig::clone(&other.server);
    server.alpn_protocols = vec![b"h3".to_vec()];
    other.server = Arc::new(server);
    let (a, b) = (bind(loopback()).await, bind_with(options, other).await);
    let failure = failure(&a, &b).await;
    assert!(matches!(&failure, ConnectFailure::Handshake(HandshakeFailure::Incompatible(_))), "{failure}");
    assert!(!failure.is_remote());
}

#[tokio::test]
async fn certificates_of_the_peer_are_known_on_both_sides() {
    let (of_a, of_b) = (identity(&["127.0.0.1"]), identity(&["127.0.0.1"]));
    let a = bind_with(loopback(), of_a.tls_options().unwrap()).await;
    let b = bind_with(loopback(), of_b.tls_options().unwrap()).await;
    assert_eq!(a.peer_certificates(&address(&b)), None);
    deliver(&a, &b, b"x").await;
    assert_eq!(a.peer_certificates(&address(&b)).unwrap(), of_b.chain());
    assert_eq!(b.peer_certificates(&address(&a)).unwrap(), of_a.chain());
    within(b.shutdown()).await;
    until(|| a.peer_certificates(&address(&b)).is_none()).await;
}

fn refusing(text: &'static str) -> PeerVerifier {
    PeerVerifier::new(move |_, _| Err(text.to_owned()))
}

/// Who calls is told why it is refused, and that it is no illness of the one who refuses.
#[tokio::test]
async fn verifier_refuses_who_calls() {
    let (a, b) = (bind(loopback()).await, bind(loopback().with_peer_verifier(refusing("not today"))).await);
    a.send_packet(&address(&b), "x".into()).await.unwrap();
    until(|| b.stats().peers_refused == 1 && a.stats().outbound == 0).await;
    let error = a.send_packet(&address(&b), "x".into()).await.unwrap_err();
    assert!(
        matches!(&error, QuicError::Connect { failure: ConnectFailure::RefusedByPeer(reason), .. } if reason == "not today"),
        "{error}"
    );
    assert!(!error.is_remote());
    assert_eq!((b.stats().packets_received, b.stats().inbound), (0, 0));
}

#[tokio::test]
async fn verifier_refuses_who_is_called() {
    let (a, b) = (bind(loopback().with_peer_verifier(refusing("not you"))).await, bind(loopback()).await);
    let failure = failure(&a, &b).await;
    assert_eq!(failure, ConnectFailure::RefusedPeer("not you".to_owned()));
    assert!(failure.is_remote());
    assert_eq!((a.stats().peers_refused, a.stats().outbound), (1, 0));
    until(|| b.stats().inbound == 0).await;
}

/// The verifier is shown the address and the certificates, in both directions.
#[tokio::test]
async fn verifier_sees_address_and_certificates() {
    let (of_a, of_b) = (identity(&["127.0.0.1"]), identity(&["127.0.0.1"]));
    let expected = of_a.chain().to_vec();
    let (seen, sees) = std::sync::mpsc::channel();
    let verifier = PeerVerifier::new(move |address, certificates| {
        seen.send((address, certificates.to_vec())).unwrap();
        Ok(())
    });
    let a = bind_with(loopback(), of_a.tls_options().unwrap()).await;
    let b = bind_with(loopback().with_peer_verifier(verifier), of_b.tls_options().unwrap()).await;
    deliver(&a, &b, b"x").await;
    assert_eq!(sees.recv().unwrap(), (address(&a), expected.clone()));
    within(a.shutdown()).await;
    let c = bind_with(loopback(), of_a.tls_options().unwrap()).await;
    deliver(&b, &c, b"x").await;
    assert_eq!(sees.recv().unwrap(), (address(&c), expected));
}

/// A verifier that panics lets nobody in, and everybody in again when it does not any more: nothing has stopped with it.
#[tokio::test]
async fn verifier_that_panics_refuses_and_ends_nothing() {
    let broken = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&broken);
    let verifier = PeerVerifier::new(move |_, _| {
        assert!(!asked.load(Ordering::Relaxed), "a defect of the application's");
        Ok(())
    });
    let (a, b, c) =
        (bind(loopback()).await, bind(loopback().with_peer_verifier(verifier)).await, bind(loopback()).await);
    let failure = failure(&b, &c).await;
    assert!(matches!(&failure, ConnectFailure::Handshake(HandshakeFailure::Local(_))), "{failure}");
    assert!(!failure.is_remote(), "the peer can't be blamed");
    a.send_packet(&address(&b), "x".into()).await.unwrap();
    until(|| b.stats().peers_refused == 2).await;
    broken.store(false, Ordering::Relaxed);
    deliver(&c, &b, b"c").await;
    deliver(&b, &c, b"b").await;
}
