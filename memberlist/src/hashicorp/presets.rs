use crate::Options;

/// What Go's side reads of one stream at most, encrypted or compressed: twice the 20 MiB that a frame may have.
const MAX_FRAME: usize = 40 << 20;

/// For machines on one network: what `DefaultLANConfig` has in Go.
///
/// # The defaults of both sides
///
/// | in Go | here | `local` | `lan` | `wan` |
/// |---|---|---|---|---|
/// | ProbeInterval | `probe_interval` | 1 s | 1 s | 5 s |
/// | ProbeTimeout | `probe_timeout` | 200 ms | 500 ms | 3 s |
/// | IndirectChecks | `indirect_checks` | 1 | 3 | 3 |
/// | DisableTcpPings = false | `stream_ping` | true | true | true |
/// | AwarenessMaxMultiplier | `awareness_max` | 8 | 8 | 8 |
/// | SuspicionMult | `suspicion_mult` | 3 | 4 | 6 |
/// | SuspicionMaxTimeoutMult | `suspicion_max_timeout_mult` | 6 | 6 | 6 |
/// | RetransmitMult | `retransmit_mult` | 2 | 4 | 4 |
/// | GossipInterval | `gossip_interval` | 100 ms | 200 ms | 500 ms |
/// | GossipNodes | `gossip_nodes` | 3 | 3 | 4 |
/// | GossipToTheDeadTime | `gossip_to_the_dead` | 15 s | 30 s | 60 s |
/// | PushPullInterval | `push_pull_interval` | 15 s | 30 s | 60 s |
/// | TCPTimeout | `stream_timeout` | 1 s | 10 s | 30 s |
/// | UDPBufferSize | `packet_size` | 1,400 | 1,400 | 1,400 |
/// | (fixed) | `max_meta_size` | 512 | 512 | 512 |
/// | (fixed) | `stream_limits.max_user` | 20 MiB | 20 MiB | 20 MiB |
/// | (fixed) | `stream_limits.max_frame` | 40 MiB | 40 MiB | 40 MiB |
/// | (fixed) | `stream_limits.max_states` | 1,048,576 | 1,048,576 | 1,048,576 |
/// | EnableCompression = true | [`HashicorpWire`](super::HashicorpWire) | on | on | on |
///
/// All but `max_frame` are our own defaults as well. What Go's side lacks stays as it is here, because it can't be seen on the wire, or is what
/// any node may do: healing, the verified change of addresses (in Go `DeadNodeReclaimTime`, off by default), the stall rules, the limits of what a
/// stranger can cost, and an incarnation that starts at the clock's seconds.
#[must_use]
pub fn lan() -> Options {
    readable_there(Options::lan())
}

/// Across the internet: what `DefaultWANConfig` has in Go. See [`lan`].
#[must_use]
pub fn wan() -> Options {
    readable_there(Options::wan())
}

/// On one machine: what `DefaultLocalConfig` has in Go. See [`lan`].
#[must_use]
pub fn local() -> Options {
    readable_there(Options::local())
}

fn readable_there(mut options: Options) -> Options {
    options.stream_limits = options.stream_limits.with_max_frame(MAX_FRAME);
    options
}

#[cfg(test)]
mod tests;
