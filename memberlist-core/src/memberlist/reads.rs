use crate::{AddressOf, Delegate, Events, Memberlist, Options, Stats, Transport};
use memberlist_proto::{Instant, Member, Snapshot};
use memberlist_types::Wire;
use std::time::SystemTime;

/// What is known. Nothing here waits for the network; everything is a snapshot by value, and still there after a shutdown.
impl<T, D, W> Memberlist<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// The members: alive and suspected nodes, this one included.
    #[must_use]
    pub fn members(&self) -> Vec<Member<D::Id, D::Address>> {
        self.shared().read(|machine| machine.endpoint.members())
    }

    /// The members, as [`members`](Self::members), for whoever looks often: they are shared, and only what changed since the last look is
    /// copied. What it costs is memory: from the first call on, this node keeps a copy of its members.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<D::Id, D::Address> {
        self.shared().read(|machine| machine.endpoint.snapshot())
    }

    /// Every known node, the dead and the left included, until they are forgotten.
    #[must_use]
    pub fn known(&self) -> Vec<Member<D::Id, D::Address>> {
        self.shared().read(|machine| machine.endpoint.known())
    }

    /// What is known of one node, whatever its state.
    #[must_use]
    pub fn member(&self, id: &D::Id) -> Option<Member<D::Id, D::Address>> {
        self.shared().read(|machine| machine.endpoint.member(id))
    }

    /// How many members there are, this one included.
    #[must_use]
    pub fn num_members(&self) -> usize {
        self.shared().read(|machine| machine.endpoint.num_members())
    }

    /// This node as it presents itself.
    #[must_use]
    pub fn local_state(&self) -> Member<D::Id, D::Address> {
        self.shared().read(|machine| machine.endpoint.local())
    }

    /// This node's name.
    #[must_use]
    pub fn local_id(&self) -> &D::Id {
        &self.shared().local_id
    }

    /// Where others reach this node.
    #[must_use]
    pub fn advertise_address(&self) -> D::Address {
        self.local_state().node.address
    }

    /// How unwell this node holds itself for, from 0 (healthy) to `awareness_max - 1`: it rises with late or missing answers.
    #[must_use]
    pub fn health_score(&self) -> u32 {
        self.shared().read(|machine| machine.endpoint.health_score())
    }

    /// What was counted since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared().stats()
    }

    /// The options in force (`packet_size` is what the transport left of it).
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shared().options
    }

    /// Bytes that [`send`](Self::send) and [`broadcast`](Self::broadcast) can carry at most.
    #[must_use]
    pub fn max_user_payload(&self) -> usize {
        self.shared().read(|machine| machine.endpoint.max_user_payload())
    }

    /// Now, on the clock of [`Member::changed_at`].
    #[must_use]
    pub fn now(&self) -> Instant {
        self.shared().clock.now()
    }

    /// The wall-clock time of such an instant, as far as the wall clock was not changed meanwhile.
    #[must_use]
    pub fn system_time(&self, at: Instant) -> SystemTime {
        let now = self.now();
        if at <= now {
            SystemTime::now().checked_sub(now.since(at)).unwrap_or(SystemTime::UNIX_EPOCH)
        } else {
            let now_system = SystemTime::now();
            now_system.checked_add(at.since(now)).unwrap_or(now_system)
        }
    }

    /// The events from now on: membership, and user messages.
    #[must_use]
    pub fn events(&self) -> Events<D::Id, D::Address> {
        self.shared().read(|machine| machine.subscribe(&self.shared().options))
    }

    /// The members of this moment and the events after it, without a gap or an overlap between them.
    #[must_use]
    #[allow(clippy::type_complexity)] // A pair of what the two methods above give.
    pub fn members_and_events(&self) -> (Vec<Member<D::Id, D::Address>>, Events<D::Id, D::Address>) {
        self.shared().read(|machine| (machine.endpoint.members(), machine.subscribe(&self.shared().options)))
    }

    /// The transport.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.shared().transport
    }

    /// The delegate.
    #[must_use]
    pub fn delegate(&self) -> &D {
        &self.shared().delegate
    }
}
