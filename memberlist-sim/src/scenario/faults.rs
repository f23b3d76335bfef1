//! What goes wrong in a scenario, and what is done to its nodes: the sections `[[fault]]`.

use super::{
    Nodes, Selector, Start,
    network::latency,
    problem::Problem,
    read::{Field, Fields},
};
use crate::Latency;
use core::time::Duration;

/// Something that is done to nodes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// When, from the start of the scenario.
    pub at: Duration,
    /// What.
    pub deed: Deed,
    /// To which nodes.
    pub nodes: Selector,
    /// One node after the other, so far apart, in order of their numbers; zero: all at once.
    pub apart: Duration,
    /// How often it is done, to the same nodes: at least 1.
    pub times: u32,
    /// The time from one time to the next.
    pub every: Duration,
}

impl Fault {
    /// When it is over, if it is done once, to all at once, and lasts for a time.
    #[must_use]
    pub fn end(&self) -> Option<Duration> {
        let lasts = match &self.deed {
            Deed::Pause(time) | Deed::Block(time) => Some(*time),
            Deed::Slow { lasts, .. }
            | Deed::Clock { lasts, .. }
            | Deed::Partition { lasts, .. }
            | Deed::Loss { lasts, .. }
            | Deed::Delay { lasts, .. } => *lasts,
            _ => None,
        };
        lasts.filter(|_| self.times == 1 && self.apart.is_zero()).map(|lasts| self.at + lasts)
    }
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Deed {
    /// Nodes that waited start, and join through the seeds.
    Start,
    /// The process ends without goodbye; its machine refuses connections.
    Crash,
    /// The machine is gone: nobody answers.
    Vanish,
    /// The process ends, and a new one starts this much later and joins through the seeds.
    Restart {
        /// For how long it is away.
        down: Duration,
        /// Whether it comes back at another address.
        moved: bool,
        /// Whether it says goodbye first; its process ends 2 seconds after that (and is then away for `down`).
        goodbye: bool,
    },
    /// The node says goodbye; its process ends 5 seconds later.
    Leave,
    /// A node that has left comes back in the same process (only together with `leave` that keeps the process), and joins through the seeds.
    Rejoin,
    /// As `Leave`, but the process goes on, so that it can rejoin.
    LeaveAndStay,
    /// The process is not scheduled for this long.
    Pause(Duration),
    /// It neither sends nor receives for this long, but its timers run.
    Block(Duration),
    /// Each input takes so long.
    Slow {
        /// The time for each packet and each piece of a stream.
        per_input: Duration,
        /// For how long; `None`: to the end.
        lasts: Option<Duration>,
    },
    /// The clock runs wrong.
    Clock {
        /// Microseconds that it gains each second.
        gains: i32,
        /// For how long; `None`: to the end.
        lasts: Option<Duration>,
    },
    /// The nodes and all others can't reach each other.
    Partition {
        /// What is cut.
        direction: Direction,
        /// From whom they are cut; `None`: from all others.
        from: Option<Selector>,
        /// For how long; `None`: to the end.
        lasts: Option<Duration>,
    },
    /// Packets and stream segments from or to the nodes get lost, in addition to what the links lose.
    Loss {
        /// The probability.
        part: f64,
        /// In which direction.
        direction: Direction,
        /// For how long; `None`: to the end.
        lasts: Option<Duration>,
    },
    /// What the nodes send or receive takes longer.
    Delay {
        /// By how much.
        by: Latency,
        /// In which direction.
        direction: Direction,
        /// For how long; `None`: to the end.
        lasts: Option<Duration>,
    },
    /// The nodes broadcast a message of the application.
    Broadcast {
        /// Its bytes.
        bytes: usize,
    },
    /// The nodes change their metadata.
    UpdateMeta {
        /// Its bytes.
        bytes: usize,
    },
}

/// In which direction something is cut, lost or delayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// Both.
    #[default]
    Both,
    /// What the nodes send.
    Out,
    /// What is sent to the nodes.
    In,
}

