//! Configurations, and what comes of them when two nodes shake hands in memory.

#![cfg(all(feature = "self-signed", any(feature = "ring", feature = "aws-lc-rs")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use memberlist_tls::rustls::{
    ClientConnection, Connection, Error, ProtocolVersion, RootCertStore, ServerConnection,
};
use memberlist_tls::self_signed::{Authority, Identity};
use memberlist_tls::{HandshakeFailure, ServerNames, TlsError, TlsOptions};
use memberlist_tls::{certificates_from_file, certificates_from_pem, key_from_pem, roots_from_pem};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const HOUR: Duration = Duration::from_secs(3600);

/// Shakes hands; what the dialler and the dialled found out.
fn shake_hands(client: &TlsOptions, server: &TlsOptions) -> (Result<(), Error>, Result<(), Error>) {
    let name = client.server_name.name_for(HERE);
    let mut client = Connection::from(ClientConnection::new(Arc::clone(&client.client), name).unwrap());
    let mut server = Connection::from(ServerConnection::new(Arc::clone(&server.server)).unwrap());
    let (mut dialler, mut dialled) = (Ok(()), Ok(()));
    for _ in 0..10 {
        pass(&mut client, &mut server, &mut dialled);
        pass(&mut server, &mut client, &mut dialler);
    }
    assert!(dialler.is_err() || !client.is_handshaking());
    assert!(dialled.is_err() || dialler.is_err() || !server.is_handshaking());
    if dialler.is_ok() {
        assert_eq!(client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    }
    (dialler, dialled)
}

fn pass(from: &mut Connection, to: &mut Connection, outcome: &mut Result<(), Error>) {
    let mut wire = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut wire).unwrap();
    }
    let mut wire = wire.as_slice();
    while !wire.is_empty() && outcome.is_ok() {
        to.read_tls(&mut wire).unwrap();
        *outcome = to.process_new_packets().map(|_| ());
    }
}

fn why(outcome: Result<(), Error>) -> HandshakeFailure {
    HandshakeFailure::from(&outcome.expect_err("must fail"))
}

fn node(authority: &Authority) -> Identity {
    authority.identity("node-1", &[HERE]).unwrap()
}

#[test]
fn identities_of_one_authority_accept_each_other() {
    let authority = Authority::new().unwrap();
    let (a, b) = (node(&authority).tls_options().unwrap(), node(&authority).tls_options().unwrap());
    for (from, to) in [(&a, &b), (&b, &a), (&a, &a)] {
        assert_eq!(shake_hands(from, to), (Ok(()), Ok(())));
    }
}

#[test]
fn authority_is_shared_between_processes_by_its_pem() {
    let authority = Authority::new().unwrap();
    let same = Authority::from_pem(&authority.certificate_pem(), &authority.key_pem()).unwrap();
    let (a, b) = (node(&authority).tls_options().unwrap(), node(&same).tls_options().unwrap());
    assert_eq!(shake_hands(&a, &b), (Ok(()), Ok(())));

    let other = Authority::new().unwrap();
    let mixed = Authority::from_pem(&authority.certificate_pem(), &other.key_pem());
    assert!(matches!(mixed, Err(TlsError::SelfSigned(_))), "{mixed:?}");
}

#[test]
fn identity_is_used_by_its_pem_files() {
    let identity = node(&Authority::new().unwrap());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let chain = file("node.pem", identity.certificate_pem());
    let key = file("node.key", identity.key_pem());
    let roots = file("authority.pem", identity.authority_pem());
    let tls = TlsOptions::mutual_from_files(&chain, &key, &roots).unwrap();
    assert_eq!(shake_hands(&tls, &tls), (Ok(()), Ok(())));

    // The mistakes that people make with three files.
    let swapped = TlsOptions::mutual_from_files(&key, &chain, &roots).unwrap_err();
    assert!(
        matches!(&swapped, TlsError::NoCertificate { origin } if origin.ends_with("node.key")),
        "{swapped}"
    );
    let no_key = TlsOptions::mutual_from_files(&chain, &roots, &roots).unwrap_err();
    assert!(matches!(&no_key, TlsError::NoKey { origin } if origin.ends_with("authority.pem")), "{no_key}");
    let missing = TlsOptions::mutual_from_files(&chain, folder.join("none.key"), &roots).unwrap_err();
    assert!(matches!(&missing, TlsError::Read { path, .. } if path.ends_with("none.key")), "{missing}");
    let foreign = file("foreign.key", node(&Authority::new().unwrap()).key_pem());
    let mismatch = TlsOptions::mutual_from_files(&chain, foreign, &roots).unwrap_err();
    assert!(matches!(mismatch, TlsError::KeyMismatch), "{mismatch}");
    assert_eq!(certificates_from_file(chain).unwrap(), identity.chain());
}

#[test]
fn bad_pem_is_refused_and_nothing_of_it_is_quoted() {
    let pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0!!\n-----END PRIVATE KEY-----\n";
    for broken in [pem, &pem[..40], "-----BEGIN c2VjcmV0\nc2VjcmV0\n"] {
        let error = key_from_pem(broken.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("c2VjcmV0"), "{error}");
    }
    assert!(matches!(key_from_pem(pem.as_bytes()), Err(TlsError::InvalidPem { .. })));
    assert!(matches!(certificates_from_pem(b""), Err(TlsError::NoCertificate { .. })));
    let nonsense = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(roots_from_pem(nonsense), Err(TlsError::InvalidRoot(_))));
}

