use crate::event::RejectReason;
use memberlist_types::DecodeError;

/// Counters since the start of the endpoint; each only grows, unless it says "now".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stats {
    /// Nodes known now, ourselves and the not yet forgotten dead included.
    pub known: usize,
    /// Members now (alive or suspect), ourselves included.
    pub members: usize,
    /// Suspected members now.
    pub suspects: usize,
    /// Membership broadcasts queued now.
    pub membership_queue: usize,
    /// User broadcasts queued now.
    pub user_queue: usize,
    /// Bytes of user broadcasts queued now.
    pub user_queue_bytes: usize,
    /// Indirect pings that are served for others now.
    pub relays: usize,
    /// Probes started.
    pub probes: u64,
    /// Probes that ended without an answer.
    pub probes_failed: u64,
    /// Probes started while our health score was above zero.
    pub probes_degraded: u64,
    /// Probes that only the stream ping answered: the network drops packets.
    pub probes_by_stream: u64,
    /// Suspicions that ran out with fewer confirmations than hoped for.
    pub suspicions_degraded: u64,
    /// Accepted alive messages.
    pub alive_accepted: u64,
    /// Accepted suspect messages.
    pub suspect_accepted: u64,
    /// Accepted dead messages.
    pub dead_accepted: u64,
    /// Refutations of ours.
    pub refutations: u64,
    /// Gossip packets handed out.
    pub gossip_packets: u64,
    /// Push/pulls merged.
    pub push_pulls: u64,
    /// Push/pulls that failed.
    pub push_pulls_failed: u64,
    /// Healing attempts.
    pub healing_attempts: u64,
    /// User broadcasts of others that were passed on.
    pub broadcasts_relayed: u64,
    /// Membership broadcasts dropped because the queue was full.
    pub membership_dropped: u64,
    /// User broadcasts, ours and those to be passed on, dropped because the queue was full.
    pub user_dropped: u64,
    /// Events dropped because the driver did not fetch them.
    pub events_dropped: u64,
    /// Packets dropped because the driver did not fetch them.
    pub transmits_dropped: u64,
    /// Acks and nacks that answer nothing that we asked (late, duplicate, or from the wrong node).
    pub stray_acks: u64,
    /// Signs of life of forgotten nodes that are no newer than their end, as a replay has them: the node itself was told, which refutes if it lives.
    pub ghosts: u64,
    /// What was refused, by reason: see [`Stats::rejected`].
    pub(crate) rejected: [u64; RejectReason::COUNT],
}

impl Stats {
    /// How often something was refused for this reason.
    #[must_use]
    pub fn rejected(&self, reason: RejectReason) -> u64 {
        self.rejected.get(reason as usize).copied().unwrap_or(0)
    }
}

impl RejectReason {
    pub(crate) const COUNT: usize = 17;

    /// Every reason.
    pub const ALL: [Self; Self::COUNT] = [
        Self::MembersFull,
        Self::IncarnationJump,
        Self::IncarnationZero,
        Self::MetaTooLarge,
        Self::InvalidVersions,
        Self::NameTooLong,
        Self::AddressConflict,
        Self::Incompatible,
        Self::Nonsense,
        Self::PeerBudget,
        Self::RelaysFull,
        Self::Delegate,
        Self::AddressNotAllowed,
        Self::WrongKey,
        Self::Unencrypted,
        Self::UnknownLayer,
        Self::AnotherWire,
    ];

    /// What is to be told, with [`Endpoint::reject`](crate::Endpoint::reject), of bytes that can't be read because nodes are set up differently: no
    /// node can mend that. `None`: damage and noise, which are only counted.
    #[must_use]
    pub const fn of(error: &DecodeError) -> Option<Self> {
        match error {
            DecodeError::NoKey | DecodeError::Undecryptable => Some(Self::WrongKey),
            DecodeError::Unencrypted => Some(Self::Unencrypted),
            DecodeError::UnknownLayer(_) => Some(Self::UnknownLayer),
            error if error.is_another_wire() => Some(Self::AnotherWire),
            _ => None,
        }
    }

    /// A short, stable name for counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MembersFull => "members_full",
            Self::IncarnationJump => "incarnation_jump",
            Self::IncarnationZero => "incarnation_zero",
            Self::MetaTooLarge => "meta_too_large",
            Self::InvalidVersions => "invalid_versions",
            Self::NameTooLong => "name_too_long",
            Self::AddressConflict => "address_conflict",
            Self::Incompatible => "incompatible",
            Self::Nonsense => "nonsense",
            Self::PeerBudget => "peer_budget",
            Self::RelaysFull => "relays_full",
            Self::Delegate => "delegate",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::WrongKey => "wrong_key",
            Self::Unencrypted => "unencrypted",
            Self::UnknownLayer => "unknown_layer",
            Self::AnotherWire => "another_wire",
        }
    }
}
