use crate::{Instant, Member, SuspicionReason, suspicion::Suspicion, timer::TimerKey};
use alloc::{boxed::Box, sync::Arc};
use core::time::Duration;
use memberlist_types::{Address, Id, Incarnation, Layers, Meta, Node, State, Versions};

/// Everything that is known of one node. There is one for each member in memory, so what most members do not have is
/// behind one pointer, and what many have in common behind another.
#[derive(Clone, Debug)]
pub struct Record<I, A> {
    pub(crate) node: Node<I, A>,
    profile: Arc<Profile>,
    rare: Option<Box<Rare<I>>>,
    pub(crate) changed_at: Instant,
    pub(crate) incarnation: Incarnation,
    /// The highest incarnation known from the node itself, or the first that was heard: what hearsay is measured against.
    pub(crate) trusted: Incarnation,
    /// Where this record stands in the probe order.
    pub(super) position: u32,
    /// How often its place in the table was given up before.
    pub(super) generation: Generation,
    pub(super) state: State,
}

/// What a node says of itself besides its name and address; the same for many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    pub(crate) meta: Meta,
    pub(crate) versions: Versions,
    pub(crate) layers: Layers,
}

/// What only a suspect, a gone node, or one whose name is claimed by another has. In a mass crash all are gone, so that what only a suspect
/// has is behind a pointer again.
#[derive(Clone, Debug)]
struct Rare<I> {
    suspicion: Option<Box<RunningSuspicion<I>>>,
    reaper: Option<TimerKey>,
    conflict_at: Option<Instant>,
}

/// A suspicion with its timer and what it rests on.
#[derive(Clone, Debug)]
pub(crate) struct RunningSuspicion<I> {
    pub(crate) suspicion: Suspicion<I>,
    pub(crate) timer: TimerKey,
    /// Whether the suspect was asked once more before the end; until then the timer is for that.
    pub(crate) called: bool,
    /// Whether it was extended because we slept when it ran out.
    pub(crate) reprieved: bool,
    /// How much time we had lost before it by our own fault, see the stall room.
    pub(crate) lost_before: Duration,
    pub(crate) reason: SuspicionReason<I>,
}

impl<I: PartialEq + Clone> RunningSuspicion<I> {
    /// When there is something to do: to ask the suspect once more, with so long to answer, or else the verdict.
    pub(crate) fn due(&self, answer: Duration) -> Instant {
        if self.called { self.suspicion.deadline() } else { self.suspicion.last_call(answer) }
    }
}

/// Counts how often a place of the table was given up. It comes round after sixteen million times: a node is remembered for
/// a while after its end, so that takes years, and a key is not held for so long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Generation([u8; 3]);

impl Generation {
    pub(super) fn next(self) -> Self {
        let [a, b, c] = self.0;
        let [a, b, c, _] = u32::from_le_bytes([a, b, c, 0]).wrapping_add(1).to_le_bytes();
        Self([a, b, c])
    }
}

