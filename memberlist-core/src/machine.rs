//! The state machine together with those who wait for its outputs; everything behind the one lock.

use crate::{
    Event, Events, Options,
    driver::events::{Data, EventSink},
    queue,
};
use bytes::Bytes;
use futures_channel::oneshot;
use memberlist_proto::{
    self as proto, BroadcastId, BroadcastOutcome, Instant, JoinId, JoinResult, PingId, StreamRequest,
    Transmit, record::Recorded,
};
use memberlist_types::{Address, Id, Wire};
use std::{collections::HashMap, time::Duration};

/// Who waits for the end of a command. Dropping a sender says that the node has shut down.
pub(crate) struct Waiters<A> {
    pub(crate) joins: HashMap<JoinId, JoinWaiter<A>>,
    pub(crate) pings: HashMap<PingId, oneshot::Sender<Option<Duration>>>,
    pub(crate) broadcasts: HashMap<BroadcastId, oneshot::Sender<BroadcastOutcome>>,
    pub(crate) leaves: Vec<oneshot::Sender<usize>>,
}

pub(crate) struct JoinWaiter<A> {
    pub(crate) results: Vec<JoinResult<A>>,
    pub(crate) finished: oneshot::Sender<Vec<JoinResult<A>>>,
}

pub(crate) struct Machine<I: Id, A: Address, W: Wire<I, A>> {
    pub(crate) endpoint: Recorded<I, A, W>,
    pub(crate) waiters: Waiters<A>,
    pub(crate) sink: EventSink<I, A>,
    /// How many had confirmed our departure when `LeaveFinished` came; `None` before, and after a rejoin.
    pub(crate) left: Option<usize>,
    /// Until when the engine sleeps.
    pub(crate) armed: Instant,
}

/// What an input made the machine ask for, to be carried out after its lock is free.
pub(crate) struct Outputs<I, A> {
    pub(crate) transmits: Vec<Transmit<A>>,
    pub(crate) requests: Vec<StreamRequest<I, A>>,
    /// The engine sleeps too long.
    pub(crate) rearm: bool,
}

impl<I: Id, A: Address, W: Wire<I, A>> Machine<I, A, W> {
    pub(crate) fn new(
        endpoint: Recorded<I, A, W>,
        events: queue::Sender<Event<I, A>>,
        data: queue::Sender<Data<I, A>>,
        tells_messages: bool,
    ) -> Self {
        Self {
            endpoint,
            waiters: Waiters {
                joins: HashMap::new(),
                pings: HashMap::new(),
                broadcasts: HashMap::new(),
                leaves: Vec::new(),
            },
            sink: EventSink::new(events, data, tells_messages),
            left: None,
            armed: Instant::NEVER,
        }
    }

    pub(crate) fn subscribe(&mut self, options: &Options) -> Events<I, A> {
        let (sender, queue) = queue::channel(options.bounds());
        self.sink.subscribe(sender);
        Events { queue }
    }

    /// Takes every output. Events go to their listeners here, under the lock, so that they keep their order.
    pub(crate) fn drain(&mut self, counters: &crate::stats::Counters) -> Outputs<I, A> {
        self.drain_events(counters);
        let transmits = std::iter::from_fn(|| self.endpoint.poll_transmit()).collect();
        let requests = std::iter::from_fn(|| self.endpoint.poll_request()).collect();
        let next = self.endpoint.poll_timeout().unwrap_or(Instant::NEVER);
        Outputs { transmits, requests, rearm: next < self.armed }
    }

    fn drain_events(&mut self, counters: &crate::stats::Counters) {
        // Messages of one packet follow each other: they are handed on together.
        let mut said = Vec::new();
        while let Some(event) = self.endpoint.poll_event() {
            if let proto::Event::User { from, payload } = event {
                said.push((from, payload));
                continue;
            }
            self.hand_on(&mut said, counters);
            self.on_event(event, counters);
        }
        self.hand_on(&mut said, counters);
    }

    fn hand_on(&mut self, said: &mut Vec<(A, Bytes)>, counters: &crate::stats::Counters) {
        if !said.is_empty() {
            self.sink.messages(said, false, counters);
            said.clear();
        }
    }

    /// The end: whoever waits learns of it, and listeners get no more.
    pub(crate) fn close(&mut self) {
        self.waiters.joins.clear();
        self.waiters.pings.clear();
        self.waiters.broadcasts.clear();
        self.waiters.leaves.clear();
        self.sink.close();
    }
}
