//! Leaving and coming back.

use crate::{AddressOf, Delegate, Error, Transport, shared::Shared};
use agnostic::RuntimeLite;
use futures_channel::oneshot;
use futures_util::future::Either;
use memberlist_proto::CommandError;
use memberlist_types::Wire;
use std::{sync::Arc, time::Duration};

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    pub(crate) async fn leave(self: &Arc<Self>, timeout: Duration) -> Result<usize, Error> {
        let begun = self.command(|machine, now| {
            match machine.endpoint.leave(now) {
                Ok(()) => machine.left = None,
                Err(CommandError::HasLeft) => {
                    if let Some(confirmed) = machine.left {
                        return Ok(Either::Left(confirmed));
                    }
                }
                Err(error) => return Err(error),
            }
            let (sender, receiver) = oneshot::channel();
            machine.waiters.leaves.retain(|waiter| !waiter.is_canceled());
            machine.waiters.leaves.push(sender);
            Ok(Either::Right(receiver))
        })??;
        match begun {
            Either::Left(confirmed) => Ok(confirmed),
            Either::Right(finished) => match T::Runtime::timeout(timeout, finished).await {
                Ok(Ok(confirmed)) => Ok(confirmed),
                Ok(Err(_)) if self.is_shutdown() => Err(Error::ShutDown),
                // A `rejoin` undid it meanwhile.
                Ok(Err(_)) => Err(CommandError::HasNotLeft.into()),
                Err(_elapsed) => Err(Error::LeaveTimedOut(timeout)),
            },
        }
    }

    pub(crate) fn rejoin(self: &Arc<Self>) -> Result<(), Error> {
        self.command(|machine, now| {
            machine.endpoint.rejoin(now)?;
            machine.left = None;
            machine.waiters.leaves.clear();
            Ok::<_, CommandError>(())
        })??;
        Ok(())
    }
}
