use memberlist_types::{EncodeError, MetaTooLarge};

/// A command that can't be carried out; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The metadata is over the limit.
    #[error(transparent)]
    Meta(#[from] MetaTooLarge),
    /// The node's own name or metadata is so long that a message with it fits no packet.
    #[error(
        "a message about this node needs {needed} bytes, a packet holds {budget}: shorten the name or the metadata, or raise `packet_size`"
    )]
    NodeTooLarge {
        /// Bytes needed.
        needed: usize,
        /// Bytes that a packet has for messages.
        budget: usize,
    },
    /// A name is empty or not expressible on the wire.
    #[error("the node's name or address can't be sent: {0}")]
    Name(EncodeError),
    /// The payload fits no packet.
    #[error("{actual} bytes fit no packet (at most {limit}): send it reliably, or raise `packet_size`")]
    PayloadTooLarge {
        /// Size of the payload in bytes.
        actual: usize,
        /// What a packet has room for.
        limit: usize,
    },
    /// An empty broadcast says nothing.
    #[error("an empty broadcast is not sent")]
    EmptyPayload,
    /// The queue of user broadcasts is full.
    #[error(
        "the broadcast queue is full: slow down, or raise `max_user_broadcasts` or `max_user_broadcast_bytes`"
    )]
    QueueFull,
    /// The node has left; `rejoin` first.
    #[error("this node has left the cluster: rejoin first")]
    HasLeft,
    /// The node has not left.
    #[error("this node has not left the cluster")]
    HasNotLeft,
    /// A join needs at least one address that is not our own.
    #[error("no address to join given, other than our own")]
    NothingToJoin,
    /// Our incarnation is at its maximum: restart under another name.
    #[error("the incarnation is exhausted: restart under another name")]
    IncarnationExhausted,
    /// A ping or message to ourselves.
    #[error("this is our own name")]
    Ourselves,
}

/// An option that can't be, by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option `{field}`: {problem}")]
pub struct OptionsError {
    /// The field to change.
    pub field: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: alloc::string::String,
}

/// An endpoint can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// An option is out of its range, or contradicts another.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The node itself (name, metadata) is not acceptable.
    #[error(transparent)]
    Node(#[from] CommandError),
    /// The versions contradict themselves, or the protocol version is none that this implementation speaks (1 to 5).
    #[error("versions out of order, or not spoken here: {0}")]
    Versions(memberlist_types::Versions),
}

/// A push/pull that was not merged; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The spoken versions do not fit.
    #[error("node {node} speaks {what} version {version}, the cluster understands {min} to {max}")]
    Incompatible {
        /// Who does not fit.
        node: alloc::string::String,
        /// "protocol" or "application".
        what: &'static str,
        /// What it speaks.
        version: u8,
        /// Lowest that everybody understands.
        min: u8,
        /// Highest that everybody understands.
        max: u8,
    },
    /// We have left.
    #[error("this node has left the cluster")]
    HasLeft,
}
