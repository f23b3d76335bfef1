//! The end of a node: alone in its process, so that tasks and open files can be counted.

#![cfg(all(feature = "tokio", feature = "tcp"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use memberlist::prelude::*;
use std::time::Instant;

/// Open files of this process; nothing where the system does not tell.
fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

async fn cluster(streams_only: bool) -> Vec<TcpMemberlist> {
    let mut nodes: Vec<TcpMemberlist> = Vec::new();
    for number in 0..5 {
        let node = memberlist::tokio::builder(format!("n{number}"))
            .bind("127.0.0.1:0")
            .options(Options::local())
            .net_options(NetOptions::new().with_streams_only(streams_only))
            .start()
            .await
            .unwrap();
        if let Some(seed) = nodes.first() {
            node.join(seed.advertise_address()).await.unwrap();
        }
        nodes.push(node);
    }
    // So that probes, gossip and (without UDP) packet connections are under way.
    until(|| nodes.iter().all(|node| node.num_members() == 5 && node.stats().protocol.probes > 1)).await;
    nodes
}

async fn until(mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(120), "not before the deadline");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Point 4; complaint 29: when `shutdown` returns, every task has ended and every socket is closed; dropping the last handle comes to the
/// same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_nodes_that_have_ended() {
    // What the runtime and the test keep for good is there after a first node.
    for node in cluster(true).await {
        node.shutdown().await;
    }
    until(|| tasks() == 0).await;
    let files = open_files();

    for streams_only in [false, true] {
        let mut nodes = cluster(streams_only).await;
        assert!(tasks() > 5);
        assert!(files.is_none() || open_files() > files);
        for node in nodes.drain(2..) {
            let address = node.advertise_address();
            node.shutdown().await;
            // At once, not soon.
            std::net::TcpListener::bind(address).unwrap();
            std::net::UdpSocket::bind(address).unwrap();
        }
        drop(nodes);
        until(|| tasks() == 0).await;
        until(|| files.is_none() || open_files() <= files).await;
    }
}
