//! A8: one node tells others, reliably, as fast as it can.

use crate::compare::{
    Contender, Fault, Figure, Quantity, Settings,
    cluster::{self, Cluster},
};
use bytes::Bytes;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

/// Until it flows evenly.
const WARM_UP: Duration = Duration::from_secs(1);
/// Messages on their way to a single peer at once; to several, one each.
const AT_ONCE: usize = 16;

pub(super) async fn run<C: Contender>(bytes: usize, peers: usize, millis: u64) -> Result<Vec<Figure>, Fault> {
    let settings = Settings { listen: true, flood: true, ..Settings::quiet(peers + 1) };
    let cluster = Cluster::<C>::start(&settings, peers + 1).await?;
    let Some((from, others)) = cluster.nodes.split_first() else {
        return Err(Fault::Failed("no nodes".into()));
    };
    for other in others {
        match cluster::join(other.clone(), from.address(), Instant::now() + Duration::from_secs(10)).await {
            Ok(()) | Err(Fault::Lacking(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let payload = Bytes::from(vec![0x5a; bytes]);
    if let Some(other) = others.first() {
        // What is not offered is not waited for.
        from.send_reliable(other.address(), payload.clone()).await?;
    }
    let fault: Arc<Mutex<Option<Fault>>> = Arc::default();
    let mut senders = JoinSet::new();
    for other in others {
        for _ in 0..if peers == 1 { AT_ONCE } else { 1 } {
            let (from, to, payload, fault) =
                (from.clone(), other.address(), payload.clone(), Arc::clone(&fault));
            senders.spawn(async move {
                loop {
                    if let Err(error) = from.send_reliable(to, payload.clone()).await {
                        fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        return;
                    }
                }
            });
        }
    }
    sleep(WARM_UP).await;
    let count = || others.iter().map(|other| other.received().messages()).sum::<u64>();
    let (begin, before) = (Instant::now(), count());
    sleep(Duration::from_millis(millis)).await;
    let (wall, arrived) = (begin.elapsed().as_secs_f64(), (count() - before) as f64);
    senders.abort_all();
    if let Some(fault) = fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(fault);
    }
    if arrived == 0.0 {
        return Err(Fault::Failed("nothing arrived".into()));
    }
    Ok(vec![Figure::one(Quantity::Rate, arrived / wall)])
}
