use alloc::{
    collections::VecDeque,
    string::{String, ToString},
    vec::Vec,
};
use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, Address, DecodeError, EncodeError, Framing, Id, NodeState, Ping, PushPull, PushPullPart,
    SequenceNumber, StreamLimits, StreamMessage, Wire,
};
use parts::Parts;
use room::Room;

mod parts;
mod room;

/// Bytes that a frame may have besides what `StreamLimits::max_frame` counts (label, header, length) before reading
/// stops, whatever the wire thinks of it.
const FRAME_SLACK: usize = 1024;
/// A refusal is for a human, who has read enough by then. In bytes.
const REFUSAL_MAX: usize = 1024;

/// A conversation on one stream as a pure state machine: bytes in, bytes out, and what came of it.
///
/// One request and at most one reply; the side that opened the stream dials, the other accepts. Either direction of a push/pull may be one
/// frame, or many parts with a frame each ([`dial_push_pull`](Exchange::dial_push_pull), [`send_part`](Exchange::send_part)); what arrives
/// comes out as a whole, and only if each of its parts was the one that was due.
///
/// The driver writes what [`poll_write`](Exchange::poll_write) gives, feeds what it reads to [`handle_data`](Exchange::handle_data),
/// and holds the deadline. When [`wants_read`](Exchange::wants_read) is false and nothing is left to write, the stream can be
/// closed; if the peer closes it while `wants_read` is true, it broke off ([`DecodeError::Truncated`]).
///
/// What a peer sends is judged as soon as it is visible: a frame beyond the limits fails with its header; a second message, a message
/// that does not belong there or bytes behind the message are [`DecodeError::Invalid`]. Only bytes that arrived take memory.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use memberlist_proto::{Exchange, ExchangeOutput, types::{Framing, NativeWire, StreamLimits, StreamMessage}};
/// use std::net::SocketAddr;
///
/// let (wire, framing, limits) = (NativeWire::default(), Framing::default(), StreamLimits::default());
/// let hello = StreamMessage::User(Bytes::from_static(b"hello"));
/// let mut dialler = Exchange::<String, SocketAddr>::dial(&wire, &framing, limits, &hello)?;
/// let mut acceptor = Exchange::<String, SocketAddr>::accept(limits);
/// while let Some(bytes) = dialler.poll_write() {
///     acceptor.handle_data(&wire, &framing, &bytes)?;
/// }
/// assert_eq!(acceptor.poll_output(), Some(ExchangeOutput::User(Bytes::from_static(b"hello"))));
/// assert!(!acceptor.wants_read() && !dialler.wants_read());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Exchange<I, A> {
    limits: StreamLimits,
    /// States that the next frame may bring.
    states: usize,
    phase: Phase,
    parts: Parts<I, A>,
    /// Whether the last part of ours is still to come.
    speaking: bool,
    /// Whether user messages may follow each other.
    many: bool,
    received: BytesMut,
    /// Where more of a large frame is read to.
    room: Room,
    /// How much must have been received before it is worth another look.
    wanted: usize,
    writes: VecDeque<Bytes>,
    output: Option<ExchangeOutput<I, A>>,
}

/// What an exchange has found out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeOutput<I, A> {
    /// Accepting side: the peer's state; answer with `reply` of our own (before merging it), then merge.
    PushPullRequest(PushPull<I, A>),
    /// Dialling side: the peer's answer.
    PushPullReply(PushPull<I, A>),
    /// Accepting side: answer with `reply` of an ack, or close.
    Ping(Ping<I, A>),
    /// Dialling side: the answer to our ping.
    Ack(Ack),
    /// Accepting side: a reliable user message.
    User(Bytes),
    /// Dialling side: the peer refused, and says why (at most 1 KiB of it).
    Refused(String),
}

/// What is awaited. Each message is awaited once, so nothing can come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// Accepting: the peer's request.
    Request,
    /// Dialling: the peer's reply.
    Reply(Question),
    /// Accepting: further user messages, or the end.
    Messages,
    /// Accepting: our own reply.
    Answer(Question),
    /// Nothing more.
    Done,
    /// The peer sent something that it should not have.
    Failed(DecodeError),
}

/// What is awaited after a message, and what came of it.
type Judged<I, A> = (Phase, ExchangeOutput<I, A>);

/// What a reply has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    PushPull,
    Ping(SequenceNumber),
}

