use crate::Instant;
use alloc::vec::Vec;
use bytes::Bytes;
use core::{fmt, time::Duration};
use memberlist_types::{Incarnation, Layers, Meta, Node, State, Versions};

/// What is known of one node, at one moment: a snapshot by value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member<I, A> {
    /// Name and advertised address.
    pub node: Node<I, A>,
    /// Its metadata.
    pub meta: Meta,
    /// Its versions.
    pub versions: Versions,
    /// Which layers of frames it can read, besides those that everybody reads.
    pub layers: Layers,
    /// What is believed of it.
    pub state: State,
    /// At which incarnation.
    pub incarnation: Incarnation,
    /// Since when `state` holds here.
    pub changed_at: Instant,
}

/// Something that happened; drained with `poll_event`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<I, A> {
    /// A node became a member (also: ourselves at creation, and a dead or left node that returned).
    Joined(Member<I, A>),
    /// A member announced its own departure (also: ourselves).
    Left(Member<I, A>),
    /// A member is declared dead.
    Failed {
        /// The member, in its new state.
        member: Member<I, A>,
        /// Why.
        reason: FailureReason<I>,
    },
    /// A member changed its metadata, or moved to another address.
    Updated {
        /// The member, with the new values.
        member: Member<I, A>,
        /// What it had before.
        previous: Member<I, A>,
    },
    /// A member is suspected; it is still a member.
    Suspected {
        /// The member, in its new state.
        member: Member<I, A>,
        /// Why.
        reason: SuspicionReason<I>,
    },
    /// A suspected member refuted.
    Recovered {
        /// The member, in its new state.
        member: Member<I, A>,
        /// For how long it was suspected.
        suspected_for: Duration,
    },
    /// A dead or left node was forgotten.
    Removed(Member<I, A>),
    /// Somebody claims a name that is in use at another address.
    Conflict {
        /// The node as we know it.
        existing: Member<I, A>,
        /// The claim that is not accepted (or not yet: see `AddressChange::Verified`).
        claimed: Node<I, A>,
    },
    /// Others said that we are suspect or dead (or something false about us), and we contradicted.
    Refuted {
        /// Our new incarnation.
        incarnation: Incarnation,
        /// Who had said it, if known.
        accuser: Option<I>,
    },
    /// We can't contradict any more: our incarnation is at its maximum. Restart under another name.
    IncarnationExhausted,
    /// Our local health score changed (0 is healthy); probe deadlines scale with `score + 1`.
    HealthChanged {
        /// The new score.
        score: u32,
    },
    /// A user message.
    User {
        /// The address that it came from.
        from: A,
        /// The bytes.
        payload: Bytes,
    },
    /// A direct probe or a ping on command was answered.
    PingCompleted {
        /// Whom we had asked.
        node: Node<I, A>,
        /// Round-trip time.
        rtt: Duration,
        /// What the answerer attached.
        payload: Bytes,
        /// The command, if it was one.
        command: Option<PingId>,
    },
    /// A ping on command was not answered in time.
    PingFailed {
        /// Whom we had asked.
        node: Node<I, A>,
        /// The command.
        command: PingId,
    },
    /// A probe failed because nothing could be sent from here, or because this process slept through it or heard nothing at all
    /// (see [`Options::stall_rules`](crate::Options::stall_rules)); nobody is suspected for it, unless a helper's answer still shows that
    /// we are heard, or such probes do not end.
    ProbeAborted {
        /// Whom we wanted to probe.
        node: Node<I, A>,
    },
    /// One address of a join was tried to its end.
    JoinProgress {
        /// Which join.
        id: JoinId,
        /// What came of the address.
        result: JoinResult<A>,
    },
    /// A join has no address left to try, or was cancelled.
    JoinFinished {
        /// Which join.
        id: JoinId,
        /// How many addresses were reached.
        reached: usize,
    },
    /// Our departure is known to enough others (or there is nobody to tell).
    LeaveFinished {
        /// How many members confirmed that they heard it.
        confirmed: usize,
    },
    /// A broadcast was handed out as often as its limit asks for, or was replaced or dropped.
    BroadcastFinished {
        /// Which one.
        id: BroadcastId,
        /// What became of it.
        outcome: BroadcastOutcome,
    },
    /// The last other live member is gone: probing stops until somebody joins.
    Idle,
    /// There is a live member again.
    Active,
    /// Something from the network was refused. At most one event a second for each reason; every one is counted in
    /// [`Stats`](crate::Stats).
    Rejected(Rejection<I, A>),
}

/// Names a join command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JoinId(pub u64);

/// Names a ping command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PingId(pub u64);

/// Names a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BroadcastId(pub u64);

/// What became of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BroadcastOutcome {
    /// Handed out as often as the limit asks for.
    Transmitted,
    /// A newer one with the same key took its place.
    Replaced,
    /// The queue was full.
    Dropped,
}

/// What came of one address of a join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinResult<A> {
    /// The address.
    pub address: A,
    /// How often it was tried.
    pub attempts: u32,
    /// Duration of the successful exchange (dial to merge), or why the last attempt failed.
    pub outcome: Result<Duration, StreamFailure>,
}

