//! Asking a node itself: whether it really moved to another address, or really is that far ahead.
//!
//! A statement that goes beyond what hearsay is trusted with is not believed and not forgotten either: we open a stream to the
//! address that it names and look at what the node there says of itself. If a known name moves, its old address must moreover
//! stay silent to three pings: even if we have just heard that it died, for that may be as false as the claim. So nobody can
//! push a live member aside, no incarnation bound can hide a real node, and a restart at a new address is accepted within
//! one probe interval or so.

use super::*;
use memberlist_types::{Alive, Ping};

/// Verifications at once.
const MAX_VERIFICATIONS: usize = 64;
/// Names that are remembered as verified or just being verified.
const MAX_REMEMBERED: usize = 256;
/// After a verification, the same name is not verified again for this long.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// A claim that is being looked into.
pub(super) struct Verification<I, A> {
    id: u64,
    claim: Alive<I, A>,
    /// The address that must stay silent, if the name is in use there.
    old_address: Option<A>,
    old_answered: bool,
    confirmed: Option<Alive<I, A>>,
    retries: u8,
    cooling: bool,
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Looks into a claim that was just refused.
    pub(super) fn verify(&mut self, now: Instant, claim: Alive<I, A>) {
        let record = self.members.by_id(&claim.node.id);
        let old_address = record.map(|r| r.node.address.clone()).filter(|old| *old != claim.node.address);
        let known = self.verifications.iter().any(|v| v.claim.node.id == claim.node.id);
        let running = self.verifications.iter().filter(|v| !v.cooling).count();
        let full = running >= MAX_VERIFICATIONS || self.verifications.len() >= MAX_REMEMBERED;
        if known || full || self.has_left() {
            return;
        }
        let id = self.token();
        let window = self.verification_window();
        let purpose = push_pull::Purpose::Verify { id, claimed: claim.node.id.clone() };
        self.request(
            claim.node.address.clone(),
            now + window,
            StreamRequestKind::PushPull { join: false },
            purpose,
        );
        self.timers.insert(now + window, Timer::VerifyExpired(id));
        self.timers.insert(now + window / 3, Timer::VerifyRetry(id));
        self.verifications.push(Verification {
            id,
            claim,
            old_address,
            old_answered: false,
            confirmed: None,
            retries: 0,
            cooling: false,
        });
        self.ping_old_address(id);
    }

    pub(super) fn verification_window(&self) -> Duration {
        self.awareness.scale(self.options.probe_interval.max(self.options.probe_timeout.saturating_mul(3)))
    }

    fn verification(&mut self, id: u64) -> Option<&mut Verification<I, A>> {
        self.verifications.iter_mut().find(|v| v.id == id && !v.cooling)
    }

    fn ping_old_address(&mut self, id: u64) {
        let Some(verification) = self.verification(id) else { return };
        let name = verification.claim.node.id.clone();
        let Some(address) = verification.old_address.clone() else { return };
        let seq = self.seq();
        self.pending.insert(seq, ping::Pending::Verification { id, address: address.clone() });
        let ping = Ping { seq, target: Some(name), source: self.local_node() };
        self.transmit(address, &[Message::Ping(ping)], None);
    }

    pub(super) fn on_verify_retry(&mut self, now: Instant, id: u64) {
        let window = self.verification_window();
        let Some(verification) = self.verification(id) else { return };
        verification.retries += 1;
        if verification.retries < 2 {
            self.timers.insert(now + window / 3, Timer::VerifyRetry(id));
        }
        self.ping_old_address(id);
    }

    pub(super) fn on_old_address_answered(&mut self, id: u64) {
        if let Some(verification) = self.verification(id) {
            verification.old_answered = true;
        }
    }

    /// The push/pull with the claimed address was merged; `said`: what it says of the node in question.
    pub(super) fn on_claim_confirmed(&mut self, now: Instant, id: u64, said: Option<NodeState<I, A>>) {
        let Some(verification) = self.verification(id) else { return };
        let Some(said) = said.filter(|s| s.state == State::Alive && s.node == verification.claim.node) else {
            return;
        };
        let alive = Alive {
            incarnation: said.incarnation,
            node: said.node,
            meta: said.meta,
            versions: said.versions,
            layers: said.layers,
        };
        if verification.old_address.is_some() {
            verification.confirmed = Some(alive);
        } else {
            self.on_alive(now, None, alive, alive::Source::FirstHand);
        }
    }

    pub(super) fn on_verify_expired(&mut self, now: Instant, id: u64) {
        let Some(position) = self.verifications.iter().position(|v| v.id == id) else { return };
        let Some(verification) = self.verifications.get_mut(position) else { return };
        if verification.cooling {
            self.verifications.swap_remove(position);
            return;
        }
        verification.cooling = true;
        let accepted = verification.confirmed.take().filter(|_| !verification.old_answered);
        self.timers.insert(now + COOL_DOWN, Timer::VerifyExpired(id));
        self.pending.retain(|p| !matches!(p, ping::Pending::Verification { id: of, .. } if *of == id));
        if let Some(alive) = accepted {
            self.on_alive(now, None, alive, alive::Source::FirstHand);
        }
    }
}
