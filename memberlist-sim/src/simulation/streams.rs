//! Streams: conversations between two endpoints, with the real [`Exchange`] on either end.
//!
//! A stream delivers in order. What is written at once travels as segments of 1,400 bytes, as long as the bandwidths on the way need for it, and
//! is read when all of it has arrived. A segment that is lost in the middle is sent again at once, which takes a round trip more; one that is
//! lost at the end, or again, is sent again after 200 ms and a round trip (a handshake: after 1 s), and then each time after twice as long,
//! until the side that dialled gives up. What has arrived by then is read all the same, as from the buffers of a real socket.
//!
//! What is said is what a driver says: a push/pull in the parts of [`tell`](super::tell), encoded before the stream is dialled.

use super::{tell::tell, *};
use crate::{
    StreamStep,
    network::{Carriage, segments},
    simulation::host::Output,
};
use memberlist_proto::{
    Exchange, ExchangeOutput, MergeError, RequestId, StreamFailure, StreamRequest, StreamRequestKind,
    types::{EncodeError, NodeState, Ping, StreamLimits, StreamMessage},
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
    /// Whether the dial has reached it; always, of the dialler.
    connected: bool,
    /// Whether it has written anything.
    spoke: bool,
    exchange: Option<Exchange<Name, Addr>>,
    /// When the last segment for this end arrives: none overtakes another.
    last_arrival: Instant,
}

struct Conversation {
    request: RequestId,
    deadline: Instant,
    dialler: Party,
    acceptor: Party,
    /// Pieces that are on their way to the acceptor for sure, or wait to be read there.
    unread: u32,
    /// For the side that dialled it is over; only what is unread is left of it.
    over: bool,
}

/// What the accepting side answers.
enum Reply {
    /// All that it knows, to a push/pull of somebody who reads these layers.
    States(Layers),
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

    fn begin(
        &mut self,
        id: ConversationId,
        node: NodeIndex,
        life: u32,
        address: Addr,
        request: &StreamRequest<Name, Addr>,
        exchange: Exchange<Name, Addr>,
    ) {
        let party = |node, life, address| Party {
            node,
            life,
            address,
            connected: false,
            spoke: false,
            exchange: None,
            last_arrival: Instant::START,
        };
        let dialler = Party { connected: true, exchange: Some(exchange), ..party(node, life, address) };
        let conversation = Conversation {
            request: request.id,
            deadline: request.deadline,
            dialler,
            acceptor: party(request.to.node(), 0, request.to),
            unread: 0,
            over: false,
        };
        self.running.insert(id.0, conversation);
    }

    /// The name of the next conversation.
    fn next(&mut self) -> ConversationId {
        self.begun += 1;
        ConversationId(self.begun)
    }

    fn get(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.running.get_mut(&id.0)
    }

    /// As `get`, but only if it is not over for the side that dialled.
    fn open(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.get(id).filter(|conversation| !conversation.over)
    }

    /// It is over for the side that dialled: which request it was, and to whom. What the acceptor has not read stays.
    fn end(&mut self, id: ConversationId) -> Option<(RequestId, Addr)> {
        let conversation = self.open(id)?;
        conversation.over = true;
        let was = (conversation.request, conversation.acceptor.address);
        if conversation.unread == 0 {
            self.running.remove(&id.0);
        }
        Some(was)
    }

    /// The acceptor has read a piece, or nobody will.
    fn read(&mut self, id: ConversationId) {
        let Some(conversation) = self.get(id) else { return };
        conversation.unread = conversation.unread.saturating_sub(1);
        if conversation.over && conversation.unread == 0 {
            self.running.remove(&id.0);
        }
    }

