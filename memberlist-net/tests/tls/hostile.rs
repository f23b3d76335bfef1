use crate::{Tls, address, bind, closed, connect, deliver, echo, loopback, pair, tls, until};
use agnostic::Runtime;
use agnostic::net::TcpListener;
use futures_util::FutureExt;
use futures_util::io::AsyncWriteExt;
use memberlist_core::Transport;
use std::time::{Duration, Instant};

on_every_runtime! {
    hundred_silent_clients_hinder_nobody;
    silent_handshakes_are_closed_at_their_deadline;
    dripping_handshake_is_closed_at_its_deadline;
    handshakes_are_bounded_in_number;
    garbage_instead_of_a_handshake_disturbs_nobody;
    refused_peer_reads_why_and_is_not_reset;
    peers_that_vanish_while_shaking_hands_leave_nothing;
    opening_that_is_given_up_leaves_nothing;
}

/// How a TLS client begins, as far as a record that promises 512 bytes.
const HELLO: [u8; 6] = [0x16, 3, 1, 2, 0, 1];

async fn works<R: Runtime>(net: &Tls<R>, friend: &Tls<R>) {
    echo(friend, net, b"still alive").await;
    deliver(friend, net, b"and kicking").await;
}

/// They connect and say nothing, or stop in the middle of a word; nobody waits for them.
async fn hundred_silent_clients_hinder_nobody<R: Runtime>() {
    let tls = tls();
    let net = bind::<R>(loopback().with_inbound_timeout(Duration::from_secs(600)), &tls).await;
    let friend = bind::<R>(loopback(), &tls).await;
    let mut silent = Vec::new();
    for number in 0..100 {
        let mut stream = connect::<R>(address(&net)).await;
        if number % 2 == 0 {
            stream.write_all(&HELLO).await.unwrap();
        }
        silent.push(stream);
    }
    until::<R>(|| net.stats().pending_connections == 100).await;
    for _ in 0..5 {
        works(&net, &friend).await;
    }
    assert_eq!(net.stats().pending_connections, 100);
    // And they keep nobody from closing.
    crate::within::<R, _>(net.shutdown()).await;
    for stream in &mut silent {
        closed::<R>(stream).await;
    }
}

async fn silent_handshakes_are_closed_at_their_deadline<R: Runtime>() {
    let timeout = Duration::from_millis(300);
    let tls = tls();
    let net = bind::<R>(loopback().with_inbound_timeout(timeout), &tls).await;
    let begin = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(connect::<R>(address(&net)).await);
    }
    for stream in &mut silent {
        assert_eq!(closed::<R>(stream).await, b"");
    }
    assert!(begin.elapsed() >= timeout);
    until::<R>(|| net.stats().connections_timed_out == 10 && net.stats().pending_connections == 0).await;
    assert_eq!(net.stats().handshakes_failed_in, 0);
    works(&net, &bind(loopback(), &tls).await).await;
}

/// The deadline is for the whole handshake: each byte does not begin it anew.
async fn dripping_handshake_is_closed_at_its_deadline<R: Runtime>() {
    let tls = tls();
    let net = bind::<R>(loopback().with_inbound_timeout(Duration::from_millis(200)), &tls).await;
    let mut stream = connect::<R>(address(&net)).await;
    stream.write_all(&HELLO).await.unwrap();
    let drip = async {
        for _ in 0..100 {
            R::sleep(Duration::from_millis(20)).await;
            if stream.write_all(&[0]).await.is_err() {
                return;
            }
        }
        panic!("dripped for 2 s against a deadline of 0.2 s");
    };
    crate::within::<R, _>(drip).await;
    until::<R>(|| net.stats().connections_timed_out == 1 && net.stats().pending_connections == 0).await;
    works(&net, &bind(loopback(), &tls).await).await;
}