/// Why a conversation on a stream failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamFailure {
    /// Nobody answers at the address (refused, unreachable, reset …).
    #[error("can't reach the peer: {0}")]
    Unreachable(alloc::string::String),
    /// The deadline passed.
    #[error("the peer did not answer in time")]
    TimedOut,
    /// The peer refused, and said why.
    #[error("the peer refused: {0}")]
    Refused(alloc::string::String),
    /// What the peer sent makes no sense.
    #[error("the peer sent something invalid: {0}")]
    Invalid(memberlist_types::DecodeError),
    /// The peer encrypts with another key than ours, or only one of us encrypts at all. What the peer sent (perhaps the reason why it refuses us,
    /// for it can't read us either) can't be read, or was not encrypted as it must be here. Compare the keyrings of both.
    #[error("the keys of the peer and ours differ, or only one side has any: its answer is {}", match .0 {
        memberlist_types::DecodeError::Unencrypted => "not encrypted, which is required here",
        memberlist_types::DecodeError::NoKey => "encrypted with a key that is not here",
        _ => "not authentic",
    })]
    KeyMismatch(memberlist_types::DecodeError),
    /// We did not accept what the peer sent.
    #[error("merge refused: {0}")]
    MergeRefused(alloc::string::String),
    /// Cancelled on our side.
    #[error("cancelled")]
    Cancelled,
}

/// Why a member is suspected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuspicionReason<I> {
    /// Who suspects it (ourselves, if our probe failed or we were told in a push/pull).
    pub accuser: I,
    /// How we came to it.
    pub evidence: Evidence<I>,
    /// Our health score at that moment: 0 is healthy.
    pub health_score: u32,
}

/// What a suspicion rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence<I> {
    /// Our own probe failed.
    Probe(ProbeReport<I>),
    /// The accuser says so.
    Accusation,
    /// A push/pull showed it as suspect or dead.
    PushPull {
        /// What the peer holds it for.
        state: State,
    },
}

/// How a failed probe went.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeReport<I> {
    /// The helpers that were asked, and what they said.
    pub helpers: Vec<(I, HelperAnswer)>,
    /// Whether a ping on a stream was tried, too.
    pub stream_tried: bool,
    /// From the first ping to the verdict.
    pub took: Duration,
}

/// What a helper of an indirect probe said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HelperAnswer {
    /// The target was silent to the helper, too.
    Nack,
    /// Nothing (either is unreachable, or the helper can't send nacks).
    Silent,
}

/// Why a member is declared dead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailureReason<I> {
    /// Who declared it (ourselves, if our suspicion ran out).
    pub declared_by: I,
    /// The suspicion before it, if we had one.
    pub suspicion: Option<SuspicionReason<I>>,
    /// Who else accused it independently, in order of arrival.
    pub confirmed_by: Vec<I>,
    /// How long it was suspected here.
    pub suspected_for: Duration,
    /// Our health score when it was declared: 0 is healthy.
    pub health_score: u32,
}

impl<I: fmt::Display> fmt::Display for FailureReason<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "declared by {} after {:?}", self.declared_by, self.suspected_for)?;
        if let Some(suspicion) = &self.suspicion {
            write!(f, "; {suspicion}")?;
        }
        if !self.confirmed_by.is_empty() {
            f.write_str("; confirmed by ")?;
            for (n, id) in self.confirmed_by.iter().enumerate() {
                write!(f, "{}{id}", if n == 0 { "" } else { ", " })?;
            }
        }
        write!(f, "; local health score {}", self.health_score)
    }
}

impl<I: fmt::Display> fmt::Display for SuspicionReason<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.evidence {
            Evidence::Probe(report) => {
                write!(f, "probe by {} failed in {:?}", self.accuser, report.took)?;
                for (id, answer) in &report.helpers {
                    let answer =
                        if *answer == HelperAnswer::Nack { "could not reach it either" } else { "silent" };
                    write!(f, ", helper {id} {answer}")?;
                }
                f.write_str(if report.stream_tried { ", stream ping failed" } else { "" })
            }
            Evidence::Accusation => write!(f, "accused by {}", self.accuser),
            Evidence::PushPull { state } => write!(f, "held for {state} by a peer"),
        }
    }
}

/// Something from the network that was refused; no state changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection<I, A> {
    /// Why.
    pub reason: RejectReason,
    /// Whom it was about, if anyone.
    pub about: Option<I>,
    /// The address that it came from, if known.
    pub from: Option<A>,
}

/// Why something from the network was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RejectReason {
    /// The membership table is at `max_members`.
    MembersFull,
    /// The incarnation is further ahead than `max_incarnation_jump` allows, and the node itself has not confirmed it.
    IncarnationJump,
    /// An unknown node at incarnation 0.
    IncarnationZero,
    /// Metadata over `max_meta_size`.
    MetaTooLarge,
    /// The versions are missing, or their range makes no sense.
    InvalidVersions,
    /// A ping to a node of this name would not fit a packet.
    NameTooLong,
    /// The same name at another address.
    AddressConflict,
    /// A node's versions do not fit ours, or those of a push/pull the cluster's: then all of it is refused.
    Incompatible,
    /// A request that makes no sense, such as an indirect ping of ourselves.
    Nonsense,
    /// The source sends more than `max_peer_bytes` or `max_peer_messages`.
    PeerBudget,
    /// We serve `max_relays` indirect pings already.
    RelaysFull,
    /// The user's alive or merge delegate said no.
    Delegate,
    /// The address is outside the allowed networks.
    AddressNotAllowed,
    /// It is encrypted with a key that is not here, or is not authentic: a key was not added everywhere or removed too early, or a stranger's.
    WrongKey,
    /// It is in clear, and encryption is required here: a node without keys, or a stranger.
    Unencrypted,
    /// It uses a checksum, compression or encryption that is not known (or not compiled in) here.
    UnknownLayer,
    /// It begins like the format of another wire than ours: a node of another kind of cluster, or one of ours with the wrong wire.
    AnotherWire,
}
