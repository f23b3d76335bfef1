//! What an endpoint needs only from an input until its outputs are drained.

use super::*;

/// Memory that an [`Endpoint`] works with from an input until its outputs are drained: the queues of outputs, and blocks to encode into.
///
/// Between inputs there is nothing in it. So a driver of very many endpoints on one thread (a simulator) can lend the same one to each when its turn
/// comes: it then stays in the nearest cache, while those of ten thousand endpoints would be in none.
///
/// ```
/// use memberlist_proto::{Endpoint, Instant, LocalNode, Options, Workspace, types::{Framing, NativeWire}};
/// use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
///
/// let local = LocalNode::new(1u64, "127.0.0.1:7946".parse::<core::net::SocketAddr>()?);
/// let rng = Box::new(Pcg64Mcg::seed_from_u64(7));
/// let mut endpoint = Endpoint::new(Instant::START, local, Options::lan(), &Framing::new(), NativeWire, rng)?;
/// assert!(endpoint.take_workspace().is_none(), "it still has something to say");
/// while endpoint.poll_event().is_some() {}
/// let workspace = endpoint.take_workspace().expect("nothing waits in it");
/// assert!(endpoint.lend_workspace(workspace).is_none(), "it was needed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Workspace<I, A> {
    pub(super) transmits: VecDeque<Transmit<A>>,
    pub(super) stream_requests: VecDeque<StreamRequest<I, A>>,
    pub(super) events: VecDeque<Event<I, A>>,
    pub(super) passing: gossip::Passing,
}

impl<I, A> Default for Workspace<I, A> {
    fn default() -> Self {
        Self {
            transmits: VecDeque::new(),
            stream_requests: VecDeque::new(),
            events: VecDeque::new(),
            passing: gossip::Passing::default(),
        }
    }
}

impl<I, A> Workspace<I, A> {
    /// Whether no output waits in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transmits.is_empty() && self.stream_requests.is_empty() && self.events.is_empty()
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Gives it a workspace for its next input. Without one it makes its own; if it has one, it does not need this, which comes back.
    #[inline]
    pub fn lend_workspace(&mut self, workspace: Box<Workspace<I, A>>) -> Option<Box<Workspace<I, A>>> {
        if self.work.is_some() {
            return Some(workspace);
        }
        self.work = Some(workspace);
        None
    }

    /// Takes its workspace away, if it has one in which no output waits.
    #[inline]
    pub fn take_workspace(&mut self) -> Option<Box<Workspace<I, A>>> {
        self.work.take_if(|work| work.is_empty())
    }

    #[inline]
    pub(super) fn work(&mut self) -> &mut Workspace<I, A> {
        self.work.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests;
