//! A3: what nodes take that have nothing to do.

use super::idle::QUIET;
use crate::compare::{
    Contender, Fault, Figure, Job, Name, Quantity, Settings,
    cluster::{self, Cluster},
    process::Memory,
    victim::{Nodes, Victim},
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// So many members come at once, and go.
const WAVE: usize = 250;
/// Until when they are known.
const KNOWN_WITHIN: Duration = Duration::from_secs(60);
/// How long it takes until a node has told enough others of a member: 4 · log10(10,000) rounds of gossip, each of some 30 members, every 20 ms.
const PASSED_ON: Duration = Duration::from_millis(12);

pub(super) async fn nodes<C: Contender>(
    program: &Path,
    job: &Job,
    nodes: usize,
    members: usize,
) -> Result<Vec<Figure>, Fault> {
    // What the first node brings into memory that is not its own (code, tables) is there before.
    let settings = Settings { patient: members > nodes, ..Settings::quiet(members) };
    let first = Cluster::<C>::joined(&settings, 2, job.seed).await?;
    let before = Memory::left()?;
    let cluster = Cluster::<C>::joined(&settings, nodes, job.seed).await?;
    sleep(QUIET).await;
    let alone = Memory::left()?;
    let part = |from: Memory, to: Memory, of: usize| {
        to.resident.saturating_sub(from.resident) as f64 / of.max(1) as f64
    };
    if members <= nodes {
        drop(first);
        return Ok(vec![Figure::one(Quantity::Resident, part(before, alone, nodes))]);
    }
    let others: Vec<SocketAddr> = (nodes..members).map(imagined).collect();
    for node in &cluster.nodes {
        match node.tell(&others).await {
            Err(Fault::Lacking(_)) => {
                introduce(program, job.contender, &cluster, members).await?;
                break;
            }
            told => told?,
        }
    }
    let known =
        cluster.until(Instant::now() + KNOWN_WITHIN, |views| views.iter().all(|view| *view == members));
    known.await.ok_or_else(|| Fault::Failed("not all were known".into()))?;
    // Each passes on what it was told, of each member so many times.
    sleep(QUIET + PASSED_ON * u32::try_from(members).unwrap_or(u32::MAX)).await;
    let after = Memory::left()?;
    drop((first, cluster));
    Ok(vec![
        Figure::one(Quantity::Resident, part(before, after, nodes)),
        Figure::one(Quantity::ResidentMember, part(alone, after, nodes * (members - nodes))),
    ])
}

/// The address of a member that need not be there.
fn imagined(number: usize) -> SocketAddr {
    let [_, high, middle, low] = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    (Ipv4Addr::new(10, high, middle, low), 7_946).into()
}

/// Lets all nodes know of so many members: they join another process, some at a time, and end; of those who were there that one tells all nodes.
async fn introduce<C: Contender>(
    program: &Path,
    name: Name,
    cluster: &Cluster<C>,
    members: usize,
) -> Result<(), Fault> {
    let nodes = cluster.nodes.len();
    let start = |first, count| Victim::start(program, name, Nodes { first, count, patient: true });
    let mut witness = start(nodes, 1)?;
    let mut next = nodes + 1;
    while next < members {
        let count = WAVE.min(members - next);
        let mut wave = start(next, count)?;
        wave.join(witness.address)?;
        next += count;
        let deadline = Instant::now() + KNOWN_WITHIN;
        while witness.view()? < next - nodes {
            if Instant::now() > deadline {
                return Err(Fault::Failed("not all came".into()));
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
    // In turn: what a node needs for the moment of joining is there for the next one.
    for node in &cluster.nodes {
        cluster::join(node.clone(), witness.address, Instant::now() + KNOWN_WITHIN).await?;
    }
    Ok(())
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
