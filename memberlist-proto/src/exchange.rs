use alloc::{
    collections::VecDeque,
    string::{String, ToString},
};
use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Ack, Address, DecodeError, EncodeError, Framing, Id, Ping, PushPull, SequenceNumber, StreamLimits,
    StreamMessage, Wire,
};

/// Bytes that a frame may have besides what `StreamLimits::max_frame` counts (label, header, length) before reading
/// stops, whatever the wire thinks of it.
const FRAME_SLACK: usize = 1024;
/// A refusal is for a human, who has read enough by then. In bytes.
const REFUSAL_MAX: usize = 1024;

/// A conversation on one stream as a pure state machine: bytes in, bytes out, and what came of it.
///
/// One request and at most one reply; the side that opened the stream dials, the other accepts.
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
    phase: Phase,
    received: BytesMut,
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
    /// Accepting: our own reply.
    Answer(Question),
    /// Nothing more.
    Done,
    /// The peer sent something that it should not have.
    Failed(DecodeError),
}

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
        let frame = wire.encode_frame(framing, &limits, true, request)?;
        let mut exchange = Self::new(limits, phase);
        exchange.write(frame);
        Ok(exchange)
    }

    /// Waits for a request.
    #[must_use]
    pub fn accept(limits: StreamLimits) -> Self {
        Self::new(limits, Phase::Request)
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
        if let Phase::Failed(error) = &self.phase {
            return Err(error.clone());
        }
        let accepting = matches!(self.phase, Phase::Request | Phase::Answer(_));
        let result = self.receive(wire, framing, data);
        if let Err(error) = &result {
            let known = !matches!(error, DecodeError::LabelMismatch | DecodeError::BadMagic(_));
            if accepting && known {
                self.explain(wire, framing, error);
            }
            self.output = None;
            self.received = BytesMut::new();
            self.phase = Phase::Failed(error.clone());
        }
        result
    }

    /// Accepting side: the reply. To a push/pull our own state, to a ping an ack, to either a refusal.
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
            (Phase::Answer(Question::PushPull), StreamMessage::PushPull(_))
            | (Phase::Answer(Question::Ping(_)), StreamMessage::Ack(_))
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
        matches!(self.phase, Phase::Request | Phase::Reply(_))
    }

    fn new(limits: StreamLimits, phase: Phase) -> Self {
        Self { limits, phase, received: BytesMut::new(), writes: VecDeque::new(), output: None }
    }

    fn write(&mut self, frame: Bytes) {
        if !frame.is_empty() {
            self.writes.push_back(frame);
        }
    }

    fn receive<W: Wire<I, A>>(
        &mut self,
        wire: &W,
        framing: &Framing,
        data: &[u8],
    ) -> Result<(), DecodeError> {
        if data.is_empty() {
            return Ok(());
        }
        if !self.wants_read() {
            return Err(DecodeError::Invalid("bytes behind the message"));
        }
        self.received.extend_from_slice(data);
        let first_by_dialer = self.phase == Phase::Request;
        let Some(message) = wire.decode_frame(framing, &self.limits, first_by_dialer, &mut self.received)?
        else {
            return self.check_size();
        };
        if !self.received.is_empty() {
            return Err(DecodeError::Invalid("bytes behind the message"));
        }
        // The message may share the buffer's memory; what comes of it shall not keep it longer than needed.
        self.received = BytesMut::new();
        let (phase, output) = self.judge(message)?;
        self.phase = phase;
        self.output = Some(output);
        Ok(())
    }

    /// A wire that forgets to look at the limits does not make us collect for ever.
    fn check_size(&self) -> Result<(), DecodeError> {
        let limit = self.limits.max_frame.saturating_add(FRAME_SLACK);
        if self.received.len() <= limit {
            return Ok(());
        }
        Err(DecodeError::TooLarge { what: "frame", actual: self.received.len() as u64, limit: limit as u64 })
    }

    fn judge(&self, message: StreamMessage<I, A>) -> Result<(Phase, ExchangeOutput<I, A>), DecodeError> {
        Ok(match (&self.phase, message) {
            (Phase::Request, StreamMessage::PushPull(state)) => {
                (Phase::Answer(Question::PushPull), ExchangeOutput::PushPullRequest(state))
            }
            (Phase::Request, StreamMessage::Ping(ping)) => {
                (Phase::Answer(Question::Ping(ping.seq)), ExchangeOutput::Ping(ping))
            }
            (Phase::Request, StreamMessage::User(payload)) => (Phase::Done, ExchangeOutput::User(payload)),
            (Phase::Request, _) => return Err(DecodeError::Invalid("kind of request")),
            (Phase::Reply(_), StreamMessage::Error(text)) => {
                (Phase::Done, ExchangeOutput::Refused(shortened(&text)))
            }
            (Phase::Reply(Question::PushPull), StreamMessage::PushPull(state)) => {
                (Phase::Done, ExchangeOutput::PushPullReply(state))
            }
            (Phase::Reply(Question::Ping(seq)), StreamMessage::Ack(ack)) => {
                if ack.seq != *seq {
                    return Err(DecodeError::Invalid("sequence number of the ack"));
                }
                (Phase::Done, ExchangeOutput::Ack(ack))
            }
            _ => return Err(DecodeError::Invalid("kind of reply")),
        })
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
