use crate::{Quic, address, bind, bind_with, deliver, loopback, own_loopback, tls, until};
use memberlist_core::Transport;
use memberlist_quic::{PeerVerifier, QuicOptions};
use std::time::Duration;

fn short_lived(options: QuicOptions, zero_rtt: bool) -> QuicOptions {
    options.with_idle_timeout(Duration::from_millis(300)).with_zero_rtt(zero_rtt)
}

/// Two nodes that have met, and whose connection has become idle.
async fn met(a: QuicOptions, b: QuicOptions) -> (Quic, Quic) {
    let (a, b) = (bind(a).await, bind(b).await);
    deliver(&a, &b, b"first").await;
    // The way back shows that the tickets, which came before it, have arrived.
    deliver(&b, &a, b"back").await;
    until(|| a.stats().outbound == 0 && b.stats().inbound == 0).await;
    (a, b)
}

#[tokio::test]
async fn packets_travel_before_the_handshake_ends_if_asked_for() {
    let (a, b) = met(short_lived(loopback(), true), short_lived(loopback(), true)).await;
    assert_eq!(a.stats().connections_zero_rtt, 0);
    assert_eq!(deliver(&a, &b, b"again").await.from, address(&a));
    until(|| a.stats().connections_zero_rtt == 1 && b.stats().connections_zero_rtt == 1).await;
    assert_eq!(a.stats().connections_opened, 2);
    // Once, not twice.
    assert_eq!((b.stats().packets_received, a.stats().packets_sent), (2, 2));
}

/// Off by default, and each side alone decides.
#[tokio::test]
async fn no_packet_travels_before_the_handshake_ends_unless_both_sides_ask() {
    for (ours, theirs) in [(false, false), (true, false), (false, true)] {
        let (a, b) = met(short_lived(loopback(), ours), short_lived(loopback(), theirs)).await;
        deliver(&a, &b, b"again").await;
        until(|| a.stats().connections_opened == 2 && b.stats().connections_accepted == 2).await;
        assert_eq!(
            (a.stats().connections_zero_rtt, b.stats().connections_zero_rtt),
            (0, 0),
            "{ours} {theirs}"
        );
    }
}

/// A verifier is asked before anything is sent or taken, so nothing is early.
#[tokio::test]
async fn no_packet_travels_before_the_peer_verifier_was_asked() {
    let options = || short_lived(loopback(), true).with_peer_verifier(PeerVerifier::new(|_, _| Ok(())));
    let (a, b) = met(options(), options()).await;
    deliver(&a, &b, b"again").await;
    until(|| a.stats().connections_opened == 2).await;
    assert_eq!((a.stats().connections_zero_rtt, b.stats().connections_zero_rtt), (0, 0));
}

/// A peer that was restarted knows nothing of the tickets that its predecessor gave.
#[tokio::test]
async fn packets_that_were_refused_as_too_early_are_sent_again() {
    let options = short_lived(own_loopback(), true);
    let tls = tls(&options);
    let (a, b) = (bind(short_lived(loopback(), true)).await, bind_with(options.clone(), tls.clone()).await);
    deliver(&a, &b, b"first").await;
    deliver(&b, &a, b"back").await;
    let there = address(&b);
    b.shutdown().await;
    until(|| a.stats().outbound == 0).await;
    let b = bind_with(options.with_bind(there), tls).await;
    a.send_packet(&there, "again".into()).await.unwrap();
    assert_eq!(crate::within(b.recv_packet()).await.unwrap().data, "again");
    assert_eq!((a.stats().connections_zero_rtt, b.stats().connections_zero_rtt), (0, 0));
}
