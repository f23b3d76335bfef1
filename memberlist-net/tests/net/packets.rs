use crate::{address, at, bind, deliver, loopback, within};
use memberlist_core::{Transport, TransportError};
use memberlist_net::{NetError, NetOptions};
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
}

#[tokio::test]
async fn packets_travel_over_ipv6() {
    let options = || NetOptions::new().with_bind(at("[::1]:0"));
    let (a, b) = (bind(options()).await, bind(options()).await);
    assert_eq!(deliver(&a, &b, b"six").await.from, address(&a));
}

/// Packets leave from the socket whose family fits.
#[tokio::test]
async fn node_with_both_families_reaches_both() {
    let both = bind(NetOptions::new().with_binds([at("127.0.0.1:0"), at("[::1]:0")])).await;
    let v4 = bind(loopback()).await;
    let v6 = bind(NetOptions::new().with_bind(at("[::1]:0"))).await;
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
    let stream = within(a.open_stream(&mapped)).await;
    assert!(stream.is_ok());
    assert_eq!(within(b.recv_packet()).await.unwrap().from, address(&a));
}

/// Complaint 17: the budget holds for every packet, and what does not fit is an error.
#[tokio::test]
async fn packet_over_the_limit_is_refused_and_one_at_the_limit_arrives() {
    let a = bind(loopback().with_max_packet(1400)).await;
    let b = bind(loopback()).await;
    assert_eq!(a.capabilities().max_packet, 1400);
    let error = a.send_packet(&address(&b), vec![0; 1401].into()).await.unwrap_err();
    assert!(matches!(error, NetError::PacketTooLarge { len: 1401, max: 1400 }));
    assert!(!error.is_remote());
    static FULL: [u8; 65_507] = [7; 65_507];
    assert_eq!(deliver(&b, &a, &FULL).await.data.len(), 65_507);
    assert_eq!(deliver(&a, &b, &FULL[..1400]).await.data.len(), 1400);
}

/// 9.4 TestIngestPacket_ExportedFunc_EmptyMessage
#[tokio::test]
async fn empty_packets_are_refused_going_out_and_ignored_coming_in() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    assert!(matches!(a.send_packet(&address(&b), Default::default()).await, Err(NetError::EmptyPacket)));

    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.send_to(&[], address(&b)).unwrap();
    assert_eq!(deliver(&a, &b, b"after").await.data, "after");
    assert_eq!(b.stats().packets_empty, 1);
}

#[tokio::test]
async fn family_without_a_socket_is_an_error_of_ours() {
    let a = bind(loopback()).await;
    let error = a.send_packet(&at("[::1]:7946"), "six".into()).await.unwrap_err();
    assert!(matches!(error, NetError::NoSocket(_)));
    assert!(!error.is_remote());
}

/// Packets to a port that nobody has do not keep others from arriving, nor do the answers that they provoke.
#[tokio::test]
async fn vanished_peer_does_not_disturb_receiving() {
    let (a, b) = (bind(loopback()).await, bind(loopback()).await);
    let gone = address(&b);
    b.shutdown().await;
    for _ in 0..10 {
        let _ = a.send_packet(&gone, "anybody?".into()).await;
    }
    let c = bind(loopback()).await;
    assert_eq!(deliver(&c, &a, b"still here").await.from, address(&c));
}
