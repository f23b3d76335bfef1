//! Large reliable messages, whose bytes are read to where they are decoded.

use crate::{harness::*, message_streams::message};
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt, future::join};
use memberlist_core::{
    NativeWire, Options,
    memory::MemoryNetwork,
    types::{Framing, StreamLimits, StreamMessage, Wire},
};
use smol_str::SmolStr;
use std::net::SocketAddr;

/// Bytes of a message that is read in several ways: to the buffer, and to rooms of its own.
const LARGE: usize = 900_000;

/// As little memory as there may be for such messages, and so much more.
fn narrow(more: usize) -> Options {
    let limits = StreamLimits::default().with_max_frame(1 << 20).with_max_user((1 << 20) - 1024);
    let mut options = options().with_max_inbound_bytes((3usize << 20) + more).with_stream_limits(limits);
    options.protocol.stream_timeout = ms(10_000);
    options
}

/// No two messages are the same, nor two bytes in a row.
fn payload(number: usize, bytes: usize) -> Bytes {
    (0..bytes).map(|at| ((at + number) % 251) as u8).collect()
}

fn frame(payload: Bytes) -> Bytes {
    let message = StreamMessage::<SmolStr, SocketAddr>::User(payload);
    NativeWire.encode_frame(&Framing::new(), &StreamLimits::default(), true, &message).unwrap()
}

/// TestTransport_Send: memory is used again only when the application is done with what is in it.
#[tokio::test(start_paused = true)]
async fn messages_that_the_application_keeps_stay_as_they_came() {
    let network = MemoryNetwork::new(1);
    let from = node_with(&network, 1, Void::new(), narrow(2 << 20)).await;
    let to = node_with(&network, 2, Void::new(), narrow(2 << 20)).await;
    let mut events = to.events();
    let sizes = [LARGE, 3, LARGE + 99, 70_000, LARGE - 99, 40_000, 0, LARGE, 64_000, 20_000];
    let mut kept = Vec::new();
    for (number, bytes) in sizes.iter().cycle().take(60).enumerate() {
        from.send_reliable(&address(2), payload(number, *bytes)).await.unwrap();
        let got = message(&mut events).await;
        assert!(got == payload(number, *bytes), "{number}");
        if number.is_multiple_of(7) {
            kept.push((number, got));
        }
    }
    for (number, got) in kept {
        assert!(got == payload(number, got.len()), "{number}");
    }
    assert_eq!((to.stats().streams_failed, to.stats().streams_over_budget), (0, 0));
}

/// TestTransport_Send: large and small messages in pieces of any size, several of which may begin or end in one of them.
#[tokio::test(start_paused = true)]
async fn messages_are_the_same_however_they_are_cut() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), narrow(2 << 20)).await;
    let mut events = node.events();
    let sizes = [10, LARGE, 10, 200_000, 100, LARGE, LARGE + 1, 33_000, 64_000, 64_000, 1_000, 1_000];
    let sent: Vec<Bytes> = sizes.iter().enumerate().map(|(number, bytes)| payload(number, *bytes)).collect();
    let all: Vec<u8> = sent.iter().flat_map(|payload| frame(payload.clone())).collect();
    for at_once in [977, 65_537, 1_000_003, all.len()] {
        let mut stream = network.connect(address(11), address(1)).unwrap();
        let write = async {
            for piece in all.chunks(at_once) {
                stream.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            stream.close().await.unwrap();
        };
        let read = async {
            for payload in &sent {
                assert!(message(&mut events).await == payload, "{at_once}");
            }
        };
        join(write, read).await;
    }
    assert_eq!(node.stats().streams_failed, 0);
}

/// P-19: who announces large messages and sends little takes little memory, even after a large one; and an end in the midst is one.
#[tokio::test(start_paused = true)]
async fn announced_messages_take_no_memory_before_they_come() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), narrow(2 << 20)).await;
    let mut events = node.events();
    let large = frame(payload(1, LARGE));
    let mut open = Vec::new();
    // Enough for a room to be made, were there as much memory as is announced, which is twice as much as there is.
    for n in 0..10 {
        let mut stream = network.connect(address(20 + n), address(1)).unwrap();
        stream.write_all(&large[..40_000]).await.unwrap();
        open.push(stream);
    }
    eventually("it is read", || node.stats().stream_bytes_received >= 400_000).await;
    let mut stream = network.connect(address(11), address(1)).unwrap();
    for _ in 0..5 {
        soon(stream.write_all(&large)).await.unwrap();
        assert!(message(&mut events).await == payload(1, LARGE));
    }
    assert_eq!((node.stats().streams_over_budget, node.stats().streams_failed), (0, 0));
    for mut stream in open {
        stream.close().await.unwrap();
        let _ = soon(stream.read_to_end(&mut Vec::new())).await;
    }
    eventually("they are over", || node.stats().streams_failed == 10).await;
    assert_eq!(node.stats().decode_rejected("truncated"), 10);
}

/// P-19: streams that have earned room for large messages leave memory for others, and do with less when there is none for them.
#[tokio::test(start_paused = true)]
async fn room_that_was_earned_leaves_others_what_they_need() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), narrow(2 << 20)).await;
    let mut events = node.events();
    let large = frame(payload(1, LARGE));
    let mut open = Vec::new();
    for n in 0..8 {
        let mut stream = network.connect(address(20 + n), address(1)).unwrap();
        for _ in 0..3 {
            soon(stream.write_all(&large)).await.unwrap();
            assert!(message(&mut events).await == payload(1, LARGE));
        }
        open.push(stream);
    }
    let before = node.stats().stream_bytes_received;
    for stream in &mut open {
        stream.write_all(&large[..30]).await.unwrap();
    }
    eventually("it is read", || node.stats().stream_bytes_received == before + 240).await;
    let mut other = network.connect(address(11), address(1)).unwrap();
    soon(other.write_all(&large)).await.unwrap();
    assert!(message(&mut events).await == payload(1, LARGE));
    for stream in &mut open {
        soon(stream.write_all(&large[30..])).await.unwrap();
        assert!(message(&mut events).await == payload(1, LARGE));
    }
    assert_eq!((node.stats().streams_over_budget, node.stats().streams_failed), (0, 0));
}
