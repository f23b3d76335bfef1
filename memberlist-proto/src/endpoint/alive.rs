//! Signs of life: joining, returning, changing, moving (spec 5.12).

use super::*;
use memberlist_types::Alive;

/// How an alive statement came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In a packet, or in the push/pull of somebody who came to us.
    Hearsay,
    /// In a push/pull with somebody whom we had asked.
    Asked,
    /// From the node itself, on a stream that we opened to the address that it claims.
    FirstHand,
}

/// What a record says of its node.
pub(super) fn statement<I: Id, A: Address>(record: &Record<I, A>) -> Alive<I, A> {
    Alive {
        incarnation: record.incarnation,
        node: record.node.clone(),
        meta: record.meta().clone(),
        versions: Some(record.versions()),
        layers: record.layers(),
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    pub(super) fn on_alive(&mut self, now: Instant, from: Option<A>, alive: Alive<I, A>, source: Source) {
        if alive.node.id == self.id {
            return self.on_alive_self(now, from, alive, source);
        }
        let versions = match self.check_alive(now, &alive, source) {
            Ok(versions) => versions,
            Err(RejectReason::IncarnationJump) => {
                self.reject(now, RejectReason::IncarnationJump, Some(alive.node.id.clone()), from);
                return self.verify(now, alive);
            }
            Err(reason) => return self.reject(now, reason, Some(alive.node.id), from),
        };
        match self.members.key(&alive.node.id) {
            None if source != Source::FirstHand
                && self.forgotten.is_old(&alive.node.id, alive.incarnation) =>
            {
                self.on_ghost(now, alive);
            }
            None => self.admit(now, alive, versions),
            Some(key) => self.on_alive_known(now, from, key, alive, versions, source),
        }
    }

    /// A node that we did not know.
    fn admit(&mut self, now: Instant, alive: Alive<I, A>, versions: Versions) {
        let profile = Profile { meta: alive.meta.clone(), versions, layers: alive.layers };
        let key = self.members.insert(alive.node.clone(), profile, alive.incarnation, now, &mut self.rng);
        self.healing.found(&alive.node.id);
        self.forgotten.open(&alive.node.id);
        self.stats.alive_accepted += 1;
        self.relay_statement(alive.node.id.clone(), &Message::Alive(alive));
        if let Some(record) = self.members.get(key) {
            let member = record.snapshot();
            self.emit(Event::Joined(member));
        }
        self.company_changed(now);
    }

    fn on_alive_known(
        &mut self,
        now: Instant,
        from: Option<A>,
        key: MemberKey,
        alive: Alive<I, A>,
        versions: Versions,
        source: Source,
    ) {
        let Some(record) = self.members.get(key) else { return };
        let newer = alive.incarnation > record.incarnation;
        let moved = alive.node.address != record.node.address;
        let may_move = moved && self.may_move(now, record, &alive, source);
        let verified = self.options.address_change == AddressChange::Verified;
        if moved && !may_move && verified && record.state().is_gone() {
            // Perhaps the death is not true, or the life is not new.
            if !newer {
                self.on_stale_alive(now, from, key, &alive, moved);
            }
            return self.verify(now, alive);
        }
        if !newer && !may_move {
            self.on_more_layers(key, &alive, source);
            return self.on_stale_alive(now, from, key, &alive, moved);
        }
        let first_hand = source == Source::FirstHand;
        if newer && !first_hand && alive.incarnation > self.plausible(now, record) {
            self.reject(now, RejectReason::IncarnationJump, Some(alive.node.id.clone()), from);
            return self.verify(now, alive);
        }
        if moved && !may_move && !first_hand {
            self.conflict(now, from, key, alive.node.clone());
            if verified {
                self.verify(now, alive);
            }
            return;
        }
        if moved && self.check_fits(&alive.node, &alive.meta, versions, alive.layers).is_err() {
            return self.reject(now, RejectReason::NameTooLong, Some(alive.node.id), from);
        }
        if first_hand && let Some(record) = self.members.get_mut(key) {
            record.trusted = alive.incarnation;
        }
        self.apply_alive(now, key, alive, versions);
    }

    /// Counts and, at most once a second for each name, reports that somebody else claims it.
    fn conflict(&mut self, now: Instant, from: Option<A>, key: MemberKey, claimed: Node<I, A>) {
        let Some(record) = self.members.get_mut(key) else { return };
        let report = record.conflict_at().is_none_or(|last| now.since(last) >= admission::REPORT_INTERVAL);
        if report {
            record.set_conflict_at(now);
            let existing = record.snapshot();
            self.emit(Event::Conflict { existing, claimed: claimed.clone() });
        }
        self.reject(now, RejectReason::AddressConflict, Some(claimed.id), from);
    }

    /// Whether the node's name may move to another address without further proof. A death or departure that is only just
    /// heard of may be false: its subject has time to say so.
    fn may_move(&self, now: Instant, record: &Record<I, A>, alive: &Alive<I, A>, source: Source) -> bool {
        let newer = alive.incarnation > record.incarnation;
        let same_or_newer = alive.incarnation >= record.incarnation;
        match (record.state(), self.options.address_change) {
            (State::Left | State::Dead, AddressChange::Verified) => {
                let settled = now.since(record.changed_at) >= self.verification_window();
                source == Source::FirstHand || (newer && settled)
            }
            (State::Left, _) => true,
            (_, AddressChange::Verified) => source == Source::FirstHand && same_or_newer,
            (State::Dead, AddressChange::AfterDeath(wait)) => now.since(record.changed_at) >= wait,
            _ => false,
        }
    }

    /// The statement is not newer than what we know. If its subject itself says it, it has restarted and does not know
    /// that others remember more of it: tell it what we hold, so that it can refute above that.
    fn on_stale_alive(
        &mut self,
        now: Instant,
        from: Option<A>,
        key: MemberKey,
        alive: &Alive<I, A>,
        moved: bool,
    ) {
        let Some(record) = self.members.get(key) else { return };
        let behind = alive.incarnation < record.incarnation || (record.state() != State::Alive);
        let by_itself = from.as_ref() == Some(&alive.node.address);
        if moved && alive.incarnation == record.incarnation && !record.state().is_gone() {
            self.conflict(now, from, key, alive.node.clone());
            if self.options.address_change == AddressChange::Verified {
                // It may have restarted there so soon that others saw no death, with the incarnation of the process before.
                self.verify(now, alive.clone());
            }
        } else if behind
            && by_itself
            && let Some(statement) = self.statement_about(key)
        {
            self.transmit(alive.node.address.clone(), &[statement], None);
        }
    }

    /// The same life, of which somebody knows more layers: what we know came through a node that does not know of layers. Only whom we
    /// asked is believed, for nobody contradicts this: it is not passed on.
    fn on_more_layers(&mut self, key: MemberKey, alive: &Alive<I, A>, source: Source) {
        let Some(record) = self.members.get(key) else { return };
        if source != Source::Hearsay
            && alive.incarnation == record.incarnation
            && alive.node.address == record.node.address
        {
            let profile = record.profile().clone();
            let layers = profile.layers.union(alive.layers);
            self.members.set_profile(key, Profile { layers, ..profile });
        }
    }

    /// What we would tell others about this node.
    pub(super) fn statement_about(&self, key: MemberKey) -> Option<Message<I, A>> {
        let record = self.members.get(key)?;
        let (incarnation, node) = (record.incarnation, record.node.id.clone());
        Some(match record.state() {
            State::Suspect => {
                Message::Suspect(memberlist_types::Suspect { incarnation, node, from: self.id.clone() })
            }
            State::Dead => Message::Dead(memberlist_types::Dead { incarnation, node, from: self.id.clone() }),
            State::Left => Message::Dead(memberlist_types::Dead { incarnation, from: node.clone(), node }),
            _ => Message::Alive(statement(record)),
        })
    }

    /// Accepts the statement: the only place where a known node's record takes values from the network.
    pub(super) fn apply_alive(
        &mut self,
        now: Instant,
        key: MemberKey,
        alive: Alive<I, A>,
        versions: Versions,
    ) {
        let Some(record) = self.members.get_mut(key) else { return };
        let previous = record.snapshot();
        let moves = record.node.address != alive.node.address;
        if moves {
            self.members.unsettle(key);
        }
        let Some(record) = self.members.get_mut(key) else { return };
        record.node = alive.node.clone();
        record.incarnation = alive.incarnation;
        if let Some(reaper) = record.take_reaper() {
            self.timers.cancel(reaper);
        }
        let profile = Profile { meta: alive.meta.clone(), versions, layers: alive.layers };
        self.members.set_profile(key, profile);
        if moves {
            self.members.settle(key);
        }
        self.end_suspicion(key);
        self.members.set_state(key, State::Alive, now);
        self.stats.alive_accepted += 1;
        self.healing.found(&alive.node.id);
        self.relay_statement(alive.node.id.clone(), &Message::Alive(alive));
        let Some(member) = self.members.get(key).map(Record::snapshot) else { return };
        match previous.state {
            State::Dead | State::Left => self.emit(Event::Joined(member)),
            state => {
                if state == State::Suspect {
                    let suspected_for = now.since(previous.changed_at);
                    self.emit(Event::Recovered { member: member.clone(), suspected_for });
                }
                if member.meta != previous.meta || member.node != previous.node {
                    self.emit(Event::Updated { member, previous });
                }
            }
        }
        self.company_changed(now);
    }

    /// Somebody speaks of a node with our name.
    fn on_alive_self(&mut self, now: Instant, from: Option<A>, alive: Alive<I, A>, source: Source) {
        if self.has_left() {
            return;
        }
        let Some(me) = self.me() else { return };
        if alive.incarnation < me.incarnation {
            return;
        }
        if alive.node.address != me.node.address {
            return self.conflict(now, from, self.me, alive.node);
        }
        let same = alive.incarnation == me.incarnation
            && alive.meta == *me.meta()
            && alive.versions.is_none_or(|versions| versions == me.versions())
            // Less is what went through a node that does not know of layers; it costs us nothing but compression.
            && me.layers().contains(alive.layers);
        if same {
            return;
        }
        if !self.may_concern_us(now, alive.incarnation, source == Source::Asked) {
            return self.reject(now, RejectReason::IncarnationJump, Some(alive.node.id), from);
        }
        self.refute(now, alive.incarnation, None, from.as_ref());
    }
}
