//! One machine, with any sequence of inputs.

use super::words::{Count, Entry, NAMES, Where, Who, Words, metadata};
use crate::{
    invariants::{check, replay},
    solo::{Addr, Ev, Solo, addr, inc, machine, node, packet_size, quiet},
};
use arbitrary::{Arbitrary, Unstructured};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    AddressChange, Event, Instant, JoinId, JoinOptions, LocalNode, Merge, Options, RejectReason, RequestId,
    StateCursor, StreamFailure, StreamRequest, StreamRequestKind,
    types::{Ack, DecodeError, Framing, Message, NativeWire, SequenceNumber},
};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Arbitrary, Debug)]
struct Setup {
    preset: u8,
    address_change: u8,
    small: bool,
    incarnation: Count,
    seed: u8,
    members: u8,
    /// Whether everything is done twice, to see that the same comes of it.
    twice: bool,
}

#[derive(Arbitrary, Clone, Debug)]
enum Step {
    Hear(Who, Where, Words),
    Wait(u16),
    WaitLong(u8),
    /// The clock goes on, but nobody looks at it until then.
    Sleep(u16),
    /// Not the time that was asked for.
    Early,
    PushPull(Vec<Entry>),
    Answer(u8, Vec<Entry>),
    /// In slices, with other inputs in between.
    BeginMerge(Option<u8>, u16),
    MergeSlice(u8, Vec<Entry>),
    FinishMerge(u8),
    AnswerHonestly(u8),
    StreamAck(u8, bool),
    StreamPing(Words),
    Fail(u8, u8),
    Ack {
        which: u8,
        elsewhere: bool,
        len: u8,
    },
    NackAll,
    SendFailure(u8),
    Join(Vec<Who>, u8, u8),
    CancelJoin(u8),
    Leave,
    Rejoin,
    Meta(u16),
    Move(Where),
    Broadcast(Option<u8>, u16),
    Send(Who, u16),
    Ping(Who, Where),
    AckPayload(u16),
    Forget(Who),
    Seeds(Vec<Who>),
    Gossip,
    Restore(Vec<Entry>),
    Change(u8),
    Admit(Who, u16),
    Reject(Who),
}

/// No input makes it panic, run in circles, or break an invariant; what it sends can be sent, and read.
pub fn endpoint(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(setup) = Setup::arbitrary(&mut input) else { return };
    let mut steps = Vec::new();
    // Longer ones find nothing that shorter ones don't.
    while let Ok(step) = Step::arbitrary(&mut input)
        && steps.len() < 200
        && !input.is_empty()
    {
        steps.push(step);
    }
    let Some(first) = Run::new(&setup) else { return };
    let first = first.through(&steps);
    if setup.twice {
        let second = Run::new(&setup).map(|run| run.through(&steps));
        assert_eq!(Some(first), second, "the same seed and inputs, other outputs");
    }
}

struct Run {
    solo: Solo,
    own: u32,
    /// Packets that were looked at.
    seen: usize,
    joins: BTreeMap<JoinId, usize>,
    merges: Vec<Merge<u32, u16>>,
    ended: BTreeSet<JoinId>,
}

impl Run {
    fn new(setup: &Setup) -> Option<Self> {
        let options = options(setup);
        let local = LocalNode::new(1, addr(1)).with_incarnation(inc(setup.incarnation.value()));
        let rng = Box::new(Pcg64Mcg::seed_from_u64(setup.seed.into()));
        let made =
            memberlist_proto::Endpoint::new(Instant::START, local, options, &Framing::new(), NativeWire, rng);
        let mut solo = Solo { machine: machine(1, quiet(), 1), ..Solo::new(quiet()) };
        solo.machine = made.ok()?;
        solo.drain();
        // Our own.
        solo.clear();
        for id in 2..2 + u32::from(setup.members % 8) {
            solo.hear(id, Message::Alive(crate::solo::alive(id, 1)));
        }
        let own = solo.incarnation();
        Some(Self { solo, own, seen: 0, joins: BTreeMap::new(), merges: Vec::new(), ended: BTreeSet::new() })
    }

    /// What was put out, and what is known in the end.
    fn through(mut self, steps: &[Step]) -> (Vec<Ev>, Vec<(Addr, Vec<Bytes>)>, usize) {
        for step in steps {
            self.step(step);
            self.solo.drain();
            self.check();
        }
        let solo = self.solo;
        if solo.machine.stats().events_dropped == 0 {
            let members: BTreeSet<u32> = solo.machine.members().iter().map(|m| m.node.id).collect();
            assert_eq!(replay(&solo.events), members, "the log replays to the member list");
        }
        slices_are_the_whole(&solo);
        let raw = solo.raw.into_iter().map(|t| (t.to, t.messages.to_vec())).collect();
        (solo.events, raw, solo.machine.known().len())
    }

