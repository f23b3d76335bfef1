//! Streams: conversations between two endpoints, with the real [`Exchange`] on either end.
//!
//! A stream delivers in order. What is written at once travels as segments of 1,400 bytes, as long as the bandwidths on the way need for it, and
//! is read when all of it has arrived. A segment that is lost in the middle is sent again at once, which takes a round trip more; one that is
//! lost at the end, or again, is sent again after 200 ms and a round trip (a handshake: after 1 s), and then each time after twice as long,
//! until the side that dialled gives up. What has arrived by then is read all the same, as from the buffers of a real socket.
//!
//! What is said is what a driver says: a push/pull in the parts of [`tell`](super::tell), encoded before the stream is dialled.

use super::*;
use memberlist_proto::{Exchange, RequestId, StreamRequest, types::StreamMessage};

mod machine;
mod process;

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

/// How long a sender waits before it sends again what was lost so often before.
pub(super) fn pause(handshake: bool, losses: u32, round_trip: Duration) -> Duration {
    let first = if handshake { RESEND_HANDSHAKE } else { RESEND + round_trip };
    first * (1 << losses.min(RESEND_DOUBLINGS))
}
