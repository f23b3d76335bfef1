//! The one gate between what the network says and the membership table: limits, typed refusals, counters.

use super::*;
use memberlist_types::{Alive, IndirectPing, Ping};

/// Source addresses whose budget is remembered at most.
pub(super) const MAX_BUDGETS: usize = 4_096;

/// At most one event for each reason in this time; counters count every refusal.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Incarnations at the end that hearsay leads nobody to, so that there is always room to refute. By wall-clock seconds they
/// begin in the year 2097.
const RESERVE: u32 = 1 << 28;

/// Accusations may lift us by `max_incarnation_jump` once in this time (and by one at any time). Shorter than any suspicion, so
/// that no accusation which others believe goes unrefuted; long enough that a flood takes days to use our incarnations up.
pub(super) const TRUST_INTERVAL: Duration = Duration::from_secs(2);

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Whether `from` may send a packet of this many bytes now; a refusal is counted and (rate-limited) reported.
    /// Ask before decoding.
    pub fn admit_packet(&mut self, now: Instant, from: &A, bytes: usize) -> bool {
        let admitted = self.budget.admit_bytes(now, from, bytes);
        if !admitted {
            self.reject(now, RejectReason::PeerBudget, None, Some(from.clone()));
        }
        admitted
    }

    /// Counts a refusal, and reports it if none was reported for the same reason within the last second. For
    /// refusals that the driver decides (delegates, allowed networks); the machine's own come by themselves.
    pub fn reject(&mut self, now: Instant, reason: RejectReason, about: Option<I>, from: Option<A>) {
        if let Some(count) = self.stats.rejected.get_mut(reason as usize) {
            *count += 1;
        }
        if self.last_rejected.get(&reason).is_none_or(|last| now.since(*last) >= REPORT_INTERVAL) {
            self.last_rejected.insert(reason, now);
            self.emit(Event::Rejected(crate::Rejection { reason, about, from }));
        }
    }

    /// Whether an alive message may enter at all, whatever is known of its subject.
    pub(super) fn check_alive(
        &self,
        now: Instant,
        alive: &Alive<I, A>,
        source: alive::Source,
    ) -> Result<Versions, RejectReason> {
        let versions = alive.versions.filter(|v| v.is_valid()).ok_or(RejectReason::InvalidVersions)?;
        // One member that fits nobody's range would make every push/pull of the cluster fail.
        if self.me().is_some_and(|me| !understand_each_other(me.versions(), versions)) {
            return Err(RejectReason::Incompatible);
        }
        if alive.meta.len() > self.options.max_meta_size {
            return Err(RejectReason::MetaTooLarge);
        }
        match self.members.by_id(&alive.node.id) {
            Some(_) => Ok(versions),
            None if alive.incarnation == Incarnation::ZERO => Err(RejectReason::IncarnationZero),
            None if source != alive::Source::FirstHand
                && !leaves_room(alive.incarnation)
                && alive.incarnation > self.plausible_by_clock(now, Incarnation::ZERO) =>
            {
                Err(RejectReason::IncarnationJump)
            }
            None if self.members.len() >= self.options.max_members => Err(RejectReason::MembersFull),
            None if self.check_fits(&alive.node, &alive.meta, versions, alive.layers).is_err() => {
                Err(RejectReason::NameTooLong)
            }
            None => Ok(versions),
        }
    }

    /// The highest incarnation that hearsay may ascribe to this node.
    ///
    /// Incarnations start at wall-clock seconds, so a node that restarted may be as far ahead as our own clock is; beyond
    /// that and `max_incarnation_jump`, only the node itself is believed (see the verification room). So the bound
    /// keeps forged statements from exhausting a node's incarnations, and never hides a real node.
    pub(super) fn plausible(&self, now: Instant, record: &Record<I, A>) -> Incarnation {
        record.incarnation.max(self.plausible_by_clock(now, record.trusted))
    }

    /// Whether an accusation of ourselves at this incarnation is to be refuted. What a peer that we `asked` remembers of a
    /// process before us may be any number that leaves room.
    pub(super) fn may_concern_us(&self, now: Instant, accused: Incarnation, asked: bool) -> bool {
        (asked && leaves_room(accused)) || self.me().is_some_and(|me| accused <= self.plausible(now, me))
    }

    fn plausible_by_clock(&self, now: Instant, trusted: Incarnation) -> Incarnation {
        let running = u32::try_from(now.since(self.started_at).as_secs()).unwrap_or(u32::MAX);
        trusted
            .max(self.seed_incarnation.saturating_add(running))
            .saturating_add(self.options.max_incarnation_jump)
    }

    /// Bytes of the largest ping with which this node could be asked for, directly or through a helper. `scratch` is for the encoding.
    pub(super) fn ping_size(&self, node: &Node<I, A>, scratch: &mut Vec<u8>) -> usize {
        let seq = SequenceNumber(u32::MAX);
        let source = self.local_node();
        let direct = Message::Ping(Ping { seq, target: Some(node.id.clone()), source: source.clone() });
        let indirect = Message::IndirectPing(IndirectPing { seq, target: node.clone(), nack: true, source });
        let sizes = [direct, indirect].map(|message| {
            scratch.clear();
            self.wire.encode_message(&message, scratch).is_ok().then_some(scratch.len())
        });
        sizes.into_iter().flatten().max().unwrap_or(usize::MAX)
    }
}

/// Whether enough incarnations come after this one.
fn leaves_room(incarnation: Incarnation) -> bool {
    incarnation.value() <= u32::MAX - RESERVE
}

/// Whether each of two nodes speaks what the other understands.
fn understand_each_other(a: Versions, b: Versions) -> bool {
    let understands = |a: Versions, b: Versions| {
        (a.protocol_min..=a.protocol_max).contains(&b.protocol_current)
            && (a.delegate_min..=a.delegate_max).contains(&b.delegate_current)
    };
    understands(a, b) && understands(b, a)
}
