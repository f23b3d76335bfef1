use crate::{AddressOf, Delegate, Error, Memberlist, Transport};
use bytes::Bytes;
use memberlist_proto::CommandError;
use memberlist_types::Wire;

/// Messages that are queued under one lock: some ten microseconds.
const AT_ONCE: usize = 64;

/// Messages of the application to one node.
impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Sends bytes to one address, best effort, in a packet: `Ok` says that they were queued, not that they arrived.
    ///
    /// They leave at once, unless earlier ones to the same address still wait: then they share a packet, if they fit.
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
        let (to, payloads) = (to.clone(), vec![payload.into()]);
        let room = self.shared().outgoing.room(1).await;
        self.shared().send(to, payloads)?;
        drop(room);
        Ok(())
    }

    /// Sends several messages to one address, best effort, in their order and in as few packets as hold them; the receiver gets each on its own.
    ///
    /// As [`send`](Self::send) for each of them, and an order of magnitude cheaper where they are small. If this future is dropped while it
    /// waits for room, those that are queued go out, and the others do not.
    ///
    /// ```
    /// # use agnostic::tokio::TokioRuntime;
    /// # use memberlist_core::{Event, Memberlist, Options, memory::MemoryNetwork};
    /// # use smol_str::SmolStr;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let network = MemoryNetwork::new(42);
    /// # let to = "10.0.0.2:7946".parse()?;
    /// # let transport = network.bind::<TokioRuntime>("10.0.0.1:7946".parse()?)?;
    /// # let node = Memberlist::start(SmolStr::new("a"), transport, Options::local()).await?;
    /// # let other = Memberlist::start(SmolStr::new("b"), network.bind::<TokioRuntime>(to)?, Options::local()).await?;
    /// # let mut events = other.events();
    /// node.send_many(&to, ["one", "two", "three"]).await?;
    /// # let mut got = Vec::new();
    /// # while got.len() < 3 {
    /// #   if let Some(Event::User { payload, .. }) = events.recv().await { got.push(payload) }
    /// # }
    /// # assert_eq!(got, ["one", "two", "three"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`send`](Self::send). If one message is too large, none is sent. A node that shuts down meanwhile has sent the first ones or none.
    pub async fn send_many<B: Into<Bytes>>(
        &self,
        to: &D::Address,
        payloads: impl IntoIterator<Item = B> + Send,
    ) -> Result<(), Error> {
        self.check_allowed(to)?;
        let mut payloads: Vec<Bytes> = payloads.into_iter().map(Into::into).collect();
        let limit = self.max_user_payload();
        if let Some(actual) = payloads.iter().map(Bytes::len).find(|actual| *actual > limit) {
            return Err(CommandError::PayloadTooLarge { actual, limit }.into());
        }
        while !payloads.is_empty() {
            let room = self.shared().outgoing.room(payloads.len().min(AT_ONCE)).await;
            let rest = payloads.split_off(room.packets().min(payloads.len()));
            self.shared().send(to.clone(), std::mem::replace(&mut payloads, rest))?;
        }
        Ok(())
    }

    /// Sends bytes to one address on a stream: `Ok` says that the stream has taken them all, not that the application there has.
    ///
    /// Messages to the same address go one after the other on one stream, which stays open for five seconds after the last; those that wait go
    /// together. Their order is kept on one stream, but not from one to the next that replaces it ([`Options::message_streams`](crate::Options::message_streams)).
    ///
    /// None is ever sent twice. An error from the stream leaves open whether the message arrived: it was perhaps written in part, or to a peer that
    /// has ended. Only if not one byte of it was taken by a stream that its peer has closed, it goes on a new one. If this future is dropped, the
    /// message is not sent if it still waits; if it is being written, that ends with the stream unless others are written with it.
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
