//! Recordings of live nodes, replayed from the command line.

#![allow(clippy::unwrap_used)]

use memberlist_proto::{
    EndpointRng, Event, Instant, LocalNode, Options,
    record::{Recorded, Recorder, Seed},
    types::{Framing, NativeWire},
};
use rand_core::Rng;
use rand_pcg::Pcg64Dxsm;
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex},
    time::Duration,
};

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The randomness of live nodes.
fn generator(seed: &Seed) -> EndpointRng {
    let (state, stream) = seed.split_at(16);
    Box::new(Pcg64Dxsm::new(
        u128::from_le_bytes(state.try_into().unwrap()),
        u128::from_le_bytes(stream.try_into().unwrap()),
    ))
}

/// The life of a node that joins a silent one, hears of two others, and leaves.
fn recording() -> Vec<u8> {
    let address = |n: u8| SocketAddr::from(([10, 0, 0, n], 7946));
    let (file, local) = (Memory::default(), LocalNode::new("one".to_owned(), address(1)));
    let recorder = Some(Recorder::new(file.clone()));
    let mut node = Recorded::<String, SocketAddr, _>::new(
        Instant::START,
        local,
        Options::lan(),
        &Framing::new(),
        NativeWire,
        &[7; 32],
        generator,
        recorder,
    )
    .unwrap();
    let at = |seconds| Instant::START + Duration::from_secs(seconds);
    let drain = |node: &mut Recorded<String, SocketAddr, NativeWire>| {
        let mut suspected = false;
        while let Some(event) = node.poll_event() {
            suspected |= matches!(event, Event::Suspected { .. });
        }
        while node.poll_transmit().is_some() {}
        while node.poll_request().is_some() {}
        suspected
    };
    let mut other = Recorded::<String, SocketAddr, _>::new(
        Instant::START,
        LocalNode::new("two".to_owned(), address(2)),
        Options::lan(),
        &Framing::new(),
        NativeWire,
        &[8; 32],
        generator,
        None,
    )
    .unwrap();
    drain(&mut other);
    node.handle_push_pull(at(1), None, other.local_states()).unwrap();
    drain(&mut node);
    let mut suspected = false;
    for second in 2..30 {
        node.handle_timeout(at(second));
        suspected |= drain(&mut node);
    }
    assert!(suspected, "the silent one is suspected");
    node.leave(at(30)).unwrap();
    drain(&mut node);
    drop(node);
    file.0.lock().unwrap().clone()
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn replay(file: &std::path::Path, args: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_memberlist-sim"))
        .arg("replay")
        .arg(file)
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    (output, text)
}

#[test]
fn life_of_a_live_node_is_stepped_through_and_the_same_comes_of_it() {
    let path = file("life.record", &recording());
    let (output, all) = replay(&path, &[]);
    assert_eq!(output.status.code(), Some(0), "{all}");
    assert!(all.contains("PushPull") && all.contains("Suspected") && all.contains("Leave"), "{all}");
    assert!(all.ends_with("the same came of each as when it was recorded\n"), "{all}");

    let (_, some) = replay(&path, &["--containing", "event Suspected", "--beliefs"]);
    assert!(some.lines().count() < all.lines().count());
    assert!(some.contains("two at 10.0.0.2:7946: dead"), "{some}");
    let (_, checked) = replay(&path, &["--verify"]);
    assert_eq!(checked.lines().count(), 1, "{checked}");
    let (_, late) = replay(&path, &["--from", "28s"]);
    assert!(late.contains("Leave") && !late.contains("PushPull"), "{late}");
    let (_, early) = replay(&path, &["--until", "3s"]);
    assert!(!early.contains("Leave") && early.contains("PushPull"), "{early}");
}

#[test]
fn recording_that_was_changed_is_told_from_one_that_diverges() {
    let whole = recording();
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last / 2] ^= 1;
    let (output, text) = replay(&file("changed.record", &changed), &[]);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("changed.record"), "{text}");
    let (output, text) = replay(&file("cut.record", &whole[..whole.len() / 2]), &["--verify"]);
    assert_ne!(output.status.code(), Some(1), "{text}");
    let (output, text) = replay(&file("life2.record", &whole), &["--node", "3"]);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("recording of one live node"), "{text}");
}

/// That of `memberlist-core`, whose tests hold the same numbers.
#[test]
fn randomness_is_that_of_live_nodes() {
    let mut seed: Seed = [0; 32];
    seed.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
    let mut rng = generator(&seed);
    assert_eq!([rng.next_u64(), rng.next_u64()], [870_400_698_630_955_762, 2_231_642_974_005_102_536]);
}
