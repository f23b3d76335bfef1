use crate::NodeIndex;
use core::time::Duration;
use memberlist_proto::Instant;

/// Something that interferes with what is sent: a partition, a lossy pair, a fault that somebody thought of.
///
/// A closure is a rule:
///
/// ```
/// use memberlist_sim::{Flight, Medium, Network, Verdict};
///
/// let mut network = Network::lan();
/// // Node 3 receives no packets, only streams.
/// network.add_rule(|flight: &Flight<'_>| {
///     if flight.to.0 == 3 && flight.medium == Medium::Packet { Verdict::Drop } else { Verdict::Pass }
/// });
/// ```
pub trait Rule {
    /// What becomes of this, as far as this rule is concerned.
    fn judge(&mut self, flight: &Flight<'_>) -> Verdict;
}

impl<F: FnMut(&Flight<'_>) -> Verdict> Rule for F {
    fn judge(&mut self, flight: &Flight<'_>) -> Verdict {
        self(flight)
    }
}

/// Names a rule of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleId(pub(crate) u64);

/// Something that is on its way.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Flight<'a> {
    /// When it was sent.
    pub at: Instant,
    /// By whom.
    pub from: NodeIndex,
    /// To whom.
    pub to: NodeIndex,
    /// As what.
    pub medium: Medium,
    /// Its bytes; none of a handshake.
    pub bytes: &'a [u8],
}

/// As what something travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// A packet: lost is lost.
    Packet,
    /// A part of a stream: what is lost is sent again.
    Stream,
}

/// What a rule makes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing.
    Pass,
    /// It is lost.
    Drop,
    /// It takes so much longer.
    Delay(Duration),
    /// It arrives twice (packets only).
    Duplicate,
}
