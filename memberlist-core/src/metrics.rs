//! Names of the metrics that a node emits with the feature `metrics`, through the facade of that name.
//!
//! Those that the original has bear its names (with the prefix `memberlist.`).

use memberlist_proto::Event;
use std::time::Duration;

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// What it tells, with its unit and labels.
    pub meaning: &'static str,
}

macro_rules! metrics {
    ($($id:ident $kind:ident $name:literal $meaning:literal)*) => {
        /// Every metric, by name.
        pub const ALL: &[Metric] =
            &[$(Metric { name: $name, kind: Kind::$kind, meaning: $meaning },)*];

        #[cfg(feature = "metrics")]
        mod name {
            $(pub(super) const $id: &str = $name;)*
        }
    };
}

metrics! {
    DATA_DROPPED Counter "memberlist.data.dropped" "user messages, states and ping results lost by slow listeners"
    DECODE_REJECTED Counter "memberlist.decode.rejected" "packets, messages and frames that make no sense; label `reason`"
    DEGRADED_PROBE Counter "memberlist.degraded.probe" "probes started while the local health score was above zero"
    DEGRADED_TIMEOUT Counter "memberlist.degraded.timeout" "suspicions that ran out with too few confirmations"
    EVENTS_DROPPED Counter "memberlist.events.dropped" "membership events lost by slow listeners"
    GOSSIP Histogram "memberlist.gossip" "time that a gossip round took, in milliseconds"
    HEALTH_SCORE Gauge "memberlist.health.score" "local health score, 0 is healthy"
    MSG_ALIVE Counter "memberlist.msg.alive" "accepted signs of life"
    MSG_DEAD Counter "memberlist.msg.dead" "accepted deaths and departures"
    MSG_SUSPECT Counter "memberlist.msg.suspect" "accepted suspicions"
    NODE_INSTANCES Gauge "memberlist.node.instances" "known nodes; label `node_state`: alive, suspect, dead, left"
    PACKETS_DROPPED Counter "memberlist.packets.dropped" "packets dropped before sending"
    PROBE Histogram "memberlist.probeNode" "round-trip time of an answered probe, in milliseconds"
    PROBES_FAILED Counter "memberlist.probes.failed" "probes without an answer"
    PUSH_PULL Histogram "memberlist.pushPullNode" "time that a push/pull of ours took, in milliseconds"
    QUEUE_BROADCASTS Histogram "memberlist.queue.broadcasts" "broadcasts queued, sampled every ten seconds"
    REFUTATIONS Counter "memberlist.refutations" "false statements about this node that it contradicted"
    REJECTED Counter "memberlist.rejected" "refusals of what came from the network; label `reason`"
    SIZE_LOCAL Gauge "memberlist.size.local" "bytes of the last push/pull state of ours"
    SIZE_REMOTE Histogram "memberlist.size.remote" "bytes of a peer's push/pull state"
    STREAMS_OVER_BUDGET Counter "memberlist.streams.over_budget" "streams closed because all together held too much memory"
    STREAMS_REFUSED Counter "memberlist.streams.refused" "streams closed unserved, too many at once"
    TCP_ACCEPT Counter "memberlist.tcp.accept" "streams that peers opened"
    TCP_CONNECT Counter "memberlist.tcp.connect" "streams opened from here"
    TCP_SENT Counter "memberlist.tcp.sent" "bytes written to streams"
    TRANSPORT_ERRORS Counter "memberlist.transport.errors" "times that the transport failed to give a packet or a stream, or to send"
    UDP_RECEIVED Counter "memberlist.udp.received" "bytes of packets that arrived"
    UDP_SENT Counter "memberlist.udp.sent" "bytes of packets that were sent"
}

#[cfg(feature = "metrics")]
mod emit {
    use super::{Duration, Event, name};
    use crate::{AddressOf, Delegate, Stats, Transport, shared::Shared};
    use memberlist_proto::RejectReason;
    use memberlist_types::{State, Wire};
    use metrics::{counter, gauge, histogram};

    fn millis(duration: Duration) -> f64 {
        duration.as_secs_f64() * 1000.0
    }

    pub(crate) fn packet_sent(bytes: usize) {
        counter!(name::UDP_SENT).increment(bytes as u64);
    }

    pub(crate) fn packet_received(bytes: usize) {
        counter!(name::UDP_RECEIVED).increment(bytes as u64);
    }

    pub(crate) fn stream_sent(bytes: usize) {
        counter!(name::TCP_SENT).increment(bytes as u64);
    }

    pub(crate) fn stream_accepted() {
        counter!(name::TCP_ACCEPT).increment(1);
    }

