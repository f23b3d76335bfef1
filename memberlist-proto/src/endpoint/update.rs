//! Changes of what we say of ourselves, and of the options.

use super::*;
use memberlist_types::Alive;

/// Whether a node may announce these versions: what it speaks lies within what it understands, and this implementation
/// speaks it.
pub(super) fn speaks_what_it_understands(v: Versions) -> bool {
    let ours = Versions::PROTOCOL_MIN..=Versions::PROTOCOL_MAX;
    v.is_valid()
        && ours.contains(&v.protocol_current)
        && (v.protocol_min..=v.protocol_max).contains(&v.protocol_current)
        && (v.delegate_min..=v.delegate_max).contains(&v.delegate_current)
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Changes our metadata; everybody learns of it. The answer names the broadcast whose end
    /// [`Event::BroadcastFinished`] reports.
    ///
    /// # Errors
    /// If it is over the limit, fits no packet, or we have left. Nothing changed then.
    pub fn update_meta(&mut self, now: Instant, meta: Meta) -> Result<BroadcastId, CommandError> {
        meta.check(self.options.max_meta_size)?;
        let local = self.local();
        self.check_fits(&local.node, &meta, local.versions, local.layers)?;
        self.renew_self(now, |members, me| {
            let profile = Profile { meta, versions: local.versions, layers: local.layers };
            members.set_profile(me, profile);
        })
    }

    /// Changes our advertised address; everybody learns of it (others verify it first: see
    /// [`AddressChange`](crate::AddressChange)).
    ///
    /// # Errors
    /// If we have left, or the address can't be sent. Nothing changed then.
    pub fn update_address(&mut self, now: Instant, address: A) -> Result<BroadcastId, CommandError> {
        let local = self.local();
        let node = Node::new(local.node.id, address);
        self.check_fits(&node, &local.meta, local.versions, local.layers)?;
        self.members.unsettle(self.me);
        let id = self.renew_self(now, |members, me| {
            if let Some(record) = members.get_mut(me) {
                record.node = node;
            }
        });
        self.members.settle(self.me);
        id
    }

    /// Changes options at run time. Running timers keep their times; the new ones hold from their next round on.
    ///
    /// # Errors
    /// If an option is inconsistent, or is one of those that are fixed for the life of an endpoint: `packet_size`
    /// (it depends on the framing and the transport). Nothing changed then.
    pub fn set_options(&mut self, now: Instant, options: Options) -> Result<(), CreateError> {
        options.validate()?;
        if options.packet_size != self.options.packet_size {
            return Err(CreateError::Options(crate::OptionsError {
                field: "packet_size",
                problem: "can't change at run time: make a new endpoint".into(),
            }));
        }
        let local = self.local();
        local.meta.check(options.max_meta_size).map_err(CommandError::from)?;
        if options.awareness_max != self.options.awareness_max {
            let score = self.awareness.score();
            self.awareness = Awareness::new(options.awareness_max);
            self.adjust_health(i32::try_from(score).unwrap_or(i32::MAX));
        }
        self.budget.set_rates(options.max_peer_bytes, options.max_peer_messages);
        self.options = Arc::new(options);
        self.start_schedules(now);
        self.arm_gossip(now);
        self.arm_healing(now);
        Ok(())
    }

    /// Checks that everything which is ever said about a node of this name fits a packet.
    pub(super) fn check_fits(
        &self,
        node: &Node<I, A>,
        meta: &Meta,
        versions: Versions,
        layers: Layers,
    ) -> Result<(), CommandError> {
        let alive = Message::Alive(Alive {
            incarnation: Incarnation::MAX,
            node: node.clone(),
            meta: meta.clone(),
            versions: Some(versions),
            layers,
        });
        let mut out = Vec::with_capacity(128);
        self.wire.encode_message(&alive, &mut out).map_err(CommandError::Name)?;
        let budget = self.message_room();
        let needed = out.len().max(self.ping_size(node, &mut out));
        if needed > budget { Err(CommandError::NodeTooLarge { needed, budget }) } else { Ok(()) }
    }

    fn renew_self(
        &mut self,
        now: Instant,
        change: impl FnOnce(&mut M, MemberKey),
    ) -> Result<BroadcastId, CommandError> {
        if self.has_left() {
            return Err(CommandError::HasLeft);
        }
        let previous = self.local();
        if previous.incarnation.is_saturated() {
            return Err(CommandError::IncarnationExhausted);
        }
        if let Some(record) = self.members.get_mut(self.me) {
            record.incarnation = record.incarnation.next();
            change(&mut self.members, self.me);
        }
        let id = BroadcastId(self.token());
        self.announce_self(Some(id));
        self.arm_gossip(now);
        let member = self.local();
        if member.meta != previous.meta || member.node != previous.node {
            self.emit(Event::Updated { member, previous });
        }
        Ok(id)
    }

    /// Queues what we say of ourselves.
    pub(super) fn announce_self(&mut self, token: Option<BroadcastId>) {
        if let Some(alive) = self.own_alive() {
            self.enqueue_as(self.id.clone(), &Message::Alive(alive), token);
        }
    }

    /// What is queued about ourselves is out of date: it must not ride along with the packets that say so.
    pub(super) fn withdraw_own(&mut self) {
        if let Some(token) = self.membership.remove(&self.id) {
            self.finish(token, crate::BroadcastOutcome::Replaced);
        }
    }

    pub(super) fn own_alive(&self) -> Option<Alive<I, A>> {
        self.me().map(|me| alive::statement(me))
    }
}