    fn check(&mut self) {
        let solo = &self.solo;
        check(solo, &mut self.own, NAMES);
        let (stats, options) = (solo.machine.stats(), solo.machine.options());
        assert!(stats.known <= options.max_members, "more members than allowed");
        assert!(stats.user_queue <= options.max_user_broadcasts);
        assert!(stats.user_queue_bytes <= options.max_user_broadcast_bytes);
        for transmit in &solo.raw[self.seen..] {
            let size = packet_size(&transmit.messages);
            assert!(size <= options.packet_size, "a packet of {size} bytes");
        }
        self.seen = solo.raw.len();
        for event in &solo.events {
            if let Event::JoinFinished { id, .. } = event {
                self.ended.insert(*id);
            }
        }
        let finished = solo.events.iter().filter(|e| matches!(e, Event::JoinFinished { .. })).count();
        assert_eq!(finished, self.ended.len(), "each join ends once");
        assert!(self.ended.iter().all(|id| self.joins.contains_key(id)));
    }

    fn step(&mut self, step: &Step) {
        let solo = &mut self.solo;
        let now = solo.now;
        match step {
            Step::Hear(from, at, words) => solo.hear_from(at.address(from.id()), words.message()),
            Step::Wait(time) => solo.advance(Duration::from_millis(u64::from(*time) % 5_000)),
            Step::WaitLong(time) => solo.advance(Duration::from_secs((*time).into())),
            Step::Sleep(time) => {
                solo.now += Duration::from_millis((*time).into());
                solo.machine.handle_timeout(solo.now);
            }
            Step::Early => solo.machine.handle_timeout(now),
            Step::PushPull(entries) => drop(solo.machine.handle_push_pull(now, None, states(entries))),
            Step::Answer(which, entries) => {
                if let Some(request) = take(solo, *which) {
                    let _ = solo.machine.handle_push_pull(now, Some(request.id), states(entries));
                }
            }
            Step::BeginMerge(which, announced) => {
                let id = which.and_then(|which| take(solo, which)).map(|request| request.id);
                if let Ok(Some(merge)) = solo.machine.begin_merge(now, id, (*announced).into()) {
                    self.merges.push(merge);
                }
            }
            Step::MergeSlice(which, entries) => {
                let at = usize::from(*which) % self.merges.len().max(1);
                if let Some(merge) = self.merges.get_mut(at) {
                    solo.machine.merge_states(now, merge, states(entries));
                }
            }
            Step::FinishMerge(which) => {
                if let Some(at) = usize::from(*which).checked_rem(self.merges.len()) {
                    let _ = solo.machine.finish_merge(now, self.merges.remove(at));
                }
            }
            Step::AnswerHonestly(which) => {
                if let Some(request) = take(solo, *which) {
                    let id = u32::from(request.to.saturating_sub(1_000));
                    let peer = crate::solo::state_of(id, 1, memberlist_proto::types::State::Alive);
                    let _ = solo.machine.handle_push_pull(now, Some(request.id), vec![peer]);
                }
            }
            Step::StreamAck(which, right) => {
                if let Some(request) = take(solo, *which) {
                    let seq = match request.kind {
                        StreamRequestKind::Ping { seq, .. } if *right => seq,
                        _ => SequenceNumber(77),
                    };
                    solo.machine.handle_stream_ack(now, request.id, &Ack { seq, payload: Bytes::new() });
                }
            }
            Step::StreamPing(words) => {
                if let Message::Ping(ping) = words.message() {
                    let _ = solo.machine.handle_stream_ping(now, &ping);
                }
            }
            Step::Fail(which, why) => {
                let id = take(solo, *which).map_or(RequestId(u64::from(*which)), |request| request.id);
                solo.machine.handle_stream_failure(now, id, failure(*why));
            }
            Step::Ack { which, elsewhere, len } => {
                let open: Vec<_> =
                    solo.raw.iter().rev().filter_map(|t| Some((t.to, t.probe?))).take(8).collect();
                if let Some(&(to, seq)) = open.get(usize::from(*which) % open.len().max(1)) {
                    let from = if *elsewhere { 9_999 } else { to };
                    let ack = Ack { seq, payload: vec![5; (*len).into()].into() };
                    solo.hear_from(from, Message::Ack(ack));
                }
            }
            Step::NackAll => {
                for (to, ping) in solo.indirect_pings().into_iter().rev().take(4) {
                    solo.hear_from(to, Message::Nack(memberlist_proto::types::Nack { seq: ping.seq }));
                }
            }
            Step::SendFailure(which) => {
                let open: Vec<_> = solo.raw.iter().rev().filter_map(|t| t.probe).take(8).collect();
                let seq = open.get(usize::from(*which) % open.len().max(1)).copied();
                solo.machine.handle_send_failure(now, seq.unwrap_or(SequenceNumber(3)));
            }
            Step::Join(seeds, parallel, attempts) => {
                let options = JoinOptions::new()
                    .with_parallel((*parallel % 4).into())
                    .with_attempts((*attempts % 4).into());
                let seeds: Vec<_> = seeds.iter().take(6).map(|who| addr(who.id())).collect();
                let count = seeds.len();
                if let Ok(id) = solo.machine.join(now, seeds, options) {
                    assert!(self.joins.insert(id, count).is_none());
                }
            }
            Step::CancelJoin(which) => {
                if let Some(&id) = self.joins.keys().nth(usize::from(*which) % self.joins.len().max(1)) {
                    solo.machine.cancel_join(now, id);
                }
            }
            Step::Leave => drop(solo.machine.leave(now)),
            Step::Rejoin => drop(solo.machine.rejoin(now)),
            Step::Meta(len) => drop(solo.machine.update_meta(now, metadata(*len))),
            Step::Move(to) => drop(solo.machine.update_address(now, to.address(1))),
            Step::Broadcast(key, len) => {
                let key = key.map(|key| Bytes::from(vec![key % 4]));
                let _ = solo.machine.broadcast(now, key, vec![6; usize::from(len % 2_000)].into());
            }
            Step::Send(to, len) => {
                drop(solo.machine.send(now, addr(to.id()), vec![7; usize::from(len % 2_000)].into()))
            }
            Step::Ping(who, at) => {
                let target =
                    memberlist_proto::types::Node { address: at.address(who.id()), ..node(who.id()) };
                let _ = solo.machine.ping(now, target);
            }
            Step::AckPayload(len) => {
                drop(solo.machine.set_ack_payload(vec![8; usize::from(len % 2_000)].into()))
            }
            Step::Forget(who) => drop(solo.machine.forget(&who.id())),
            Step::Seeds(seeds) => {
                solo.machine.set_seeds(now, seeds.iter().take(6).map(|who| addr(who.id())).collect())
            }
            Step::Gossip => solo.machine.gossip(now),
            Step::Restore(entries) => drop(solo.machine.restore(now, states(entries))),
            Step::Change(which) => {
                let mut options = changed(solo.machine.options().clone(), *which);
                options.packet_size = solo.machine.options().packet_size;
                let _ = solo.machine.set_options(now, options);
            }
            Step::Admit(from, bytes) => {
                let _ = solo.machine.admit_packet(now, &addr(from.id()), (*bytes).into());
            }
            Step::Reject(who) => solo.machine.reject(now, RejectReason::Delegate, Some(who.id()), None),
        }
    }
}