    pub(crate) fn stream_refused() {
        counter!(name::STREAMS_REFUSED).increment(1);
    }

    pub(crate) fn stream_opened() {
        counter!(name::TCP_CONNECT).increment(1);
    }

    pub(crate) fn transport_error() {
        counter!(name::TRANSPORT_ERRORS).increment(1);
    }

    pub(crate) fn decode_rejected(reason: &'static str) {
        counter!(name::DECODE_REJECTED, "reason" => reason).increment(1);
    }

    pub(crate) fn push_pull(took: Duration) {
        histogram!(name::PUSH_PULL).record(millis(took));
    }

    pub(crate) fn gossip(took: Duration) {
        histogram!(name::GOSSIP).record(millis(took));
    }

    pub(crate) fn local_size(bytes: usize) {
        gauge!(name::SIZE_LOCAL).set(bytes as f64);
    }

    pub(crate) fn remote_size(bytes: usize) {
        histogram!(name::SIZE_REMOTE).record(bytes as f64);
    }

    pub(crate) fn event<I, A>(event: &Event<I, A>) {
        match event {
            Event::HealthChanged { score } => gauge!(name::HEALTH_SCORE).set(f64::from(*score)),
            Event::PingCompleted { rtt, command: None, .. } => histogram!(name::PROBE).record(millis(*rtt)),
            _ => {}
        }
    }

    /// What the machine and the driver count by themselves.
    pub(crate) fn snapshot<T, D, W>(shared: &Shared<T, D, W>, seen: &Stats, now: &Stats)
    where
        T: Transport,
        D: Delegate<Address = AddressOf<T>>,
        W: Wire<D::Id, D::Address> + Clone,
    {
        // Increments, not absolute values: several nodes in one process add up.
        let grown = |name, of: fn(&Stats) -> u64| counter!(name).increment(of(now) - of(seen));
        grown(name::DEGRADED_PROBE, |stats| stats.protocol.probes_degraded);
        grown(name::DEGRADED_TIMEOUT, |stats| stats.protocol.suspicions_degraded);
        grown(name::MSG_ALIVE, |stats| stats.protocol.alive_accepted);
        grown(name::MSG_SUSPECT, |stats| stats.protocol.suspect_accepted);
        grown(name::MSG_DEAD, |stats| stats.protocol.dead_accepted);
        grown(name::PROBES_FAILED, |stats| stats.protocol.probes_failed);
        grown(name::REFUTATIONS, |stats| stats.protocol.refutations);
        grown(name::PACKETS_DROPPED, |stats| stats.packets_dropped);
        grown(name::EVENTS_DROPPED, |stats| stats.events_dropped);
        grown(name::DATA_DROPPED, |stats| stats.data_dropped);
        grown(name::STREAMS_OVER_BUDGET, |stats| stats.streams_over_budget);
        for reason in RejectReason::ALL {
            let grown = now.protocol.rejected(reason) - seen.protocol.rejected(reason);
            counter!(name::REJECTED, "reason" => reason.name()).increment(grown);
        }
        let queued = now.protocol.membership_queue + now.protocol.user_queue;
        histogram!(name::QUEUE_BROADCASTS).record(queued as f64);
        let known = shared.read(|machine| machine.endpoint.known());
        for (label, state) in [
            ("alive", State::Alive),
            ("suspect", State::Suspect),
            ("dead", State::Dead),
            ("left", State::Left),
        ] {
            let count = known.iter().filter(|member| member.state == state).count();
            gauge!(name::NODE_INSTANCES, "node_state" => label).set(count as f64);
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod emit {
    use super::{Duration, Event};

    pub(crate) const fn packet_sent(_: usize) {}
    pub(crate) const fn packet_received(_: usize) {}
    pub(crate) const fn stream_sent(_: usize) {}
    pub(crate) const fn stream_accepted() {}
    pub(crate) const fn stream_refused() {}
    pub(crate) const fn stream_opened() {}
    pub(crate) const fn transport_error() {}
    pub(crate) const fn decode_rejected(_: &'static str) {}
    pub(crate) const fn push_pull(_: Duration) {}
    pub(crate) const fn gossip(_: Duration) {}
    pub(crate) const fn local_size(_: usize) {}
    pub(crate) const fn remote_size(_: usize) {}
    pub(crate) const fn event<I, A>(_: &Event<I, A>) {}
    pub(crate) const fn snapshot<S>(_: &S, _: &crate::Stats, _: &crate::Stats) {}
}

pub(crate) use emit::*;

#[cfg(test)]
mod tests;