impl<I: Id, A: Address> Exchange<I, A> {
    /// Opens with this request: a push/pull, a ping or a user message.
    ///
    /// # Errors
    /// If the request exceeds `limits`, the wire can't express it, or it is no request (an ack, an error).
    pub fn dial<W: Wire<I, A>>(
        wire: &W,
        framing: &Framing,
        limits: StreamLimits,
        request: &StreamMessage<I, A>,
    ) -> Result<Self, EncodeError> {
        let phase = match request {
            StreamMessage::PushPull(_) => Phase::Reply(Question::PushPull),
            StreamMessage::Ping(ping) => Phase::Reply(Question::Ping(ping.seq)),
            StreamMessage::User(_) => Phase::Done,
            _ => return Err(EncodeError::Unsupported("this message as a request")),
        };
        let join = matches!(request, StreamMessage::PushPull(state) if state.join);
        let frame = wire.encode_frame(framing, &limits, true, request)?;
        let mut exchange = Self::new(limits, phase, Parts::new(0, join));
        exchange.write(frame);
        Ok(exchange)
    }

    /// Opens with a push/pull, whose parts are then given to [`send_part`](Exchange::send_part).
    ///
    /// `conversation`: a random number, so that no part of another conversation can be taken for one of this. It is not used (nor is 0) if the wire
    /// has no parts.
    pub fn dial_push_pull<W: Wire<I, A>>(
        wire: &W,
        limits: StreamLimits,
        conversation: u64,
        join: bool,
    ) -> Self {
        let conversation = if wire.features().push_pull_parts { conversation } else { 0 };
        let mut exchange =
            Self::new(limits, Phase::Reply(Question::PushPull), Parts::new(conversation, join));
        exchange.speaking = true;
        exchange
    }

    /// Waits for a request.
    #[must_use]
    pub fn accept(limits: StreamLimits) -> Self {
        Self::new(limits, Phase::Request, Parts::new(0, false))
    }

    /// Accepting side: user messages may follow each other, as many as the peer has
    /// ([`WireFeatures::message_streams`](memberlist_types::WireFeatures::message_streams)). After the first one more are waited for until the
    /// peer closes the stream, which is in order [between two of them](Exchange::is_between_messages). Each must be taken with
    /// [`poll_output`](Exchange::poll_output) before [`decode`](Exchange::decode) looks at the next.
    ///
    /// Without it, whatever comes behind the first message is an error.
    #[must_use]
    pub const fn taking_messages(mut self) -> Self {
        self.many = true;
        self
    }

