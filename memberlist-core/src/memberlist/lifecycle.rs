use crate::{AddressOf, Delegate, Error, Memberlist, Transport};
use memberlist_types::Wire;
use std::time::Duration;

/// Leaving, coming back, ending.
impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Says goodbye: the others hold this node for left, not for failed. It goes on running and answering until
    /// [`shutdown`](Self::shutdown), and may [`rejoin`](Self::rejoin).
    ///
    /// Waits until enough others confirmed to know (or there is nobody to tell), and tells how many did. Calling it again waits for the same.
    ///
    /// # Errors
    /// [`Error::LeaveTimedOut`]: the departure is in force here, but was not confirmed in time. [`Error::ShutDown`].
    pub async fn leave(&self, timeout: Duration) -> Result<usize, Error> {
        self.shared().leave(timeout).await
    }

    /// Becomes alive again after [`leave`](Self::leave), with a higher incarnation. The known members learn it by gossip.
    ///
    /// # Errors
    /// [`CommandError::HasNotLeft`](crate::proto::CommandError::HasNotLeft), [`Error::ShutDown`].
    pub async fn rejoin(&self) -> Result<(), Error> {
        self.shared().rejoin()
    }

    /// Whether this node has left.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.shared().read(|core| core.endpoint.has_left())
    }

    /// Ends the node without a goodbye: when this returns, every task has ended and every socket is closed.
    ///
    /// Idempotent: all callers wait for the same end. Whoever waits for anything else of this memberlist gets [`Error::ShutDown`].
    /// Not to be awaited inside a delegate's method, whose end it would wait for: the method's future is dropped.
    pub async fn shutdown(&self) {
        self.shared().shutdown().await;
    }

    /// Whether a shutdown was begun.
    #[must_use]
    pub fn is_shutdown(&self) -> bool {
        self.shared().is_shutdown()
    }
}
