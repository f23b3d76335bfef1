use crate::{HERE, address, bind, echo, identity, late_refusal, loopback, pair, refusal, stream, until};
use agnostic::Runtime;
use memberlist_core::{Transport, TransportError};
use memberlist_net::NetError;
use memberlist_tls::rustls::server::WebPkiClientVerifier;
use memberlist_tls::rustls::{ClientConfig, ServerConfig};
use memberlist_tls::self_signed::{Authority, Identity};
use memberlist_tls::{HandshakeFailure, ServerNames, TlsOptions, provider};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

on_every_runtime! {
    nodes_of_one_authority_talk_to_each_other;
    client_without_certificate_is_refused_and_learns_why;
    handed_in_configuration_that_asks_for_no_certificate_lets_nobody_in;
    server_of_another_authority_is_refused;
    client_of_another_authority_is_refused_and_learns_why;
    certificate_of_another_address_is_refused_unless_one_name_is_agreed_on;
    expired_certificates_are_refused_on_both_sides;
    refused_peer_learns_why_even_if_it_says_much_at_once;
}

/// The configurations of an identity, whatever its certificate is worth.
fn unchecked(identity: &Identity) -> TlsOptions {
    let (provider, roots) = (provider().unwrap(), Arc::new(identity.roots().unwrap()));
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider)).build();
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(identity.chain().to_vec(), identity.key())
        .unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(identity.chain().to_vec(), identity.key())
        .unwrap();
    TlsOptions::new(Arc::new(server), Arc::new(client))
}

fn anonymous(identity: &Identity) -> TlsOptions {
    TlsOptions::server_authentication_only(
        identity.chain().to_vec(),
        identity.key(),
        identity.roots().unwrap(),
    )
    .unwrap()
}

async fn nodes_of_one_authority_talk_to_each_other<R: Runtime>() {
    let authority = Authority::new().unwrap();
    let a = bind::<R>(loopback(), &identity(&authority).tls_options().unwrap()).await;
    let b = bind::<R>(loopback(), &identity(&authority).tls_options().unwrap()).await;
    echo(&a, &b, b"there").await;
    echo(&b, &a, b"back").await;
    let (opened, accepted) = stream(&a, &b).await;
    assert!(opened.peer_certificates().is_some_and(|shown| shown.len() == 1));
    assert!(accepted.peer_certificates().is_some_and(|shown| shown.len() == 1));
    assert_ne!(opened.peer_certificates(), accepted.peer_certificates());
    let stats = b.stats();
    assert_eq!((stats.streams_accepted, stats.streams_opened), (2, 1));
    assert_eq!((stats.handshakes_failed_in, stats.handshakes_failed_out), (0, 0));
}

async fn client_without_certificate_is_refused_and_learns_why<R: Runtime>() {
    let node = identity(&Authority::new().unwrap());
    let guarded = bind::<R>(loopback(), &node.tls_options().unwrap()).await;
    let stranger = bind::<R>(loopback(), &anonymous(&node)).await;
    assert!(guarded.capabilities().secure_streams && !stranger.capabilities().secure_streams);
    assert_eq!(late_refusal(&stranger, address(&guarded)).await, HandshakeFailure::OwnCertificateRequired);
    until::<R>(|| guarded.stats().handshakes_failed_in == 1).await;
    assert_eq!(stranger.stats().handshakes_failed_out, 1);
    assert_eq!(guarded.stats().streams_accepted, 0);
    // The other way round nothing is asked for.
    echo(&guarded, &stranger, b"welcome").await;
}

/// What counts as secure is so, also where a user's configuration forgets it.
async fn handed_in_configuration_that_asks_for_no_certificate_lets_nobody_in<R: Runtime>() {
    let open = anonymous(&identity(&Authority::new().unwrap()));
    let forgetful = bind::<R>(loopback(), &TlsOptions::new(open.server.clone(), open.client.clone())).await;
    assert!(forgetful.capabilities().secure_streams);
    let stranger = bind::<R>(loopback(), &open).await;
    assert!(stranger.capabilities().anonymous_streams && !stranger.capabilities().secure_streams);
    assert!(!forgetful.capabilities().anonymous_streams);
    let mut said = crate::within::<R, _>(stranger.open_stream(&address(&forgetful))).await.unwrap();
    let mut nothing = [0; 8];
    let read = futures_util::io::AsyncReadExt::read(&mut said, &mut nothing);
    assert!(crate::within::<R, _>(read).await.is_err());
    until::<R>(|| forgetful.stats().handshakes_failed_in == 1).await;
    assert_eq!(forgetful.stats().streams_accepted, 0);
}

