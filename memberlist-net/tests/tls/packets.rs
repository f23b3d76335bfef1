use crate::{Tls, address, bind, deliver, identity, loopback, tls, until};
use agnostic::Runtime;
use memberlist_core::Transport;
use memberlist_net::NetOptions;
use memberlist_tls::TlsOptions;
use memberlist_tls::self_signed::Authority;
use std::net::UdpSocket;
use std::time::Duration;

on_every_runtime! {
    packets_beside_tls_streams_are_not_called_secure;
    packets_travel_inside_tls_if_asked;
    node_with_udp_answers_inside_tls_who_speaks_so;
    packets_of_strangers_never_arrive;
    unused_connections_are_closed_in_order_and_opened_again;
}

fn inside() -> NetOptions {
    loopback().with_streams_only(true)
}

async fn packets_beside_tls_streams_are_not_called_secure<R: Runtime>() {
    let (a, b) = crate::pair::<R>().await;
    assert_eq!(deliver(&a, &b, b"datagram").await.from, address(&a));
    let capabilities = a.capabilities();
    assert!(capabilities.secure_streams && capabilities.distinct_streams);
    assert!(!capabilities.secure_packets && !capabilities.checked_packets);
}

async fn packets_travel_inside_tls_if_asked<R: Runtime>() {
    let tls = tls();
    let (a, b) = (bind::<R>(inside(), &tls).await, bind::<R>(inside(), &tls).await);
    UdpSocket::bind(address(&a)).expect("the UDP port is free");
    let capabilities = a.capabilities();
    assert!(capabilities.secure_streams && capabilities.secure_packets && capabilities.checked_packets);
    assert!(!capabilities.distinct_streams);
    assert_eq!(deliver(&a, &b, b"there").await.from, address(&a));
    assert_eq!(deliver(&b, &a, b"back").await.from, address(&b));
    static FULL: [u8; 65_507] = [7; 65_507];
    assert_eq!(deliver(&a, &b, &FULL).await.data.len(), 65_507);
    // One connection each way, however many packets.
    assert_eq!((a.stats().peers, a.stats().packet_connections), (1, 1));
    crate::echo(&a, &b, b"streams beside them").await;
}

async fn node_with_udp_answers_inside_tls_who_speaks_so<R: Runtime>() {
    let tls = tls();
    let (with_udp, without) = (bind::<R>(loopback(), &tls).await, bind::<R>(inside(), &tls).await);
    assert_eq!(deliver(&without, &with_udp, b"ping").await.from, address(&without));
    assert_eq!(deliver(&with_udp, &without, b"ack").await.from, address(&with_udp));
    assert_eq!(with_udp.stats().peers, 1);
}

async fn packets_of_strangers_never_arrive<R: Runtime>() {
    let authority = Authority::new().unwrap();
    let guarded = bind::<R>(inside(), &identity(&authority).tls_options().unwrap()).await;
    let friend = bind::<R>(inside(), &identity(&authority).tls_options().unwrap()).await;
    let foreign = identity(&Authority::new().unwrap());
    let roots = identity(&authority).roots().unwrap();
    let stranger: Tls<R> =
        bind(inside(), &TlsOptions::mutual(foreign.chain().to_vec(), foreign.key(), roots).unwrap()).await;
    stranger.send_packet(&address(&guarded), "let me in".into()).await.unwrap();
    until::<R>(|| guarded.stats().handshakes_failed_in == 1 && stranger.stats().handshakes_failed_out == 1)
        .await;
    // Nor does it take what is sent to it for an answer.
    guarded.send_packet(&address(&stranger), "who are you?".into()).await.unwrap();
    until::<R>(|| guarded.stats().handshakes_failed_out == 1 && guarded.stats().packets_dropped_out == 1)
        .await;
    assert_eq!(deliver(&friend, &guarded, b"hello").await.data, "hello");
    assert_eq!(guarded.stats().packet_connections, 1);
}

async fn unused_connections_are_closed_in_order_and_opened_again<R: Runtime>() {
    let tls = tls();
    let a = bind::<R>(inside().with_peer_idle(Duration::from_millis(20)), &tls).await;
    let b = bind::<R>(inside(), &tls).await;
    for _ in 0..3 {
        deliver(&a, &b, b"short").await;
        until::<R>(|| a.stats().peers == 0 && b.stats().packet_connections == 0).await;
    }
    assert_eq!(a.stats().packets_dropped_out, 0);
}