impl<I: Id, A: Address> Record<I, A> {
    /// A new record in state `Alive`.
    pub(crate) fn new(
        node: Node<I, A>,
        profile: Arc<Profile>,
        incarnation: Incarnation,
        now: Instant,
    ) -> Self {
        Self {
            node,
            profile,
            rare: None,
            changed_at: now,
            incarnation,
            trusted: incarnation,
            position: 0,
            generation: Generation::default(),
            state: State::Alive,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn meta(&self) -> &Meta {
        &self.profile.meta
    }

    pub(crate) fn versions(&self) -> Versions {
        self.profile.versions
    }

    pub(crate) fn layers(&self) -> Layers {
        self.profile.layers
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    pub(super) fn set_profile(&mut self, profile: Arc<Profile>) {
        self.profile = profile;
    }

    /// The running suspicion, if the node is suspected.
    pub(crate) fn suspicion(&self) -> Option<&RunningSuspicion<I>> {
        self.rare.as_ref()?.suspicion.as_deref()
    }

    pub(crate) fn suspicion_mut(&mut self) -> Option<&mut RunningSuspicion<I>> {
        self.rare.as_mut()?.suspicion.as_deref_mut()
    }

    pub(crate) fn set_suspicion(&mut self, suspicion: RunningSuspicion<I>) {
        self.rare_mut().suspicion = Some(Box::new(suspicion));
    }

    pub(crate) fn take_suspicion(&mut self) -> Option<RunningSuspicion<I>> {
        let taken = self.rare.as_mut()?.suspicion.take();
        self.tidy();
        taken.map(|running| *running)
    }

    /// When a gone node is to be forgotten.
    pub(crate) fn set_reaper(&mut self, reaper: TimerKey) {
        self.rare_mut().reaper = Some(reaper);
    }

    pub(crate) fn take_reaper(&mut self) -> Option<TimerKey> {
        let taken = self.rare.as_mut()?.reaper.take();
        self.tidy();
        taken
    }

    /// When a false claim to its name was last reported.
    pub(crate) fn conflict_at(&self) -> Option<Instant> {
        self.rare.as_ref()?.conflict_at
    }

    pub(crate) fn set_conflict_at(&mut self, at: Instant) {
        self.rare_mut().conflict_at = Some(at);
    }

    pub(crate) fn snapshot(&self) -> Member<I, A> {
        Member {
            node: self.node.clone(),
            meta: self.meta().clone(),
            versions: self.versions(),
            layers: self.layers(),
            state: self.state,
            incarnation: self.incarnation,
            changed_at: self.changed_at,
        }
    }

    /// Whether it is alive and there is nothing special about it.
    #[cfg(feature = "shared-store")]
    pub(super) fn is_plain(&self) -> bool {
        self.state == State::Alive && self.rare.is_none()
    }

    /// Whether both say the same of the same node, when they said it aside.
    #[cfg(feature = "shared-store")]
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.incarnation == other.incarnation
            && self.trusted == other.trusted
            && self.node == other.node
            && (Arc::ptr_eq(&self.profile, &other.profile) || self.profile == other.profile)
    }

    /// Whether both stand for the same belief. Since when somebody is alive may differ.
    #[cfg(feature = "shared-store")]
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let rare = |record: &Self| {
            let suspicion = record.suspicion().map(|running| {
                (
                    running.suspicion.started(),
                    running.suspicion.deadline(),
                    running.timer,
                    running.called,
                    running.reprieved,
                )
            });
            (suspicion, record.rare.as_ref().and_then(|rare| rare.reaper), record.conflict_at())
        };
        self.says_the_same(other)
            && self.state == other.state
            && (self.state == State::Alive || self.changed_at == other.changed_at)
            && rare(self) == rare(other)
    }

    fn rare_mut(&mut self) -> &mut Rare<I> {
        self.rare.get_or_insert_with(|| Box::new(Rare { suspicion: None, reaper: None, conflict_at: None }))
    }

    /// Nothing special about it any more: no memory for that.
    fn tidy(&mut self) {
        if self.rare.as_ref().is_some_and(|rare| {
            rare.suspicion.is_none() && rare.reaper.is_none() && rare.conflict_at.is_none()
        }) {
            self.rare = None;
        }
    }
}

/// Bytes that a gone node takes beside its record.
#[cfg(test)]
pub(super) fn rare_size<I>() -> usize {
    size_of::<Rare<I>>()
}

/// How many profiles are remembered.
const REMEMBERED: usize = 8;

/// The profiles that came last, so that nodes which say the same share it: in most clusters all do, while a new version is
/// rolled out two sorts of them.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    recent: alloc::vec::Vec<Arc<Profile>>,
    oldest: usize,
}

impl Profiles {
    /// This profile, shared with those that are equal.
    pub(crate) fn share(&mut self, profile: Profile) -> Arc<Profile> {
        if let Some(known) = self.recent.iter().find(|known| ***known == profile) {
            return known.clone();
        }
        let profile = Arc::new(profile);
        if self.recent.len() < REMEMBERED {
            self.recent.push(profile.clone());
        } else if let Some(place) = self.recent.get_mut(self.oldest) {
            *place = profile.clone();
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
        profile
    }
}