/// What is told in slices is what is told at once.
fn slices_are_the_whole(solo: &Solo) {
    let (mut told, mut from) = (Vec::new(), Some(StateCursor::default()));
    while let Some(cursor) = from {
        let (slice, next) = solo.machine.local_states_from(cursor, 3);
        told.extend(slice);
        from = next;
    }
    assert_eq!(told, solo.machine.local_states());
}

fn states(entries: &[Entry]) -> Vec<memberlist_proto::types::NodeState<u32, u16>> {
    entries.iter().take(12).map(Entry::state).collect()
}

fn take(solo: &mut Solo, which: u8) -> Option<StreamRequest<u32, u16>> {
    let at = usize::from(which).checked_rem(solo.requests.len())?;
    Some(solo.requests.remove(at))
}

fn failure(why: u8) -> StreamFailure {
    match why % 6 {
        0 => StreamFailure::Unreachable("refused".into()),
        1 => StreamFailure::TimedOut,
        2 => StreamFailure::Refused("no".into()),
        3 => StreamFailure::Invalid(DecodeError::Truncated),
        4 => StreamFailure::MergeRefused("no".into()),
        _ => StreamFailure::Cancelled,
    }
}

fn options(setup: &Setup) -> Options {
    let mut options = match setup.preset % 4 {
        0 => Options::lan(),
        1 => Options::wan(),
        2 => Options::local(),
        _ => quiet(),
    };
    options.address_change = match setup.address_change % 3 {
        0 => AddressChange::Verified,
        1 => AddressChange::AfterLeave,
        _ => AddressChange::AfterDeath(Duration::from_secs(setup.address_change.into())),
    };
    if setup.small {
        options.max_meta_size = 64;
        options.packet_size = 320;
        options.max_members = 6;
        options.max_relays = 2;
        options.max_user_broadcasts = 3;
        options.max_user_broadcast_bytes = 500;
        options.max_lost_peers = 2;
        options.max_peer_messages = 50;
        options.max_peer_bytes = 2_000;
    }
    options
}

/// What may be changed while it runs; limits of what is there already stay.
fn changed(mut options: Options, which: u8) -> Options {
    let Options {
        max_members, max_meta_size, max_user_broadcasts, max_user_broadcast_bytes, max_relays, ..
    } = options;
    options = match which % 6 {
        0 => Options::lan(),
        1 => Options::wan(),
        2 => Options::local(),
        3 => quiet(),
        4 => options.with_probe_interval(Duration::ZERO),
        _ => options.with_awareness_max(1 + u32::from(which / 6)).with_healing(which & 64 == 0),
    };
    options
        .with_max_members(max_members)
        .with_max_meta_size(max_meta_size)
        .with_max_user_broadcasts(max_user_broadcasts)
        .with_max_user_broadcast_bytes(max_user_broadcast_bytes)
        .with_max_relays(max_relays)
}
