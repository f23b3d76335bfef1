//! Those who speak QUIC, but not as we do: without a certificate, or with one and ill will.

use crate::bounds::one_way;
use crate::{Quic, address, at, bind, deliver, identity, loopback, until, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::Transport;
use memberlist_quic::{CidrPolicy, QuicOptions};
use memberlist_tls::rustls;
use quinn::crypto::rustls::QuicClientConfig;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// A member by its certificate, that does as it likes.
async fn insider(to: &Quic) -> (quinn::Endpoint, quinn::Connection) {
    let tls = identity(&["127.0.0.1"]).tls_options().unwrap();
    let mut crypto = rustls::ClientConfig::clone(&tls.client);
    crypto.alpn_protocols = vec![b"memberlist/1".to_vec()];
    let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(crypto).unwrap()));
    let endpoint = quinn::Endpoint::client(at("127.0.0.1:0")).unwrap();
    let connecting = endpoint.connect_with(config, address(to), "127.0.0.1").unwrap();
    let connection = within(connecting).await.unwrap();
    (endpoint, connection)
}

/// Passes everything on, but lets no answer through that leads further than the proof of one's address: handshakes are begun by
/// somebody who does receive at its address, and never end.
async fn stalling(to: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
    let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let here = socket.local_addr().unwrap();
    let relay = tokio::spawn(async move {
        let mut ways = HashMap::new();
        let mut tasks = tokio::task::JoinSet::new();
        let mut buffer = vec![0; 2048];
        loop {
            let Ok((len, from)) = socket.recv_from(&mut buffer).await else { continue };
            let known = ways.contains_key(&from);
            if !known {
                ways.insert(from, Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap()));
            }
            let way = Arc::clone(&ways[&from]);
            way.send_to(&buffer[..len], to).await.unwrap();
            if known {
                continue;
            }
            let back = Arc::clone(&socket);
            tasks.spawn(async move {
                let mut buffer = vec![0; 2048];
                while let Ok(len) = way.recv(&mut buffer).await {
                    // Retry packets alone.
                    if buffer[0] & 0xF0 == 0xF0 {
                        back.send_to(&buffer[..len], from).await.unwrap();
                    }
                }
            });
        }
    });
    (here, relay)
}

async fn strangers(at: SocketAddr, count: usize) -> Vec<Quic> {
    let mut strangers = Vec::new();
    for _ in 0..count {
        let stranger = bind(loopback().with_handshake_timeout(Duration::from_secs(60))).await;
        stranger.send_packet(&at, "hello".into()).await.unwrap();
        strangers.push(stranger);
    }
    strangers
}

/// One host without a certificate can't keep all others out.
#[tokio::test]
async fn host_that_ends_no_handshake_leaves_places_to_others() {
    let net = bind(loopback().with_max_handshakes(8).with_handshake_timeout(Duration::from_secs(60))).await;
    let (relay, task) = stalling(address(&net)).await;
    let strangers = strangers(relay, 12).await;
    until(|| net.stats().connections_over_limit >= 1).await;
    assert!(net.stats().handshakes >= 4);
    let friend = bind(QuicOptions::new().with_bind(at("127.83.0.2:0"))).await;
    within(friend.open_stream(&address(&net))).await.unwrap();
    task.abort();
    drop(strangers);
}

/// Who forges the address of a node can't use up what that address may have.
#[tokio::test]
async fn forged_callers_do_not_take_the_places_of_the_forged() {
    let net = bind(loopback().with_max_per_ip(4).with_handshake_timeout(Duration::from_secs(60))).await;
    let (relay, task) = one_way(address(&net)).await;
    let strangers = strangers(relay, 8).await;
    until(|| net.stats().connections_retried >= 4 || net.stats().connections_over_limit >= 4).await;
    let forged = bind(loopback()).await;
    within(forged.open_stream(&address(&net))).await.unwrap();
    task.abort();
    drop(strangers);
}

/// Who is not in the list gets no answer, whatever it sends: not even that QUIC is spoken here.
#[tokio::test]
async fn outsiders_are_not_answered() {
    let allowed = CidrPolicy::parse(["127.84.0.0/16"]).unwrap();
    let net = bind(QuicOptions::new().with_bind(at("127.84.0.3:0")).with_allowed(allowed)).await;
    let outsider = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // A version that nobody knows, and a packet of a connection that nobody has.
    let mut unknown_version = vec![0; 1200];
    unknown_version[..6].copy_from_slice(&[0xC0, 0x1A, 0x2A, 0x3A, 0x4A, 8]);
    let mut unknown_connection = vec![0x5A; 200];
    unknown_connection[0] = 0x40;
    for garbage in [unknown_version, unknown_connection] {
        outsider.send_to(&garbage, address(&net)).await.unwrap();
    }
    // It has been through what came before.
    let friend = bind(QuicOptions::new().with_bind(at("127.84.0.4:0"))).await;
    deliver(&friend, &net, b"friend").await;
    let mut answer = [0; 2048];
    assert!(outsider.try_recv_from(&mut answer).is_err());
    assert_eq!(net.stats().datagrams_refused, 2);
}

