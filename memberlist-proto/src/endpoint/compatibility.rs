//! Whether the versions that are spoken on both sides of a push/pull fit what is understood there (spec 5.14).

use crate::MergeError;
use alloc::string::ToString;
use memberlist_types::{Id, NodeState, State, Versions};

/// A check of versions over both sides of a push/pull: whatever anybody there speaks must be understood by all who are alive there.
///
/// The nodes are added in any order and in slices of any size ([`add`](VersionCheck::add),
/// [`Endpoint::add_versions`](crate::Endpoint::add_versions)); what is kept does not grow with their number.
#[derive(Clone, Debug)]
pub struct VersionCheck<I> {
    protocol: Extremes<I>,
    application: Extremes<I>,
    /// State and versions of the node that was added last: another one like it changes nothing, and most are alike.
    last: Option<(State, Versions)>,
}

/// Of one kind of version.
#[derive(Clone, Debug)]
struct Extremes<I> {
    /// What all who are alive understand.
    understood: (u8, u8),
    lowest: Option<(u8, I)>,
    highest: Option<(u8, I)>,
}

impl<I: Id> VersionCheck<I> {
    /// Nobody yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { protocol: Extremes::new(), application: Extremes::new(), last: None }
    }

    /// Adds nodes; those without versions, and the dead and the left, have no say.
    pub fn add<A>(&mut self, states: &[NodeState<I, A>]) {
        for state in states {
            if let Some(versions) = state.versions {
                self.add_one(&state.node.id, state.state, versions);
            }
        }
    }

    pub(super) fn add_one(&mut self, id: &I, state: State, v: Versions) {
        if state.is_gone() || self.last == Some((state, v)) {
            return;
        }
        self.last = Some((state, v));
        let alive = state == State::Alive;
        self.protocol.add(id, alive, (v.protocol_min, v.protocol_max), v.protocol_current);
        self.application.add(id, alive, (v.delegate_min, v.delegate_max), v.delegate_current);
    }

    /// What comes of it.
    ///
    /// # Errors
    /// Names a node whose spoken version is not understood by all.
    pub fn finish(&self) -> Result<(), MergeError> {
        self.protocol.check("protocol")?;
        self.application.check("application")
    }
}

impl<I: Id> Default for VersionCheck<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id> Extremes<I> {
    const fn new() -> Self {
        Self { understood: (0, u8::MAX), lowest: None, highest: None }
    }

    fn add(&mut self, id: &I, alive: bool, understood: (u8, u8), spoken: u8) {
        if alive {
            self.understood = (self.understood.0.max(understood.0), self.understood.1.min(understood.1));
        }
        if self.lowest.as_ref().is_none_or(|(lowest, _)| spoken < *lowest) {
            self.lowest = Some((spoken, id.clone()));
        }
        if self.highest.as_ref().is_none_or(|(highest, _)| spoken > *highest) {
            self.highest = Some((spoken, id.clone()));
        }
    }

    fn check(&self, what: &'static str) -> Result<(), MergeError> {
        let (min, max) = self.understood;
        for (version, id) in self.lowest.iter().chain(&self.highest) {
            if *version < min || *version > max {
                return Err(MergeError::Incompatible {
                    node: id.to_string(),
                    what,
                    version: *version,
                    min,
                    max,
                });
            }
        }
        Ok(())
    }
}