#[test]
fn configuration_that_no_peer_would_accept_is_refused_at_once() {
    let authority = Authority::new().unwrap();
    let identity = node(&authority);
    let mutual =
        |identity: &Identity, roots| TlsOptions::mutual(identity.chain().to_vec(), identity.key(), roots);
    let roots = || identity.roots().unwrap();

    assert!(matches!(mutual(&identity, RootCertStore::empty()), Err(TlsError::NoRoots)));
    let none = TlsOptions::mutual(Vec::new(), identity.key(), roots());
    assert!(matches!(none, Err(TlsError::NoCertificate { .. })), "{none:?}");

    let now = SystemTime::now();
    let old = authority.identity_valid("node-1", &[HERE], now - 2 * HOUR, now - HOUR).unwrap();
    assert!(matches!(mutual(&old, roots()), Err(TlsError::Expired)));
    let early = authority.identity_valid("node-1", &[HERE], now + HOUR, now + 2 * HOUR).unwrap();
    assert!(matches!(mutual(&early, roots()), Err(TlsError::NotYetValid)));
    // An authority of another kind is not refused: others may trust more than we do.
    let other = node(&Authority::new().unwrap());
    mutual(&other, roots()).unwrap();

    for name in ["", "node 1", "-"] {
        let refused = authority.identity(name, &[]);
        assert!(matches!(refused, Err(TlsError::InvalidName(_))), "{name}: {refused:?}");
        assert!(matches!(ServerNames::fixed(name), Err(TlsError::InvalidName(_))), "{name}");
    }
}

#[test]
fn who_is_signed_by_another_authority_is_refused_by_both_sides() {
    let authority = Authority::new().unwrap();
    let ours = node(&authority).tls_options().unwrap();
    let stranger = node(&Authority::new().unwrap()).tls_options().unwrap();
    let (dialler, dialled) = shake_hands(&ours, &stranger);
    assert_eq!(why(dialler), HandshakeFailure::UnknownAuthority);
    assert_eq!(why(dialled), HandshakeFailure::OwnAuthorityUnknown);

    // One that trusts us, but that we do not trust, gets in nowhere either.
    let stranger = node(&Authority::new().unwrap());
    let intruder =
        TlsOptions::mutual(stranger.chain().to_vec(), stranger.key(), node(&authority).roots().unwrap())
            .unwrap();
    let (dialler, dialled) = shake_hands(&intruder, &ours);
    assert_eq!(why(dialled), HandshakeFailure::UnknownAuthority);
    assert_eq!(why(dialler), HandshakeFailure::OwnAuthorityUnknown);
}

#[test]
fn client_without_certificate_is_told_that_one_is_required() {
    let identity = node(&Authority::new().unwrap());
    let mutual = identity.tls_options().unwrap();
    let anonymous = TlsOptions::server_authentication_only(
        identity.chain().to_vec(),
        identity.key(),
        identity.roots().unwrap(),
    )
    .unwrap();
    let (dialler, dialled) = shake_hands(&anonymous, &mutual);
    assert_eq!(why(dialled), HandshakeFailure::NoCertificate);
    assert_eq!(why(dialler), HandshakeFailure::OwnCertificateRequired);
    assert_eq!(shake_hands(&anonymous, &anonymous), (Ok(()), Ok(())));
}

#[test]
fn certificate_must_bear_the_name_that_is_asked_for() {
    let authority = Authority::new().unwrap();
    let elsewhere =
        authority.identity("cluster.internal", &[[10, 0, 0, 1].into()]).unwrap().tls_options().unwrap();
    let (dialler, _) = shake_hands(&elsewhere, &elsewhere);
    match why(dialler) {
        HandshakeFailure::WrongName { expected, presented } => {
            assert_eq!(expected, "127.0.0.1");
            assert!(presented.iter().any(|name| name.contains("cluster.internal")), "{presented:?}");
        }
        other => panic!("{other}"),
    }
    let fixed = elsewhere.clone().with_server_name(ServerNames::fixed("cluster.internal").unwrap());
    assert_eq!(shake_hands(&fixed, &elsewhere), (Ok(()), Ok(())));
    let wrong = elsewhere.clone().with_server_name(ServerNames::fixed("other.internal").unwrap());
    assert!(matches!(why(shake_hands(&wrong, &elsewhere).0), HandshakeFailure::WrongName { .. }));
    // An IPv4 address in IPv6 clothes is the IPv4 address.
    let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
    assert_eq!(ServerNames::Address.name_for(mapped), ServerNames::Address.name_for(HERE));
}

#[test]
fn nothing_doubtful_counts_against_a_peer() {
    use HandshakeFailure as Failure;
    for doubtful in [
        Failure::UnknownAuthority,
        Failure::WrongName { expected: String::new(), presented: Vec::new() },
        Failure::Expired,
        Failure::NotYetValid,
        Failure::OwnCertificateRequired,
        Failure::OwnCertificateExpired,
        Failure::NotTls,
        Failure::Ended,
        Failure::Local(String::new()),
    ] {
        assert!(!doubtful.is_remote(), "{doubtful}");
    }
    assert!(Failure::Revoked.is_remote());
    assert!(Failure::from(&Error::DecryptError).is_remote());
}

#[test]
fn secrets_never_appear_in_debug_output() {
    let authority = Authority::new().unwrap();
    let identity = node(&authority);
    let secret = identity.key_pem();
    let body: Vec<&str> = secret.lines().filter(|line| !line.starts_with("-----")).collect();
    let shown =
        format!("{authority:?} {identity:?} {:?} {:?}", identity.tls_options().unwrap(), identity.key());
    assert!(body.iter().all(|line| !shown.contains(line)), "{shown}");
    assert!(shown.len() < 500, "{shown}");
}
