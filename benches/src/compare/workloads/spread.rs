//! A6: what one says reaches all.

use crate::compare::{Contender, Fault, Figure, Quantity, Settings, cluster::Cluster};
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Bytes of a broadcast.
const PAYLOAD: usize = 64;
/// Until when it must have reached all.
const REACHED_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn broadcast<C: Contender>(
    nodes: usize,
    times: usize,
    seed: u64,
) -> Result<Vec<Figure>, Fault> {
    let settings = Settings { listen: true, stamp: true, ..Settings::quiet(nodes) };
    let cluster = Cluster::<C>::settled(&settings, nodes, seed).await?;
    let sent = cluster.bytes_sent();
    let (mut deliveries, mut last) = (Vec::new(), Vec::new());
    for round in 0..times {
        let origin = (usize::try_from(seed).unwrap_or(0) + round * 31) % nodes.max(1);
        let id = round as u64 + 1;
        let mut payload = vec![0xa5; PAYLOAD];
        if let Some(head) = payload.first_chunk_mut() {
            *head = id.to_be_bytes();
        }
        let Some(node) = cluster.nodes.get(origin) else { continue };
        let begin = Instant::now();
        node.broadcast(Bytes::from(payload)).await?;
        let arrivals = loop {
            let others = cluster.nodes.iter().enumerate().filter(|(number, _)| *number != origin);
            let arrivals: Option<Vec<f64>> = others
                .map(|(_, node)| {
                    Some(node.received().arrival(id)?.saturating_duration_since(begin).as_secs_f64())
                })
                .collect();
            match arrivals {
                Some(arrivals) => break arrivals,
                None if begin.elapsed() > REACHED_WITHIN => {
                    return Err(Fault::Failed(format!("not with all after {REACHED_WITHIN:?}")));
                }
                None => sleep(Duration::from_millis(20)).await,
            }
        };
        last.push(arrivals.iter().copied().fold(0.0, f64::max));
        deliveries.extend(arrivals);
        // Until the last echo of it is sent.
        sleep(Duration::from_secs(2)).await;
    }
    let bytes = sent.zip(cluster.bytes_sent()).map(|(before, after)| after.saturating_sub(before) as f64);
    let mut figures = Vec::new();
    if let Some(bytes) = bytes {
        figures.push(Figure::one(Quantity::BytesPerDelivery, bytes / deliveries.len().max(1) as f64));
    }
    figures.push(Figure { quantity: Quantity::Delivery, values: deliveries });
    figures.push(Figure { quantity: Quantity::Last, values: last });
    Ok(figures)
}

pub(super) async fn leave<C: Contender>(nodes: usize, seed: u64) -> Result<Vec<Figure>, Fault> {
    let cluster = Cluster::<C>::settled(&Settings::quiet(nodes), nodes, seed).await?;
    let mut others = cluster.nodes;
    let leaver = others.pop().ok_or_else(|| Fault::Failed("nobody to leave".into()))?;
    let others = Cluster { nodes: others };
    let begin = Instant::now();
    // It may wait for the goodbye to be sent: what counts is when the others have heard it.
    let leaving = {
        let leaver = leaver.clone();
        tokio::spawn(async move { leaver.leave().await })
    };
    let seen = others.until(begin + REACHED_WITHIN, |views| views.iter().all(|view| *view < nodes)).await;
    leaving.await.map_err(|error| Fault::failed("leave", error))??;
    let seen = seen.ok_or_else(|| Fault::Failed(format!("not seen by all after {REACHED_WITHIN:?}")))?;
    leaver.stop().await;
    Ok(vec![Figure::one(Quantity::Last, (seen - begin).as_secs_f64())])
}
