use crate::Error;
use futures_channel::oneshot;
use memberlist_proto::{BroadcastId, BroadcastOutcome};

/// A broadcast on its way. It goes on whether this is kept or dropped.
#[derive(Debug)]
pub struct Broadcast {
    pub(crate) id: BroadcastId,
    pub(crate) finished: oneshot::Receiver<BroadcastOutcome>,
}

impl Broadcast {
    /// Its number, increasing with every broadcast of this memberlist.
    #[must_use]
    pub const fn id(&self) -> BroadcastId {
        self.id
    }

    /// Waits until it was handed out as often as its limit asks for, was replaced by a newer one of its key, or dropped.
    ///
    /// "Handed out" is no receipt. While this node is alone nothing is handed out, so this waits for company: use a timeout.
    ///
    /// # Errors
    /// [`Error::ShutDown`] if that came first.
    pub async fn finished(self) -> Result<BroadcastOutcome, Error> {
        self.finished.await.map_err(|_| Error::ShutDown)
    }
}
