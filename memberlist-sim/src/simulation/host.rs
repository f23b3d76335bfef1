//! One simulated machine: a process with its endpoint, its clock, and what waits for it.

use super::streams::StreamInput;
use crate::{Addr, Name, NodeIndex};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    Endpoint, Instant, Options, Prefetch, RejectReason, Store, StreamRequest, Transmit,
    types::{DecodeError, Incarnation, Wire},
};
use std::{collections::VecDeque, sync::Arc};

/// What a node has sent and received so far, on all of its lives. Bytes are those of the protocol, without UDP, TCP and IP headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Packets sent.
    pub packets_sent: u64,
    /// Their bytes.
    pub packet_bytes_sent: u64,
    /// Packets received and read.
    pub packets_received: u64,
    /// Their bytes.
    pub packet_bytes_received: u64,
    /// Streams dialled.
    pub streams: u64,
    /// Bytes written to streams.
    pub stream_bytes_sent: u64,
    /// Bytes read from streams.
    pub stream_bytes_received: u64,
}

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Up,
    /// The process is gone; its machine refuses connections.
    Down,
    /// The machine is gone.
    Vanished,
}

pub(super) enum Input {
    Packet { from: Addr, bytes: Bytes },
    Stream(StreamInput),
}

pub(super) enum Output {
    Packet(Transmit<Addr>),
    Request(StreamRequest<Name, Addr>),
    Segment(super::streams::Segment),
}

pub(super) struct Host<W, M> {
    pub(super) index: NodeIndex,
    pub(super) address: Addr,
    /// Which life of the node this is: streams of an earlier one are broken.
    pub(super) life: u32,
    pub(super) phase: Phase,
    pub(super) options: Arc<Options>,
    pub(super) endpoint: Endpoint<Name, Addr, W, M>,
    pub(super) traffic: Traffic,
    clock: Clock,
    /// When its timer is in the queue.
    pub(super) timer: Option<Instant>,
    /// The process does nothing until then: neither inputs nor timers.
    pub(super) paused_until: Instant,
    /// It neither sends nor receives until then.
    pub(super) blocked_until: Instant,
    /// It is busy with an input until then.
    pub(super) busy_until: Instant,
    pub(super) processing: Duration,
    /// What it is busy with; it has its effects when that is over.
    at_work: Option<Input>,
    /// How often its timer has waited for inputs in a row.
    pub(super) postponed: u32,
    pub(super) inbox: VecDeque<Input>,
    /// Bytes of packets in `inbox`.
    pub(super) inbox_bytes: usize,
    pub(super) outbox: Vec<Output>,
    /// When it is woken next to send or to read.
    pub(super) wakes: Option<Instant>,
}

impl<W, M> Host<W, M> {
    pub(super) fn new(
        index: NodeIndex,
        options: Arc<Options>,
        endpoint: Endpoint<Name, Addr, W, M>,
        address: Addr,
    ) -> Self {
        Self {
            index,
            address,
            life: 0,
            phase: Phase::Up,
            options,
            endpoint,
            traffic: Traffic::default(),
            clock: Clock::RIGHT,
            timer: None,
            paused_until: Instant::START,
            blocked_until: Instant::START,
            busy_until: Instant::START,
            processing: Duration::ZERO,
            at_work: None,
            postponed: 0,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            outbox: Vec::new(),
            wakes: None,
        }
    }

    /// Another process of the same node, with a fresh state. The machine is as fast as before, and its clock as wrong.
    pub(super) fn reborn(&mut self, endpoint: Endpoint<Name, Addr, W, M>, address: Addr) {
        let (traffic, life, clock, processing) = (self.traffic, self.life, self.clock, self.processing);
        *self = Self::new(self.index, self.options.clone(), endpoint, address);
        (self.traffic, self.life, self.clock, self.processing) = (traffic, life + 1, clock, processing);
    }

    /// The process ends.
    pub(super) fn end(&mut self, phase: Phase) {
        self.phase = phase;
        self.life += 1;
        self.inbox.clear();
        self.inbox_bytes = 0;
        self.at_work = None;
        self.outbox.clear();
        self.timer = None;
    }

    pub(super) fn is_up(&self) -> bool {
        self.phase == Phase::Up
    }