/// Who calls and refuses us leaves nothing behind: a note for each call would be a table that strangers can fill.
#[tokio::test]
async fn caller_that_refuses_us_is_not_remembered() {
    let net = bind(loopback().with_handshake_timeout(Duration::from_millis(300))).await;
    let (caller, connection) = insider(&net).await;
    until(|| net.stats().inbound == 1).await;
    connection.close(4u32.into(), b"refused");
    until(|| net.stats().inbound == 0 && net.stats().handshakes_failed == 1).await;
    net.send_packet(&caller.local_addr().unwrap(), "x".into()).await.unwrap();
}

/// A stream that nobody reads holds up no other one on the same connection, nor packets that travel on streams.
#[tokio::test]
async fn unread_stream_holds_up_no_other() {
    let window = 64 * 1024;
    let (a, b) = (bind(loopback().with_window(window)).await, bind(loopback().with_window(window)).await);
    let mut unread = within(a.open_stream(&address(&b))).await.unwrap();
    while let Ok(written) = tokio::time::timeout(Duration::from_millis(200), unread.write(&[0; 4096])).await {
        written.unwrap();
    }
    let _waits = within(b.accept_stream()).await.unwrap();
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    within(stream.write_all(b"hello")).await.unwrap();
    let (_, mut accepted) = within(b.accept_stream()).await.unwrap();
    let mut heard = [0; 5];
    within(accepted.read_exact(&mut heard)).await.unwrap();
    assert_eq!(&heard, b"hello");
    deliver(&a, &b, &[7; 20_000]).await;
    assert_eq!((a.stats().connections_opened, a.stats().connections_replaced), (1, 0));
}

/// A peer that reads nothing for a while is slow, not dead: the connection stays, with all that waits on it.
#[tokio::test]
async fn peer_that_reads_nothing_is_not_taken_for_dead() {
    let window = 64 * 1024;
    let (a, b) = (bind(loopback().with_window(window)).await, bind(loopback().with_window(window)).await);
    let patience = Duration::from_millis(600);
    let mut unread = Vec::new();
    let mut written = 0;
    for _ in 0..9 {
        let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
        while let Ok(sent) = tokio::time::timeout(patience, stream.write(&[0; 4096])).await {
            written += sent.unwrap();
        }
        unread.push(stream);
    }
    assert_eq!(written, window as usize);
    a.send_packet(&address(&b), vec![7; 20_000].into()).await.unwrap();
    tokio::time::sleep(patience).await;
    let mut reading = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (_, mut stream) = within(b.accept_stream()).await.unwrap();
        reading.spawn(async move { stream.read_exact(&mut [0; 8 * 1024]).await.map(drop) });
    }
    while let Some(read) = within(reading.join_next()).await {
        read.unwrap().unwrap();
    }
    assert_eq!(within(b.recv_packet()).await.unwrap().data.len(), 20_000);
    assert_eq!((a.stats().connections_opened, a.stats().connections_replaced), (1, 0));
}

/// Packets on streams: in pieces, too large, and never complete.
#[tokio::test]
async fn packets_on_streams_are_bounded_in_size_and_time() {
    let net = bind(loopback().with_max_packet(8192).with_packet_timeout(Duration::from_secs(3))).await;
    let (_caller, connection) = insider(&net).await;
    let mut pieces = within(connection.open_uni()).await.unwrap();
    for piece in 0..8192usize {
        pieces.write_all(&[piece as u8]).await.unwrap();
        if piece % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    pieces.finish().unwrap();
    let whole = within(net.recv_packet()).await.unwrap().data;
    assert!(whole.len() == 8192 && whole.iter().enumerate().all(|(at, byte)| *byte == at as u8));

    let mut large = within(connection.open_uni()).await.unwrap();
    large.write_all(&[0; 8193]).await.unwrap();
    until(|| net.stats().packets_rejected == 1).await;
    assert!(within(large.stopped()).await.unwrap().is_some(), "it is told to stop");

    let mut endless = within(connection.open_uni()).await.unwrap();
    endless.write_all(b"to be continued").await.unwrap();
    until(|| net.stats().packets_rejected == 2).await;
    assert_eq!(net.stats().packets_received, 1);
}
