//! Memory of nodes is bounded by the members they know, not by the time that they run. (A test binary of its own: it looks at the memory of the
//! whole process.)

#![cfg(target_os = "linux")]

use bytes::Bytes;
use memberlist_proto::types::{Alive, Incarnation, Layers, Message, Node, Versions};
use memberlist_sim::{Addr, Name, Network, NodeIndex, Options, Simulation};
use std::time::Duration;

/// Fewer in debug builds, which take ten times as long.
const NODES: u32 = if cfg!(debug_assertions) { 40 } else { 200 };

/// Bytes of this process that are in memory.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm.split_whitespace().nth(1)?.parse::<usize>().ok().map(|pages| pages * 4_096)
}

/// A node that nobody ever started says that it lives; it is believed, probed, suspected, declared dead and forgotten.
fn stranger(number: u32) -> Message<Name, Addr> {
    let index = NodeIndex((1 << 20) + number);
    Message::Alive(Alive {
        incarnation: Incarnation::new(1),
        node: Node::new(Name(index), Addr::new(index, 0)),
        meta: Bytes::from(vec![1; 100]).into(),
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    })
}

fn churn(cluster: &mut Simulation, names: &mut u32, seconds: u64) {
    for _ in 0..seconds {
        let node = NodeIndex(*names % NODES);
        let message = stranger(*names);
        *names += 1;
        cluster.command(node, |endpoint, now| endpoint.handle_message(now, Addr::new(node, 0), message));
        cluster.run_for(Duration::from_secs(1));
    }
}

#[test]
fn ten_minutes_of_ever_new_names_do_not_grow_memory() {
    let mut options = Options::lan();
    // So many ends are remembered at most, too: the memory of them is full after a while.
    options.max_members = NODES as usize + 60;
    let mut cluster = Simulation::new(1, Network::lan());
    cluster.form(NODES as usize, &options).unwrap();
    let mut names = 0;
    churn(&mut cluster, &mut names, 360);
    let before = resident().unwrap();
    let pending = cluster.pending();
    churn(&mut cluster, &mut names, 240);
    let after = resident().unwrap();
    let most = cluster.nodes().map(|node| cluster.endpoint(node).unwrap().stats().known).max().unwrap();
    assert!((NODES as usize..=options.max_members).contains(&most), "{most}");
    let dead: u64 = cluster.nodes().map(|node| cluster.endpoint(node).unwrap().stats().dead_accepted).sum();
    assert!(
        dead > 500 * u64::from(NODES),
        "nearly all of the {names} strangers were found dead by all: {dead}"
    );
    assert!(after < before + before / 10 + (2 << 20), "from {before} to {after} bytes for {names} names");
    assert!(
        cluster.pending() < 2 * pending + 1_000,
        "from {pending} to {} events to come",
        cluster.pending()
    );
}
