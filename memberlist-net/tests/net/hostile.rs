use crate::{Net, address, at, bind, deliver, loopback, until, within};
use memberlist_core::Transport;
use memberlist_net::NetOptions;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(net: &Net) -> TcpStream {
    within(TcpStream::connect(address(net))).await.unwrap()
}

/// Waits until the other side has closed (or reset) the connection.
async fn closed(stream: &mut TcpStream) {
    let mut nothing = [0];
    match within(stream.read(&mut nothing)).await {
        Ok(0) | Err(_) => {}
        Ok(_) => panic!("nobody should answer"),
    }
}

async fn works(net: &Net) {
    let friend = bind(loopback()).await;
    deliver(&friend, net, b"still alive").await;
    let mut stream = connect(net).await;
    stream.write_all(b"x").await.unwrap();
    within(net.accept_stream()).await.unwrap();
}

/// Point 8: silence ends at its deadline, and not before.
#[tokio::test]
async fn silent_connections_are_closed_at_their_deadline() {
    let timeout = Duration::from_millis(300);
    let net = bind(loopback().with_inbound_timeout(timeout)).await;
    let begin = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect(&net).await);
    }
    for stream in &mut silent {
        closed(stream).await;
    }
    assert!(begin.elapsed() >= timeout);
    until(|| net.stats().connections_timed_out == 20 && net.stats().pending_connections == 0).await;
    works(&net).await;
}

/// Point 8: who sends the first byte of a packet connection, and then drips.
#[tokio::test]
async fn slow_loris_is_closed_at_its_deadline() {
    let net = bind(loopback().with_inbound_timeout(Duration::from_millis(200))).await;
    let mut preamble = connect(&net).await;
    preamble.write_all(&[0xB5]).await.unwrap();
    let mut body = connect(&net).await;
    body.write_all(&[0xB5, 1, 0, 1, 0, 0, 0, 100]).await.unwrap();
    let drip = async {
        // The deadline is for the whole packet: each byte does not begin it anew.
        for _ in 0..90 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if body.write_all(&[0]).await.is_err() {
                return;
            }
        }
        panic!("dripped for 1.8 s against a deadline of 0.2 s");
    };
    within(async { tokio::join!(drip, closed(&mut preamble)) }).await;
    until(|| net.stats().connections_timed_out == 2 && net.stats().packet_connections == 0).await;
    works(&net).await;
}

/// Point 8: a claim of 4 GiB.
#[tokio::test]
async fn claimed_length_over_the_limit_closes_the_connection() {
    let net = bind(loopback()).await;
    for claimed in [0u32, 65_508, 1 << 30, u32::MAX] {
        let mut stream = connect(&net).await;
        stream.write_all(&[0xB5, 1, 0, 1]).await.unwrap();
        stream.write_all(&claimed.to_be_bytes()).await.unwrap();
        closed(&mut stream).await;
    }
    until(|| net.stats().connections_rejected == 4).await;
    assert_eq!(net.stats().packet_connections, 0);
    works(&net).await;
}

#[tokio::test]
async fn unknown_version_and_truncation_close_the_connection() {
    let net = bind(loopback()).await;
    let mut unknown = connect(&net).await;
    unknown.write_all(&[0xB5, 2, 0, 1]).await.unwrap();
    closed(&mut unknown).await;
    until(|| net.stats().connections_rejected == 1).await;
    for cut in [&[0xB5][..], &[0xB5, 1, 0], &[0xB5, 1, 0, 1, 0, 0], &[0xB5, 1, 0, 1, 0, 0, 0, 9, 1, 2]] {
        let mut stream = connect(&net).await;
        stream.write_all(cut).await.unwrap();
        stream.shutdown().await.unwrap();
        closed(&mut stream).await;
    }
    until(|| net.stats().packet_connections == 0 && net.stats().pending_connections == 0).await;
    works(&net).await;
}

/// Complaint 19: connections that say nothing are bounded; the newest are refused, and a place that comes free is used again.
#[tokio::test]
async fn pending_connections_are_bounded() {
    let net = bind(loopback().with_max_pending(3)).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(connect(&net).await);
    }
    until(|| net.stats().pending_connections == 3).await;
    let mut fourth = connect(&net).await;
    closed(&mut fourth).await;
    assert_eq!(net.stats().connections_over_limit, 1);
    held.clear();
    until(|| net.stats().pending_connections == 0).await;
    works(&net).await;
}

/// Complaint 19: one host cannot keep all others out.
#[tokio::test]
async fn pending_connections_of_one_address_are_bounded() {
    let options = NetOptions::new().with_binds([at("127.0.0.1:0"), at("[::1]:0")]).with_max_per_ip(2);
    let net = bind(options).await;
    let _held = [connect(&net).await, connect(&net).await];
    until(|| net.stats().pending_connections == 2).await;
    closed(&mut connect(&net).await).await;
    assert_eq!(net.stats().connections_over_limit, 1);
    let mut other = within(TcpStream::connect(net.local_addresses()[1])).await.unwrap();
    other.write_all(b"x").await.unwrap();
    within(net.accept_stream()).await.unwrap();
}

#[tokio::test]
async fn connections_that_carry_packets_are_bounded() {
    let net = bind(loopback().with_max_packet_connections(2)).await;
    let mut held = Vec::new();
    for number in 1..=2 {
        let mut stream = connect(&net).await;
        stream.write_all(&[0xB5, 1, 0, 1]).await.unwrap();
        held.push(stream);
        until(|| net.stats().packet_connections == number).await;
    }
    let mut third = connect(&net).await;
    third.write_all(&[0xB5, 1, 0, 1]).await.unwrap();
    closed(&mut third).await;
    assert_eq!(net.stats().connections_over_limit, 1);
    // The others still carry packets, which come from the port that was announced.
    held[0].write_all(&[0, 0, 0, 2, b'o', b'k']).await.unwrap();
    let packet = within(net.recv_packet()).await.unwrap();
    assert_eq!((packet.from, &packet.data[..]), (at("127.0.0.1:1"), &b"ok"[..]));
}

/// Whatever bytes come, a stream's end is its own.
#[tokio::test]
async fn garbage_on_streams_disturbs_nobody() {
    let net = bind(loopback()).await;
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    for round in 0..200usize {
        let mut stream = connect(&net).await;
        let bytes: Vec<u8> = (0..round)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                (seed >> 32) as u8
            })
            .collect();
        let start: &[u8] = if round % 2 == 0 { &[0xB5, 1, 0, 1] } else { &[] };
        let _ = stream.write_all(&[start, &bytes].concat()).await;
        drop(stream);
        // Take what looks like a stream, so that places do not run out.
        while let Ok(taken) = tokio::time::timeout(Duration::from_millis(1), net.accept_stream()).await {
            taken.unwrap();
        }
    }
    let drain = async {
        while net.stats().pending_connections > 0 {
            let _ = tokio::time::timeout(Duration::from_millis(10), net.accept_stream()).await;
        }
    };
    within(drain).await;
    until(|| net.stats().packet_connections == 0).await;
    works(&net).await;
    let _: SocketAddr = address(&net);
}
