//! Nodes of one contender in this process.

use super::{Contender, Fault, Settings};
use rand_core::Rng as _;
use rand_pcg::Pcg64Mcg;
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

/// Until when all must have joined.
const JOINED_WITHIN: Duration = Duration::from_secs(60);
/// A pause before joining is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// Nodes that run.
pub struct Cluster<C> {
    /// They.
    pub nodes: Vec<C>,
}

/// How joining went.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// From the first call to the last complete view.
    pub took: Duration,
    /// The sizes of views that were seen meanwhile.
    pub sizes: BTreeSet<usize>,
}

impl<C: Contender> Cluster<C> {
    /// Nodes that do not know each other.
    ///
    /// # Errors
    /// One could not start, or the contender lacks what the settings ask for.
    pub async fn start(settings: &Settings, nodes: usize) -> Result<Self, Fault> {
        let mut cluster = Self { nodes: Vec::with_capacity(nodes) };
        for number in 0..nodes {
            cluster.nodes.push(C::start(number, settings).await?);
        }
        Ok(cluster)
    }

    /// Nodes that all see each other.
    ///
    /// # Errors
    /// As [`start`](Self::start) and [`join`](Self::join).
    pub async fn joined(settings: &Settings, nodes: usize, seed: u64) -> Result<Self, Fault> {
        let cluster = Self::start(settings, nodes).await?;
        cluster.join(seed).await?;
        Ok(cluster)
    }

    /// Nodes that all see each other, and have fallen silent.
    ///
    /// # Errors
    /// As [`start`](Self::start) and [`join`](Self::join).
    pub async fn settled(settings: &Settings, nodes: usize, seed: u64) -> Result<Self, Fault> {
        let cluster = Self::joined(settings, nodes, seed).await?;
        sleep(Duration::from_secs(2)).await;
        Ok(cluster)
    }

    /// All join through the first one at once, in an order that the seed says; ends when each sees all.
    ///
    /// # Errors
    /// Not all see all after a minute.
    pub async fn join(&self, seed: u64) -> Result<Joined, Fault> {
        let Some(first) = self.nodes.first() else { return Err(Fault::Failed("no nodes".into())) };
        let mut order: Vec<C> = self.nodes.iter().skip(1).cloned().collect();
        shuffle(&mut order, seed);
        let (address, begin) = (first.address(), Instant::now());
        let mut joining = JoinSet::new();
        for node in order {
            joining.spawn(join(node, address, begin + JOINED_WITHIN));
        }
        let mut sizes = BTreeSet::new();
        let complete = self.until(begin + JOINED_WITHIN, |views| {
            sizes.extend(views.iter().copied());
            views.iter().all(|view| *view == self.nodes.len())
        });
        let complete = complete.await;
        joining.abort_all();
        match complete {
            Some(at) => Ok(Joined { took: at - begin, sizes }),
            None => {
                let views = self.views().await;
                let incomplete = views.iter().filter(|view| **view != self.nodes.len()).count();
                Err(Fault::Failed(format!(
                    "{incomplete} of {} views incomplete after {} s",
                    views.len(),
                    JOINED_WITHIN.as_secs()
                )))
            }
        }
    }

    /// How many members each sees.
    pub async fn views(&self) -> Vec<usize> {
        let mut views = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            views.push(node.view().await);
        }
        views
    }

    /// Looks at all views again and again until they are as wanted; gives that moment, or `None` at the deadline. Looking takes a twentieth of
    /// the time at most.
    pub async fn until(
        &self,
        deadline: Instant,
        mut wanted: impl FnMut(&[usize]) -> bool,
    ) -> Option<Instant> {
        loop {
            let begin = Instant::now();
            let views = self.views().await;
            let now = Instant::now();
            if wanted(&views) {
                return Some(now);
            }
            if now > deadline {
                return None;
            }
            sleep(((now - begin) * 19).clamp(Duration::from_millis(1), Duration::from_millis(50))).await;
        }
    }

    /// Bytes that all have sent so far, if that can be known.
    #[must_use]
    pub fn bytes_sent(&self) -> Option<u64> {
        self.nodes.iter().map(Contender::bytes_sent).sum()
    }

    /// Ends all.
    pub async fn stop(self) {
        for node in self.nodes {
            node.stop().await;
        }
    }
}

/// Joins, and tries again if that failed.
pub async fn join<C: Contender>(node: C, seed: SocketAddr, deadline: Instant) -> Result<(), Fault> {
    loop {
        match node.join(seed).await {
            Err(Fault::Failed(_)) if Instant::now() < deadline => sleep(RETRY).await,
            other => return other,
        }
    }
}

fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut dice = Pcg64Mcg::new(u128::from(seed) << 32 | 0xbeef);
    for last in (1..items.len()).rev() {
        let other = dice.next_u64() % (last as u64 + 1);
        items.swap(last, usize::try_from(other).unwrap_or(last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_decides_the_order() {
        let order = |seed| {
            let mut items: Vec<u32> = (0..50).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<u32>>());
    }
}