const ACTIONS: [&str; 17] = [
    "start",
    "crash",
    "vanish",
    "restart",
    "rolling_restart",
    "leave",
    "rejoin",
    "pause",
    "block",
    "slow",
    "clock",
    "partition",
    "loss",
    "delay",
    "broadcast",
    "update_meta",
    "flap",
];
const COMMON: [&str; 6] = ["at", "do", "nodes", "apart", "times", "every"];

/// The fields that an action has beside the common ones.
fn fields_of(action: &str) -> &'static [&'static str] {
    match action {
        "restart" | "rolling_restart" | "flap" => &["down", "address", "goodbye"],
        "leave" => &["stay"],
        "pause" | "block" => &["for"],
        "slow" => &["per_input", "for", "until"],
        "clock" => &["gains", "for", "until"],
        "partition" => &["direction", "from", "for", "until"],
        "loss" => &["part", "direction", "for", "until"],
        "delay" => &["by", "direction", "for", "until"],
        "broadcast" | "update_meta" => &["bytes"],
        _ => &[],
    }
}

/// The longest message and metadata that a scenario may ask for; what the options allow is less.
const MOST_BYTES: u64 = 65_507;

pub(super) fn read(item: &Field<'_>, nodes: &Nodes, duration: Duration) -> Result<Fault, Vec<Problem>> {
    let one = |problem| vec![problem];
    let fields = item.table().map_err(one)?;
    let action = fields.need("do").and_then(|field| field.word(&ACTIONS)).map_err(one)?;
    let known: Vec<&str> = COMMON.iter().chain(fields_of(action)).copied().collect();
    let unknown = fields.unknown(&known);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    fault(&fields, action, nodes, duration).map_err(one)
}

fn fault(fields: &Fields<'_>, action: &str, nodes: &Nodes, duration: Duration) -> Result<Fault, Problem> {
    let at_field = fields.need("at")?;
    let at = at_field.time()?;
    if at > duration {
        return Err(at_field.wrong(format!("is after the end of the scenario ({})", show(duration))));
    }
    let selector = Selector::read(&fields.need("nodes")?, nodes)?;
    if action == "start" {
        starts_later(fields, &selector, nodes)?;
    }
    let deed = deed(fields, action, nodes, at)?;
    let apart = fields.or("apart", Duration::ZERO, Field::time)?;
    let apart = match action {
        "rolling_restart" if fields.get("apart").is_none() => {
            return Err(
                fields.wrong("apart", "`apart` is missing: the time from one node to the next".into())
            );
        }
        _ => apart,
    };
    let times =
        fields.or("times", if action == "flap" { 5 } else { 1 }, |field| field.count(1..=100_000))? as u32;
    let every = fields.maybe("every", Field::some_time)?;
    if times > 1 && every.is_none() {
        return Err(fields.wrong("every", "`every` is missing: the time from one time to the next".into()));
    }
    if times == 1 && every.is_some() {
        return Err(fields.wrong("times", "`times` is missing: how often it is to be done".into()));
    }
    let every = every.unwrap_or_default();
    let fault = Fault { at, deed, nodes: selector, apart, times, every };
    let last = at + every * (times - 1);
    if last > duration {
        return Err(fields.wrong(
            "times",
            format!(
                "the last time would be at {}, after the end of the scenario ({})",
                show(last),
                show(duration)
            ),
        ));
    }
    Ok(fault)
}

