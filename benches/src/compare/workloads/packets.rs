//! A7: one node tells another, best effort, as fast as it can.

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
/// So often the sender lets others have its thread.
const YIELD: u64 = 32;

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
        tokio::spawn(send(from.clone(), to.address(), vec![0x5a; bytes].into(), at_once, Arc::clone(&sent)));
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

async fn send<C: Contender>(
    from: C,
    to: std::net::SocketAddr,
    payload: Bytes,
    at_once: usize,
    sent: Arc<AtomicU64>,
) -> Fault {
    loop {
        for _ in 0..YIELD {
            let result = match at_once {
                0 | 1 => from.send(to, payload.clone()).await,
                several => from.send_many(to, vec![payload.clone(); several]).await,
            };
            if let Err(fault) = result {
                return fault;
            }
            sent.fetch_add(at_once.max(1) as u64, Relaxed);
        }
        tokio::task::yield_now().await;
    }
}

fn fault(ended: Result<Fault, tokio::task::JoinError>) -> Fault {
    ended.unwrap_or_else(|error| Fault::failed("sender", error))
}
