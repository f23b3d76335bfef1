//! How long an exchange holds others up, in figures:
//! `cargo test --release -p memberlist-core --test big -- --ignored --nocapture`

use crate::{
    crowd::{Real, Void, acquaint, crowd, real, start},
    exchange::everything,
};
use memberlist_core::{Options, memory::MemoryNetwork, types::Framing};
use smol_str::SmolStr;
use std::{
    net::SocketAddr,
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
    measure("encrypted and compressed", everything()).await;
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

/// What the size of a part costs: the smaller, the sooner others get their turn, the larger, the less is told twice.
#[ignore = "takes measures and asserts little"]
#[test]
fn figures_of_part_sizes() {
    use memberlist_core::{
        NativeWire,
        proto::{Exchange, ExchangeOutput},
        types::StreamLimits,
    };
    let states = crowd(SIZE);
    for (what, framing) in [("clear", Framing::new()), ("encrypted and compressed", everything())] {
        for size in [125, 250, 500, 1_000, 2_000, 4_000, 16_000, SIZE as usize] {
            let mut sender = Exchange::dial_push_pull(&NativeWire, StreamLimits::default(), 1, false);
            let mut receiver = Exchange::<SmolStr, SocketAddr>::accept(StreamLimits::default());
            let (mut encoding, mut decoding, mut bytes) = (Vec::new(), Vec::new(), 0);
            let mut rest = states.chunks(size).peekable();
            while let Some(part) = rest.next() {
                let (part, more) = (part.to_vec(), rest.peek().is_some());
                let started = Instant::now();
                sender.send_part(&NativeWire, &framing, part, "".into(), more).unwrap();
                encoding.push(started.elapsed());
                let frame = sender.poll_write().unwrap();
                bytes += frame.len();
                let started = Instant::now();
                receiver.handle_data(&NativeWire, &framing, &frame).unwrap();
                decoding.push(started.elapsed());
            }
            let Some(ExchangeOutput::PushPullRequest(told)) = receiver.poll_output() else {
                panic!("it was all")
            };
            assert_eq!(told.states.len(), states.len());
            let total = |times: &[Duration]| times.iter().sum::<Duration>();
            println!(
                "{what}, {size} states a part: {} KiB each, {bytes} bytes in all; encoding {:.1?} in all, {}; decoding {:.1?} in all, {}",
                (bytes / encoding.len()) >> 10,
                total(&encoding),
                Figures(encoding.clone()),
                total(&decoding),
                Figures(decoding.clone()),
            );
        }
    }
}
