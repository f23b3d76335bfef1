//! What a push/pull in parts has come to, in either direction: the conversation, the number that is due, and the limits of the sum.

use alloc::vec::Vec;
use bytes::Bytes;
use memberlist_types::{
    Address, DecodeError, EncodeError, Id, NodeState, PushPull, PushPullPart, StreamLimits,
};

/// Bytes that a state has on any wire, at least; counted against the limit for frames where compression hides them.
const MIN_STATE: usize = 8;

/// What has gone one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    frames: usize,
    states: usize,
    user: usize,
}

impl Sum {
    /// What is left of the limits for what goes this way.
    fn left(self, limits: &StreamLimits) -> StreamLimits {
        limits
            .with_max_frame(limits.max_frame.saturating_sub(self.frames))
            .with_max_states(limits.max_states.saturating_sub(self.states))
            .with_max_user(limits.max_user.saturating_sub(self.user))
    }

    /// With another part, in a frame of so many bytes. Gives what is too much, how much it is, and the limit.
    fn plus<I, A>(
        mut self,
        limits: &StreamLimits,
        piece: &PushPull<I, A>,
        frame: usize,
    ) -> Result<Self, (&'static str, usize, usize)> {
        let content: usize = piece.states.iter().map(|state| MIN_STATE + state.meta.len()).sum();
        self.frames = self.frames.saturating_add(frame.max(content + piece.user.len()));
        self.states = self.states.saturating_add(piece.states.len());
        self.user = self.user.saturating_add(piece.user.len());
        for (what, actual, limit) in [
            ("states", self.states, limits.max_states),
            ("user bytes", self.user, limits.max_user),
            ("bytes of a push/pull", self.frames, limits.max_frame),
        ] {
            if actual > limit {
                return Err((what, actual, limit));
            }
        }
        Ok(self)
    }
}

/// Both directions of a push/pull; first one of them goes, then the other.
#[derive(Debug)]
pub(super) struct Parts<I, A> {
    /// 0: the parts are not bound to each other by one.
    conversation: u64,
    /// Ours, if we answer; that of the other side, if it has answered.
    answer: u64,
    /// The number that is due, in whichever direction.
    number: u32,
    sent: Sum,
    received: Sum,
    join: bool,
    states: Vec<NodeState<I, A>>,
    user: User,
}

/// The application's state. One piece remains as it came; more are put together.
#[derive(Debug)]
enum User {
    Piece(Bytes),
    Pieces(Vec<u8>),
}

impl<I: Id, A: Address> Parts<I, A> {
    /// For a side that speaks first, and for one that does not know yet which conversation it will be.
    pub(super) const fn new(conversation: u64, join: bool) -> Self {
        let none = Sum { frames: 0, states: 0, user: 0 };
        Self {
            conversation,
            answer: 0,
            number: 0,
            sent: none,
            received: none,
            join,
            states: Vec::new(),
            user: User::Piece(Bytes::new()),
        }
    }

    /// Whether the next part that arrives or goes is the very first.
    pub(super) const fn is_first(&self) -> bool {
        self.number == 0 && self.received.frames == 0
    }

    /// What of the limits is left for what arrives.
    pub(super) fn left(&self, limits: &StreamLimits) -> StreamLimits {
        self.received.left(limits)
    }

    /// What marks our answer as one.
    pub(super) const fn answer_as(&mut self, answer: u64) {
        self.answer = answer;
    }

    /// The next part to send.
    pub(super) fn part(&self, states: Vec<NodeState<I, A>>, user: Bytes, more: bool) -> PushPullPart<I, A> {
        let piece = PushPull { join: self.join && self.number == 0, states, user };
        // Without a conversation there is nothing that an answer would belong to.
        let answer = if self.conversation == 0 { 0 } else { self.answer };
        PushPullPart { conversation: self.conversation, answer, number: self.number, more, piece }
    }

