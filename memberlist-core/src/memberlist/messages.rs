use crate::{AddressOf, Delegate, Error, Memberlist, Transport};
use bytes::Bytes;
use memberlist_types::Wire;

/// Messages of the application to one node.
impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Sends bytes to one address, best effort, in a packet: `Ok` says that it was queued, not that it arrived.
    ///
    /// Waits while half of [`transmit_queue`](crate::Options::transmit_queue) is taken, so that a flood of messages can't push
    /// out the protocol's own packets.
    /// At most [`max_user_payload`](Self::max_user_payload) bytes. The receiver gets them as
    /// [`Event::User`](crate::Event::User) and by [`notify_message`](crate::delegate::NodeDelegate::notify_message).
    ///
    /// # Errors
    /// [`CommandError::PayloadTooLarge`](crate::proto::CommandError::PayloadTooLarge) (see [`send_auto`](Self::send_auto)), [`Error::AddressNotAllowed`], [`Error::ShutDown`].
    pub async fn send(&self, to: &D::Address, payload: impl Into<Bytes> + Send) -> Result<(), Error> {
        self.check_allowed(to)?;
        let (to, payload) = (to.clone(), payload.into());
        self.shared().outgoing.room().await;
        self.shared().command(|machine, now| machine.endpoint.send(now, to, payload))??;
        Ok(())
    }

    /// Sends bytes to one address on a stream of their own: `Ok` says that all were written and the stream was closed in order.
    ///
    /// At most [`StreamLimits::max_user`](crate::types::StreamLimits::max_user) bytes; checked before dialling. Ends after `stream_timeout` at the latest.
    ///
    /// # Errors
    /// [`Error::Encode`] if too large, [`Error::Stream`] if the peer can't be reached or does not take them in time,
    /// [`Error::AddressNotAllowed`], [`Error::ShutDown`].
    pub async fn send_reliable(
        &self,
        to: &D::Address,
        payload: impl Into<Bytes> + Send,
    ) -> Result<(), Error> {
        self.check_allowed(to)?;
        self.shared().send_reliable(to.clone(), payload.into()).await
    }

    /// Sends bytes to one address in a packet if they fit one, else on a stream.
    ///
    /// # Errors
    /// Those of [`send`](Self::send) or [`send_reliable`](Self::send_reliable).
    pub async fn send_auto(&self, to: &D::Address, payload: impl Into<Bytes> + Send) -> Result<(), Error> {
        let payload = payload.into();
        if payload.len() <= self.max_user_payload() {
            self.send(to, payload).await
        } else {
            self.send_reliable(to, payload).await
        }
    }
}