    /// Those for which this holds, in the order in which they were begun.
    fn which(&self, holds: impl Fn(&Conversation) -> bool) -> Vec<ConversationId> {
        let mut ids: Vec<_> =
            self.running.iter().filter(|(_, conversation)| holds(conversation)).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.into_iter().map(ConversationId).collect()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
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
        let id = self.streams.next();
        let said = self.dial(node, id, &request);
        let host = self.hosts.get_mut(node.place())?;
        let exchange = match said {
            Ok(exchange) => exchange,
            Err(failure) => {
                let local = host.local(self.now);
                host.endpoint.handle_stream_failure(local, request.id, failure);
                self.flush(node);
                return None;
            }
        };
        host.traffic.streams += 1;
        let at = host.global(request.deadline).max(self.now);
        let to = request.to;
        self.streams.begin(id, node, host.life, host.address, &request, exchange);
        self.observer.step(self.now, node, &Step::Stream(StreamStep::Dial(to)));
        self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
        Some(Segment { id, to: End::Acceptor, content: Content::Dial, missing: 1, losses: 0 })
    }

    /// The conversation of a request, with what it says first.
    fn dial(
        &self,
        node: NodeIndex,
        id: ConversationId,
        request: &StreamRequest<Name, Addr>,
    ) -> Result<Exchange<Name, Addr>, StreamFailure> {
        let host = self.hosts.get(node.place()).ok_or(StreamFailure::Cancelled)?;
        let wire = host.endpoint.wire();
        let (limits, framing) = (StreamLimits::default(), read_by(wire, &self.framing, request.reads));
        let said = match &request.kind {
            StreamRequestKind::PushPull { join } => {
                let number = random::derive(self.seed, "conversation", id.0).max(1);
                let mut exchange = Exchange::dial_push_pull(wire, limits, number, *join);
                tell(&host.endpoint, &framing, &mut exchange).map(|()| exchange)
            }
            StreamRequestKind::Ping { target, seq } => {
                let source = Some(host.endpoint.local().node);
                let ping = StreamMessage::Ping(Ping { seq: *seq, target: Some(*target), source });
                Exchange::dial(wire, &framing, limits, &ping)
            }
            _ => return Err(StreamFailure::Cancelled),
        };
        said.map_err(|error| StreamFailure::Unreachable(format!("what was to be sent can't be: {error}")))
    }

