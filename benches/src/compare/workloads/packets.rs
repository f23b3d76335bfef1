//! A7: one node tells another, best effort, as fast as that one can take it.
//!
//! A sender that pays no heed floods the receiver's socket, and what is measured then is how much of the machine the sender takes
//! from the receiver. Here it waits while too much is on its way, which it can see because both are in this process.

use crate::compare::{
    Contender, Fault, Figure, Quantity, Settings,
    cluster::{self, Cluster},
};
use bytes::Bytes;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Until it flows evenly.
const WARM_UP: Duration = Duration::from_millis(300);
/// So often the sender looks how far the receiver is, and lets others have its thread.
const LOOK: u64 = 32;
/// Packets on their way at most, or fewer if these are more bytes than a socket buffers.
const WINDOW: u64 = 2_048;
/// What a socket buffers for sure.
const BUFFER: u64 = 1 << 20;
/// What has not arrived after so long without any news is lost.
const LOST: Duration = Duration::from_millis(20);

pub(super) async fn run<C: Contender>(
    bytes: usize,
    at_once: usize,
    sealed: bool,
    millis: u64,
) -> Result<Vec<Figure>, Fault> {
    let settings = Settings { listen: true, sealed, flood: true, ..Settings::quiet(2) };
    let cluster = Cluster::<C>::start(&settings, 2).await?;
    let [from, to] = cluster.nodes.as_slice() else { return Err(Fault::Failed("no two nodes".into())) };
    match cluster::join(from.clone(), to.address(), Instant::now() + Duration::from_secs(10)).await {
        // Sockets alone know no members.
        Ok(()) | Err(Fault::Lacking(_)) => {}
        Err(fault) => return Err(fault),
    }
    let sent = Arc::new(AtomicU64::new(0));
    let sender =
        tokio::spawn(send(from.clone(), to.clone(), vec![0x5a; bytes].into(), at_once, Arc::clone(&sent)));
    sleep(WARM_UP).await;
    if sender.is_finished() {
        return Err(fault(sender.await));
    }
    let count = || (sent.load(Relaxed), to.received().messages());
    let (begin, before) = (Instant::now(), count());
    sleep(Duration::from_millis(millis)).await;
    let (wall, after) = (begin.elapsed().as_secs_f64(), count());
    if sender.is_finished() {
        return Err(fault(sender.await));
    }
    sender.abort();
    let (sent, arrived) = ((after.0 - before.0) as f64, (after.1 - before.1) as f64);
    if arrived == 0.0 {
        return Err(Fault::Failed("nothing arrived".into()));
    }
    Ok(vec![
        Figure::one(Quantity::Rate, arrived / wall),
        // What waits in buffers at the begin and at the end differs a little.
        Figure::one(Quantity::Lost, (1.0 - arrived / sent.max(1.0)).max(0.0)),
    ])
}

async fn send<C: Contender>(from: C, to: C, payload: Bytes, at_once: usize, sent: Arc<AtomicU64>) -> Fault {
    let (address, step) = (to.address(), at_once.max(1) as u64);
    let window = step * WINDOW.min(BUFFER / (payload.len().max(1) as u64 * step));
    let (mut arrived, mut lost, mut moved) = (0, 0, Instant::now());
    loop {
        for _ in 0..LOOK {
            let result = match at_once {
                0 | 1 => from.send(address, payload.clone()).await,
                several => from.send_many(address, vec![payload.clone(); several]).await,
            };
            if let Err(fault) = result {
                return fault;
            }
            sent.fetch_add(step, Relaxed);
        }
        tokio::task::yield_now().await;
        loop {
            let (sent, now) = (sent.load(Relaxed), to.received().messages());
            if now != arrived {
                (arrived, moved) = (now, Instant::now());
            } else if moved.elapsed() > LOST {
                lost = sent.saturating_sub(arrived);
            }
            if sent.saturating_sub(arrived + lost) < window {
                break;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

fn fault(ended: Result<Fault, tokio::task::JoinError>) -> Fault {
    ended.unwrap_or_else(|error| Fault::failed("sender", error))
}
