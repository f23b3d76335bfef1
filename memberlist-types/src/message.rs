use crate::{Incarnation, Layers, Meta, Node, NodeState, Versions};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use smol_str::SmolStr;

/// Ties an answer to its question. Wraps around; the first one of a process is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceNumber(pub u32);

impl SequenceNumber {
    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Are you there?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping<I, A> {
    /// Returned in the answer.
    pub seq: SequenceNumber,
    /// Who is asked; anyone else stays silent. `None`: whoever gets it.
    pub target: Option<I>,
    /// Who asks and where the answer goes; `None`: to where the packet came from.
    pub source: Option<Node<I, A>>,
}

/// Please ping somebody for me.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndirectPing<I, A> {
    /// The requester's number, returned in the forwarded ack or the nack.
    pub seq: SequenceNumber,
    /// Who shall be pinged, and where.
    pub target: Node<I, A>,
    /// Whether the requester wants to be told when the target stays silent.
    pub nack: bool,
    /// Who asks and where the answer goes; `None`: to where the packet came from.
    pub source: Option<Node<I, A>>,
}

/// I am here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The number of the ping that is answered.
    pub seq: SequenceNumber,
    /// What the answerer's ping delegate attached.
    pub payload: Bytes,
}

/// The target that I was asked to ping is silent; I am here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack {
    /// The number of the indirect ping that is answered.
    pub seq: SequenceNumber,
}

/// `from` suspects `node` of having failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect<I> {
    /// The incarnation that is suspected.
    pub incarnation: Incarnation,
    /// The suspected node.
    pub node: I,
    /// The accuser.
    pub from: I,
}

/// `node` is alive; said first by the node itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alive<I, A> {
    /// The incarnation that is alive.
    pub incarnation: Incarnation,
    /// Name and advertised address.
    pub node: Node<I, A>,
    /// Its metadata.
    pub meta: Meta,
    /// Its versions; `None` if what the peer sent was not a complete set.
    pub versions: Option<Versions>,
    /// What it can read; the base set if it did not say.
    pub layers: Layers,
}

/// `node` is dead, says `from`; if both are the same it left of its own will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dead<I> {
    /// The incarnation that died.
    pub incarnation: Incarnation,
    /// The dead node.
    pub node: I,
    /// Who announced it.
    pub from: I,
}

impl<I: Eq> Dead<I> {
    /// Whether the node announced its own departure.
    pub fn is_leave(&self) -> bool {
        self.node == self.from
    }
}

/// Bytes of the application for every member: whoever hears them first passes them on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast<I> {
    /// Who says it.
    pub origin: I,
    /// Which of the origin's broadcasts it is, so that nobody hears it twice. The first one of a process is random.
    pub number: u64,
    /// What it says.
    pub payload: Bytes,
}

/// What packets are made of.
///
/// ```
/// use memberlist_types::{Message, MessageKind, Node, Ping, SequenceNumber};
///
/// let ping: Message<String, u64> = Message::Ping(Ping {
///     seq: SequenceNumber(7),
///     target: Some("b".into()),
///     source: Some(Node::new("a".into(), 1)),
/// });
/// assert_eq!(ping.kind(), MessageKind::Ping);
/// assert_eq!(ping.to_string(), "ping 7 to b from a(1)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<I, A> {
    /// Are you there?
    Ping(Ping<I, A>),
    /// Please ping somebody for me.
    IndirectPing(IndirectPing<I, A>),
    /// I am here.
    Ack(Ack),
    /// The one you asked about is silent.
    Nack(Nack),
    /// A suspicion.
    Suspect(Suspect<I>),
    /// A sign of life.
    Alive(Alive<I, A>),
    /// A death or a departure.
    Dead(Dead<I>),
    /// Bytes of the application.
    User(Bytes),
    /// Bytes of the application for every member.
    Broadcast(Broadcast<I>),
}

/// The kind of a [`Message`], for counters and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum MessageKind {
    Ping,
    IndirectPing,
    Ack,
    Nack,
    Suspect,
    Alive,
    Dead,
    User,
    Broadcast,
}

impl<I, A> Message<I, A> {
    /// The kind of this message.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Ping(_) => MessageKind::Ping,
            Self::IndirectPing(_) => MessageKind::IndirectPing,
            Self::Ack(_) => MessageKind::Ack,
            Self::Nack(_) => MessageKind::Nack,
            Self::Suspect(_) => MessageKind::Suspect,
            Self::Alive(_) => MessageKind::Alive,
            Self::Dead(_) => MessageKind::Dead,
            Self::User(_) => MessageKind::User,
            Self::Broadcast(_) => MessageKind::Broadcast,
        }
    }
}

/// One side of a full state exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPull<I, A> {
    /// Whether the dialler is joining (else it is periodic anti-entropy).
    pub join: bool,
    /// Every node that the sender knows, the dead included. Itself first: what it says there of the layers that it reads holds for the reply.
    pub states: Vec<NodeState<I, A>>,
    /// The application's own state; may be empty.
    pub user: Bytes,
}

/// A piece of one side of a full state exchange, so that neither side has to hold the bytes of a large one at once, and nobody has to
/// encode or decode it in one go. The pieces one after the other, states as well as bytes of the application, are the [`PushPull`].
///
/// The parts of a conversation are numbered through: the request has the numbers from 0 on, the answer goes on with the next one, so that
/// a part can't be dropped, doubled, moved, or returned to where it came from without being noticed; and all bear the number of the conversation,
/// so that no part of another one fits. A conversation without a number (0) is not protected in this way; there, the answer begins with 0 again.
///
/// A part without any of these (conversation, answer and number 0, nothing follows) is a whole push/pull, looks like one on the wire, and is
/// decoded as [`StreamMessage::PushPull`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPullPart<I, A> {
    /// Which conversation it belongs to: a random number of the dialler's; 0 if it has none.
    pub conversation: u64,
    /// In an answer: a random number of who answers, the same in all its parts; 0 if it has none, and in a request. So the answers
    /// that several nodes give to one request can't be mixed.
    pub answer: u64,
    /// Its place in the conversation.
    pub number: u32,
    /// Whether further parts follow in this direction. Then this one has at least one state or one byte of the application.
    pub more: bool,
    /// The piece. Only that of the first part tells whether it is a join.
    pub piece: PushPull<I, A>,
}

/// What streams are made of: one request and at most one reply per stream.
///
/// ```
/// use bytes::Bytes;
/// use memberlist_types::{PushPull, StreamMessage};
///
/// let empty = PushPull { join: true, states: Vec::new(), user: Bytes::new() };
/// let request: StreamMessage<String, u64> = StreamMessage::PushPull(empty);
/// assert_eq!(request.to_string(), "push/pull to join, 0 states, 0 user bytes");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamMessage<I, A> {
    /// A full state; answered by one.
    PushPull(PushPull<I, A>),
    /// A piece of a full state; all of them are answered by the pieces of one.
    PushPullPart(PushPullPart<I, A>),
    /// A fallback ping; answered by an ack.
    Ping(Ping<I, A>),
    /// The answer to a fallback ping.
    Ack(Ack),
    /// Reliable bytes of the application; not answered.
    User(Bytes),
    /// Why a request is refused, in words for a human. The native wire carries the first 1,024 bytes of it.
    Error(SmolStr),
}
