//! Streams: conversations between two endpoints, with the real [`Exchange`] on either end.
//!
//! A stream delivers in order. What is written at once travels as segments of 1,400 bytes, as long as the bandwidths on the way need for it, and
//! is read when all of it has arrived. A segment that is lost in the middle is sent again at once, which takes a round trip more; one that is
//! lost at the end, or again, is sent again after 200 ms and a round trip (a handshake: after 1 s), and then each time after twice as long,
//! until the side that dialled gives up.

use super::*;
use crate::{
    StreamStep,
    network::{Carriage, segments},
    simulation::host::Output,
};
use memberlist_proto::{
    Exchange, ExchangeOutput, MergeError, StreamFailure, StreamRequest, StreamRequestKind,
    types::{NodeState, Ping, PushPull, StreamLimits, StreamMessage},
};

const RESEND: Duration = Duration::from_millis(200);
const RESEND_HANDSHAKE: Duration = Duration::from_secs(1);
/// No pause between two attempts is longer than this many times the first.
const RESEND_DOUBLINGS: u32 = 9;

/// Names a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConversationId(u64);

/// Which end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Dialler,
    Acceptor,
}

/// Something that travels on a stream.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    id: ConversationId,
    to: End,
    content: Content,
    /// How many segments of it are still to arrive.
    missing: u32,
    /// How often the timeout was waited for.
    losses: u32,
}

#[derive(Clone, Debug)]
enum Content {
    /// The handshake's question, and its answer.
    Dial,
    Accept,
    /// There is nobody, or not any more.
    Reset,
    Data(Bytes),
}

/// What a process notices of a stream.
pub(super) enum StreamInput {
    Open(ConversationId),
    Data(ConversationId, End, Bytes),
    Broken(ConversationId, &'static str),
    TimedOut(ConversationId),
}

struct Party {
    node: NodeIndex,
    /// Which life of the node takes part.
    life: u32,
    address: Addr,
    exchange: Option<Exchange<Name, Addr>>,
    /// When the last segment for this end arrives: none overtakes another.
    last_arrival: Instant,
}

struct Conversation {
    request: StreamRequest<Name, Addr>,
    dialler: Party,
    acceptor: Party,
}

/// What the accepting side answers.
enum Reply {
    /// All that it knows, to a push/pull.
    States(Vec<NodeState<Name, Addr>>),
    Message(StreamMessage<Name, Addr>),
}

/// All conversations that are going on.
pub(super) struct Streams {
    running: hashbrown::HashMap<u64, Conversation>,
    begun: u64,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self { running: hashbrown::HashMap::new(), begun: 0 }
    }

    pub(super) fn begin(
        &mut self,
        node: NodeIndex,
        life: u32,
        address: Addr,
        request: StreamRequest<Name, Addr>,
    ) -> ConversationId {
        self.begun += 1;
        let to = request.to;
        let party =
            |node, life, address| Party { node, life, address, exchange: None, last_arrival: Instant::START };
        let conversation =
            Conversation { request, dialler: party(node, life, address), acceptor: party(to.node(), 0, to) };
        self.running.insert(self.begun, conversation);
        ConversationId(self.begun)
    }

    fn get(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.running.get_mut(&id.0)
    }

    fn end(&mut self, id: ConversationId) -> Option<Conversation> {
        self.running.remove(&id.0)
    }
}

impl Conversation {
    fn party(&mut self, end: End) -> &mut Party {
        match end {
            End::Dialler => &mut self.dialler,
            End::Acceptor => &mut self.acceptor,
        }
    }
}

impl End {
    const fn other(self) -> Self {
        match self {
            Self::Dialler => Self::Acceptor,
            Self::Acceptor => Self::Dialler,
        }
    }
}

