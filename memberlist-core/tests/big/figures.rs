//! How long an exchange holds others up, in figures:
//! `cargo test --release -p memberlist-core --test big -- --ignored --nocapture`

use crate::crowd::{Real, Void, acquaint, crowd, real, start};
use memberlist_core::{
    Options,
    memory::MemoryNetwork,
    types::{Compression, CompressionAlgorithm, EncryptionAlgorithm, Framing, Keyring, SecretKey},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const SIZE: u32 = 50_000;

/// Durations, to be told by their percentiles.
struct Figures(Vec<Duration>);

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |part: f64| sorted.get((sorted.len() as f64 * part) as usize).or(sorted.last());
        let ms = |d: Option<&Duration>| d.map_or(0.0, |d| d.as_secs_f64() * 1e3);
        write!(
            f,
            "{} times, p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
            sorted.len(),
            ms(at(0.5)),
            ms(at(0.99)),
            ms(sorted.last())
        )
    }
}

/// Waits for a node's lock again and again, from a thread of its own: the longest wait is about the longest time that it was held.
fn watch_lock(node: &Real, done: &Arc<AtomicBool>) -> std::thread::JoinHandle<Figures> {
    let (node, done) = (node.clone(), Arc::clone(done));
    std::thread::spawn(move || {
        let mut waits = Vec::new();
        while !done.load(Ordering::Relaxed) {
            let started = Instant::now();
            let _ = node.num_members();
            waits.push(started.elapsed());
            std::thread::sleep(Duration::from_micros(100));
        }
        Figures(waits)
    })
}

async fn measure(what: &str, framing: Framing) {
    let network = MemoryNetwork::new(1);
    let mut options = Options::lan().with_framing(framing);
    options.protocol.push_pull_interval = Duration::ZERO;
    let a = start(&network, 1, Void::new(), &options).await;
    let b = start(&network, 2, Void::new(), &options).await;
    let c = start(&network, 3, Void::new(), &options).await;
    acquaint(&network, &a, crowd(SIZE)).await;
    c.join(real(1)).await.unwrap();
    for round in ["b knows nobody", "both know all"] {
        let done = Arc::new(AtomicBool::new(false));
        let watchers = [watch_lock(&a, &done), watch_lock(&b, &done)];
        let pinger = tokio::spawn({
            let (c, done) = (c.clone(), Arc::clone(&done));
            let a = a.local_id().clone();
            async move {
                let mut times = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    times.push(c.ping(&a).await.unwrap());
                    tokio::time::sleep(Duration::from_micros(500)).await;
                }
                Figures(times)
            }
        });
        let before = a.stats().protocol.push_pulls;
        let started = Instant::now();
        b.join(real(1)).await.unwrap();
        let joined = started.elapsed();
        while a.stats().protocol.push_pulls == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let both = started.elapsed();
        done.store(true, Ordering::Relaxed);
        println!("{what}, {round}: joined after {joined:.0?}, both done after {both:.0?}");
        println!("  pings of a third node to a: {}", pinger.await.unwrap());
        for (name, watcher) in ["a", "b"].iter().zip(watchers) {
            println!("  waits for the lock of {name}: {}", watcher.join().unwrap());
        }
    }
    assert_eq!(b.num_members(), a.num_members());
}

async fn all() {
    measure("clear", Framing::new()).await;
    let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[7; 16]).unwrap();
    let framing = Framing::new()
        .with_keyring(Some(Keyring::new().unwrap().with_primary(&key)))
        .with_compression(Some(Compression::new(CompressionAlgorithm::Lz4)));
    measure("encrypted and compressed", framing).await;
}

#[ignore = "takes measures and asserts little"]
#[tokio::test]
async fn figures_on_one_thread() {
    println!("one thread");
    all().await;
}

#[ignore = "takes measures and asserts little"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_on_two_threads() {
    println!("two threads");
    all().await;
}
