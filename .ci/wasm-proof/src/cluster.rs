//! `Memberlist`s as a user has them, in real time: they join, exchange states, talk, find one of them dead, and say goodbye.

use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use memberlist_core::{
    Event, Memberlist, NativeWire, Options, State, VoidDelegate,
    memory::{MemoryNetwork, MemoryTransport},
    proto,
    types::{Compression, CompressionAlgorithm, EncryptionAlgorithm, Framing, Keyring, SecretKey},
};
use smol_str::SmolStr;
use std::{net::SocketAddr, time::Duration};

type Error = Box<dyn std::error::Error>;
type Node = Memberlist<MemoryTransport<TokioRuntime>, VoidDelegate<SmolStr, SocketAddr>, NativeWire>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn run() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
        // A node that hangs must not hang whoever waits for the proof.
        tokio::time::timeout(Duration::from_secs(60), cluster()).await?
    })
}

/// Ten times as fast as on one machine, compressed and encrypted.
fn options(keyring: &Keyring) -> Options {
    let mut protocol = proto::Options::local();
    protocol.probe_interval = ms(100);
    protocol.probe_timeout = ms(40);
    protocol.gossip_interval = ms(20);
    protocol.push_pull_interval = ms(500);
    let compression = Compression::new(CompressionAlgorithm::Lz4).with_threshold(100);
    let framing = Framing::new().with_compression(Some(compression)).with_keyring(Some(keyring.clone()));
    Options::from_protocol(protocol).with_framing(framing)
}

async fn cluster() -> Result<(), Error> {
    let network = MemoryNetwork::new(1);
    // Key and nonces from the system's randomness, which WASI has.
    let keyring = Keyring::new()?.with_key(&SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?);
    let mut nodes: Vec<Node> = Vec::new();
    for n in 1..=3_u8 {
        let at: SocketAddr = ([10, 0, 0, n], 7946).into();
        let id = SmolStr::from(format!("node-{n}"));
        let node = Memberlist::start(id, network.bind::<TokioRuntime>(at)?, options(&keyring)).await?;
        if let Some(first) = nodes.first() {
            node.join(first.advertise_address()).await?;
        }
        nodes.push(node);
    }
    let [a, b, c] = &nodes[..] else { return Err("three nodes".into()) };
    until("three nodes see each other", || nodes.iter().all(|node| node.num_members() == 3)).await;

    let rtt = a.ping(b.local_id()).await?;
    check("a ping is answered", rtt < Duration::from_secs(1))?;

    let mut at_b = b.events();
    let mut at_c = c.events();
    a.send(&b.advertise_address(), "in a packet").await?;
    check("a message arrives in a packet", message(&mut at_b).await? == ("in a packet".into(), false))?;
    // Large enough to be encoded where it would hold up nobody, if there were threads.
    let large = Bytes::from(vec![7; 200_000]);
    a.send_reliable(&b.advertise_address(), large.clone()).await?;
    check("a large message arrives on a stream", message(&mut at_b).await? == (large, true))?;
    a.broadcast("to everybody")?;
    check("a broadcast arrives", message(&mut at_c).await?.0 == "to everybody")?;

    b.update_meta("zone=b").await?;
    until("new metadata is seen", || c.member(b.local_id()).is_some_and(|b| b.meta == "zone=b".into())).await;
    until("states are exchanged from time to time", || a.stats().protocol.push_pulls > 3).await;

    c.shutdown().await;
    until("a failure is found", || {
        [a, b].iter().all(|node| {
            node.member(c.local_id()).is_none_or(|c| c.state == State::Dead) && node.num_members() == 2
        })
    })
    .await;

    b.leave(Duration::from_secs(10)).await?;
    until("who leaves has left", || a.member(b.local_id()).is_some_and(|b| b.state == State::Left)).await;
    b.shutdown().await;
    check("a node can come back", {
        let again = network.bind::<TokioRuntime>(([10, 0, 0, 2], 7946).into())?;
        let again = Memberlist::start(b.local_id().clone(), again, options(&keyring)).await?;
        again.join(a.advertise_address()).await?;
        until("it is seen", || a.num_members() == 2).await;
        again.shutdown().await;
        true
    })?;
    a.shutdown().await;
    check("nothing is left", network.bound().is_empty())
}

fn check(what: &str, holds: bool) -> Result<(), Error> {
    if !holds {
        return Err(format!("not true: {what}").into());
    }
    println!("{what}");
    Ok(())
}

/// Waits for a condition; the whole has a deadline.
async fn until(what: &str, condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(ms(5)).await;
    }
    println!("{what}");
}

/// The next user message, and whether it came reliably.
async fn message(events: &mut memberlist_core::Events<SmolStr, SocketAddr>) -> Result<(Bytes, bool), Error> {
    while let Some(event) = events.recv().await {
        if let Event::User { payload, reliable, .. } = event {
            return Ok((payload, reliable));
        }
    }
    Err("the node has ended".into())
}
