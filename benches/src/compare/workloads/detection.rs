//! A4: a member is lost.

use crate::compare::{
    Contender, Fault, Figure, Job, Manner, Quantity, Settings,
    cluster::Cluster,
    victim::{Nodes, Victim},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Until when all must have seen it.
const SEEN_WITHIN: Duration = Duration::from_secs(90);

pub(super) async fn run<C: Contender>(
    program: &Path,
    job: &Job,
    nodes: usize,
    manner: Manner,
) -> Result<Vec<Figure>, Fault> {
    let others = nodes.saturating_sub(1);
    let cluster = Cluster::<C>::joined(&Settings::quiet(nodes), others, job.seed).await?;
    let Some(first) = cluster.nodes.first() else { return Err(Fault::Failed("nobody to see it".into())) };
    let mut victim = Victim::start(program, job.contender, Nodes::one(nodes))?;
    victim.join(first.address())?;
    let known = cluster
        .until(Instant::now() + Duration::from_secs(30), |views| views.iter().all(|view| *view == nodes));
    known.await.ok_or_else(|| Fault::Failed("not all saw it join".into()))?;
    // So that news of the joining are no part of it; and the moment within a probe interval is not always the same.
    sleep(Duration::from_millis(1_500 + job.seed * 137 % 1_000)).await;

    let lost = victim.lose(manner)?;
    let mut first = None;
    let mut wrongly = false;
    let all = cluster.until(lost + SEEN_WITHIN, |views| {
        wrongly |= views.iter().any(|view| *view < others);
        if first.is_none() && views.iter().any(|view| *view < nodes) {
            first = Some(Instant::now());
        }
        views.iter().all(|view| *view <= others)
    });
    let all = all.await.ok_or_else(|| Fault::Failed("not all saw it in 90 s".into()))?;
    if wrongly {
        return Err(Fault::Failed("somebody was found dead who lived".into()));
    }
    let since = |moment: Instant| moment.saturating_duration_since(lost).as_secs_f64();
    let first = since(first.unwrap_or(all));
    Ok(vec![Figure::one(Quantity::First, first), Figure::one(Quantity::Last, since(all))])
}
