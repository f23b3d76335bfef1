use core::time::Duration;

/// How the protocol behaves. Start from a preset ([`local`](Options::local), [`lan`](Options::lan),
/// [`wan`](Options::wan)) and change what you must; every node of a cluster should use the same values.
///
/// Inconsistent values are refused by [`Options::validate`], which names the field.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Options {
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    #[allow(missing_docs)]
    pub probe_interval: Duration,
    #[allow(missing_docs)]
    pub probe_timeout: Duration,
    #[allow(missing_docs)]
    pub indirect_checks: usize,
    #[allow(missing_docs)]
    pub stream_ping: bool,
    #[allow(missing_docs)]
    pub awareness_max: u32,
    #[allow(missing_docs)]
    pub suspicion_mult: u32,
    #[allow(missing_docs)]
    pub suspicion_max_timeout_mult: u32,
    #[allow(missing_docs)]
    pub retransmit_mult: u32,
    #[allow(missing_docs)]
    pub gossip_interval: Duration,
    #[allow(missing_docs)]
    pub gossip_nodes: usize,
    #[allow(missing_docs)]
    pub gossip_to_the_dead: Duration,
    /// Zero: no periodic push/pull.
    pub push_pull_interval: Duration,
    /// Deadline of a stream conversation (dial, write and read together).
    pub stream_timeout: Duration,
    /// Bytes of one packet at most, wrapping included.
    pub packet_size: usize,
    #[allow(missing_docs)]
    pub max_meta_size: usize,
    /// When a name may move to another address.
    pub address_change: AddressChange,
    /// Keep trying seeds and lost members.
    pub healing: bool,
    /// First pause between two healing attempts; doubles up to `healing_interval_max`, each with jitter.
    pub healing_interval: Duration,
    #[allow(missing_docs)]
    pub healing_interval_max: Duration,
    /// How many lost members are remembered for healing after they were reaped.
    pub max_lost_peers: usize,
    #[allow(missing_docs)]
    pub max_members: usize,
    #[allow(missing_docs)]
    pub max_incarnation_jump: u32,
    /// Bytes per second that one source address may send us in packets (burst: one second's worth). Zero: no limit.
    pub max_peer_bytes: u64,
    /// Protocol messages (all but user messages) per second that one source address may send us. Zero: no limit.
    pub max_peer_messages: u32,
    /// Indirect pings that we serve at once for others.
    pub max_relays: usize,
    /// User broadcasts queued at most.
    pub max_user_broadcasts: usize,
    /// Bytes of user broadcasts queued at most.
    pub max_user_broadcast_bytes: usize,
    /// Percentage of each gossip packet that user broadcasts may claim while membership is also waiting (and membership the rest).
    pub user_share: u8,
    /// Events waiting for the driver at most.
    pub max_events: usize,
}

/// When a known name may move to another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AddressChange {
    /// Only after the node has left.
    AfterLeave,
    /// After it has left, or has been dead for this long.
    AfterDeath(#[cfg_attr(feature = "serde", serde(with = "humantime_serde"))] Duration),
    /// After it has left or died; and while it is believed alive, if its old address stays silent to a probe, and the
    /// node answers at the new one. The default.
    Verified,
}

impl Options {
    /// For machines on one network: the original's LAN values.
    #[must_use]
    pub fn lan() -> Self {
        Self {
            probe_interval: Duration::from_secs(1),
            probe_timeout: Duration::from_millis(500),
            indirect_checks: 3,
            stream_ping: true,
            awareness_max: 8,
            suspicion_mult: 4,
            suspicion_max_timeout_mult: 6,
            retransmit_mult: 4,
            gossip_interval: Duration::from_millis(200),
            gossip_nodes: 3,
            gossip_to_the_dead: Duration::from_secs(30),
            push_pull_interval: Duration::from_secs(30),
            stream_timeout: Duration::from_secs(10),
            packet_size: 1400,
            max_meta_size: 512,
            address_change: AddressChange::Verified,
            healing: true,
            healing_interval: Duration::from_secs(5),
            healing_interval_max: Duration::from_secs(60),
            max_lost_peers: 256,
            max_members: 100_000,
            max_incarnation_jump: 65_536,
            max_peer_bytes: 64 << 20,
            max_peer_messages: 5_000,
            max_relays: 256,
            max_user_broadcasts: 4_096,
            max_user_broadcast_bytes: 4 << 20,
            user_share: 50,
            max_events: 16_384,
        }
    }

    /// Across the internet.
    #[must_use]
    pub fn wan() -> Self {
        Self {
            stream_timeout: Duration::from_secs(30),
            suspicion_mult: 6,
            push_pull_interval: Duration::from_secs(60),
            probe_timeout: Duration::from_secs(3),
            probe_interval: Duration::from_secs(5),
            gossip_nodes: 4,
            gossip_interval: Duration::from_millis(500),
            gossip_to_the_dead: Duration::from_secs(60),
            healing_interval: Duration::from_secs(15),
            healing_interval_max: Duration::from_secs(180),
            ..Self::lan()
        }
    }

    /// On one machine.
    #[must_use]
    pub fn local() -> Self {
        Self {
            stream_timeout: Duration::from_secs(1),
            indirect_checks: 1,
            retransmit_mult: 2,
            suspicion_mult: 3,
            push_pull_interval: Duration::from_secs(15),
            probe_timeout: Duration::from_millis(200),
            probe_interval: Duration::from_secs(1),
            gossip_interval: Duration::from_millis(100),
            gossip_to_the_dead: Duration::from_secs(15),
            healing_interval: Duration::from_secs(2),
            healing_interval_max: Duration::from_secs(20),
            ..Self::lan()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::lan()
    }
}
