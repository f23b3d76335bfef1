//! A2: what nodes do that have nothing to do.

use crate::compare::{Contender, Fault, Figure, Quantity, Settings, cluster::Cluster, process};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What joining stirred up is over by then.
pub(super) const QUIET: Duration = Duration::from_secs(3);

pub(super) async fn cpu<C: Contender>(nodes: usize, seconds: u64, seed: u64) -> Result<Vec<Figure>, Fault> {
    let cluster = Cluster::<C>::joined(&Settings::quiet(nodes), nodes, seed).await?;
    // News of who has joined goes round for some time, longer in larger clusters.
    sleep(QUIET.max(Duration::from_secs(seconds / 4))).await;
    let (begin, cpu, sent) = (Instant::now(), process::cpu()?, cluster.bytes_sent());
    sleep(Duration::from_secs(seconds)).await;
    let (cpu, wall) = (process::cpu()?.saturating_sub(cpu), begin.elapsed());
    let each = wall.as_secs_f64() * nodes.max(1) as f64;
    let mut figures = vec![Figure::one(Quantity::Cpu, cpu.as_secs_f64() / each)];
    if let (Some(before), Some(after)) = (sent, cluster.bytes_sent()) {
        figures.push(Figure::one(Quantity::Traffic, after.saturating_sub(before) as f64 / each));
    }
    if cluster.views().await.iter().any(|view| *view != nodes) {
        return Err(Fault::Failed("a member was lost while nothing happened".into()));
    }
    Ok(figures)
}
