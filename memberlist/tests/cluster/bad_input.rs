//! Garbage at a live node: it stays a member, memory stays flat, and the counters show what was refused.

use crate::{Watched, cluster, end, join, set, start_with, until};
use memberlist::prelude::*;
use memberlist::types::{Framing, Label};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Random bytes, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() >> 24) as u8).collect()
    }
}

fn blue() -> Options {
    let mut options = Options::lan().with_framing(Framing::new().with_label(Label::new("blue").unwrap()));
    // The slow ones are to end within the test.
    options.protocol.stream_timeout = Duration::from_secs(2);
    options
}

fn net() -> NetOptions {
    NetOptions::new().with_inbound_timeout(Duration::from_secs(1))
}

/// What a frame of this cluster begins with.
fn header(magic: u8) -> Vec<u8> {
    [&[magic, 4][..], b"blue"].concat()
}

async fn packets(target: SocketAddr, random: &mut Random) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for number in 0..2_000u64 {
        let len = (random.next() % 1_500) as usize;
        let body = random.bytes(len);
        let packet = match number % 4 {
            // Nonsense from the first byte; nonsense behind a good header, with and without the tag of a body; another label.
            0 => body,
            1 => [header(0xd1), body].concat(),
            2 => [header(0xd1), vec![0x00], body].concat(),
            _ => [&[0xd1, 3][..], b"red", &[0x00], &body].concat(),
        };
        socket.send_to(&packet, target).await.unwrap();
        if number % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Streams that say something bad and wait for what comes.
async fn streams(target: SocketAddr, random: &mut Random) {
    for number in 0..60usize {
        let len = (random.next() % 3_000) as usize;
        let body = random.bytes(len);
        let bytes = match number % 6 {
            0 => body,
            1 => [header(0xe1), body].concat(),
            // 4 GiB, and just over the limit.
            2 => [header(0xe1), u32::MAX.to_be_bytes().to_vec(), body].concat(),
            3 => [header(0xe1), (65u32 << 20).to_be_bytes().to_vec()].concat(),
            // A length that is never filled: the end comes too early.
            4 => [header(0xe1), 50_000u32.to_be_bytes().to_vec(), vec![0x00], body].concat(),
            _ => [&[0xe1, 3][..], b"red", &8u32.to_be_bytes(), &[0; 8]].concat(),
        };
        let Ok(mut stream) = TcpStream::connect(target).await else { continue };
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        // An answer, if any, is short: an error.
        let mut limited = stream.take(64 * 1024);
        let _ = tokio::time::timeout(Duration::from_secs(10), limited.read_to_end(&mut answer)).await;
        assert!(answer.len() < 1_024, "{} bytes for nonsense of kind {}", answer.len(), number % 6);
    }
}

/// Streams that are opened and say nothing, one byte, or a byte now and then; gives them when all have been closed by the other side.
async fn slow_streams(target: SocketAddr) {
    let mut tasks = Vec::new();
    for number in 0..90usize {
        tasks.push(tokio::spawn(async move {
            let Ok(mut stream) = TcpStream::connect(target).await else { return };
            let start = match number % 3 {
                0 => Vec::new(),
                1 => vec![0xe1],
                _ => [header(0xe1), 60_000u32.to_be_bytes().to_vec(), vec![0x00]].concat(),
            };
            let _ = stream.write_all(&start).await;
            let (mut reader, mut writer) = stream.split();
            let drip = async {
                if number % 3 < 2 {
                    std::future::pending::<()>().await;
                }
                while writer.write_all(&[0]).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let closed = async {
                let mut answer = Vec::new();
                let _ = (&mut reader).take(64 * 1024).read_to_end(&mut answer).await;
            };
            tokio::select! { () = drip => {}, () = closed => {} }
        }));
    }
    for task in tasks {
        tokio::time::timeout(Duration::from_secs(60), task).await.expect("closed at its deadline").unwrap();
    }
}

/// Resident memory of this process in bytes; nothing where the system does not tell.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split(' ').nth(1)?.parse::<usize>().ok().map(|pages| pages * 4096)
}

async fn attack(target: SocketAddr, seed: u64) {
    let mut random = Random(seed);
    let mut other = Random(seed ^ 0xFFFF);
    tokio::join!(packets(target, &mut random), streams(target, &mut other), slow_streams(target));
}

fn undisturbed(nodes: &mut [Watched]) {
    for node in nodes {
        assert_eq!(node.suspected(), set(&[]), "{}", node.node.local_id());
        assert!(node.failed().is_empty());
        assert_eq!(node.node.num_members(), 3, "{}", node.id());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_under_garbage_stays_a_member_and_its_memory_flat() {
    let mut nodes = cluster(3, blue(), net()).await;
    let target = nodes[0].address();

    // The first round fills what is kept for reuse.
    attack(target, 1).await;
    undisturbed(&mut nodes);
    let before = resident();
    for round in 2..5 {
        attack(target, round).await;
        undisturbed(&mut nodes);
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before);
        assert!(grown < 32 << 20, "memory grew by {grown} bytes");
    }

    let stats = nodes[0].node.stats();
    assert!(stats.decode_rejections > 1_000, "{stats:?}");
    assert!(stats.decode_rejected("label_mismatch") > 100, "{stats:?}");
    assert!(stats.streams_failed + stats.streams_refused > 100, "{stats:?}");
    let transport = nodes[0].node.transport().stats();
    assert!(transport.connections_timed_out >= 100, "{transport:?}");
    until("all strangers' connections are closed", || {
        nodes[0].node.transport().stats().pending_connections == 0
    })
    .await;

    // A stranger with another label is still refused, a friend still let in.
    let mut red = blue();
    red.framing.label = Label::new("red").unwrap();
    let stranger = start_with("stranger", red, net()).await;
    assert!(stranger.node.join(target).await.is_err());
    let friend = start_with("friend", blue(), net()).await;
    join(&friend, target).await;
    until("all see the friend", || nodes.iter().all(|node| node.node.num_members() == 4)).await;
    nodes.extend([stranger, friend]);
    end(nodes).await;
}