async fn handshakes_are_bounded_in_number<R: Runtime>() {
    let tls = tls();
    for options in [loopback().with_max_pending(3), loopback().with_max_per_ip(3)] {
        let net = bind::<R>(options.with_inbound_timeout(Duration::from_secs(600)), &tls).await;
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(connect::<R>(address(&net)).await);
        }
        until::<R>(|| net.stats().pending_connections == 3).await;
        closed::<R>(&mut connect::<R>(address(&net)).await).await;
        assert_eq!(net.stats().connections_over_limit, 1);
        held.clear();
        until::<R>(|| net.stats().pending_connections == 0).await;
        works(&net, &bind(loopback(), &tls).await).await;
    }
}

async fn garbage_instead_of_a_handshake_disturbs_nobody<R: Runtime>() {
    let (net, friend) = pair::<R>().await;
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    for round in 1..100usize {
        let bytes: Vec<u8> = (0..round * 7)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                (seed >> 32) as u8
            })
            .collect();
        let start: &[u8] = match round % 3 {
            0 => &[],
            // A record of a handshake, and a client's greeting, of garbage.
            1 => &[0x16, 3, 1, 0, 40],
            _ => &[0x16, 3, 1, 0, 44, 1, 0, 0, 40, 3, 3],
        };
        let mut stream = connect::<R>(address(&net)).await;
        let _ = stream.write_all(&[start, &bytes].concat()).await;
        // It hears of a fault, or its end is noticed.
        let _ = stream.close().await;
        closed::<R>(&mut stream).await;
    }
    until::<R>(|| net.stats().pending_connections == 0).await;
    let stats = net.stats();
    assert!(stats.handshakes_failed_in >= 30, "{stats:?}");
    assert_eq!(stats.streams_accepted, 0);
    works(&net, &friend).await;
}

/// It is in the middle of saying more when it is refused. A reset could take the reason away from it.
async fn refused_peer_reads_why_and_is_not_reset<R: Runtime>() {
    let (net, _) = pair::<R>().await;
    for _ in 0..20 {
        let mut stream = connect::<R>(address(&net)).await;
        stream.write_all(&vec![b'x'; 16 << 10]).await.unwrap();
        let mut said = Vec::new();
        let read = futures_util::io::AsyncReadExt::read_to_end(&mut stream, &mut said);
        crate::within::<R, _>(read).await.expect("a reset");
        assert_eq!(said.first(), Some(&0x15), "an alert");
    }
    until::<R>(|| net.stats().handshakes_failed_in == 20).await;
}

async fn peers_that_vanish_while_shaking_hands_leave_nothing<R: Runtime>() {
    let (net, friend) = pair::<R>().await;
    for number in 0..50 {
        let mut stream = connect::<R>(address(&net)).await;
        let _ = stream.write_all(HELLO.get(..number % 7).unwrap_or_default()).await;
    }
    until::<R>(|| net.stats().pending_connections == 0).await;
    assert_eq!(net.stats().handshakes_failed_in, 0, "who leaves without a word is no failure");
    works(&net, &friend).await;
}

/// A future that is dropped closes what it has begun.
async fn opening_that_is_given_up_leaves_nothing<R: Runtime>() {
    let (net, _) = pair::<R>().await;
    let listener =
        <<R as Runtime>::Net as agnostic::net::Net>::TcpListener::bind(crate::address_here()).await.unwrap();
    let target = listener.local_addr().unwrap();
    let mut accepted = {
        let mut opening = Box::pin(net.open_stream(&target));
        let (mut accepted, _) = futures_util::select! {
            _ = opening.as_mut().fuse() => panic!("nobody has answered"),
            accepted = crate::within::<R, _>(listener.accept()).fuse() => accepted.unwrap(),
        };
        let mut hello = [0];
        futures_util::select! {
            _ = opening.as_mut().fuse() => panic!("nobody has answered"),
            read = futures_util::io::AsyncReadExt::read_exact(&mut accepted, &mut hello).fuse() => read.unwrap(),
        }
        assert_eq!(hello, [0x16]);
        accepted
    };
    closed::<R>(&mut accepted).await;
    crate::within::<R, _>(net.shutdown()).await;
}
