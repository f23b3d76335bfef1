use super::{Broadcasts, Room};
use crate::BroadcastId;
use alloc::vec::Vec;
use bytes::Bytes;
use core::hash::Hash;

/// What membership owes user broadcasts, carried from packet to packet (one per endpoint).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fairness {
    /// How much less than their share user broadcasts got while both waited; negative: how much more.
    owed: i64,
    /// The largest room seen. It bounds the debt: enough for the largest item to have its turn.
    largest_room: i64,
}

/// Fills one packet from both queues.
///
/// While both have more than fits, user broadcasts get `user_share_percent` of the room over time and membership the rest;
/// what one leaves unused the other gets. An item larger than its side's share of one packet waits until
/// the debt covers it, so neither side starves, whatever the sizes.
#[allow(clippy::too_many_arguments)]
pub(crate) fn fill_fair<K: Hash + Eq, U: Hash + Eq>(
    membership: &mut Broadcasts<K>,
    user: &mut Broadcasts<U>,
    fairness: &mut Fairness,
    room: &mut Room,
    limit: u32,
    user_share_percent: u8,
    out: &mut Vec<Bytes>,
    finished: &mut Vec<BroadcastId>,
) {
    if membership.is_empty() || user.is_empty() {
        fairness.owed = 0;
        membership.fill(room, limit, out, finished);
        user.fill(room, limit, out, finished);
        return;
    }
    let whole = *room;
    let total = whole.size();
    let share = i64::from(user_share_percent.min(100));
    fairness.largest_room = fairness.largest_room.max(total);
    let waiting = membership.len() + user.len();
    let start = out.len();

    let claim = (total * share / 100 + fairness.owed).clamp(0, total);
    user.pick(&mut whole.part(claim), limit, out, finished);
    let claimed = out.len();
    for payload in out.iter().skip(start) {
        room.take(payload.len());
    }
    membership.fill(room, limit, out, finished);
    let unused = out.len();
    user.pick(room, limit, out, finished);
    user.put_back();

    if out.len() - start == waiting {
        // There was room for everything.
        fairness.owed = 0;
        return;
    }
    let cost =
        |payloads: Option<&[Bytes]>| payloads.into_iter().flatten().map(|p| whole.cost(p.len())).sum::<i64>();
    let by_user = cost(out.get(start..claimed)) + cost(out.get(unused..));
    let by_membership = cost(out.get(claimed..unused));
    let due = (by_user + by_membership) * share / 100;
    fairness.owed = (fairness.owed + due - by_user).clamp(-fairness.largest_room, fairness.largest_room);
}

impl Room {
    /// The bytes as a number to reckon debts with; no packet has a thousand million bytes.
    fn size(&self) -> i64 {
        i64::try_from(self.bytes).unwrap_or(i64::MAX).min(1 << 30)
    }

    /// `claim` bytes of this room, and as large a part of the places for messages.
    fn part(&self, claim: i64) -> Self {
        let claim = usize::try_from(claim).unwrap_or(0);
        let places = (claim as u128 * self.messages as u128).div_ceil(self.bytes.max(1) as u128);
        Self { bytes: claim, messages: usize::try_from(places).unwrap_or(usize::MAX), ..*self }
    }

    /// What a message costs: its bytes, or those that go with its place, if places are scarcer.
    fn cost(&self, len: usize) -> i64 {
        let bytes = i64::try_from(self.overhead.saturating_add(len)).unwrap_or(i64::MAX);
        let place = self.size() / i64::try_from(self.messages.max(1)).unwrap_or(i64::MAX);
        bytes.max(place).min(1 << 30)
    }
}
