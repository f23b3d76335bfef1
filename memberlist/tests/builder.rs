//! The way in: what a user gives to the builder, and what it says to nonsense.

#![cfg(all(feature = "tokio", feature = "tcp"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use memberlist::prelude::*;
use memberlist::tokio::builder;

#[tokio::test]
async fn node_starts_with_text_and_socket_addresses_alike() {
    let text = builder("text").bind("127.0.0.1:0").options(Options::local()).start().await.unwrap();
    let typed: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    let typed: TcpMemberlist = builder("typed").bind(typed).options(Options::local()).start().await.unwrap();
    assert!(text.advertise_address().ip().is_loopback() && text.advertise_address().port() != 0);

    // And joins by text and socket address alike.
    let report = typed.join(text.advertise_address()).await.unwrap();
    assert_eq!(report.reached(), 1);
    let report = typed.join(text.advertise_address().to_string().as_str()).await.unwrap();
    assert_eq!(report.reached(), 1);
    assert_eq!(typed.num_members(), 2);
    // The other side answers first, and then merges what it was told.
    let merged = async {
        while text.num_members() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), merged).await.unwrap();
    text.shutdown().await;
    typed.shutdown().await;
}

#[tokio::test]
async fn first_thing_that_cannot_be_is_the_error() {
    let error = builder("x").bind("localhost:0").label(&"l".repeat(256)).start().await.unwrap_err();
    assert!(matches!(&error, StartError::Bind(bad) if bad.text() == "localhost:0"), "{error}");
    let error = builder("x").bind("127.0.0.1:0").label(&"l".repeat(256)).start().await.unwrap_err();
    assert!(matches!(error, StartError::Label(_)));
    let error = builder("x").bind("127.0.0.1:1").bind("127.0.0.1:2").start().await.unwrap_err();
    assert!(matches!(error, StartError::Net(_)));
    let error = builder("n".repeat(256)).bind("127.0.0.1:0").start().await.unwrap_err();
    assert!(matches!(error, StartError::Node(_)), "{error}");
}

/// 9.2 TestAdvertiseAddr
#[tokio::test]
async fn configured_address_is_what_the_node_advertises() {
    let advertised = "127.0.1.1:8000".parse().unwrap();
    let start = builder("x").advertise(advertised).bind("127.0.0.1:0").net_options(NetOptions::new()).start();
    let node = start.await.unwrap();
    assert_eq!(node.advertise_address(), advertised);
    assert_eq!(node.local_state().node.address, advertised);
    assert!(node.transport().local_addresses()[0].ip().is_loopback());
    node.shutdown().await;
}

/// 9.3 TestMemberlist_Join_with_Labels
#[tokio::test]
async fn label_keeps_clusters_apart() {
    let start = |name: &'static str, label: &'static str| {
        builder(name).bind("127.0.0.1:0").label(label).options(Options::local()).start()
    };
    let (blue, blue2) = (start("blue", "blue").await.unwrap(), start("blue2", "blue").await.unwrap());
    let (red, none) = (start("red", "red").await.unwrap(), start("none", "").await.unwrap());
    blue2.join(blue.advertise_address()).await.unwrap();
    for stranger in [&red, &none] {
        let error = stranger.join(blue.advertise_address()).await.unwrap_err();
        assert!(matches!(error, JoinError::NoneReached(_)), "{error}");
        assert_eq!(stranger.num_members(), 1);
    }
    assert_eq!((blue.num_members(), blue2.num_members()), (2, 2));
    for node in [blue, blue2, red, none] {
        node.shutdown().await;
    }
}

