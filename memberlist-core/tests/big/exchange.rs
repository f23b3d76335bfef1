//! A node with fifty thousand members tells a joiner of them all, and goes on answering meanwhile.

use crate::crowd::{Real, Void, acquaint, crowd, real, start};
use memberlist_core::{
    CompositeDelegate, Event, Member, Options,
    delegate::EventDelegate,
    memory::MemoryNetwork,
    types::{Compression, CompressionAlgorithm, EncryptionAlgorithm, Framing, Keyring, SecretKey},
};
use smol_str::SmolStr;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const SIZE: u32 = 50_000;
/// Longer than any exchange here, even on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(300);

/// The presets, but for what says how long a loaded machine may take: nothing here shall depend on how fast the machine is.
fn options(framing: Framing) -> Options {
    let mut options = Options::lan().with_framing(framing);
    options.protocol.push_pull_interval = Duration::ZERO;
    options.protocol.probe_interval = Duration::from_secs(10);
    options.protocol.probe_timeout = Duration::from_secs(5);
    options.protocol.stream_timeout = PATIENCE;
    // One node pings another as often as it can.
    options.protocol.max_peer_messages = 0;
    options
}

pub(crate) fn everything() -> Framing {
    let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &[7; 16]).unwrap();
    Framing::new()
        .with_keyring(Some(Keyring::new().unwrap().with_primary(&key)))
        .with_compression(Some(Compression::new(CompressionAlgorithm::Lz4)))
}

/// Counts who joined.
struct Counting(Arc<AtomicUsize>);

impl EventDelegate<SmolStr, SocketAddr> for Counting {
    async fn notify_joined(&self, _: &Member<SmolStr, SocketAddr>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Pings `of` from `node` until told to stop; gives how many were answered. None may be missed.
fn keep_pinging(
    node: &Real,
    of: &Real<impl memberlist_core::Delegate<Id = SmolStr, Address = SocketAddr>>,
    done: &Arc<AtomicBool>,
) -> tokio::task::JoinHandle<usize> {
    let (node, of, done) = (node.clone(), of.local_id().clone(), Arc::clone(done));
    tokio::spawn(async move {
        let mut answered = 0;
        while !done.load(Ordering::Relaxed) {
            match node.ping(&of).await {
                Ok(_) => answered += 1,
                Err(error) => panic!("after {answered} answers: {error}"),
            }
            tokio::task::yield_now().await;
        }
        answered
    })
}

async fn nobody_waits_for_an_exchange(framing: Framing) {
    let network = MemoryNetwork::new(1);
    let options = options(framing);
    let joined = Arc::new(AtomicUsize::new(0));
    let counting =
        CompositeDelegate::<SmolStr, SocketAddr>::new().with_event_delegate(Counting(Arc::clone(&joined)));
    let a = start(&network, 1, Void::new(), &options).await;
    let b = start(&network, 2, counting, &options).await;
    let c = start(&network, 3, Void::new(), &options).await;
    c.join(real(1)).await.unwrap();
    acquaint(&network, &a, crowd(SIZE)).await;
    assert_eq!(a.num_members(), SIZE as usize + 2);

    let mut listener = b.events();
    let listening = tokio::spawn(async move {
        let mut joined = 0;
        while let Some(event) = listener.recv().await {
            match event {
                Event::Joined(_) => joined += 1,
                Event::Lagged(lost) => panic!("a listener that reads has lost {lost}"),
                Event::Suspected { member, .. } | Event::Failed { member, .. } => panic!("{member:?}"),
                _ => {}
            }
            if joined == SIZE as usize + 2 {
                return;
            }
        }
    });
    // Two exchanges: one with somebody who knows nobody, and one between two who know all.
    for _ in 0..2 {
        let before = [a.stats().protocol.push_pulls, b.stats().protocol.push_pulls];
        let done = Arc::new(AtomicBool::new(false));
        let pinging = keep_pinging(&c, &a, &done);
        b.join(real(1)).await.unwrap();
        while a.stats().protocol.push_pulls == before[0] {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        done.store(true, Ordering::Relaxed);
        let answered = pinging.await.unwrap();
        // As one piece of work it would be a handful: one for each await.
        assert!(answered >= 100, "only {answered} pings were answered during the exchange");
        assert_eq!(b.stats().protocol.push_pulls, before[1] + 1);
        assert_eq!(b.num_members(), a.num_members());
    }
    tokio::time::timeout(PATIENCE, listening).await.unwrap().unwrap();
    assert_eq!(a.num_members(), SIZE as usize + 3);
    while joined.load(Ordering::Relaxed) < SIZE as usize + 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for stats in [a.stats(), b.stats(), c.stats()] {
        assert_eq!((stats.events_dropped, stats.protocol.events_dropped, stats.packets_dropped), (0, 0, 0));
        assert_eq!((stats.protocol.suspects, stats.protocol.probes_failed), (0, 0), "{stats:?}");
        assert_eq!((stats.streams_failed, stats.streams_over_budget, stats.decode_rejections), (0, 0, 0));
    }
    assert_eq!([a.health_score(), b.health_score(), c.health_score()], [0; 3]);
    for (id, state) in [(b.local_id(), a.member(b.local_id())), (a.local_id(), b.member(a.local_id()))] {
        assert_eq!(state.unwrap().state, memberlist_core::State::Alive, "{id}");
    }
    assert!(b.member(&"node-49999.example.net".into()).is_some());
}

/// P-18, P-22: on one thread, which all tasks of all nodes share
#[tokio::test]
async fn fifty_thousand_states_are_exchanged_while_pings_are_answered_on_one_thread() {
    nobody_waits_for_an_exchange(Framing::new()).await;
}

/// P-18, P-22
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_thousand_states_are_exchanged_while_pings_are_answered_on_two_threads() {
    nobody_waits_for_an_exchange(Framing::new()).await;
}

/// P-18, P-22
#[tokio::test]
async fn fifty_thousand_states_are_compressed_and_encrypted_while_pings_are_answered() {
    nobody_waits_for_an_exchange(everything()).await;
}
