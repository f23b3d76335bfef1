use core::time::Duration;

/// How the protocol behaves. Start from a preset ([`local`](Options::local), [`lan`](Options::lan),
/// [`wan`](Options::wan)) and change what you must; every node of a cluster should use the same values.
///
/// Inconsistent values are refused by [`Options::validate`], which names the field; an endpoint is not made with them.
/// With the feature `serde`, durations are written as `"500ms"` or `"1m 30s"`, missing fields have the value of the
/// `lan` preset, and an unknown field is an error.
///
/// ```
/// use core::time::Duration;
/// use memberlist_proto::Options;
///
/// let options = Options::lan().with_probe_interval(Duration::from_secs(2)).with_gossip_nodes(4);
/// options.validate()?;
///
/// let wrong = Options::lan().with_probe_timeout(Duration::from_secs(5));
/// assert_eq!(wrong.validate().unwrap_err().field, "probe_timeout");
/// # Ok::<(), memberlist_proto::OptionsError>(())
/// ```
///
/// # Presets, and what other libraries call it
///
#[doc = include_str!("options/table.md")]
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Options {
    /// Time between two probes; each probes one member, in a shuffled order that visits all before any again.
    /// It is also the deadline of a probe with its indirect checks (times the health score plus one).
    ///
    /// Default: local 1s, lan 1s, wan 5s. Legal: longer than `probe_timeout`; zero switches probing off, and failures are then
    /// only learned from others.
    /// Cost: one ping and one ack per interval and node, whatever the size of the cluster. A crash is first noticed
    /// after 1.6 intervals on average, and is found by each node within one pass over the members.
    /// Source: SWIM (Das et al. 2002) 3.1, "protocol period".
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub probe_interval: Duration,
    /// How long a probe waits for the direct ack before it asks helpers and tries a stream. A helper takes no longer
    /// before it says that the target is silent, and a ping on command fails after it.
    ///
    /// Default: local 200ms, lan 500ms, wan 3s. Legal: at least 1 ms, shorter than `probe_interval`.
    /// Cost: too short asks helpers in vain; too long leaves them no time. The 99th percentile of the round-trip time is a good value.
    /// Source: SWIM 3.1.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub probe_timeout: Duration,
    /// How many random members are asked to ping a silent one for us.
    ///
    /// Default: local 1, lan 3, wan 3. Legal: any; zero asks nobody.
    /// Cost: up to four packets for each helper, only when a direct ping went unanswered.
    /// Source: SWIM 3.1, "k members".
    pub indirect_checks: usize,
    /// Whether a silent member is also pinged on a stream, beside the helpers: it tells a network that drops packets from a dead node.
    ///
    /// Default: local true, lan true, wan true.
    /// Cost: one connection for each direct ping that went unanswered.
    /// Source: the original.
    pub stream_ping: bool,
    /// How far we may doubt ourselves: the health score ranges from 0 to one less than this, and probes wait `score + 1`
    /// times as long.
    ///
    /// Default: local 8, lan 8, wan 8. Legal: at least 1, which switches it off.
    /// Cost: an overloaded node finds crashes up to this many times later; in return it accuses fewer innocents.
    /// Source: Lifeguard (Dadgar et al. 2017) IV.A, "local health multiplier" S = 8.
    pub awareness_max: u32,
    /// Shortest time from suspicion to death: this times `probe_interval`, times log10 of the cluster size where that exceeds 1. Less 2 it
    /// is also the number of confirmations that shorten a suspicion to this time.
    ///
    /// Default: local 3, lan 4, wan 6. Legal: at least 1.
    /// Cost: lower declares death sooner, and gives the innocent less time to refute.
    /// Source: SWIM 4.2; Lifeguard IV.B, alpha.
    pub suspicion_mult: u32,
    /// Longest time from suspicion to death, as a multiple of the shortest: what a suspicion lasts that nobody confirms.
    ///
    /// Default: local 6, lan 6, wan 6. Legal: at least 1, which makes all last equally long.
    /// Cost: higher protects against a single node that suspects wrongly; where few confirm, deaths are found that much later.
    /// Source: Lifeguard IV.B, beta.
    pub suspicion_max_timeout_mult: u32,
    /// Whether a suspect is told before all others: by us when our probe failed, and with each of our pings and acks, so that it can
    /// refute within a round trip. Without it a suspect learns of it from gossip like everybody else.
    ///
    /// Default: local true, lan true, wan true.
    /// Cost: some bytes in packets that go to a suspect anyway, and one packet for each suspicion of our own.
    /// Source: Lifeguard IV.C, "buddy system". The switch is for measuring what it is worth.
    pub buddy: bool,
    /// Whether a node that hears nobody doubts itself first. While others should have been heard besides the accused,
    /// a probe that failed while nothing came in is void; after a silence of more than one and a half times
    /// `probe_interval` (while somebody asked had not answered) running suspicions last longer by its length; and a suspicion that runs
    /// out more than half a `probe_interval` after the last input, with a question open, waits for one, for which one member is pinged.
    /// All of it ends after as long as a suspicion lasts that nobody confirms, and at least one `probe_interval` for each
    /// other live member up to 60: then whoever is silent is found dead after all.
    ///
    /// Default: local true, lan true, wan true.
    /// Cost: a node that is cut off from all others finds them dead later by about that time; so may the few survivors of a crash of
    /// most members, or on a network that loses a large part of all packets, because little comes in there. Nothing changes with a single other
    /// member, without `indirect_checks`, or on a wire without nacks.
    /// Source: ours; after Lifeguard's experiments with blocked members.
    pub stall_rules: bool,
    /// How often a broadcast is handed out: this times the number of digits of the cluster size, at least once.
    ///
    /// Default: local 2, lan 4, wan 4. Legal: at least 1.
    /// Cost: bandwidth for each change, in proportion; too few and some members learn of it by push/pull only.
    /// Source: SWIM 4.1, "lambda log n".
    pub retransmit_mult: u32,
    /// Time between two rounds of gossip.
    ///
    /// Default: local 100ms, lan 200ms, wan 500ms. Legal: at least 1 ms; zero switches gossip off, and broadcasts then travel on pings and acks only.
    /// Cost: while there is something to tell, up to `gossip_nodes` packets a round; nothing when all is quiet.
    /// Source: the original.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub gossip_interval: Duration,
    /// How many random members each round of gossip tells.
    ///
    /// Default: local 3, lan 3, wan 4. Legal: any; zero switches gossip off.
    /// Cost: see `gossip_interval`. News reaches all in about log(n) / log(1 + this) rounds.
    /// Source: the original.
    pub gossip_nodes: usize,
    /// How long a dead or left node is remembered. The dead get gossip for as long, so that one that lives after all hears of its death and refutes.
    ///
    /// Default: local 15s, lan 30s, wan 60s. Legal: any; zero forgets the dead at the end of the next pass of probes.
    /// Cost: longer keeps records; shorter lets old news bring back the dead for a while. It should exceed the time in which news
    /// reaches all.
    /// Source: the original.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub gossip_to_the_dead: Duration,
    /// Time between two push/pulls with a random member: both exchange all that they know. Beyond 32 nodes it
    /// grows by itself once with each doubling (at 1,000 nodes to six times).
    ///
    /// Default: local 15s, lan 30s, wan 60s. Legal: at least `gossip_interval`; zero switches periodic push/pull off.
    /// Cost: a stream, and the whole membership in both directions.
    /// Source: the original; Demers et al. 1987, "anti-entropy".
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub push_pull_interval: Duration,
    /// Deadline of a stream conversation: dial, write and read together.
    ///
    /// Default: local 1s, lan 10s, wan 30s. Legal: at least 1 ms.
    /// Cost: a silent peer holds a stream, and an attempt to join, for this long.
    /// Source: the original.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub stream_timeout: Duration,
    /// Bytes of one packet at most, wrapping (label, checksum ...) included.
    ///
    /// Default: local 1400, lan 1400, wan 1400. Legal: 256 more than `max_meta_size` to 65507, the most that UDP carries.
    /// Cost: above the path's MTU (1,500 less 48 for IPv6 and UDP) packets are fragmented, and lost as a whole.
    /// Source: the original.
    pub packet_size: usize,
    /// Bytes of a node's metadata at most, ours and others'.
    ///
    /// Default: local 512, lan 512, wan 512. Legal: up to 256 less than `packet_size`, because it travels in one packet with the name and address.
    /// Cost: memory for each node, and bandwidth for each change of a node's state.
    /// Source: the original, where it is fixed.
    pub max_meta_size: usize,
    /// When a known name may move to another address.
    ///
    /// Default: local Verified, lan Verified, wan Verified.
    /// Cost: `Verified` sends two pings for each claim.
    /// Source: ours; the original has the first two.
    pub address_change: AddressChange,
    /// Keep trying seeds and lost members, so that a healed partition or a total outage ends in one cluster by itself.
    ///
    /// Default: local true, lan true, wan true.
    /// Cost: one push/pull per attempt, and only while somebody is lost.
    /// Source: ours.
    pub healing: bool,
    /// First pause between two healing attempts; doubles up to `healing_interval_max`, each with jitter.
    ///
    /// Default: local 2s, lan 5s, wan 15s. Legal: at least 1 ms.
    /// Cost: a stream for each attempt.
    /// Source: ours.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub healing_interval: Duration,
    /// Longest pause between two healing attempts, less jitter.
    ///
    /// Default: local 20s, lan 60s, wan 180s. Legal: at least `healing_interval`.
    /// Cost: after a long partition the sides find each other within about this time.
    /// Source: ours.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub healing_interval_max: Duration,
    /// How many lost members are remembered for healing after they were forgotten otherwise.
    ///
    /// Default: local 256, lan 256, wan 256. Legal: any; zero heals through seeds only.
    /// Cost: a name and an address each.
    /// Source: ours.
    pub max_lost_peers: usize,
    /// How many nodes are known at most, ourselves and the dead included. What would be beyond it is refused and counted.
    ///
    /// Default: local 100000, lan 100000, wan 100000. Legal: at least 2.
    /// Cost: memory for each node; the limit bounds it against a peer that invents nodes.
    /// Source: ours.
    pub max_members: usize,
    /// How far the incarnation of a known node may jump ahead on the word of others; a longer jump must be confirmed by the node itself.
    ///
    /// Default: local 65536, lan 65536, wan 65536. Legal: at least 1.
    /// Cost: a confirmation is one ping.
    /// Source: ours; against a peer that exhausts the incarnation of others.
    pub max_incarnation_jump: u32,
    /// Bytes per second that one source address may send us in packets; after a silence one second's worth at once.
    ///
    /// Default: local 67108864, lan 67108864, wan 67108864. Legal: at least `packet_size`; zero is no limit.
    /// Cost: what exceeds it is lost.
    /// Source: ours.
    pub max_peer_bytes: u64,
    /// Protocol messages (all but user messages) per second that one source address may send us; after a silence one second's worth at once.
    ///
    /// Default: local 5000, lan 5000, wan 5000. Legal: any; zero is no limit.
    /// Cost: what exceeds it is lost. One packet of gossip may hold more than a hundred.
    /// Source: ours.
    pub max_peer_messages: u32,
    /// Indirect pings that we serve for others at the same time.
    ///
    /// Default: local 256, lan 256, wan 256. Legal: any; zero serves none.
    /// Cost: a ping and a small record each, for one `probe_timeout`.
    /// Source: ours.
    pub max_relays: usize,
    /// User broadcasts queued at most; when it is full a further one is an error.
    ///
    /// Default: local 4096, lan 4096, wan 4096. Legal: any; zero (then `max_user_broadcast_bytes` must be, too) refuses user broadcasts.
    /// Cost: memory.
    /// Source: ours.
    pub max_user_broadcasts: usize,
    /// Bytes of user broadcasts queued at most; when they are used up a further one is an error.
    ///
    /// Default: local 4194304, lan 4194304, wan 4194304. Legal: any; zero (then `max_user_broadcasts` must be, too) refuses user broadcasts.
    /// Cost: memory.
    /// Source: ours.
    pub max_user_broadcast_bytes: usize,
    /// Percentage of each packet that user broadcasts may claim while membership is also waiting (and membership the rest).
    /// What one side leaves unused the other gets.
    ///
    /// Default: local 50, lan 50, wan 50. Legal: 1 to 90, so that neither side starves.
    /// Cost: while both queues are full, news of members travels slower by this part.
    /// Source: ours.
    pub user_share: u8,
    /// Events waiting for the driver at most; further ones are dropped and counted.
    ///
    /// Default: local 131072, lan 131072, wan 131072. Legal: at least 1.
    /// Cost: memory, if the driver lags behind. The first push/pull of a joining node gives one event for each node at once,
    /// so it should not be less than `max_members`.
    /// Source: ours.
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
    /// At any time, if its old address stays silent to three pings, and the node answers at the new one; without these questions
    /// once it has been dead or gone for as long as they take. The default.
    Verified,
}

mod presets;
mod setters;
mod validate;

#[cfg(test)]
mod tests;