/// What the builder is told about frames replaces what stands in the options, whichever comes first.
#[cfg(all(feature = "aes-gcm", feature = "lz4"))]
#[tokio::test]
async fn frames_are_as_the_builder_is_told() {
    use memberlist::types::{ChecksumAlgorithm, Compression, CompressionAlgorithm, Framing, Label};
    let key = SecretKey::generate(EncryptionAlgorithm::Aes256Gcm).unwrap();
    let keyring = Keyring::new().unwrap().with_key(&key);
    let other = Framing::new().with_label(Label::new("other").unwrap()).with_label_stripped_upstream(true);
    let options = Options::local().with_framing(other);
    let told = |builder: TcpBuilder<_, _>| {
        let compression = Compression::new(CompressionAlgorithm::Lz4).with_threshold(100);
        builder.label("blue").checksum(None).compression(compression).keyring(keyring.clone())
    };
    for options_first in [false, true] {
        let builder = builder("x").bind("127.0.0.1:0");
        let node = if options_first {
            told(builder.options(options.clone()))
        } else {
            told(builder).options(options.clone())
        };
        let node = node.start().await.unwrap();
        let framing = &node.options().framing;
        assert_eq!(framing.label.as_str(), "blue");
        assert_eq!(framing.checksum, None);
        assert_eq!(framing.compression.unwrap().threshold, 100);
        assert_eq!(framing.keyring.as_ref().unwrap().primary(), Some(key.id()));
        assert!(framing.label_stripped_upstream, "of the rest nothing is lost");
        node.shutdown().await;
    }
    let untold = builder("y").bind("127.0.0.1:0").options(options).start().await.unwrap();
    let framing = &untold.options().framing;
    assert_eq!(framing.label.as_str(), "other");
    assert_eq!(framing.checksum, Some(ChecksumAlgorithm::Crc32));
    assert!(framing.compression.is_none() && framing.keyring.is_none());
    untold.shutdown().await;
}

/// W-43
#[cfg(feature = "chacha20-poly1305")]
#[tokio::test]
async fn nodes_of_one_key_meet_and_others_do_not() {
    let keyring = |key: &SecretKey| Keyring::new().unwrap().with_key(key);
    let key = SecretKey::generate(EncryptionAlgorithm::ChaCha20Poly1305).unwrap();
    let start = |name: &'static str, keyring: Keyring| {
        builder(name).bind("127.0.0.1:0").options(Options::local()).keyring(keyring).start()
    };
    let a = start("a", keyring(&key)).await.unwrap();
    let b = start("b", keyring(&key)).await.unwrap();
    b.join(a.advertise_address()).await.unwrap();
    assert_eq!((a.num_members(), b.num_members()), (2, 2));
    let other = SecretKey::generate(EncryptionAlgorithm::ChaCha20Poly1305).unwrap();
    let stranger = start("stranger", keyring(&other)).await.unwrap();
    let clear = builder("clear").bind("127.0.0.1:0").options(Options::local()).start().await.unwrap();
    for outsider in [&stranger, &clear] {
        assert!(outsider.join(a.advertise_address()).await.is_err());
        assert_eq!(outsider.num_members(), 1);
    }
    assert_eq!(a.num_members(), 2);
    for node in [a, b, stranger, clear] {
        node.shutdown().await;
    }
}

#[tokio::test]
async fn recorded_node_can_be_replayed() {
    use memberlist::record::{Recorder, replay};
    use std::{fs, net::SocketAddr};
    let path = std::env::temp_dir().join(format!("memberlist-{}.record", std::process::id()));
    let recorder = Recorder::new(fs::File::create(&path).unwrap());
    let recorded = builder("a").bind("127.0.0.1:0").start_recorded(recorder).await.unwrap();
    let other = builder("b").bind("127.0.0.1:0").start().await.unwrap();
    recorded.join(other.advertise_address()).await.unwrap();
    recorded.shutdown().await;
    other.shutdown().await;
    let recording = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let mut again = replay::<SmolStr, SocketAddr, _>(&recording, memberlist::NativeWire).unwrap();
    assert!(again.finish().unwrap() > 3);
    assert_eq!(again.endpoint().num_members(), 2);
}
