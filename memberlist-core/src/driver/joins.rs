//! Joining: addresses resolved, handed to the machine, and reported on.

use crate::{
    AddressOf, Delegate, JoinError, JoinOutcome, JoinReport, ResolveError, Transport, UserAddressOf,
    machine::JoinWaiter, shared::Shared,
};
use futures_channel::oneshot;
use futures_util::{
    StreamExt,
    future::{Either, select},
    stream,
};
use memberlist_proto::{CommandError, JoinId, JoinOptions, JoinResult};
use memberlist_types::Wire;
use std::{collections::HashSet, pin::pin, sync::Arc};

/// What comes of a join.
pub(crate) type Joined<U, A> = Result<JoinReport<U, A>, JoinError<U, A>>;

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Joins, unless the node ends first.
    pub(crate) async fn join(
        self: &Arc<Self>,
        addresses: Vec<UserAddressOf<T>>,
        options: JoinOptions,
    ) -> Joined<UserAddressOf<T>, D::Address> {
        let stopped = pin!(self.tasks.stopped());
        match select(stopped, pin!(self.try_join(addresses, options))).await {
            Either::Left(_) => Err(JoinError::ShutDown),
            Either::Right((joined, _)) => joined,
        }
    }

    async fn try_join(
        self: &Arc<Self>,
        addresses: Vec<UserAddressOf<T>>,
        options: JoinOptions,
    ) -> Joined<UserAddressOf<T>, D::Address> {
        if self.read(|machine| machine.endpoint.has_left()) {
            return Err(JoinError::Command(CommandError::HasLeft));
        }
        let resolved = self.resolve_each(&addresses, options.parallel.max(1)).await;
        let now = self.clock.now();
        for (written, resolved) in addresses.iter().zip(&resolved) {
            let resolved = resolved.clone().unwrap_or_default();
            self.seeds.remember(written.clone(), resolved, now);
        }
        let mut seen = HashSet::new();
        let targets: Vec<D::Address> = resolved
            .iter()
            .flatten()
            .flatten()
            .filter(|address| seen.insert((*address).clone()))
            .cloned()
            .collect();
        let results = if targets.is_empty() {
            if resolved.iter().all(Result::is_ok) {
                return Err(JoinError::Command(CommandError::NothingToJoin));
            }
            Vec::new()
        } else {
            self.reach(targets, options).await?
        };
        let report = report(addresses, resolved, &results);
        if report.reached() > 0 { Ok(report) } else { Err(JoinError::NoneReached(report)) }
    }

    /// All that each address stands for, our own address left out; several look-ups at once.
    async fn resolve_each(
        &self,
        addresses: &[UserAddressOf<T>],
        parallel: usize,
    ) -> Vec<Result<Vec<D::Address>, ResolveError>> {
        let own = self.transport.advertise_address();
        // Each look-up owns its address: a borrowed one would cost the whole join its `Send`.
        let look_ups: Vec<_> =
            addresses.iter().cloned().map(|written| async move { self.resolve(&written).await }).collect();
        let mut resolved: Vec<_> = stream::iter(look_ups).buffered(parallel).collect().await;
        for resolved in resolved.iter_mut().flatten() {
            resolved.retain(|address| address != own);
        }
        resolved
    }

    /// Lets the machine try these addresses, and waits for what comes of them.
    async fn reach(
        self: &Arc<Self>,
        targets: Vec<D::Address>,
        options: JoinOptions,
    ) -> Result<Vec<JoinResult<D::Address>>, JoinError<UserAddressOf<T>, D::Address>> {
        let (finished, results) = oneshot::channel();
        let begun = self
            .command(|machine, now| {
                let id = machine.endpoint.join(now, targets, options)?;
                machine.waiters.joins.insert(id, JoinWaiter { results: Vec::new(), finished });
                Ok(id)
            })
            .map_err(|_| JoinError::ShutDown)?;
        let id = begun.map_err(JoinError::Command)?;
        let mut cancel = CancelOnDrop { shared: self, id, armed: true };
        let results = results.await;
        cancel.armed = false;
        results.map_err(|_| JoinError::ShutDown)
    }
}

/// Cancels a join that nobody waits for any more.
struct CancelOnDrop<'a, T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    shared: &'a Arc<Shared<T, D, W>>,
    id: JoinId,
    armed: bool,
}

impl<T, D, W> Drop for CancelOnDrop<'_, T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    fn drop(&mut self) {
        if self.armed {
            self.shared.input(|machine, now| {
                machine.waiters.joins.remove(&self.id);
                machine.endpoint.cancel_join(now, self.id);
            });
        }
    }
}

/// Brings the results under the addresses as they were written.
fn report<U, A: Clone + Eq>(
    addresses: Vec<U>,
    resolved: Vec<Result<Vec<A>, ResolveError>>,
    results: &[JoinResult<A>],
) -> JoinReport<U, A> {
    let of = |address: &A| results.iter().find(|result| result.address == *address).cloned();
    let addresses = addresses.into_iter().zip(resolved).map(|(address, resolved)| JoinOutcome {
        address,
        resolved: resolved.map(|resolved| resolved.iter().filter_map(of).collect()),
    });
    JoinReport { addresses: addresses.collect() }
}