impl<O: Observer, W: Wire<Name, Addr> + Clone, M: Membership> Simulation<O, W, M> {
    /// The node opens a stream: what it sends for that, now or later.
    pub(super) fn begin_stream(
        &mut self,
        node: NodeIndex,
        request: StreamRequest<Name, Addr>,
    ) -> Option<Segment> {
        let host = self.hosts.get_mut(node.place())?;
        host.traffic.streams += 1;
        let at = host.global(request.deadline).max(self.now);
        let to = request.to;
        let id = self.streams.begin(node, host.life, host.address, request);
        self.observer.step(self.now, node, &Step::Stream(StreamStep::Dial(to)));
        self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
        Some(Segment { id, to: End::Acceptor, content: Content::Dial, missing: 1, losses: 0 })
    }

    pub(super) fn send_segment(&mut self, mut segment: Segment) {
        let now = self.now;
        let Some(conversation) = self.streams.get(segment.id) else { return };
        let (from, to) = match segment.to {
            End::Dialler => (conversation.acceptor.node, conversation.dialler.node),
            End::Acceptor => (conversation.dialler.node, conversation.acceptor.node),
        };
        let bytes = match &segment.content {
            Content::Data(bytes) => bytes.clone(),
            _ => Bytes::new(),
        };
        let flight = Flight { at: now, from, to, medium: Medium::Stream, bytes: &bytes };
        match self.network.carry(&flight, segment.missing) {
            Carriage::Arrives(at) => {
                let party = conversation.party(segment.to);
                let at = at.max(party.last_arrival);
                party.last_arrival = at;
                self.queue.push(at, Class::Arrival, Occurrence::Segment(segment));
            }
            Carriage::Stalled { segments, round_trip } => {
                let pause = pause(bytes.is_empty(), segment.losses, round_trip);
                segment.missing = segments;
                segment.losses += 1;
                self.queue.push(now + pause, Class::Timer, Occurrence::Resend(segment));
            }
        }
    }

    /// Something arrives at a machine: its kernel answers handshakes, and hands the rest to the process.
    pub(super) fn segment_arrives(&mut self, segment: Segment) {
        let Segment { id, to, content, .. } = segment;
        let Some(conversation) = self.streams.get(id) else { return };
        let party = conversation.party(to);
        let Some(host) = self.hosts.get_mut(party.node.place()).filter(|host| host.address == party.address)
        else {
            return;
        };
        let opens = matches!(content, Content::Dial);
        if opens && host.is_up() {
            party.life = host.life;
        }
        let address = party.address;
        if !host.is_up() || host.life != party.life {
            match (host.phase, to) {
                (host::Phase::Vanished, _) => {}
                (_, End::Acceptor) => self.reply_to(id, End::Dialler, Content::Reset),
                // The life that had dialled is over.
                (_, End::Dialler) => drop(self.streams.end(id)),
            }
            return;
        }
        let input = match content {
            Content::Dial => return self.reply_to(id, End::Dialler, Content::Accept),
            Content::Accept => StreamInput::Open(id),
            Content::Reset => StreamInput::Broken(id, "refused or reset"),
            Content::Data(bytes) => StreamInput::Data(id, to, bytes),
        };
        self.arrive(address, Input::Stream(input));
    }

    fn reply_to(&mut self, id: ConversationId, to: End, content: Content) {
        self.send_segment(Segment { id, to, content, missing: 1, losses: 0 });
    }

