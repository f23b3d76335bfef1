//! A delegate that makes a node one among serf's agents.

mod clock;
mod core;
mod delegates;
mod kept;
mod outbox;
mod roster;
mod seen;

pub use self::core::PresenceStats;

use self::core::Core;
use crate::{Delegate, Meta, VoidDelegate, types::EncodeError};
use memberlist_hashicorp::serf::Tags;
use smol_str::SmolStr;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What serf's agents need to see of a node to accept it, to list it with its tags, and to tell its departure from a failure.
///
/// It has the node's tags as metadata, and an agent's state in each push/pull; it follows the Lamport times of members, events and queries, contradicts
/// whoever says that this node leaves, and passes on, once, what agents expect every node to pass on: intents, user events, queries.
///
/// Each node keeps the latest user events, and tells them in push/pulls, for those whom gossip did not reach; so does this one. What was said before
/// a join it is not told.
///
/// It is not serf: it answers no query, has no coordinates, changes no keys, and relays nothing for others.
/// Its memory is bounded, whatever is sent to it; what is no message of serf's is counted ([`stats`](Self::stats)).
///
/// A delegate of one's own can stand behind it ([`with_delegate`](Self::with_delegate)). It is told everything, except:
/// * `notify_message` gets no intents, and user events and queries only once, all as they came
///   ([`SerfMessage::decode`](memberlist_hashicorp::serf::SerfMessage::decode) reads them); a user event that a push/pull brought comes with this node's
///   own address. `merge_remote_state` gets serf's states;
/// * its `node_meta` and `local_state` are not asked: they are serf's.
///
/// Give the node the versions of serf, too: [`VERSIONS`](memberlist_hashicorp::serf::VERSIONS). An example stands [above](crate::hashicorp).
pub struct SerfPresence<D: Delegate = VoidDelegate<SmolStr, SocketAddr>> {
    core: Mutex<Core>,
    meta: Meta,
    /// This node's, as soon as it is known.
    address: Mutex<Option<D::Address>>,
    delegate: D,
}

impl SerfPresence {
    /// The presence of the node of this name, which must be the one that the node is started with.
    #[must_use]
    pub fn new(name: impl Into<SmolStr>) -> Self {
        // No tags, but a node that has tags.
        let meta = Tags::new().to_meta().unwrap_or_default();
        let core = Mutex::new(Core::new(name.into()));
        Self { core, meta, address: Mutex::new(None), delegate: VoidDelegate::new() }
    }
}

impl<D: Delegate> SerfPresence<D> {
    /// With these tags to start with; [`SerfMember::set_serf_tags`](super::SerfMember::set_serf_tags) changes them later.
    ///
    /// # Errors
    /// If they take more than 512 bytes.
    pub fn with_tags(mut self, tags: &Tags) -> Result<Self, EncodeError> {
        self.meta = tags.to_meta()?;
        Ok(self)
    }

    /// With this delegate behind it.
    #[must_use]
    pub fn with_delegate<N: Delegate>(self, delegate: N) -> SerfPresence<N> {
        SerfPresence { core: self.core, meta: self.meta, address: Mutex::new(None), delegate }
    }

    /// The delegate behind it.
    #[must_use]
    pub const fn delegate(&self) -> &D {
        &self.delegate
    }

    /// What was counted since the start.
    #[must_use]
    pub fn stats(&self) -> PresenceStats {
        self.core().stats()
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self) -> MutexGuard<'_, Option<D::Address>> {
        self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Delegate> fmt::Debug for SerfPresence<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SerfPresence").finish_non_exhaustive()
    }
}
