use crate::{AddressOf, Broadcast, Delegate, Error, Memberlist, Transport};
use bytes::Bytes;
use futures_channel::oneshot;
use memberlist_proto::{BroadcastId, CommandError};
use memberlist_types::{Meta, Node, Wire};
use std::time::Duration;

/// What is said of this node, pings and broadcasts.
impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Replaces this node's metadata, and lets the others know.
    ///
    /// Returns when it is in force here; [`Broadcast::finished`] of the result waits for it to have been handed out.
    ///
    /// # Errors
    /// [`CommandError::Meta`] or [`CommandError::NodeTooLarge`] if it is over the limit, [`CommandError::HasLeft`]; nothing changed.
    pub async fn update_meta(&self, meta: impl Into<Meta> + Send) -> Result<Broadcast, Error> {
        let meta = meta.into();
        self.queue(move |endpoint, now| endpoint.update_meta(now, meta))
    }

    /// Pings a member, and tells the round-trip time.
    ///
    /// # Errors
    /// [`Error::UnknownMember`]; [`Error::NoAnswer`] after `probe_timeout`, scaled with the local health.
    pub async fn ping(&self, id: &D::Id) -> Result<Duration, Error> {
        let member = self.member(id).filter(|member| !member.state.is_gone());
        let member = member.ok_or_else(|| Error::UnknownMember(id.to_string()))?;
        self.ping_node(member.node).await
    }

    /// Pings a node that need not be a member.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] as for [`ping`](Self::ping); [`CommandError::Ourselves`].
    pub async fn ping_node(&self, node: Node<D::Id, D::Address>) -> Result<Duration, Error> {
        self.check_allowed(&node.address)?;
        let answer = self.shared().command(|machine, now| {
            let id = machine.endpoint.ping(now, node)?;
            let (sender, receiver) = oneshot::channel();
            machine.waiters.pings.insert(id, sender);
            Ok::<_, CommandError>(receiver)
        })??;
        answer.await.map_err(|_| Error::ShutDown)?.ok_or(Error::NoAnswer)
    }

    /// Spreads bytes to every member by gossip, best effort, at most [`max_user_payload`](Self::max_user_payload) of them.
    ///
    /// Whoever hears it for the first time passes it on, so that it reaches everybody as surely as news of members does; no more
    /// than that, for nothing repairs a miss. The application of each member is told at most once, in an event (or delegate
    /// call) that names the address of whoever said it first.
    ///
    /// # Errors
    /// [`CommandError::PayloadTooLarge`], [`CommandError::EmptyPayload`], [`CommandError::QueueFull`], [`CommandError::HasLeft`]; nothing is queued.
    pub fn broadcast(&self, payload: impl Into<Bytes>) -> Result<Broadcast, Error> {
        let payload = payload.into();
        self.queue(move |endpoint, now| endpoint.broadcast(now, None, payload))
    }

    /// As [`broadcast`](Self::broadcast); takes the place of an earlier one with this key that is still queued.
    ///
    /// # Errors
    /// As for `broadcast`.
    pub fn broadcast_keyed(
        &self,
        key: impl Into<Bytes>,
        payload: impl Into<Bytes>,
    ) -> Result<Broadcast, Error> {
        let (key, payload) = (key.into(), payload.into());
        self.queue(move |endpoint, now| endpoint.broadcast(now, Some(key), payload))
    }

    pub(super) fn queue(
        &self,
        command: impl FnOnce(
            &mut memberlist_proto::record::Recorded<D::Id, D::Address, W>,
            memberlist_proto::Instant,
        ) -> Result<BroadcastId, CommandError>,
    ) -> Result<Broadcast, Error> {
        self.shared().command(|machine, now| {
            let id = command(&mut machine.endpoint, now)?;
            let (sender, finished) = oneshot::channel();
            machine.waiters.broadcasts.insert(id, sender);
            Ok(Broadcast { id, finished })
        })?
    }

    pub(super) fn check_allowed(&self, address: &D::Address) -> Result<(), Error> {
        if self.shared().transport.is_allowed(address) {
            Ok(())
        } else {
            Err(Error::AddressNotAllowed(address.to_string()))
        }
    }
}
