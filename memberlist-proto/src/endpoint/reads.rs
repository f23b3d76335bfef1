//! What a user can ask; nothing here changes anything.

use super::*;
use crate::Snapshot;

/// Names at one address, the gone included, that are looked at; of an address with more of them nothing is believed.
const MAX_NAMES: usize = 8;

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// What the member at this address is known to read; `None` if nobody is known there, if it does not matter (everybody reads our
    /// framing), or if the member is suspected: perhaps it has restarted as another build, and must be able to read that it is suspected.
    ///
    /// If several members are said to be there, what all of them read: somebody may have invented the others.
    pub fn reads(&self, address: &A) -> Option<Layers> {
        let mut reads = None;
        for (names, record) in self.members.at_address(address).enumerate() {
            if names >= MAX_NAMES {
                return None;
            }
            match record.state() {
                State::Alive => {
                    reads = Some(
                        reads.map_or(record.layers(), |reads: Layers| reads.intersection(record.layers())),
                    );
                }
                State::Suspect => return None,
                // Whoever is gone is at no address any more.
                _ => {}
            }
        }
        reads
    }

    /// What it speaks.
    pub const fn wire(&self) -> &W {
        &self.wire
    }

    /// Ourselves.
    ///
    /// The state is `Alive`, or `Left` after [`leave`](Endpoint::leave).
    pub fn local(&self) -> Member<I, A> {
        // The own record is made in `new` and never removed.
        match self.me() {
            Some(record) => record.snapshot(),
            None => unreachable!("the own record is never removed"),
        }
    }

    /// Every member: alive or suspect, ourselves included. In no particular order.
    pub fn members(&self) -> Vec<Member<I, A>> {
        self.members.iter().filter(|r| !r.state().is_gone()).map(Record::snapshot).collect()
    }

    /// Every known node, the dead and left that are not yet forgotten included. In no particular order.
    pub fn known(&self) -> Vec<Member<I, A>> {
        self.members.iter().map(Record::snapshot).collect()
    }

    /// What is known of this node, if anything.
    pub fn member(&self, id: &I) -> Option<Member<I, A>> {
        self.members.by_id(id).map(Record::snapshot)
    }

    /// How many members there are: alive or suspect, ourselves included.
    pub fn num_members(&self) -> usize {
        self.members.live()
    }

    /// The local health score: 0 (healthy) to `awareness_max - 1`. Probe deadlines scale with `score + 1`.
    pub fn health_score(&self) -> u32 {
        self.awareness.score()
    }

    /// Whether we have left the cluster.
    pub fn has_left(&self) -> bool {
        self.leaving.is_some()
    }

    /// The counters and queue lengths.
    pub fn stats(&self) -> Stats {
        Stats {
            known: self.members.len(),
            members: self.members.live(),
            suspects: self.members.count(State::Suspect),
            membership_queue: self.membership.len(),
            user_queue: self.user.len(),
            user_queue_bytes: self.user.bytes(),
            relays: self.relays,
            ..self.stats.clone()
        }
    }

    /// The options in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Largest payload of [`send`](Endpoint::send) and [`broadcast`](Endpoint::broadcast), in bytes.
    pub fn max_user_payload(&self) -> usize {
        self.max_payload
    }

    /// Bytes of a packet that messages may fill, each with the wire's `message_overhead` before it. Never changes.
    pub fn packet_capacity(&self) -> usize {
        self.room
    }

    /// Bytes that one message alone in a packet may have.
    pub(super) fn message_room(&self) -> usize {
        self.room.saturating_sub(self.wire.message_overhead())
    }
}

impl<I: Id, A: Address, W: Wire<I, A>> Endpoint<I, A, W> {
    /// Every member, as [`members`](Endpoint::members) gives them, without copying them each time: only what has changed since
    /// the last call is copied. From the first call on, an endpoint keeps a copy of its members for this.
    pub fn snapshot(&mut self) -> Snapshot<I, A> {
        self.members.snapshot()
    }
}
