use crate::harness::*;
use memberlist_core::{Options, memory::MemoryNetwork};
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

/// Issue 6: a ten-minute idle run prints nothing at INFO or above after start-up
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
