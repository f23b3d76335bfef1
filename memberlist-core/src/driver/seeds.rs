//! Seeds as the user wrote them, so that their names can be looked up again: what stood for a seed yesterday may be another
//! machine's address today.

use crate::{
    AddressOf, Delegate, ResolveAll, ResolveError, Transport, UserAddressOf, shared::Shared, sync::lock,
};
use agnostic::RuntimeLite;
use memberlist_proto::Instant;
use memberlist_types::Wire;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// How many seeds are remembered; the oldest make room.
const MAX_SEEDS: usize = 256;

/// What was given to joins.
pub(crate) struct Seeds<U, A>(Mutex<Vec<Seed<U, A>>>);

struct Seed<U, A> {
    written: U,
    resolved: Vec<A>,
    looked_up: Instant,
}

impl<U: Clone + Eq, A: Clone + Eq> Seeds<U, A> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Notes what an address stands for now.
    pub(crate) fn remember(&self, written: U, resolved: Vec<A>, now: Instant) {
        let mut seeds = lock(&self.0);
        seeds.retain(|seed| seed.written != written);
        if seeds.len() >= MAX_SEEDS {
            seeds.remove(0);
        }
        seeds.push(Seed { written, resolved, looked_up: now });
    }

    /// The seeds that stood for this address (or for nothing), and have not been looked up since `before`; from now
    /// on they have.
    fn due(&self, address: Option<&A>, before: Instant, now: Instant) -> Vec<U> {
        let mut seeds = lock(&self.0);
        let concerns = |seed: &Seed<U, A>| match address {
            Some(address) => seed.resolved.contains(address),
            None => seed.resolved.is_empty(),
        };
        let due = seeds.iter_mut().filter(|seed| seed.looked_up <= before && concerns(seed));
        due.map(|seed| {
            seed.looked_up = now;
            seed.written.clone()
        })
        .collect()
    }

    fn resolved(&self) -> Vec<A> {
        lock(&self.0).iter().flat_map(|seed| seed.resolved.iter().cloned()).collect()
    }
}

/// Looks up again what seeds stand for: those whose address this was (a conversation with it failed), or those that stood for
/// nothing so far.
pub(crate) async fn look_up_again<T, D, W>(shared: &Arc<Shared<T, D, W>>, failed: Option<&D::Address>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let now = shared.clock.now();
    if now.since(Instant::START) < shared.options.resolve_interval {
        return;
    }
    let before = Instant::START + (now.since(Instant::START) - shared.options.resolve_interval);
    let due = shared.seeds.due(failed, before, now);
    let mut changed = false;
    for written in due {
        match shared.resolve(&written).await {
            Ok(resolved) => {
                shared.seeds.remember(written, resolved, now);
                changed = true;
            }
            Err(error) => tracing::debug!(seed = %written, %error, "a seed's name was not found again"),
        }
    }
    if changed {
        let own = shared.transport.advertise_address();
        let all: BTreeSet<D::Address> =
            shared.seeds.resolved().into_iter().filter(|address| address != own).collect();
        shared.input(|machine, now| machine.endpoint.set_seeds(now, all.into_iter().collect()));
    }
}

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// All that an address stands for.
    pub(crate) async fn resolve(&self, written: &UserAddressOf<T>) -> Result<Vec<D::Address>, ResolveError> {
        let limit = self.options.resolve_timeout;
        let found = T::Runtime::timeout(limit, self.transport.resolver().resolve_all(written)).await;
        match found {
            Ok(Ok(found)) if found.is_empty() => Err(ResolveError::NoAddress),
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(ResolveError::Failed(Arc::new(error))),
            Err(_elapsed) => Err(ResolveError::TimedOut(limit)),
        }
    }
}