async fn server_of_another_authority_is_refused<R: Runtime>() {
    let (a, _) = pair::<R>().await;
    let (other, _) = pair::<R>().await;
    let target = address(&other);
    let error = crate::within::<R, _>(a.open_stream(&target)).await.err().unwrap();
    assert!(matches!(&error, NetError::Tls { failure: HandshakeFailure::UnknownAuthority, .. }), "{error}");
    // Whose roots are wrong is not known: no evidence against the peer.
    assert!(!error.is_remote() && !error.is_closed());
    assert!(error.to_string().contains(&target.to_string()), "{error}");
    assert_eq!((a.stats().handshakes_failed_out, a.stats().streams_opened), (1, 0));
    until::<R>(|| other.stats().handshakes_failed_in == 1).await;
}

async fn client_of_another_authority_is_refused_and_learns_why<R: Runtime>() {
    let ours = identity(&Authority::new().unwrap());
    let guarded = bind::<R>(loopback(), &ours.tls_options().unwrap()).await;
    let foreign = identity(&Authority::new().unwrap());
    let intruder =
        TlsOptions::mutual(foreign.chain().to_vec(), foreign.key(), ours.roots().unwrap()).unwrap();
    let intruder = bind::<R>(loopback(), &intruder).await;
    assert_eq!(late_refusal(&intruder, address(&guarded)).await, HandshakeFailure::OwnAuthorityUnknown);
    until::<R>(|| guarded.stats().handshakes_failed_in == 1).await;
    assert_eq!(guarded.stats().streams_accepted, 0);
}

async fn certificate_of_another_address_is_refused_unless_one_name_is_agreed_on<R: Runtime>() {
    let authority = Authority::new().unwrap();
    let elsewhere = authority.identity("cluster.internal", &[[10, 1, 2, 3].into()]).unwrap();
    let by_address = elsewhere.tls_options().unwrap();
    let by_name = by_address.clone().with_server_name(ServerNames::fixed("cluster.internal").unwrap());
    let (a, b) = (bind::<R>(loopback(), &by_address).await, bind::<R>(loopback(), &by_name).await);
    match refusal(&a, address(&b)).await {
        HandshakeFailure::WrongName { expected, .. } => assert_eq!(expected, HERE.to_string()),
        other => panic!("{other}"),
    }
    echo(&b, &a, b"by name").await;
}

async fn expired_certificates_are_refused_on_both_sides<R: Runtime>() {
    let authority = Authority::new().unwrap();
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    let old = authority.identity_valid("node", &[HERE], now - 2 * hour, now - hour).unwrap();
    let old = bind::<R>(loopback(), &unchecked(&old)).await;
    let fresh = bind::<R>(loopback(), &identity(&authority).tls_options().unwrap()).await;
    assert_eq!(refusal(&fresh, address(&old)).await, HandshakeFailure::Expired);
    assert_eq!(late_refusal(&old, address(&fresh)).await, HandshakeFailure::OwnCertificateExpired);
    until::<R>(|| old.stats().handshakes_failed_in == 1 && fresh.stats().handshakes_failed_in == 1).await;
}

/// A large request is on its way when the refusal comes; it must not bury it.
async fn refused_peer_learns_why_even_if_it_says_much_at_once<R: Runtime>() {
    use futures_util::io::{AsyncReadExt, AsyncWriteExt};
    let node = identity(&Authority::new().unwrap());
    let guarded = bind::<R>(loopback(), &node.tls_options().unwrap()).await;
    let stranger = bind::<R>(loopback(), &anonymous(&node)).await;
    let mut stream = crate::within::<R, _>(stranger.open_stream(&address(&guarded))).await.unwrap();
    let much = vec![1; 64 << 10];
    let said = async {
        stream.write_all(&much).await?;
        stream.flush().await?;
        stream.read(&mut [0; 8]).await
    };
    let error = crate::within::<R, _>(said).await.unwrap_err();
    assert_eq!(crate::failure_in(&error), HandshakeFailure::OwnCertificateRequired);
}
