use crate::{address, at, bind, deliver, loopback, until, within};
use memberlist_core::{Transport, TransportError};
use memberlist_quic::{QuicError, QuicOptions};
use std::net::UdpSocket;

/// W-52, W-55, 9.4 TestMemberlist_SendTo: both ways, and the source is the address under which the sender is reached.
#[tokio::test]
async fn packets_travel_both_ways_and_name_their_sender() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let there = deliver(&a, &b, b"there").await;
    assert_eq!(there.from, address(&a));
    let back = deliver(&b, &a, b"back").await;
    assert_eq!(back.from, address(&b));
    let stats = a.stats();
    assert!(stats.packets_sent >= 1 && stats.bytes_sent >= 5, "{stats:?}");
    assert!(stats.packets_received >= 1 && stats.bytes_received >= 4, "{stats:?}");
    // The way back is the connection that the way there has opened.
    assert_eq!((stats.connections_opened, stats.connections_accepted), (1, 0));
    assert_eq!(stats.packets_sent_by_stream, 0);
}

#[tokio::test]
async fn packets_travel_over_ipv6() {
    let options = || QuicOptions::new().with_bind(at("[::1]:0"));
    let (a, b) = (bind(options()).await, bind(options()).await);
    assert_eq!(deliver(&a, &b, b"six").await.from, address(&a));
}

/// Packets leave from the socket whose family fits.
#[tokio::test]
async fn node_with_both_families_reaches_both() {
    let both = bind(QuicOptions::new().with_binds([at("127.0.0.1:0"), at("[::1]:0")])).await;
    let v4 = bind(loopback()).await;
    let v6 = bind(QuicOptions::new().with_bind(at("[::1]:0"))).await;
    let port = address(&both).port();
    assert_eq!(deliver(&both, &v4, b"four").await.from, at(&format!("127.0.0.1:{port}")));
    assert_eq!(deliver(&both, &v6, b"six").await.from, at(&format!("[::1]:{port}")));
    assert_eq!(deliver(&v4, &both, b"from four").await.from, address(&v4));
}

/// Q1: an IPv4-mapped destination is the IPv4 destination.
#[tokio::test]
async fn mapped_destination_is_reached_over_ipv4() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let mapped = at(&format!("[::ffff:127.0.0.1]:{}", address(&b).port()));
    within(a.send_packet(&mapped, "mapped".into())).await.unwrap();
    assert!(within(a.open_stream(&mapped)).await.is_ok());
    assert_eq!(within(b.recv_packet()).await.unwrap().from, address(&a));
    assert_eq!(a.stats().connections_opened, 1);
}

#[tokio::test]
async fn node_reaches_itself() {
    let a = bind(loopback()).await;
    assert_eq!(deliver(&a, &a, b"me").await.from, address(&a));
}

/// Complaint 17: the budget holds for every packet, and what does not fit is an error.
#[tokio::test]
async fn packet_over_the_limit_is_refused_and_one_at_the_limit_arrives() {
    let a = bind(loopback().with_max_packet(1400)).await;
    let b = bind(loopback()).await;
    assert_eq!(a.capabilities().max_packet, 1400);
    let error = a.send_packet(&address(&b), vec![0; 1401].into()).await.unwrap_err();
    assert!(matches!(error, QuicError::PacketTooLarge { len: 1401, max: 1400 }));
    assert!(!error.is_remote());
    static FULL: [u8; 65_507] = [7; 65_507];
    let c = bind(loopback()).await;
    assert_eq!(deliver(&b, &c, &FULL).await.data.len(), 65_507);
    assert_eq!(deliver(&a, &b, &FULL[..1400]).await.data.len(), 1400);
    // What the peer takes is the peer's decision.
    b.send_packet(&address(&a), FULL[..].into()).await.unwrap();
    until(|| a.stats().packets_rejected == 1).await;
}

/// Whatever the path carries, a packet of the default size arrives: as a datagram, or on a stream.
#[tokio::test]
async fn packets_of_all_sizes_arrive() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    static BYTES: [u8; 3000] = [9; 3000];
    for len in [1, 1000, 1100, 1160, 1200, 1300, 1400, 1450, 1500, 3000] {
        assert_eq!(deliver(&a, &b, &BYTES[..len]).await.data.len(), len);
    }
    let stats = a.stats();
    assert!(
        stats.packets_sent_by_stream >= 2 && stats.packets_sent_by_stream < stats.packets_sent,
        "{stats:?}"
    );
}

/// 9.4 TestIngestPacket_ExportedFunc_EmptyMessage
#[tokio::test]
async fn empty_packets_are_refused_going_out() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    assert!(matches!(a.send_packet(&address(&b), Default::default()).await, Err(QuicError::EmptyPacket)));
}

#[tokio::test]
async fn family_without_a_socket_is_an_error_of_ours() {
    let a = bind(loopback()).await;
    let error = a.send_packet(&at("[::1]:7946"), "six".into()).await.unwrap_err();
    assert!(matches!(error, QuicError::NoSocket(_)));
    assert!(!error.is_remote());
}

/// Packets to a port that nobody has do not keep others from arriving, nor do the answers that they provoke.
#[tokio::test]
async fn vanished_peer_does_not_disturb_receiving() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let gone = address(&b);
    b.shutdown().await;
    for _ in 0..10 {
        within(a.send_packet(&gone, "anybody?".into())).await.unwrap();
    }
    let c = bind(loopback()).await;
    assert_eq!(deliver(&c, &a, b"still here").await.from, address(&c));
}

/// Bytes that are no QUIC, or nearly: nobody is disturbed, and nothing is held.
#[tokio::test]
async fn garbage_disturbs_nobody() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    deliver(&a, &b, b"before").await;
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    for round in 0..2000usize {
        let mut bytes: Vec<u8> = (0..round % 1400)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                (seed >> 32) as u8
            })
            .collect();
        // Long headers of version 1, as an Initial has, and short ones.
        if let (1, Some(start)) = (round % 3, bytes.get_mut(..6)) {
            start.copy_from_slice(&[0xC0 | (round as u8 & 0x3F), 0, 0, 0, 1, 8]);
        }
        stranger.send_to(&bytes, address(&b)).unwrap();
    }
    assert_eq!(deliver(&a, &b, b"after").await.data, "after");
    let c = bind(loopback()).await;
    assert_eq!(deliver(&c, &b, b"new").await.from, address(&c));
    until(|| b.stats().handshakes == 0).await;
    assert_eq!(b.stats().inbound, 2);
}