    /// Accepting side: at least one user message was found, others may follow, and nothing of the next one is there.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.phase == Phase::Messages && self.received.is_empty()
    }

    /// Accepting side: what marks the parts of our answer as those of one: a random number, so that they can't be mixed with what
    /// another node answers to the same request. Without it (or with 0) they bear none.
    #[must_use]
    pub fn answering_as(mut self, answer: u64) -> Self {
        self.parts.answer_as(answer);
        self
    }

    /// Bytes read from the stream, in pieces of any size. Whatever can be decided is decided before more is asked for.
    ///
    /// # Errors
    /// If they are not the message that belongs here. The conversation is over: every further byte fails in the same way.
    /// An accepting side then has a word of explanation in `poll_write`, unless the peer did not even show that it is of our
    /// cluster (wrong label, or no frame of our wire): then close silently.
    pub fn handle_data<W: Wire<I, A>>(
        &mut self,
        wire: &W,
        framing: &Framing,
        data: &[u8],
    ) -> Result<(), DecodeError> {
        self.push_data(data);
        while self.decode(wire, framing)? {}
        Ok(())
    }

    /// Takes bytes without looking at them; [`decode`](Exchange::decode) looks. For drivers that decode large frames elsewhere
    /// than they read.
    pub fn push_data(&mut self, data: &[u8]) {
        if !matches!(self.phase, Phase::Failed(_)) {
            // It would keep the buffer from growing where it is.
            self.room = Room::default();
            self.received.extend_from_slice(data);
        }
    }

    /// Bytes of memory that the next [`decode`](Exchange::decode) takes, as far as can be seen
    /// ([`Wire::decode_cost`]): 0 if there is no whole frame to decode.
    #[must_use]
    pub fn decode_cost<W: Wire<I, A>>(&self, wire: &W, framing: &Framing) -> usize {
        if self.wants_read() && self.received.len() >= self.wanted {
            wire.decode_cost(framing, &self.received)
        } else {
            0
        }
    }

    /// How many states the next frame may bring at most (besides `StreamLimits::max_states` for all): a few bytes of a frame become a state
    /// of a hundred bytes, so a driver that has memory for so many says it here. Default: any number.
    pub fn set_room_for_states(&mut self, states: usize) {
        self.states = states;
    }

    /// Bytes of memory that what has arrived takes, about; also after it was given out.
    #[must_use]
    pub fn held(&self) -> usize {
        self.received.len().saturating_add(self.parts.held())
    }

    /// Looks at what has arrived, at most at one frame of it. True if there may be another one behind.
    ///
    /// # Errors
    /// As [`handle_data`](Exchange::handle_data).
    pub fn decode<W: Wire<I, A>>(&mut self, wire: &W, framing: &Framing) -> Result<bool, DecodeError> {
        if let Phase::Failed(error) = &self.phase {
            return Err(error.clone());
        }
        let accepting = matches!(self.phase, Phase::Request | Phase::Messages | Phase::Answer(_));
        let result = self.receive(wire, framing);
        if let Err(error) = &result {
            let known = !matches!(error, DecodeError::LabelMismatch | DecodeError::BadMagic(_));
            if accepting && known {
                self.explain(wire, framing, error);
            }
            self.output = None;
            self.received = BytesMut::new();
            self.room = Room::default();
            self.parts = Parts::new(0, false);
            self.phase = Phase::Failed(error.clone());
        }
        result
    }

    /// The next part of our push/pull: of the request after [`dial_push_pull`](Exchange::dial_push_pull), or of the reply to one.
    /// `more`: it is not the last.
    ///
    /// # Errors
    /// If the sum of the parts exceeds the limits, the wire can't express it (or has no parts, and `more` is set), `more` is set but there is
    /// nothing in it, or no part is awaited. Nothing is written then; whoever has sent parts already can only close the stream.
    pub fn send_part<W: Wire<I, A>>(
        &mut self,
        wire: &W,
        framing: &Framing,
        states: Vec<NodeState<I, A>>,
        user: Bytes,
        more: bool,
    ) -> Result<(), EncodeError> {
        let dialling = match &self.phase {
            Phase::Reply(Question::PushPull) if self.speaking => true,
            Phase::Answer(Question::PushPull) => false,
            _ => return Err(EncodeError::Unsupported("a part where none is awaited")),
        };
        if more && !wire.features().push_pull_parts {
            return Err(EncodeError::Unsupported("push/pulls in parts"));
        }
        if more && states.is_empty() && user.is_empty() {
            return Err(EncodeError::Unsupported("a part with nothing in it before others"));
        }
        let part = self.parts.part(states, user, more);
        let sending = self.parts.may_send(&self.limits, &part)?;
        let first = dialling && part.number == 0;
        let message = if (part.conversation, part.answer, part.number, part.more) == (0, 0, 0, false) {
            StreamMessage::PushPull(part.piece)
        } else {
            StreamMessage::PushPullPart(part)
        };
        let frame = wire.encode_frame(framing, &self.limits, first, &message)?;
        let sending = sending.in_frame(&self.limits, frame.len())?;
        self.write(frame);
        self.parts.sent(sending);
        if !more {
            self.speaking = false;
            if !dialling {
                self.phase = Phase::Done;
            }
        }
        Ok(())
    }

    /// Accepting side: the reply, in one frame. To a push/pull our own state, to a ping an ack, to either a refusal.
    ///
    /// # Errors
    /// If it exceeds the limits, the wire can't express it, or no such reply is awaited. Nothing is written then, and another
    /// reply (such as a shorter one, or a refusal) is still possible.
    pub fn reply<W: Wire<I, A>>(
        &mut self,
        wire: &W,
        framing: &Framing,
        reply: &StreamMessage<I, A>,
    ) -> Result<(), EncodeError> {
        match (&self.phase, reply) {
            (Phase::Answer(Question::PushPull), StreamMessage::PushPull(state)) => {
                return self.send_part(wire, framing, state.states.clone(), state.user.clone(), false);
            }
            (Phase::Answer(Question::Ping(_)), StreamMessage::Ack(_))
            | (Phase::Answer(_), StreamMessage::Error(_)) => {}
            (Phase::Answer(_), _) => return Err(EncodeError::Unsupported("this message as a reply")),
            _ => return Err(EncodeError::Unsupported("a reply where none is awaited")),
        }
        let frame = wire.encode_frame(framing, &self.limits, false, reply)?;
        self.write(frame);
        self.phase = Phase::Done;
        Ok(())
    }

    /// What to write now; `None`: nothing more, for now.
    pub fn poll_write(&mut self) -> Option<Bytes> {
        self.writes.pop_front()
    }

    /// What came of it; each outcome is given once.
    pub fn poll_output(&mut self) -> Option<ExchangeOutput<I, A>> {
        self.output.take()
    }

    /// Whether another read is wanted; if not, and nothing is left to write or to reply, the stream can be closed.
    #[must_use]
    pub fn wants_read(&self) -> bool {
        matches!(self.phase, Phase::Request | Phase::Messages | Phase::Reply(_))
    }

    fn new(limits: StreamLimits, phase: Phase, parts: Parts<I, A>) -> Self {
        Self {
            limits,
            states: usize::MAX,
            phase,
            parts,
            speaking: false,
            many: false,
            received: BytesMut::new(),
            room: Room::default(),
            wanted: 1,
            writes: VecDeque::new(),
            output: None,
        }
    }

    fn write(&mut self, frame: Bytes) {
        if !frame.is_empty() {
            self.writes.push_back(frame);
        }
    }

    fn receive<W: Wire<I, A>>(&mut self, wire: &W, framing: &Framing) -> Result<bool, DecodeError> {
        let unread = self.phase == Phase::Messages && self.output.is_some();
        if self.received.is_empty() || unread {
            return Ok(false);
        }
        if !self.wants_read() {
            return Err(DecodeError::Invalid("bytes behind the message"));
        }
        let request = self.phase == Phase::Request && self.parts.is_first();
        let first_by_dialer = request || self.phase == Phase::Messages;
        let limits = self.parts.left(&self.limits);
        let limits = limits.with_max_states(limits.max_states.min(self.states));
        let before = self.received.len();
        if before < self.wanted {
            return self.check_size(&limits).map(|()| false);
        }
        let Some(message) = wire.decode_frame(framing, &limits, first_by_dialer, &mut self.received)? else {
            let missing = wire.missing(framing, &limits, first_by_dialer, &self.received);
            self.wanted = before.saturating_add(missing.max(1));
            return self.check_size(&limits).map(|()| false);
        };
        self.wanted = 1;
        let frame = before.saturating_sub(self.received.len());
        let Some((phase, output)) = self.judge(message, frame)? else { return Ok(!self.received.is_empty()) };
        let more = !self.received.is_empty();
        if more && phase != Phase::Messages {
            return Err(DecodeError::Invalid("bytes behind the message"));
        }
        if !more {
            // The message may share the buffer's memory; what comes of it shall not keep it longer than needed.
            self.received = BytesMut::new();
            self.room = Room::default();
        }
        self.phase = phase;
        self.output = Some(output);
        Ok(more)
    }

    /// A wire that forgets to look at the limits does not make us collect for ever.
    fn check_size(&self, limits: &StreamLimits) -> Result<(), DecodeError> {
        let limit = limits.max_frame.saturating_add(FRAME_SLACK);
        if self.received.len() <= limit {
            return Ok(());
        }
        Err(DecodeError::TooLarge { what: "frame", actual: self.received.len() as u64, limit: limit as u64 })
    }

    /// What a message means here; `None`: it is a part, and not the last.
    fn judge(
        &mut self,
        message: StreamMessage<I, A>,
        frame: usize,
    ) -> Result<Option<Judged<I, A>>, DecodeError> {
        let (opens, unfit) = match &self.phase {
            Phase::Request | Phase::Messages => (true, "kind of request"),
            _ => (false, "kind of reply"),
        };
        let message = match message {
            StreamMessage::PushPull(piece) => StreamMessage::PushPullPart(PushPullPart {
                conversation: 0,
                answer: 0,
                number: 0,
                more: false,
                piece,
            }),
            message => message,
        };
        Ok(Some(match (&self.phase, message) {
            (Phase::Request | Phase::Reply(Question::PushPull), StreamMessage::PushPullPart(part)) => {
                if self.speaking {
                    return Err(DecodeError::Invalid("answer before the end of the question"));
                }
                let Some(state) = self.parts.receive(&self.limits, part, frame, opens)? else {
                    return Ok(None);
                };
                if opens {
                    (Phase::Answer(Question::PushPull), ExchangeOutput::PushPullRequest(state))
                } else {
                    (Phase::Done, ExchangeOutput::PushPullReply(state))
                }
            }
            // Nothing else belongs between the parts of a request.
            (Phase::Request, _) if !self.parts.is_first() => return Err(DecodeError::Invalid(unfit)),
            (Phase::Request, StreamMessage::Ping(ping)) => {
                (Phase::Answer(Question::Ping(ping.seq)), ExchangeOutput::Ping(ping))
            }
            (Phase::Request | Phase::Messages, StreamMessage::User(payload)) => {
                (if self.many { Phase::Messages } else { Phase::Done }, ExchangeOutput::User(payload))
            }
            (Phase::Reply(_), StreamMessage::Error(text)) => {
                (Phase::Done, ExchangeOutput::Refused(shortened(&text)))
            }
            (Phase::Reply(Question::Ping(seq)), StreamMessage::Ack(ack)) => {
                if ack.seq != *seq {
                    return Err(DecodeError::Invalid("sequence number of the ack"));
                }
                (Phase::Done, ExchangeOutput::Ack(ack))
            }
            _ => return Err(DecodeError::Invalid(unfit)),
        }))
    }

    /// Best effort: a wire without errors leaves the peer without a word.
    fn explain<W: Wire<I, A>>(&mut self, wire: &W, framing: &Framing, error: &DecodeError) {
        let text = StreamMessage::Error(error.to_string().into());
        if let Ok(frame) = wire.encode_frame(framing, &self.limits, false, &text) {
            self.write(frame);
        }
    }
}

fn shortened(text: &str) -> String {
    let mut end = text.len().min(REFUSAL_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests;
