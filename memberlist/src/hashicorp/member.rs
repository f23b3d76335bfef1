use super::SerfPresence;
use crate::types::Wire;
use crate::{AddressOf, Broadcast, CommandError, Delegate, Error, Memberlist, Transport};
use agnostic::RuntimeLite;
use bytes::Bytes;
use memberlist_hashicorp::{HashicorpName, serf::Tags};
use smol_str::SmolStr;
use std::time::Duration;

/// What a node with a [`SerfPresence`] can do among serf's agents beyond what every node can. All of it may also be left out; but
/// whoever leaves with [`Memberlist::leave`] alone is listed as failed.
///
/// Implemented for those nodes, and for nothing else.
pub trait SerfMember {
    /// Announces in serf's way that this node has joined, so that who remembers it as leaving does not any more: to be said after
    /// [`Memberlist::join`].
    ///
    /// # Errors
    /// As [`Memberlist::broadcast`].
    fn announce_serf(&self) -> Result<Broadcast, Error>;

    /// Sends a user event to all nodes, by gossip and with push/pulls: the handlers of the agents are run for it. Name and payload together may have about 1,300 bytes;
    /// what agents send has 512 at most. This node's own delegate is not told.
    ///
    /// # Errors
    /// As [`Memberlist::broadcast`].
    fn serf_event(
        &self,
        name: impl Into<SmolStr>,
        payload: impl Into<Bytes>,
        coalesce: bool,
    ) -> Result<Broadcast, Error>;

    /// Replaces this node's tags, and lets the others know.
    ///
    /// # Errors
    /// [`Error::Encode`] if they take more than 512 bytes, and those of [`Memberlist::update_meta`]. Nothing changed then.
    fn set_serf_tags(&self, tags: &Tags) -> impl Future<Output = Result<Broadcast, Error>> + Send;

    /// Becomes alive again after [`leave_serf`](Self::leave_serf) or [`Memberlist::leave`], and announces it in serf's way.
    ///
    /// # Errors
    /// As [`Memberlist::rejoin`] and [`Memberlist::broadcast`].
    fn rejoin_serf(&self) -> impl Future<Output = Result<Broadcast, Error>> + Send;

    /// Leaves so that agents list this node as left: announces it in serf's way, waits until that has spread (some rounds of gossip; half of `timeout`
    /// at most), and [leaves](Memberlist::leave). Tells how many confirmed.
    ///
    /// # Errors
    /// As [`Memberlist::leave`].
    fn leave_serf(&self, timeout: Duration) -> impl Future<Output = Result<usize, Error>> + Send;
}

impl<T, D, W> SerfMember for Memberlist<T, SerfPresence<D>, W>
where
    T: Transport,
    D: Delegate<Id: HashicorpName, Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    fn announce_serf(&self) -> Result<Broadcast, Error> {
        let message = self.delegate().core().join();
        self.broadcast(message?)
    }

    fn serf_event(
        &self,
        name: impl Into<SmolStr>,
        payload: impl Into<Bytes>,
        coalesce: bool,
    ) -> Result<Broadcast, Error> {
        let message = self.delegate().core().event(name.into(), payload.into(), coalesce);
        self.broadcast(message?)
    }

    async fn set_serf_tags(&self, tags: &Tags) -> Result<Broadcast, Error> {
        self.update_meta(tags.to_meta()?).await
    }

    async fn rejoin_serf(&self) -> Result<Broadcast, Error> {
        if !self.has_left() {
            return Err(CommandError::HasNotLeft.into());
        }
        // First: what is said in a full state from now on must not say that we left.
        let message = self.delegate().core().join();
        self.rejoin().await?;
        self.broadcast(message?)
    }

    async fn leave_serf(&self, timeout: Duration) -> Result<usize, Error> {
        if self.has_left() {
            return self.leave(timeout).await;
        }
        let begun = self.now();
        let message = self.delegate().core().leave();
        let others = self.num_members().saturating_sub(1);
        if others > 0 {
            match self.broadcast(message?) {
                Ok(broadcast) => {
                    // Not done in that time: there is still the departure itself.
                    let _ = T::Runtime::timeout(timeout / 2, announced(self, broadcast, others)).await;
                }
                // A full queue (of what others made us pass on) must not keep this node from leaving.
                Err(Error::Command(CommandError::HasLeft | CommandError::QueueFull)) => {}
                Err(error) => return Err(error),
            }
        }
        self.leave(timeout.saturating_sub(self.now().since(begun))).await
    }
}

/// Waits until an announcement was handed out, and then for as many rounds of gossip as it takes to reach everybody: each at least doubles
/// those who know. Without them it would be overtaken by the departure, because that is told many members directly, and because agents handle what
/// came last first.
async fn announced<T, D, W>(node: &Memberlist<T, D, W>, broadcast: Broadcast, others: usize)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if broadcast.finished().await.is_ok() {
        let rounds = usize::BITS - others.leading_zeros();
        T::Runtime::sleep(node.options().protocol.gossip_interval * rounds).await;
    }
}
