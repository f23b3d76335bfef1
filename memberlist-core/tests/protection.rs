//! What is told at the start of a node that is not, or not yet, protected. In a process of its own: it listens to all that is logged.
#![allow(clippy::unwrap_used)]

use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use memberlist_core::{
    AddressOf, Builder, Capabilities, Options, Packet, Transport,
    memory::{MemoryNetwork, MemoryTransport},
    types::{EncryptionAlgorithm, EncryptionPolicy, Framing, Keyring, SecretKey},
};
use smol_str::SmolStr;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

type Net = MemoryTransport<TokioRuntime>;

/// The in-memory transport as if it were TLS beside UDP, or QUIC.
struct Secure(Net, Capabilities);

impl Transport for Secure {
    type Runtime = TokioRuntime;
    type Resolver = <Net as Transport>::Resolver;
    type Stream = <Net as Transport>::Stream;
    type Error = <Net as Transport>::Error;

    fn resolver(&self) -> &Self::Resolver {
        self.0.resolver()
    }

    fn advertise_address(&self) -> &AddressOf<Self> {
        self.0.advertise_address()
    }

    fn capabilities(&self) -> Capabilities {
        self.1
    }

    async fn send_packet(&self, to: &SocketAddr, packet: Bytes) -> Result<(), Self::Error> {
        self.0.send_packet(to, packet).await
    }

    async fn recv_packet(&self) -> Result<Packet<SocketAddr>, Self::Error> {
        self.0.recv_packet().await
    }

    async fn open_stream(&self, to: &SocketAddr) -> Result<Self::Stream, Self::Error> {
        self.0.open_stream(to).await
    }

    async fn accept_stream(&self) -> Result<(SocketAddr, Self::Stream), Self::Error> {
        self.0.accept_stream().await
    }

    async fn shutdown(&self) {
        self.0.shutdown().await;
    }
}

/// What was logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ring(first: u8) -> Keyring {
    let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[first; 16]).unwrap();
    Keyring::new().unwrap().with_key(&key)
}

/// Starts a node and lets it live for an hour of quiet; gives what it said.
async fn said_by(
    log: &Log,
    secure_packets: bool,
    secure_streams: bool,
    always: bool,
    keyring: Option<Keyring>,
) -> Vec<String> {
    let mut capabilities = Capabilities::default();
    (capabilities.secure_packets, capabilities.secure_streams) = (secure_packets, secure_streams);
    said_over(log, capabilities, always, keyring).await
}

/// TLS that asks for no certificate.
fn anonymous() -> Capabilities {
    let mut capabilities = Capabilities::default();
    capabilities.anonymous_streams = true;
    capabilities
}

async fn said_over(
    log: &Log,
    capabilities: Capabilities,
    always: bool,
    keyring: Option<Keyring>,
) -> Vec<String> {
    let network = MemoryNetwork::new(1);
    let transport = Secure(network.bind("10.0.0.1:7946".parse().unwrap()).unwrap(), capabilities);
    let options =
        Options::lan().with_framing(Framing::new().with_keyring(keyring)).with_always_encrypt(always);
    let node = Builder::new(SmolStr::new("a"), transport).with_options(options).start().await.unwrap();
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    node.shutdown().await;
    log.take()
}

/// W-41, W-43: whoever thinks to be protected and is not learns it at once, once, and with what to do; nobody else is bothered.
#[tokio::test(start_paused = true)]
async fn missing_protection_is_told_at_the_start_and_only_then() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let policy = |policy| Some(ring(1).with_policy(policy));
    let empty = || Some(Keyring::new().unwrap());
    use EncryptionPolicy::{Accept, Prefer, Require};
    let udp_beside_tls = "packets leave and are accepted in clear";
    // Whether packets and streams are secure, the keyring, and what is said.
    let cases = [
        (false, true, None, Some(("WARN", udp_beside_tls))),
        (false, true, empty(), Some(("WARN", udp_beside_tls))),
        (false, true, policy(Accept), Some(("WARN", udp_beside_tls))),
        (false, true, policy(Prefer), Some(("INFO", "not yet required"))),
        (false, true, policy(Require), None),
        (true, false, None, Some(("WARN", "streams are opened and accepted in clear"))),
        (true, false, policy(Require), None),
        (true, true, None, None),
        (true, true, empty(), None),
        (false, false, None, None),
        (false, false, empty(), Some(("WARN", "the keyring has no keys"))),
        (false, false, policy(Accept), Some(("WARN", "to accept encryption, not to use it"))),
        (false, false, policy(Prefer), Some(("INFO", "not yet required"))),
        (false, false, policy(Require), None),
    ];
    for (n, (packets, streams, keyring, expected)) in cases.into_iter().enumerate() {
        let said = said_by(&log, packets, streams, false, keyring).await;
        match expected {
            None => assert_eq!(said, Vec::<String>::new(), "case {n}"),
            Some((level, words)) => {
                assert_eq!(said.len(), 1, "case {n}: {said:?}");
                assert!(said[0].contains(level) && said[0].contains(words), "case {n}: {said:?}");
            }
        }
    }

    // TLS that lets everybody in is not secure, and hides that well.
    for (keyring, words) in [
        (None, "without a certificate"),
        (policy(Accept), "without a certificate"),
        (policy(Prefer), "not yet required"),
    ] {
        let said = said_over(&log, anonymous(), false, keyring).await;
        assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    }
    assert_eq!(said_over(&log, anonymous(), false, policy(Require)).await, Vec::<String>::new());

    // Whoever asks for more than the transport gives, and has nothing to give it with, is told, and not less than before.
    for (packets, expected) in [(true, 1), (false, 2)] {
        let said = said_by(&log, packets, true, true, None).await;
        assert_eq!(said.len(), expected, "{said:?}");
        assert!(said[0].contains("WARN") && said[0].contains("`always_encrypt` has no effect"), "{said:?}");
        assert!(said.iter().skip(1).all(|line| line.contains(udp_beside_tls)), "{said:?}");
    }
    assert_eq!(said_by(&log, true, true, true, policy(Require)).await, Vec::<String>::new());

    // A stranger's packets make one line a minute, however many there are.
    let network = MemoryNetwork::new(1);
    let transport: Net = network.bind("10.0.0.1:7946".parse().unwrap()).unwrap();
    let options = Options::lan().with_framing(Framing::new().with_keyring(Some(ring(1))));
    let node = Builder::new(SmolStr::new("a"), transport).with_options(options).start().await.unwrap();
    for _ in 0..600 {
        network.inject(
            "10.0.0.9:7946".parse().unwrap(),
            "10.0.0.1:7946".parse().unwrap(),
            vec![0xd1, 0, 0, 0],
        );
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let said = log.take();
    assert!((3..=4).contains(&said.len()), "{said:?}");
    assert!(
        said.iter().all(|line| ["WARN", "reason=\"unencrypted\"", "set its `always_encrypt`"]
            .iter()
            .all(|words| line.contains(words))),
        "{said:?}"
    );
    assert_eq!(node.stats().decode_rejected("unencrypted"), 600);
}
