//! The members that are only counted, as the real nodes see them: whom they probe, and what they answer.

use super::{Sample, millis, news::Talk};
use crate::{Addr, Name, NodeIndex, Observer, Simulation, random, simulation::Stray};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    Instant, StreamFailure, StreamRequest, StreamRequestKind,
    types::{
        Ack, Alive, Framing, Incarnation, IndirectPing, Layers, Message, Meta, Nack, NativeWire, Node,
        NodeState, Ping, PushPull, SequenceNumber, State, StreamLimits, StreamMessage, Suspect, Versions,
        Wire,
    },
};
use rand_core::Rng;
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};

mod acts;
mod answers;
mod rates;

type States = Vec<NodeState<Name, Addr>>;

/// All of them together.
pub(super) struct Crowd {
    talk: Talk,
    rng: Pcg64Mcg,
    members: usize,
    real: usize,
    loss: f64,
    packet: usize,
    probe_interval: u64,
    probe_timeout: u64,
    indirect_checks: usize,
    stream_ping: bool,
    /// Whether members probe at all.
    probes: bool,
    /// From one push/pull of a member to its next; 0: there are none.
    push_pull: u64,
    states: States,
    down: BTreeSet<NodeIndex>,
    incarnations: BTreeMap<Name, Incarnation>,
    calendar: BTreeMap<u64, Vec<Deed>>,
    next_seq: u32,
    asked: BTreeMap<SequenceNumber, Asked>,
}

/// What is to be done at its time.
enum Deed {
    /// One of the counted probes this real node.
    Probe(NodeIndex),
    /// The direct ping of that was not answered.
    ProbeOthers(SequenceNumber),
    /// Nor anything else.
    ProbeFailed(SequenceNumber),
    /// One of the counted finds a member that is down silent.
    ProbeDown(NodeIndex),
    /// One of the counted, which had nobody's answer, suspects a member.
    Accuse(NodeIndex),
    /// A member that was accused says that it is alive.
    Refute(Name, Incarnation),
    /// One of the counted holds a push/pull with this real node.
    PushPull(NodeIndex),
    /// One of the counted asks this real node for an indirect ping.
    Ask(NodeIndex),
    /// A packet is sent.
    Send(Addr, Addr, Vec<Message<Name, Addr>>),
    /// A target did not answer in time: whoever asked for the indirect ping is told.
    Nack(SequenceNumber),
    /// What a real node wanted on a stream has come.
    Answer(NodeIndex, StreamRequest<Name, Addr>, usize),
    /// The network lost so much that one of the counted was not heard by another.
    FalseAlarm,
}

/// What one of the counted waits for.
struct Asked {
    /// Whose answer it is.
    of: NodeIndex,
    why: Why,
}

enum Why {
    /// Its own probe.
    Probe { by: NodeIndex },
    /// It probes for another one of the counted.
    Help { probe: SequenceNumber },
    /// It probes for a real node.
    Relay { by: NodeIndex, requester: Addr, seq: SequenceNumber, nack: bool },
}

impl Crowd {
    pub(super) fn new(sample: &Sample, talk: Talk, states: States) -> Self {
        let options = &sample.options;
        let n = sample.members;
        let mut rng = random::generator(sample.seed, "crowd", 0);
        // As long on the wire as those of real nodes, which are random at the start.
        let next_seq = rng.next_u32();
        let doublings = if n <= 32 { 0 } else { u64::from((n - 1).ilog2() + 1 - 5) };
        Self {
            talk,
            rng,
            members: n,
            real: sample.real,
            loss: sample.loss,
            packet: options.packet_size,
            probes: !options.probe_interval.is_zero(),
            probe_interval: millis(options.probe_interval).max(1),
            probe_timeout: millis(options.probe_timeout),
            indirect_checks: options.indirect_checks,
            stream_ping: options.stream_ping,
            push_pull: millis(options.push_pull_interval) * (doublings + u64::from(n > 32)).max(1),
            states,
            down: BTreeSet::new(),
            incarnations: BTreeMap::new(),
            calendar: BTreeMap::new(),
            next_seq,
            asked: BTreeMap::new(),
        }
    }

    /// Sets everything going that goes on for ever.
    pub(super) fn begin<O: Observer>(&mut self, simulation: &mut Simulation<O>) {
        let now = tick_of(simulation);
        if self.talk.counted == 0 {
            return;
        }
        for node in (0..self.real as u32).map(NodeIndex) {
            if self.probes {
                self.later(now, self.probe_pause(), Deed::Probe(node));
            }
            if self.push_pull > 0 {
                self.later(now, self.push_pull_pause(), Deed::PushPull(node));
            }
            if self.loss > 0.0 && self.probes && self.indirect_checks > 0 {
                self.later(now, self.ask_pause(), Deed::Ask(node));
            }
        }
        if self.loss > 0.0 && self.probes {
            self.later(now, self.alarm_pause(), Deed::FalseAlarm);
        }
    }

