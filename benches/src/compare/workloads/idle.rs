//! A2 and A3: what nodes cost that have nothing to do.

use crate::compare::{
    Contender, Fault, Figure, Name, Quantity, Settings,
    cluster::Cluster,
    process::{self, Memory},
    victim::Victim,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// What joining stirred up is over by then.
const QUIET: Duration = Duration::from_secs(3);

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

pub(super) async fn memory<C: Contender>(nodes: usize, seed: u64) -> Result<Vec<Figure>, Fault> {
    // What the first node brings into memory that is not its own (code, tables) is there before.
    let settings = Settings::quiet(nodes);
    let first = Cluster::<C>::joined(&settings, 2, seed).await?;
    let before = Memory::of(None)?;
    let cluster = Cluster::<C>::joined(&settings, nodes, seed).await?;
    sleep(QUIET).await;
    let after = Memory::of(None)?;
    let each = after.resident.saturating_sub(before.resident) as f64 / nodes.max(1) as f64;
    drop((first, cluster));
    Ok(vec![Figure::one(Quantity::Resident, each)])
}

pub(super) async fn process<C: Contender>(program: &Path, name: Name) -> Result<Vec<Figure>, Fault> {
    let other = C::start(0, &Settings::quiet(2)).await?;
    let mut victim = Victim::alone(program, name)?;
    if name.is_member() {
        victim.join(other.address())?;
        let begin = Instant::now();
        while other.view().await != 2 {
            if begin.elapsed() > Duration::from_secs(30) {
                return Err(Fault::Failed("it did not join".into()));
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
    sleep(QUIET).await;
    let memory = victim.memory()?;
    Ok(vec![
        Figure::one(Quantity::Resident, memory.resident as f64),
        Figure::one(Quantity::Private, memory.private as f64),
    ])
}