    pub(super) fn send_segment(&mut self, mut segment: Segment) {
        let now = self.now;
        let Some(conversation) = self.streams.open(segment.id) else { return };
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
                if matches!((&segment.content, segment.to), (Content::Data(_), End::Acceptor)) {
                    conversation.unread += 1;
                }
                self.queue.push(at, Class::Arrival, Occurrence::Segment(segment));
            }
            Carriage::Stalled { segments, round_trip } => {
                segment.missing = segments;
                self.send_later(segment, round_trip);
            }
        }
    }

    /// Something was lost: it is sent again when the timeout is over.
    fn send_later(&mut self, mut segment: Segment, round_trip: Duration) {
        let handshake = !matches!(segment.content, Content::Data(_));
        let pause = pause(handshake, segment.losses, round_trip);
        segment.losses += 1;
        self.queue.push(self.now + pause, Class::Timer, Occurrence::Resend(segment));
    }

    /// Something arrives at a machine: its kernel answers handshakes, and hands the rest to the process.
    pub(super) fn segment_arrives(&mut self, segment: Segment) {
        let (id, to) = (segment.id, segment.to);
        let Some(conversation) = self.streams.get(id) else { return };
        let party = conversation.party(to);
        let host = self.hosts.get_mut(party.node.place()).filter(|host| {
            // Of a machine that is gone, or whose node is at another one now, nobody answers.
            host.address == party.address && host.phase != host::Phase::Vanished
        });
        let life = host.as_ref().filter(|host| host.is_up()).map(|host| host.life);
        if matches!(segment.content, Content::Dial)
            && let Some(life) = life
        {
            (party.life, party.connected) = (life, true);
        }
        let address = party.address;
        if life != Some(party.life) {
            let there = host.is_some();
            let unread = matches!(segment.content, Content::Data(_)) && to == End::Acceptor;
            if unread {
                self.streams.read(id);
            }
            match to {
                End::Acceptor if there => self.reply_to(id, End::Dialler, Content::Reset),
                // Whoever gets no answer goes on trying, and may find the machine back.
                End::Acceptor => self.send_later(segment, Duration::ZERO),
                // The life that had dialled is over.
                End::Dialler => drop(self.streams.end(id)),
            }
            return;
        }
        let input = match segment.content {
            Content::Dial => return self.reply_to(id, End::Dialler, Content::Accept),
            Content::Accept => StreamInput::Open(id),
            Content::Reset => StreamInput::Broken(id, "refused or reset"),
            Content::Data(bytes) => StreamInput::Data(id, to, bytes),
        };
        self.arrive(address, Input::Stream(input));
    }

    /// The process of a node has ended: its kernel breaks the streams that it had accepted and not answered. (What becomes of those that it had
    /// dialled nobody notices.)
    pub(super) fn hang_up(&mut self, node: NodeIndex, life: u32, answers: bool) {
        let ids = self.streams.which(|conversation| {
            let party = &conversation.acceptor;
            party.node == node && party.life == life && party.connected
        });
        for id in ids {
            let Some(conversation) = self.streams.get(id) else { continue };
            // What it had not read nobody will.
            conversation.unread = 0;
            if conversation.over {
                self.streams.running.remove(&id.0);
            } else if answers && !conversation.acceptor.spoke {
                self.reply_to(id, End::Dialler, Content::Reset);
            }
        }
    }

    /// The deadlines of the node's streams are at other times now, for its clock runs differently.
    pub(super) fn rearm_streams(&mut self, node: NodeIndex) {
        let Some(host) = self.hosts.get(node.place()) else { return };
        for id in self.streams.which(|conversation| conversation.dialler.node == node) {
            if let Some(conversation) = self.streams.open(id) {
                let at = host.global(conversation.deadline).max(self.now);
                self.queue.push(at, Class::Timer, Occurrence::StreamDeadline(id));
            }
        }
    }

    fn reply_to(&mut self, id: ConversationId, to: End, content: Content) {
        self.send_segment(Segment { id, to, content, missing: 1, losses: 0 });
    }

    /// The time that the request had is over.
    pub(super) fn stream_deadline(&mut self, id: ConversationId) {
        let Some(conversation) = self.streams.open(id) else { return };
        let (node, life, deadline) =
            (conversation.dialler.node, conversation.dialler.life, conversation.deadline);
        let Some(host) = self.hosts.get_mut(node.place()).filter(|host| host.life == life && host.is_up())
        else {
            self.streams.end(id);
            return;
        };
        // The deadline is a timer of the process, on its own clock: it does not need its I/O, but it does need the process.
        let at = host.paused_until.max(host.global(deadline));
        if at > self.now {
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
        let Some((request, peer)) = self.streams.end(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        self.observer.step(now, node, &Step::Stream(StreamStep::Failed(peer)));
        let local = host.local(now);
        host.endpoint.handle_stream_failure(local, request, failure);
        self.flush(node);
    }

    /// The stream is open: the one that dialled says what it has to say.
    fn opened(&mut self, node: NodeIndex, id: ConversationId) {
        let Some(conversation) = self.streams.open(id) else { return };
        let to = conversation.acceptor.address;
        self.observer.step(self.now, node, &Step::Stream(StreamStep::Open(to)));
        self.write(node, id, End::Dialler);
    }

    /// Sends what the exchange of this end has to write, if there is anything. It travels as one, so that it stays in order.
    fn write(&mut self, node: NodeIndex, id: ConversationId, end: End) -> bool {
        let now = self.now;
        let Some(conversation) = self.streams.get(id) else { return false };
        let peer = conversation.party(end.other()).address;
        let party = conversation.party(end);
        let mut writes = Vec::new();
        while let Some(bytes) = party.exchange.as_mut().and_then(Exchange::poll_write) {
            writes.push(bytes);
        }
        let bytes = match writes.as_slice() {
            [] => return false,
            [all] => all.clone(),
            parts => Bytes::from(parts.concat()),
        };
        party.spoke = true;
        let Some(host) = self.hosts.get_mut(node.place()) else { return false };
        host.traffic.stream_bytes_sent += bytes.len() as u64;
        self.observer.step(now, node, &Step::Stream(StreamStep::Wrote(peer, bytes.len())));
        let missing = segments(bytes.len());
        let segment = Segment { id, to: end.other(), content: Content::Data(bytes), missing, losses: 0 };
        if host.sends_at() > now {
            host.outbox.push(Output::Segment(segment));
            self.arrange_wake(node);
        } else {
            self.send_segment(segment);
        }
        true
    }

    fn data(&mut self, node: NodeIndex, id: ConversationId, end: End, bytes: &Bytes) {
        let now = self.now;
        let Some(conversation) = self.streams.get(id).filter(|open| end == End::Acceptor || !open.over)
        else {
            return;
        };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        host.traffic.stream_bytes_received += bytes.len() as u64;
        let peer = conversation.party(end.other()).address;
        self.observer.step(now, node, &Step::Stream(StreamStep::Read(peer, bytes.len())));
        let exchange = conversation.party(end).exchange.get_or_insert_with(|| {
            let number = random::derive(self.seed, "answer", id.0).max(1);
            Exchange::accept(StreamLimits::default()).answering_as(number)
        });
        let judged = exchange.handle_data(host.endpoint.wire(), &self.framing, bytes);
        let output = exchange.poll_output();
        match (end, output) {
            (_, None) => {
                if let Err(error) = judged {
                    self.observer.step(now, node, &Step::Undecodable { from: peer, error: &error });
                    let local = host.local(now);
                    host.refuse(local, peer, &error);
                    match end {
                        End::Dialler => self.failed(node, id, StreamFailure::Invalid(error)),
                        End::Acceptor => self.answer(node, id),
                    }
                }
            }
            (End::Acceptor, Some(output)) => self.asked(node, id, output),
            (End::Dialler, Some(output)) => self.answered(node, id, output),
        }
        if end == End::Acceptor {
            self.streams.read(id);
        }
    }

    /// The accepting side says what it has to say, or hangs up.
    fn answer(&mut self, node: NodeIndex, id: ConversationId) {
        if !self.write(node, id, End::Acceptor) {
            self.reply_to(id, End::Dialler, Content::Reset);
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
                let layers = theirs.states.first().map_or(Layers::BASE, |state| state.layers);
                merge = Some((theirs.states, fits.is_ok()));
                match fits {
                    Ok(()) => Some(Reply::States(layers)),
                    Err(error) => Some(Reply::Message(StreamMessage::Error(error.to_string().into()))),
                }
            }
            ExchangeOutput::Ping(ping) => {
                let ack = host.endpoint.handle_stream_ping(local, &ping);
                ack.map(|ack| Reply::Message(StreamMessage::Ack(ack)))
            }
            _ => None,
        };
        // What can't be said, or is not for us to say, is silence.
        let _ = reply.map(|reply| self.reply(node, id, reply));
        self.answer(node, id);
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

    fn reply(&mut self, node: NodeIndex, id: ConversationId, reply: Reply) -> Result<(), EncodeError> {
        let exchange = self.streams.get(id).and_then(|conversation| conversation.acceptor.exchange.as_mut());
        let (Some(exchange), Some(host)) = (exchange, self.hosts.get(node.place())) else { return Ok(()) };
        let wire = host.endpoint.wire();
        match reply {
            Reply::States(layers) => {
                tell(&host.endpoint, &read_by(wire, &self.framing, Some(layers)), exchange)
            }
            Reply::Message(message) => exchange.reply(wire, &read_by(wire, &self.framing, None), &message),
        }
    }

    /// The dialling side has read the answer.
    fn answered(&mut self, node: NodeIndex, id: ConversationId, output: ExchangeOutput<Name, Addr>) {
        let now = self.now;
        let Some((request, peer)) = self.streams.end(id) else { return };
        let Some(host) = self.hosts.get_mut(node.place()) else { return };
        let local = host.local(now);
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
        self.observer.step(now, node, &Step::Stream(StreamStep::Done(peer)));
        self.flush(node);
    }
}

/// This framing, as far as it can be read by somebody who reads these layers.
fn read_by<W: Wire<Name, Addr>>(wire: &W, framing: &Framing, layers: Option<Layers>) -> Framing {
    if wire.is_base(framing) {
        framing.clone()
    } else {
        wire.readable(framing, layers.unwrap_or(Layers::BASE))
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