fn deed(fields: &Fields<'_>, action: &str, nodes: &Nodes, at: Duration) -> Result<Deed, Problem> {
    let direction = || match fields.maybe("direction", |field| field.word(&["both", "out", "in"]))? {
        Some("out") => Ok(Direction::Out),
        Some("in") => Ok(Direction::In),
        _ => Ok(Direction::Both),
    };
    let bytes = |default| fields.or("bytes", default, |field| field.count(1..=MOST_BYTES));
    Ok(match action {
        "start" => Deed::Start,
        "crash" => Deed::Crash,
        "vanish" => Deed::Vanish,
        "restart" | "rolling_restart" | "flap" => Deed::Restart {
            down: fields.or("down", Duration::from_secs(1), Field::some_time)?,
            moved: fields.or("address", "same", |field| field.word(&["same", "new"]))? == "new",
            goodbye: fields.or("goodbye", false, Field::flag)?,
        },
        "leave" if fields.or("stay", false, Field::flag)? => Deed::LeaveAndStay,
        "leave" => Deed::Leave,
        "rejoin" => Deed::Rejoin,
        "pause" => Deed::Pause(fields.need("for")?.some_time()?),
        "block" => Deed::Block(fields.need("for")?.some_time()?),
        "slow" => Deed::Slow { per_input: fields.need("per_input")?.some_time()?, lasts: lasts(fields, at)? },
        "clock" => Deed::Clock { gains: gains(&fields.need("gains")?)?, lasts: lasts(fields, at)? },
        "partition" => Deed::Partition {
            direction: direction()?,
            from: fields.maybe("from", |field| Selector::read(field, nodes))?,
            lasts: lasts(fields, at)?,
        },
        "loss" => Deed::Loss {
            part: fields.need("part")?.part()?,
            direction: direction()?,
            lasts: lasts(fields, at)?,
        },
        "delay" => Deed::Delay {
            by: latency(&fields.need("by")?)?,
            direction: direction()?,
            lasts: lasts(fields, at)?,
        },
        "broadcast" => Deed::Broadcast { bytes: bytes(64)? as usize },
        _ => Deed::UpdateMeta { bytes: bytes(64)? as usize },
    })
}

/// How long something lasts: `for` a time, or `until` a time.
fn lasts(fields: &Fields<'_>, at: Duration) -> Result<Option<Duration>, Problem> {
    match (fields.get("for"), fields.get("until")) {
        (Some(_), Some(until)) => Err(until.wrong("`for` and `until` say the same: leave one of them out")),
        (Some(lasts), None) => lasts.some_time().map(Some),
        (None, Some(until)) => {
            let end = until.time()?;
            match end.checked_sub(at).filter(|lasts| !lasts.is_zero()) {
                Some(lasts) => Ok(Some(lasts)),
                None => Err(until.wrong(format!("ends before it starts: `at` is {}", show(at)))),
            }
        }
        (None, None) => Ok(None),
    }
}

/// `"100ms"` each second, or `"-5%"`.
fn gains(field: &Field<'_>) -> Result<i32, Problem> {
    const WHAT: &str = "expected what the clock gains each second, as a part (\"1%\", \"-0.5%\", 0.01): more than -100%, and at most 1000%";
    let part = match field.value {
        toml::de::DeValue::String(text) => super::read::percentage(text).ok_or_else(|| field.wrong(WHAT))?,
        _ => field.number()?,
    };
    if part > -1.0 && part <= 10.0 { Ok(libm::round(part * 1e6) as i32) } else { Err(field.wrong(WHAT)) }
}

/// Only nodes that were not started before can start.
fn starts_later(fields: &Fields<'_>, selector: &Selector, nodes: &Nodes) -> Result<(), Problem> {
    let Start::Formed(formed) = nodes.start else {
        return Err(fields.wrong("do", "all nodes start at the beginning: write `start = \"formed\"` and how many are `formed` in `[nodes]`".into()));
    };
    match selector.nodes(nodes, 0, 0).first() {
        Some(first) if first.0 < formed => Err(fields.wrong(
            "nodes",
            format!(
                "node {first} runs from the beginning: those that wait are {formed} to {}",
                nodes.count.saturating_sub(1)
            ),
        )),
        _ => Ok(()),
    }
}

pub(super) fn show(time: Duration) -> String {
    crate::stats::format::duration(time)
}
