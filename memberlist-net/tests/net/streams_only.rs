use crate::{address, at, bind, deliver, loopback, own_loopback, until, within};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::Transport;
use memberlist_net::NetOptions;
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

fn tcp() -> NetOptions {
    loopback().with_streams_only(true)
}

/// Complaint 13
#[tokio::test]
async fn packets_travel_over_tcp_both_ways_and_no_udp_socket_is_open() {
    let (a, b) = (bind(tcp()).await, bind(tcp()).await);
    UdpSocket::bind(address(&a)).expect("the UDP port is free");
    assert!(!a.capabilities().distinct_streams);
    assert_eq!(deliver(&a, &b, b"there").await.from, address(&a));
    assert_eq!(deliver(&b, &a, b"back").await.from, address(&b));
    for _ in 0..10 {
        deliver(&a, &b, b"more").await;
    }
    // One connection each way, however many packets.
    assert_eq!((a.stats().peers, a.stats().packet_connections), (1, 1));
    static FULL: [u8; 65_507] = [7; 65_507];
    assert_eq!(deliver(&a, &b, &FULL).await.data.len(), 65_507);
}

/// Complaint 13: nodes with and without UDP in one cluster.
#[tokio::test]
async fn udp_node_answers_over_tcp_who_speaks_tcp() {
    let (with_udp, without) = (bind(loopback()).await, bind(tcp()).await);
    assert_eq!(deliver(&without, &with_udp, b"ping").await.from, address(&without));
    assert_eq!(deliver(&with_udp, &without, b"ack").await.from, address(&with_udp));
    assert_eq!(with_udp.stats().peers, 1);
    // Towards others it goes on with UDP.
    let other = bind(loopback()).await;
    deliver(&with_udp, &other, b"datagram").await;
    assert_eq!(with_udp.stats().peers, 1);
}

#[tokio::test]
async fn ordinary_streams_work_beside_packets() {
    let (a, b) = (bind(tcp()).await, bind(tcp()).await);
    deliver(&a, &b, b"packet").await;
    let mut stream = within(a.open_stream(&address(&b))).await.unwrap();
    stream.write_all(b"stream").await.unwrap();
    stream.close().await.unwrap();
    let (_, mut accepted) = within(b.accept_stream()).await.unwrap();
    let mut heard = Vec::new();
    within(accepted.read_to_end(&mut heard)).await.unwrap();
    assert_eq!(heard, b"stream");
}

/// Complaint 26: a peer that takes nothing keeps nobody waiting; what does not fit is dropped and counted.
#[tokio::test]
async fn peer_that_reads_nothing_blocks_nobody() {
    // It accepts (the system does it for it) and never reads.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let deaf_address = deaf.local_addr().unwrap();
    let a = bind(tcp().with_peer_queue(4).with_peer_timeout(Duration::from_secs(60))).await;
    let b = bind(tcp()).await;
    let flood = vec![0u8; 65_507];
    let mut sent = 0;
    within(async {
        while a.stats().packets_dropped_out < 100 {
            a.send_packet(&deaf_address, flood.clone().into()).await.unwrap();
            tokio::task::yield_now().await;
            sent += 1;
        }
    })
    .await;
    assert!(sent >= 100);
    deliver(&a, &b, b"others are reached").await;
}

/// Complaint 26: a peer that is gone, and one that comes back on the same port.
#[tokio::test]
async fn peer_that_vanished_is_connected_anew_when_it_is_back() {
    let (a, b) = (bind(tcp()).await, bind(own_loopback().with_streams_only(true)).await);
    deliver(&a, &b, b"before").await;
    let there = address(&b);
    within(b.shutdown()).await;
    // The connection's end is noticed without sending.
    until(|| a.stats().peers == 0).await;
    a.send_packet(&there, "lost".into()).await.unwrap();
    until(|| a.stats().packets_dropped_out == 1).await;
    let again = bind(NetOptions::new().with_bind(there).with_streams_only(true)).await;
    deliver(&a, &again, b"after").await;
}

#[tokio::test]
async fn unused_connections_are_closed_and_opened_again() {
    let a = bind(tcp().with_peer_idle(Duration::from_millis(20))).await;
    let b = bind(tcp()).await;
    for _ in 0..3 {
        deliver(&a, &b, b"short").await;
        until(|| a.stats().peers == 0 && b.stats().packet_connections == 0).await;
    }
    assert_eq!(a.stats().packets_dropped_out, 0);
}

#[tokio::test]
async fn number_of_peers_is_bounded_and_the_unused_make_room() {
    let a = bind(tcp().with_max_peers(2)).await;
    let others = [bind(tcp()).await, bind(tcp()).await, bind(tcp()).await, bind(tcp()).await];
    for other in &others {
        deliver(&a, other, b"hello").await;
        assert!(a.stats().peers <= 2);
    }
    deliver(&a, &others[0], b"again").await;
}

#[tokio::test]
async fn packets_travel_over_tcp_and_ipv6() {
    let six = || NetOptions::new().with_bind(at("[::1]:0")).with_streams_only(true);
    let (a, b) = (bind(six()).await, bind(six()).await);
    assert_eq!(deliver(&a, &b, b"six").await.from, address(&a));
}
