use super::{AddressChange, Options};
use core::time::Duration;

/// The original's values, except for what the original lacks.
impl Options {
    /// For machines on one network.
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
            buddy: true,
            stall_rules: true,
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
            max_events: 131_072,
        }
    }

    /// For machines that reach each other across the internet: longer waits.
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

    /// For nodes on one machine: shorter waits.
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
    /// The `lan` preset.
    fn default() -> Self {
        Self::lan()
    }
}
