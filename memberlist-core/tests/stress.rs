//! Real threads and real time: nothing hangs, whatever is called when.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test fails by panicking.

use agnostic::tokio::TokioRuntime;
use memberlist_core::{
    Memberlist, Options, VoidDelegate,
    memory::{Conditions, MemoryNetwork, MemoryTransport},
};
use rand_core::Rng;
use smol_str::{SmolStr, format_smolstr};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

type Node = Memberlist<MemoryTransport<TokioRuntime>, VoidDelegate<SmolStr, SocketAddr>>;

const NODES: u8 = 8;

fn address(n: u8) -> SocketAddr {
    ([10, 0, 0, n], 1).into()
}

fn options() -> Options {
    let mut options = Options::local().with_data_queue(16usize).with_transmit_queue(64usize);
    options.protocol.probe_interval = Duration::from_millis(50);
    options.protocol.probe_timeout = Duration::from_millis(10);
    options.protocol.gossip_interval = Duration::from_millis(5);
    options.protocol.push_pull_interval = Duration::from_millis(100);
    options
}

async fn start(network: &MemoryNetwork, n: u8) -> Node {
    let transport = network.bind(address(n)).unwrap();
    Memberlist::start(format_smolstr!("n{n}"), transport, options()).await.unwrap()
}

/// One user who does anything at any time, and restarts the node now and then.
async fn restless(network: MemoryNetwork, n: u8, until: Instant) -> u32 {
    let mut dice = rand_pcg::Pcg64::new(u128::from(n), 1);
    let mut node = start(&network, n).await;
    let mut done = 0;
    while Instant::now() < until {
        let peer = 1 + (dice.next_u32() % u32::from(NODES)) as u8;
        let other = address(peer);
        match dice.next_u32() % 12 {
            0 => drop(node.join(other).await),
            1 => drop(node.leave(Duration::from_millis(20)).await),
            2 => drop(node.rejoin().await),
            3 => drop(node.send(&other, "packet").await),
            4 => drop(node.send_reliable(&other, vec![1; 100_000]).await),
            5 => drop(node.broadcast("to all")),
            6 => drop(node.update_meta("news").await),
            7 => drop(node.ping(&format_smolstr!("n{peer}")).await),
            8 => drop(tokio::time::timeout(Duration::from_millis(3), node.join(other)).await),
            9 => {
                let mut events = node.events();
                drop(tokio::time::timeout(Duration::from_millis(10), events.recv()).await);
            }
            10 if dice.next_u32().is_multiple_of(4) => {
                // Some end in order, some are just dropped.
                if dice.next_u32().is_multiple_of(2) {
                    node.shutdown().await;
                }
                drop(node);
                while network.bound().contains(&address(n)) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                node = start(&network, n).await;
            }
            _ => drop((node.members(), node.known(), node.stats(), node.local_state())),
        }
        done += 1;
    }
    node.shutdown().await;
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restless_users_never_make_a_node_hang() {
    let network = MemoryNetwork::new(1);
    network.set_conditions(Conditions::perfect().with_loss(0.05).with_duplication(0.05));
    let until = Instant::now() + Duration::from_secs(3);
    let users: Vec<_> = (1..=NODES).map(|n| tokio::spawn(restless(network.clone(), n, until))).collect();
    for user in users {
        let done = tokio::time::timeout(Duration::from_secs(60), user).await.expect("a user hangs").unwrap();
        assert!(done > 0);
    }
    assert_eq!(network.bound(), []);
    let left = async {
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), left).await.expect("tasks are left");
}