    /// When it can send again.
    pub(super) fn sends_at(&self) -> Instant {
        self.paused_until.max(self.blocked_until)
    }

    /// When it can take inputs again.
    pub(super) fn ready_at(&self) -> Instant {
        self.sends_at().max(self.busy_until)
    }

    /// Whether there is an input that it is busy with, or that waits.
    pub(super) fn has_work(&self) -> bool {
        self.at_work.is_some() || !self.inbox.is_empty()
    }

    /// It is busy with this input from now on.
    pub(super) fn begin(&mut self, now: Instant, input: Input) {
        self.busy_until = now + self.processing;
        self.at_work = Some(input);
    }

    /// The input that it is through with; `None`: it has begun with the next one, if there is one.
    pub(super) fn next_input(&mut self, now: Instant) -> Option<Input> {
        if let Some(input) = self.at_work.take() {
            return Some(input);
        }
        let input = self.inbox.pop_front()?;
        if let Input::Packet { bytes, .. } = &input {
            self.inbox_bytes -= bytes.len();
        }
        if self.processing.is_zero() {
            return Some(input);
        }
        self.begin(now, input);
        None
    }

    /// What its own clock shows.
    pub(super) fn local(&self, now: Instant) -> Instant {
        self.clock.local(now)
    }

    /// When its own clock will show this.
    pub(super) fn global(&self, local: Instant) -> Instant {
        self.clock.global(local)
    }

    pub(super) fn set_clock(&mut self, now: Instant, micros_per_second: i32) {
        self.clock = Clock { since: now, shows: self.clock.local(now), rate: rate(micros_per_second) };
    }
}

impl<W: Wire<Name, Addr>, M: Store<Name, Addr>> Host<W, M> {
    /// Prefetches what the next event is likely to need; see [`Endpoint::prefetch`].
    pub(super) fn prefetch(&self, by: &impl Prefetch) {
        self.endpoint.prefetch(by);
        by.item(&self.inbox);
        by.item(&self.outbox);
        by.item(&self.traffic);
        by.item(&self.address);
        by.item(&self.life);
        by.item(&self.phase);
        by.item(&self.postponed);
        by.item(&self.inbox_bytes);
        by.item(&self.at_work);
        by.item(&self.timer);
        by.item(&self.clock);
        by.item(&self.busy_until);
        by.item(&self.processing);
        by.item(&self.wakes);
    }

    /// Tells the process of bytes that it can't read, as the driver of a real node does.
    pub(super) fn refuse(&mut self, local: Instant, from: Addr, error: &DecodeError) {
        if let Some(reason) = RejectReason::of(error) {
            self.endpoint.reject(local, reason, None, Some(from));
        }
    }
}

/// The incarnation of a process that starts now: as with wall-clock seconds, those that start later overrule.
pub(super) fn incarnation(now: Instant) -> Incarnation {
    let seconds = now.since(Instant::START).as_secs();
    Incarnation::new(u32::try_from(seconds).unwrap_or(u32::MAX - 1).saturating_add(1))
}

const MILLION: u64 = 1_000_000;

/// A clock that may run wrong: `rate` of its microseconds pass in a second.
#[derive(Clone, Copy, Debug)]
struct Clock {
    since: Instant,
    shows: Instant,
    rate: u64,
}

fn rate(micros_per_second: i32) -> u64 {
    // At least a millionth of the right speed: a clock that stands still has no next timer.
    MILLION.saturating_add_signed(micros_per_second.into()).max(1)
}

impl Clock {
    const RIGHT: Self = Self { since: Instant::START, shows: Instant::START, rate: MILLION };

    fn local(&self, now: Instant) -> Instant {
        if self.rate == MILLION && self.since == self.shows {
            return now;
        }
        self.shows + scaled(now.since(self.since), self.rate, MILLION)
    }

    /// Never too early.
    fn global(&self, local: Instant) -> Instant {
        if self.rate == MILLION && self.since == self.shows || local == Instant::NEVER {
            return local;
        }
        let nanos = local.since(self.shows).as_nanos();
        let passed = (nanos * u128::from(MILLION)).div_ceil(self.rate.into());
        self.since + Duration::from_nanos(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

fn scaled(time: Duration, by: u64, of: u64) -> Duration {
    let nanos = time.as_nanos() * u128::from(by) / u128::from(of);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