    pub(super) fn crash<O>(&mut self, simulation: &Simulation<O>, member: NodeIndex)
    where
        O: Observer,
    {
        if self.down.insert(member) && member.place() >= self.real {
            self.talk.counted = self.talk.counted.saturating_sub(1);
            if self.probes && self.talk.counted > 0 {
                self.later(tick_of(simulation), self.probe_pause(), Deed::ProbeDown(member));
            }
        }
    }

    pub(super) fn informed(&self, about: Name) -> f64 {
        self.talk.informed(about) as f64 / self.talk.counted.max(1) as f64
    }

    pub(super) fn declared(&self, member: Name) -> Option<u64> {
        self.talk.declared.iter().find(|(name, _)| *name == member).map(|(_, tick)| *tick)
    }

    /// Takes what has come for the counted.
    pub(super) fn take_strays<O: Observer>(&mut self, simulation: &mut Simulation<O>) {
        while let Some(stray) = simulation.next_stray() {
            match stray {
                Stray::Packet { from, to, bytes } => self.packet(simulation, from, to, bytes),
                Stray::Request { node, request } => self.request(simulation, node, request),
            }
        }
    }

    /// A millisecond has passed.
    pub(super) fn tick<O: Observer>(&mut self, simulation: &mut Simulation<O>) {
        let now = tick_of(simulation);
        while let Some(entry) = self.calendar.first_entry().filter(|entry| *entry.key() <= now) {
            for deed in entry.remove() {
                self.act(simulation, now, deed);
            }
        }
        let mut packets = Vec::new();
        self.talk.tick(now, &mut self.rng, |to, messages| packets.push((to, messages)));
        for (to, messages) in packets {
            let from = self.anybody();
            self.send_encoded(simulation, address(from), address(NodeIndex(to)), messages);
        }
    }

    // ---- what they do of their own accord ----

    fn act<O: Observer>(&mut self, simulation: &mut Simulation<O>, now: u64, deed: Deed) {
        match deed {
            Deed::Probe(node) => {
                self.later(now, self.probe_pause(), Deed::Probe(node));
                let knows = self.talk.held_for_dead(Name(node));
                if !random::chance(&mut self.rng, knows) {
                    self.probe(simulation, now, node);
                }
            }
            Deed::ProbeOthers(seq) => self.probe_others(simulation, seq),
            Deed::ProbeFailed(seq) => {
                if let Some(Asked { of, why: Why::Probe { by } }) = self.asked.remove(&seq) {
                    self.accuse(simulation, now, by, of);
                }
            }
            Deed::ProbeDown(node) => {
                self.later(now, self.probe_pause(), Deed::ProbeDown(node));
                let knows = self.talk.held_for_dead(Name(node));
                if !random::chance(&mut self.rng, knows) {
                    self.ask_real_helpers(simulation, now + self.probe_timeout, node);
                    self.at(now + self.probe_interval, Deed::Accuse(node));
                }
            }
            Deed::Accuse(node) => {
                let by = self.anybody();
                self.accuse(simulation, now, by, node);
            }
            Deed::Refute(name, accused) => self.refute(now, name, accused),
            Deed::PushPull(node) => {
                self.later(now, self.push_pull_pause(), Deed::PushPull(node));
                self.hold_push_pull(simulation, node);
            }
            Deed::Ask(node) => {
                self.later(now, self.ask_pause(), Deed::Ask(node));
                let (by, target) = (self.anybody(), self.anybody());
                if by != target {
                    self.ask(simulation, by, node, target);
                }
            }
            Deed::Send(from, to, messages) => self.send(simulation, from, to, &messages),
            Deed::Nack(seq) => {
                if let Some(Asked { why: Why::Relay { by, requester, seq, nack: true }, .. }) =
                    self.asked.remove(&seq)
                {
                    self.send(simulation, address(by), requester, &[Message::Nack(Nack { seq })]);
                }
            }
            Deed::Answer(node, request, sent) => self.answer(simulation, node, &request, sent),
            Deed::FalseAlarm => {
                self.later(now, self.alarm_pause(), Deed::FalseAlarm);
                let (by, of) = (self.anybody(), self.anybody());
                if by != of {
                    self.accuse(simulation, now, by, of);
                }
            }
        }
    }

