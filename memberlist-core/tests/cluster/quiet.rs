use crate::harness::*;
use memberlist_core::{
    Options,
    memory::{Conditions, MemoryNetwork},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tracing_subscriber::fmt::MakeWriter;

/// Counts lines.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicUsize>);

impl std::io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        eprint!("{}", String::from_utf8_lossy(line));
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// P-25: a ten-minute idle run prints nothing at INFO or above after start-up
#[tokio::test(start_paused = true)]
async fn ten_idle_minutes_print_nothing() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let network = MemoryNetwork::new(1);
    let mut nodes = vec![];
    for n in 1..=5 {
        let node = node_with(&network, n, Void::new(), Options::lan()).await;
        if n > 1 {
            node.join(address(1)).await.unwrap();
        }
        nodes.push(node);
    }
    see_each_other(&nodes).await;
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert!(nodes.iter().all(|node| node.num_members() == 5));
    assert!(nodes[0].stats().protocol.probes >= 500);
    nodes[4].leave(ms(10_000)).await.unwrap();
    for node in nodes {
        node.shutdown().await;
    }
    assert_eq!(lines.0.load(Ordering::Relaxed), 0);
    // The counter counts.
    tracing::info!("this one");
    assert_eq!(lines.0.load(Ordering::Relaxed), 1);
}

/// P-13, P-25: what an operator must see is said, and not over and over
#[tokio::test(start_paused = true)]
async fn blocked_packets_are_told_once_in_ten_minutes() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    // Packets are lost, streams go through: as behind a firewall that lets TCP pass and not UDP.
    network.set_conditions(Conditions::perfect().with_loss(1.0));
    tokio::time::sleep(std::time::Duration::from_secs(540)).await;
    assert_eq!((nodes[0].num_members(), nodes[1].num_members()), (2, 2));
    assert!(nodes[0].stats().protocol.probes_by_stream > 100);
    assert_eq!(lines.0.load(Ordering::Relaxed), 2, "one line for each node");
    tokio::time::sleep(std::time::Duration::from_secs(540)).await;
    assert_eq!(lines.0.load(Ordering::Relaxed), 4);
}

/// P-25
#[tokio::test(start_paused = true)]
async fn trouble_of_the_transport_is_told_once_a_minute() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    network.set_failing(address(1), true);
    tokio::time::sleep(std::time::Duration::from_secs(150)).await;
    assert!(node.stats().transport_errors >= 100);
    assert_eq!(lines.0.load(Ordering::Relaxed), 3);
}

/// P-25: a refusal that an operator must do something about
#[tokio::test(start_paused = true)]
async fn a_full_table_is_told() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let network = MemoryNetwork::new(1);
    let mut small = options();
    small.protocol.max_members = 2;
    let a = node_with(&network, 1, Void::new(), small).await;
    let others = [node(&network, 2).await, node(&network, 3).await];
    for other in &others {
        other.join(address(1)).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(a.known().len(), 2);
    assert_eq!(lines.0.load(Ordering::Relaxed), 1);
}