    /// Whether it may be sent, as far as that shows before it is encoded; gives what it will have come to then.
    pub(super) fn may_send(
        &self,
        limits: &StreamLimits,
        part: &PushPullPart<I, A>,
    ) -> Result<Sending, EncodeError> {
        let too_large = |(what, actual, limit)| EncodeError::TooLarge { what, actual, limit };
        let sum = self.sent.plus(limits, &part.piece, 0).map_err(too_large)?;
        let number = self.number.checked_add(1).ok_or(EncodeError::Unsupported("so many parts"))?;
        Ok(Sending { before: self.sent.frames, sum, number, last: !part.more })
    }

    pub(super) fn sent(&mut self, sending: Sending) {
        self.sent = sending.sum;
        self.number = sending.number;
        self.turn(sending.last);
    }

    /// A part that arrived in a frame of so many bytes; gives the whole with the last.
    pub(super) fn receive(
        &mut self,
        limits: &StreamLimits,
        part: PushPullPart<I, A>,
        frame: usize,
        opens: bool,
    ) -> Result<Option<PushPull<I, A>>, DecodeError> {
        let PushPullPart { conversation, answer, number, more, piece } = part;
        if opens && self.is_first() {
            self.conversation = conversation;
        }
        if conversation != self.conversation {
            return Err(DecodeError::Invalid("conversation of a part"));
        }
        if number != self.number {
            return Err(DecodeError::Invalid("number of a part"));
        }
        let due = match (opens, self.received == Sum::default()) {
            (true, _) => 0,
            (false, true) => answer,
            (false, false) => self.answer,
        };
        if answer != due {
            return Err(DecodeError::Invalid("answer of a part"));
        }
        if !opens {
            self.answer = answer;
        }
        if more && piece.states.is_empty() && piece.user.is_empty() {
            return Err(DecodeError::Invalid("empty part"));
        }
        let too_large = |(what, actual, limit): (_, usize, usize)| DecodeError::TooLarge {
            what,
            actual: actual as u64,
            limit: limit as u64,
        };
        if opens && self.received == Sum::default() {
            self.join = piece.join;
        }
        self.received = self.received.plus(limits, &piece, frame).map_err(too_large)?;
        self.number = number.checked_add(1).ok_or(DecodeError::Invalid("number of a part"))?;
        if self.states.is_empty() {
            self.states = piece.states;
        } else {
            self.states.extend(piece.states);
        }
        self.user.push(piece.user);
        if more {
            return Ok(None);
        }
        self.turn(true);
        let (states, user) = (core::mem::take(&mut self.states), self.user.take());
        Ok(Some(PushPull { join: self.join, states, user }))
    }

    /// Bytes of memory that what has arrived takes, about.
    pub(super) fn held(&self) -> usize {
        let states = self.received.states.saturating_mul(size_of::<NodeState<I, A>>());
        states.saturating_add(self.received.frames)
    }

    /// The other direction begins; without a conversation, with 0 again.
    fn turn(&mut self, last: bool) {
        if last && self.conversation == 0 {
            self.number = 0;
        }
    }
}

/// What a part that is to be sent will have come to.
pub(super) struct Sending {
    before: usize,
    sum: Sum,
    number: u32,
    last: bool,
}

impl Sending {
    /// Its frame has so many bytes.
    pub(super) fn in_frame(mut self, limits: &StreamLimits, frame: usize) -> Result<Self, EncodeError> {
        self.sum.frames = self.sum.frames.max(self.before.saturating_add(frame));
        let (actual, limit) = (self.sum.frames, limits.max_frame);
        if actual > limit {
            return Err(EncodeError::TooLarge { what: "bytes of a push/pull", actual, limit });
        }
        Ok(self)
    }
}

impl User {
    fn push(&mut self, piece: Bytes) {
        match self {
            _ if piece.is_empty() => {}
            Self::Piece(first) if first.is_empty() => *first = piece,
            Self::Piece(first) => {
                let mut pieces = Vec::with_capacity(first.len() + piece.len());
                pieces.extend_from_slice(first);
                pieces.extend_from_slice(&piece);
                *self = Self::Pieces(pieces);
            }
            Self::Pieces(pieces) => pieces.extend_from_slice(&piece),
        }
    }

    fn take(&mut self) -> Bytes {
        match core::mem::replace(self, Self::Piece(Bytes::new())) {
            Self::Piece(piece) => piece,
            Self::Pieces(pieces) => pieces.into(),
        }
    }
}