    // ---- tools ----

    /// What one of the counted, whichever, knows of all.
    fn view(&mut self) -> States {
        let mut states = self.states.clone();
        for (name, (incarnation, suspect, dead)) in self.talk.beliefs(&mut self.rng) {
            if let Some(state) = states.get_mut(name.0.place()) {
                state.incarnation = incarnation;
                state.state = match (suspect, dead) {
                    (_, true) => State::Dead,
                    (true, _) => State::Suspect,
                    _ => State::Alive,
                };
            }
        }
        states
    }

    fn incarnation(&self, of: Name) -> Incarnation {
        self.incarnations.get(&of).copied().unwrap_or(Incarnation::new(1))
    }

    /// One of the counted that is up.
    fn anybody(&mut self) -> NodeIndex {
        let counted = (self.members - self.real) as u64;
        for _ in 0..64 {
            let index = NodeIndex((self.real as u64 + random::below(&mut self.rng, counted)) as u32);
            if !self.down.contains(&index) {
                return index;
            }
        }
        NodeIndex(self.real as u32)
    }

    fn any_member(&mut self) -> NodeIndex {
        NodeIndex(random::below(&mut self.rng, self.members as u64) as u32)
    }

    fn ping<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        by: NodeIndex,
        target: NodeIndex,
        seq: SequenceNumber,
    ) {
        let source = Some(Node::new(Name(by), address(by)));
        let ping = Ping { seq, target: Some(Name(target)), source };
        self.send(simulation, address(by), address(target), &[Message::Ping(ping)]);
    }

    fn indirect_ping(&self, seq: SequenceNumber, by: NodeIndex, target: NodeIndex) -> Message<Name, Addr> {
        let node = |index| Node::new(Name(index), address(index));
        Message::IndirectPing(IndirectPing { seq, target: node(target), nack: true, source: Some(node(by)) })
    }

    /// Sends these messages, and what its sender hands out.
    fn send<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        from: Addr,
        to: Addr,
        messages: &[Message<Name, Addr>],
    ) {
        let mut encoded = Vec::with_capacity(messages.len());
        for message in messages {
            let mut bytes = Vec::with_capacity(64);
            if NativeWire.encode_message(message, &mut bytes).is_ok() {
                encoded.push(Bytes::from(bytes));
            }
        }
        encoded.extend(self.talk.along(&mut self.rng));
        self.send_encoded(simulation, from, to, encoded);
    }

    fn send_encoded<O: Observer>(
        &mut self,
        simulation: &mut Simulation<O>,
        from: Addr,
        to: Addr,
        messages: Vec<Bytes>,
    ) {
        let mut room = self.packet.saturating_sub(16);
        let fitting: Vec<Bytes> = messages
            .into_iter()
            .take_while(|message| {
                let fits = message.len() + 2 <= room;
                room = room.saturating_sub(message.len() + 2);
                fits
            })
            .collect();
        let wire: &dyn Wire<Name, Addr> = &NativeWire;
        if let Ok(packet) = wire.encode_packet(&Framing::new(), &fitting) {
            simulation.inject(from, to, packet);
        }
    }

    fn seq(&mut self) -> SequenceNumber {
        self.next_seq = self.next_seq.wrapping_add(1);
        SequenceNumber(self.next_seq)
    }

    fn at(&mut self, tick: u64, deed: Deed) {
        self.calendar.entry(tick).or_default().push(deed);
    }

    /// After a pause of this length on average, each moment being as likely.
    fn later(&mut self, now: u64, mean: f64, deed: Deed) {
        let pause = -libm::log(1.0 - random::unit(&mut self.rng)) * mean;
        self.at(now.saturating_add(1).saturating_add(pause as u64), deed);
    }
}

/// Bytes of a push/pull of these on a stream.
pub(in crate::scale) fn frame_len(states: &[NodeState<Name, Addr>]) -> usize {
    let push_pull = PushPull { join: false, states: states.to_vec(), user: Bytes::new() };
    let limits = StreamLimits::default();
    let message = StreamMessage::PushPull(push_pull);
    NativeWire.encode_frame(&Framing::new(), &limits, true, &message).map_or(0, |frame| frame.len())
}

const fn address(node: NodeIndex) -> Addr {
    Addr::new(node, 0)
}

fn tick_of<O: Observer>(simulation: &Simulation<O>) -> u64 {
    tick_at(simulation.now())
}

fn tick_at(at: Instant) -> u64 {
    millis(at.since(Instant::START))
}
