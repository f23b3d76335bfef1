use crate::Instant;
use memberlist_types::{Layers, SequenceNumber};

mod messages;

pub use messages::Messages;

/// A packet to send: the driver puts `messages` into one packet with `Wire::encode_packet`.
///
/// Their sum, with the wire's overheads, is within the packet budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit<A> {
    /// Where to.
    pub to: A,
    /// What goes into the packet, each already encoded.
    pub messages: Messages,
    /// What is known to be read there, so that the driver wraps the packet in nothing else (`Wire::readable`). `None`: nothing is known
    /// (or it does not matter, because everybody reads our framing): take the base set, as for `Layers::BASE`.
    pub reads: Option<Layers>,
    /// Set if the machine wants to know when this packet could not be sent (a direct probe): hand it to `handle_send_failure`.
    pub probe: Option<SequenceNumber>,
}

/// Ties the outcome of a stream to the request for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A conversation on a stream that the driver shall hold for the machine.
///
/// The driver opens a stream to `to`, runs an [`Exchange`](crate::Exchange) on it and reports with
/// `handle_push_pull` / `handle_stream_ack`, or with `handle_stream_failure` if it fails or `deadline` passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamRequest<I, A> {
    /// Returned with the outcome.
    pub id: RequestId,
    /// Where to.
    pub to: A,
    /// Give up, close the stream and report at this time.
    pub deadline: Instant,
    /// What is known to be read there; as [`Transmit::reads`].
    pub reads: Option<Layers>,
    /// What to say.
    pub kind: StreamRequestKind<I>,
}

/// What to say on a requested stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamRequestKind<I> {
    /// Exchange full states.
    PushPull {
        /// Whether it is a join (merge decisions are asked for joins).
        join: bool,
    },
    /// Ask whether this node is there.
    Ping {
        /// Whom to ask.
        target: I,
        /// The number that the ack must bear.
        seq: SequenceNumber,
    },
}