    /// The time that the request had is over.
    pub(super) fn stream_deadline(&mut self, id: ConversationId) {
        let Some(conversation) = self.streams.get(id) else { return };
        let (node, life) = (conversation.dialler.node, conversation.dialler.life);
        let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.life == life && host.is_up())
        else {
            self.streams.end(id);
            return;
        };
        // The deadline is a timer of the process: it does not need its I/O, but it does need the process.
        if host.paused_until > self.now {
            let at = host.paused_until;
            return self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
        }
        self.stream_input(node, StreamInput::TimedOut(id));
    }

    /// The process handles what it notices of a stream.
    pub(super) fn stream_input(&mut self, node: NodeIndex, input: StreamInput) {
        match input {
            StreamInput::Open(id) => self.opened(node, id),
            StreamInput::Data(id, end, bytes) => self.data(node, id, end, &bytes),
            StreamInput::Broken(id, why) => {
                self.failed(node, id, StreamFailure::Unreachable(why.into()));
            }
            StreamInput::TimedOut(id) => self.failed(node, id, StreamFailure::TimedOut),
        }
    }

    fn failed(&mut self, node: NodeIndex, id: ConversationId, failure: StreamFailure) {
        let now = self.now;
        let Some(conversation) = self.streams.end(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        self.observer.step(now, node, &Step::Stream(StreamStep::Failed(conversation.acceptor.address)));
        let local = host.local(now);
        host.endpoint.handle_stream_failure(local, conversation.request.id, failure);
        self.flush(node);
    }

    /// The stream is open: the one that dialled says what it has to say.
    fn opened(&mut self, node: NodeIndex, id: ConversationId) {
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let Some(conversation) = self.streams.get(id) else { return };
        let message = match &conversation.request.kind {
            StreamRequestKind::PushPull { join } => StreamMessage::PushPull(PushPull {
                join: *join,
                states: host.endpoint.local_states(),
                user: Bytes::new(),
            }),
            StreamRequestKind::Ping { target, seq } => {
                StreamMessage::Ping(Ping { seq: *seq, target: Some(*target), source: None })
            }
            _ => return,
        };
        let to = conversation.acceptor.address;
        self.observer.step(self.now, node, &Step::Stream(StreamStep::Open(to)));
        match Exchange::dial(&self.wire, &self.framing, StreamLimits::default(), &message) {
            Ok(exchange) => {
                conversation.dialler.exchange = Some(exchange);
                self.write(node, id, End::Dialler);
            }
            Err(error) => self.failed(node, id, StreamFailure::Unreachable(error.to_string())),
        }
    }

    /// Sends what the exchange of this end has to write.
    fn write(&mut self, node: NodeIndex, id: ConversationId, end: End) {
        let now = self.now;
        let Some(conversation) = self.streams.get(id) else { return };
        let peer = conversation.party(end.other()).address;
        let mut writes = Vec::new();
        while let Some(bytes) = conversation.party(end).exchange.as_mut().and_then(Exchange::poll_write) {
            writes.push(bytes);
        }
        for bytes in writes {
            let Some(host) = self.hosts.get_mut(node.place()) else { return };
            host.traffic.stream_bytes_sent += bytes.len() as u64;
            self.observer.step(now, node, &Step::Stream(StreamStep::Wrote(peer, bytes.len())));
            let missing = segments(bytes.len());
            let segment = Segment { id, to: end.other(), content: Content::Data(bytes), missing, losses: 0 };
            if host.blocked_until > now {
                host.outbox.push(Output::Segment(segment));
                self.arrange_wake(node);
            } else {
                self.send_segment(segment);
            }
        }
    }

    fn data(&mut self, node: NodeIndex, id: ConversationId, end: End, bytes: &Bytes) {
        let now = self.now;
        let Some(conversation) = self.streams.get(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        host.traffic.stream_bytes_received += bytes.len() as u64;
        let peer = conversation.party(end.other()).address;
        self.observer.step(now, node, &Step::Stream(StreamStep::Read(peer, bytes.len())));
        let exchange =
            conversation.party(end).exchange.get_or_insert_with(|| Exchange::accept(StreamLimits::default()));
        let judged = exchange.handle_data(&self.wire, &self.framing, bytes);
        let output = exchange.poll_output();
        match (end, output) {
            (_, None) => {
                if let Err(error) = judged {
                    self.observer.step(now, node, &Step::Undecodable { from: peer, error: &error });
                    match end {
                        End::Dialler => self.failed(node, id, StreamFailure::Invalid(error)),
                        End::Acceptor => self.write(node, id, end),
                    }
                }
            }
            (End::Acceptor, Some(output)) => self.asked(node, id, output),
            (End::Dialler, Some(output)) => self.answered(node, id, output),
        }
    }

    /// The accepting side has read a request.
    fn asked(&mut self, node: NodeIndex, id: ConversationId, output: ExchangeOutput<Name, Addr>) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let local = host.local(now);
        let mut merge = None;
        let reply = match output {
            ExchangeOutput::PushPullRequest(theirs) => {
                let fits = host.endpoint.check_versions(&theirs.states);
                merge = Some((theirs.states, fits.is_ok()));
                match fits {
                    Ok(()) => Some(Reply::States(host.endpoint.local_states())),
                    Err(error) => Some(Reply::Message(StreamMessage::Error(error.to_string().into()))),
                }
            }
            ExchangeOutput::Ping(ping) => {
                let ack = host.endpoint.handle_stream_ping(local, &ping);
                ack.map(|ack| Reply::Message(StreamMessage::Ack(ack)))
            }
            _ => None,
        };
        match (reply, self.streams.get(id).and_then(|conversation| conversation.acceptor.exchange.as_mut())) {
            (Some(reply), Some(exchange)) => {
                let said = match reply {
                    Reply::States(ours) => {
                        exchange.send_part(&self.wire, &self.framing, ours, Bytes::new(), false)
                    }
                    Reply::Message(message) => exchange.reply(&self.wire, &self.framing, &message),
                };
                if said.is_ok() {
                    self.write(node, id, End::Acceptor);
                }
            }
            (Some(_), None) => {}
            // It is not for us: we hang up.
            (None, _) => self.reply_to(id, End::Dialler, Content::Reset),
        }
        if let (Some((states, fits)), Some(host)) = (merge, self.hosts.get_mut(node.place())) {
            // A refusal is counted by the endpoint.
            let _ = if fits {
                merge_checked(&mut host.endpoint, local, states)
            } else {
                host.endpoint.handle_push_pull(local, None, states)
            };
        }
        self.flush(node);
    }

    /// The dialling side has read the answer.
    fn answered(&mut self, node: NodeIndex, id: ConversationId, output: ExchangeOutput<Name, Addr>) {
        let now = self.now;
        let Some(conversation) = self.streams.end(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let (local, request) = (host.local(now), conversation.request.id);
        match output {
            ExchangeOutput::PushPullReply(theirs) => {
                // A refusal is told to whoever asked, by the endpoint.
                let _ = host.endpoint.handle_push_pull(local, Some(request), theirs.states);
            }
            ExchangeOutput::Ack(ack) => host.endpoint.handle_stream_ack(local, request, &ack),
            ExchangeOutput::Refused(why) => {
                host.endpoint.handle_stream_failure(local, request, StreamFailure::Refused(why));
            }
            _ => {}
        }
        self.observer.step(now, node, &Step::Stream(StreamStep::Done(conversation.acceptor.address)));
        self.flush(node);
    }
}

/// How long a sender waits before it sends again what was lost so often before.
pub(super) fn pause(handshake: bool, losses: u32, round_trip: Duration) -> Duration {
    let first = if handshake { RESEND_HANDSHAKE } else { RESEND + round_trip };
    first * (1 << losses.min(RESEND_DOUBLINGS))
}

/// Merges a peer's request whose versions were found to fit, without looking at them once more.
fn merge_checked<W: Wire<Name, Addr>, M: Membership>(
    endpoint: &mut Endpoint<Name, Addr, W, M>,
    now: Instant,
    states: Vec<NodeState<Name, Addr>>,
) -> Result<(), MergeError> {
    let Some(mut merge) = endpoint.begin_merge(now, None, states.len())? else { return Ok(()) };
    endpoint.merge_states(now, &mut merge, states);
    endpoint.finish_merge(now, merge)
}
