use super::*;
use std::time::Duration;

fn words(choice: Choice) -> String {
    Kit::alone(choice).unwrap().to_string()
}

#[test]
fn what_the_nodes_run_on_is_said_in_a_clause() {
    assert_eq!(words(Choice::default()), "over TCP and UDP on tokio, in clear");
    let tls = Choice { transport: TransportKind::Tls, runtime: RuntimeKind::Smol, ..Choice::default() };
    assert_eq!(words(tls.clone()), "over TLS alone on smol");
    let encrypted = Choice { encrypt: Some(None), ..tls };
    assert_eq!(words(encrypted), "over TLS and UDP on smol, packets encrypted with aes-256-gcm");
    let quic = Choice {
        transport: TransportKind::Quic,
        runtime: RuntimeKind::AsyncStd,
        encrypt: Some(Some(EncryptionAlgorithm::ChaCha20Poly1305)),
        compress: Some(CompressionAlgorithm::Zstd),
        label: String::new(),
    };
    assert_eq!(
        words(quic),
        "over QUIC on async-std, packets and streams encrypted with chacha20-poly1305, compressed with zstd"
    );
}

#[tokio::test]
async fn nodes_of_every_transport_and_runtime_join() {
    for transport in TransportKind::value_variants() {
        for runtime in RuntimeKind::value_variants() {
            for encrypt in [None, Some(None)] {
                let choice = Choice {
                    transport: *transport,
                    runtime: *runtime,
                    encrypt,
                    compress: Some(CompressionAlgorithm::Lz4),
                    label: "blue".into(),
                };
                let kit = Kit::alone(choice).unwrap();
                let here = SocketAddr::from(([127, 0, 0, 1], 0));
                let a = kit.start(&"a".into(), here).await.unwrap();
                let b = kit.start(&"b".into(), here).await.unwrap();
                b.join(vec![a.address().into()], JoinOptions::default()).await.unwrap();
                assert_eq!(b.known().len(), 2, "{kit}");
                // The other side answers first, and then merges what it was told.
                let merged = async {
                    while a.known().len() < 2 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                let merged = tokio::time::timeout(Duration::from_secs(60), merged).await;
                assert!(merged.is_ok(), "{kit}");
                if let Some(keyring) = a.keyring() {
                    // The join is a stream: what stands inside TLS is not encrypted again.
                    let used = keyring.keys()[0].decrypted > 0;
                    assert_eq!(used, *transport != TransportKind::Tls, "{kit}");
                }
                b.shutdown().await;
                a.shutdown().await;
            }
        }
    }
}

#[tokio::test]
async fn a_node_that_cannot_start_says_why() {
    let kit = Kit::alone(Choice::default()).unwrap();
    let sentence = kit.start(&"a".into(), "192.0.2.1:9".parse().unwrap()).await.err().unwrap();
    assert!(sentence.starts_with("a cannot start: "), "{sentence}");
}
