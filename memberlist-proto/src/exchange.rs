use bytes::Bytes;
use memberlist_types::{
    Ack, Address, DecodeError, EncodeError, Framing, Id, Ping, PushPull, StreamLimits, StreamMessage, Wire,
};

/// A conversation on one stream as a pure state machine: bytes in, bytes out, and what came of it.
///
/// One request and at most one reply; the side that opened the stream dials, the other accepts.
/// The driver writes what [`poll_write`](Exchange::poll_write) gives, feeds what it reads to [`handle_data`](Exchange::handle_data),
/// and holds the deadline.
pub struct Exchange<I, A> {
    _m: core::marker::PhantomData<(I, A)>,
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
    /// Dialling side: the peer refused.
    Refused(alloc::string::String),
}

#[allow(clippy::todo, unused_variables, missing_docs)]
impl<I: Id, A: Address> Exchange<I, A> {
    /// Opens with this request (a push/pull, ping or user message).
    pub fn dial<W: Wire<I, A>>(
        wire: &W,
        framing: &Framing,
        limits: StreamLimits,
        request: &StreamMessage<I, A>,
    ) -> Result<Self, EncodeError> {
        todo!()
    }
    /// Waits for a request.
    pub fn accept(limits: StreamLimits) -> Self {
        todo!()
    }
    /// Bytes read from the stream. Whatever can be decided is decided before more is asked for.
    pub fn handle_data<W: Wire<I, A>>(
        &mut self,
        wire: &W,
        framing: &Framing,
        data: &[u8],
    ) -> Result<(), DecodeError> {
        todo!()
    }
    /// Accepting side: the reply.
    pub fn reply<W: Wire<I, A>>(
        &mut self,
        wire: &W,
        framing: &Framing,
        reply: &StreamMessage<I, A>,
    ) -> Result<(), EncodeError> {
        todo!()
    }
    /// What to write now.
    pub fn poll_write(&mut self) -> Option<Bytes> {
        todo!()
    }
    /// What came of it.
    pub fn poll_output(&mut self) -> Option<ExchangeOutput<I, A>> {
        todo!()
    }
    /// Whether another read is wanted; if not, and nothing is left to write, the stream can be closed.
    pub fn wants_read(&self) -> bool {
        todo!()
    }
}
