use crate::{AddressOf, Delegate, JoinError, JoinReport, Memberlist, Transport, UserAddressOf};
use memberlist_proto::JoinOptions;
use memberlist_types::Wire;

/// Joining.
impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Joins the cluster through one address; if that is a name, through all that it stands for.
    ///
    /// # Errors
    /// [`JoinError::NoneReached`] tells for each resolved address why. See [`join_many`](Self::join_many).
    pub async fn join(
        &self,
        address: impl Into<UserAddressOf<T>> + Send,
    ) -> Result<JoinReport<UserAddressOf<T>, D::Address>, JoinError<UserAddressOf<T>, D::Address>> {
        self.join_many([address.into()], JoinOptions::default()).await
    }

    /// Joins through these addresses, several at once, and reports on each. Succeeds if at least one was reached.
    ///
    /// Dropping the future cancels what is still under way; what was reached stays. The addresses become seeds: healing goes on
    /// trying them, and looks up their names again. This node's own address is skipped.
    ///
    /// # Errors
    /// [`JoinError::NoneReached`] with the report; [`JoinError::Command`] if there is nothing to try; [`JoinError::ShutDown`].
    pub async fn join_many<U: Into<UserAddressOf<T>>>(
        &self,
        addresses: impl IntoIterator<Item = U> + Send,
        options: JoinOptions,
    ) -> Result<JoinReport<UserAddressOf<T>, D::Address>, JoinError<UserAddressOf<T>, D::Address>> {
        let addresses = addresses.into_iter().map(Into::into).collect();
        self.shared().join(addresses, options).await
    }
}
