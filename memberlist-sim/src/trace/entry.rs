use super::TraceProblem;
use crate::NodeIndex;
use core::{fmt, str::FromStr};
use memberlist_proto::Instant;
use memberlist_types::State;

/// What kind of step a line tells of; see [the format](crate::trace).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Kind {
    Action,
    Sent,
    Lost,
    Received,
    Message,
    Undecodable,
    Stream,
    Timer,
    Event,
    Handled,
}

/// One step of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the trace, counted from 1.
    pub line: u64,
    /// When it happened.
    pub at: Instant,
    /// To which node.
    pub node: NodeIndex,
    /// What kind of step.
    pub kind: Kind,
    /// The rest of the line.
    pub details: String,
}

impl Kind {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 10] = [
        Self::Action,
        Self::Sent,
        Self::Lost,
        Self::Received,
        Self::Message,
        Self::Undecodable,
        Self::Stream,
        Self::Timer,
        Self::Event,
        Self::Handled,
    ];

    /// How it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Sent => "sent",
            Self::Lost => "lost",
            Self::Received => "received",
            Self::Message => "message",
            Self::Undecodable => "undecodable",
            Self::Stream => "stream",
            Self::Timer => "timer",
            Self::Event => "event",
            Self::Handled => "handled",
        }
    }

    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = TraceProblem;

    fn from_str(text: &str) -> Result<Self, TraceProblem> {
        let unknown = || TraceProblem::UnknownKind(text.chars().take(32).collect());
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(unknown)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at.as_nanos(), self.node, self.kind)?;
        if self.details.is_empty() { Ok(()) } else { write!(f, " {}", self.details) }
    }
}

/// What a step says about somebody's view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The process of the node knows nothing any more.
    Forgets,
    Believes(NodeIndex, State, u32),
    Removes(NodeIndex),
}

impl Entry {
    pub(super) fn parse(line: u64, text: &str) -> Result<Self, TraceProblem> {
        let mut fields = text.splitn(4, ' ');
        let at = number("time", fields.next())?;
        let node = number("node", fields.next())?;
        let node = u32::try_from(node)
            .map_err(|_| TraceProblem::NotANumber { field: "node", text: node.to_string() })?;
        let kind = fields.next().ok_or(TraceProblem::Missing("kind"))?.parse()?;
        let details = fields.next().unwrap_or_default().to_owned();
        Ok(Self { line, at: Instant::from_nanos(at), node: NodeIndex(node), kind, details })
    }

    pub(super) fn change(&self) -> Result<Option<Change>, TraceProblem> {
        let mut words = self.details.split(' ');
        let what = words.next().unwrap_or_default();
        Ok(match (self.kind, what) {
            (Kind::Action, "started" | "crashed" | "vanished") => Some(Change::Forgets),
            (
                Kind::Event,
                "joined" | "left" | "failed" | "updated" | "suspected" | "recovered" | "removed",
            ) => {
                let (of, state, incarnation) = member(&mut words)?;
                let removed = what == "removed";
                Some(if removed { Change::Removes(of) } else { Change::Believes(of, state, incarnation) })
            }
            _ => None,
        })
    }
}

fn member<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<(NodeIndex, State, u32), TraceProblem> {
    let node = small("member", words.next())?;
    words.next().ok_or(TraceProblem::Missing("address"))?;
    let state = words.next().ok_or(TraceProblem::Missing("state"))?;
    let states = [State::Alive, State::Suspect, State::Dead, State::Left];
    let unknown = || TraceProblem::UnknownState(state.chars().take(32).collect());
    let state = states.into_iter().find(|known| super::line::state(*known) == state).ok_or_else(unknown)?;
    Ok((NodeIndex(node), state, small("incarnation", words.next())?))
}

pub(super) fn number(field: &'static str, text: Option<&str>) -> Result<u64, TraceProblem> {
    let text = text.filter(|text| !text.is_empty()).ok_or(TraceProblem::Missing(field))?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = || TraceProblem::NotANumber { field, text: text.chars().take(32).collect() };
    if digits { text.parse().map_err(|_| wrong()) } else { Err(wrong()) }
}

fn small(field: &'static str, text: Option<&str>) -> Result<u32, TraceProblem> {
    let value = number(field, text)?;
    u32::try_from(value).map_err(|_| TraceProblem::NotANumber { field, text: value.to_string() })
}
