//! What is expected of a run: the sections `[[expect]]`.

use super::{
    Cause, Change, Run, Scenario,
    faults::show,
    problem::Problem,
    read::{Field, Fields},
};
use crate::{Instant, stats::format};
use core::time::Duration;

/// Something that is expected of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Expectation {
    /// What is looked at.
    pub what: What,
    /// What it should be.
    pub wanted: Wanted,
    /// Which part of the nodes must learn of a change: 0.0 to 1.0. Default: all of them.
    pub reach: f64,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum What {
    /// Every node that runs knows exactly those that run as members, and suspects nobody. `within` counts from the end of the last fault.
    TrueViews,
    /// The time until somebody had found a crash: the longest of all crashes.
    FirstDetection,
    /// The time until everybody had found a crash: the longest of all crashes.
    FullDetection,
    /// The time until all knew of a node that came: the longest of all.
    Join,
    /// The time until all knew of a node that left: the longest of all.
    Leave,
    /// The time until all had a broadcast: the longest of all.
    Broadcast,
    /// The time until all had new metadata: the longest of all.
    MetaUpdate,
    /// Reports of failure of nodes that run and can be reached.
    FalsePositives,
    /// Suspicions of nodes that run and can be reached.
    Suspicions,
    /// Reports of failure of nodes that had left.
    FailuresOfLeavers,
    /// Reports of failure, of whomever.
    Failures,
    /// Contradictions of nodes of which something false was said.
    Refutations,
    /// Bytes per second that the node which sent most sent, on average over the whole run.
    BytesPerSecond,
    /// Reports that somebody speaks another wire.
    AnotherWire,
    /// The highest health score of any node.
    Health,
}

/// What it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Wanted {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// No later than after this time.
    Within(Duration),
    /// So at this time of the scenario.
    At(Duration),
}

/// What came of an expectation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Whether it holds.
    pub holds: bool,
    /// What was measured, in seconds if it is a time. `None`: what was waited for never happened.
    pub measured: Option<f64>,
    /// What was measured, to be read.
    pub text: String,
}

const NAMES: [(&str, What); 15] = [
    ("true_views", What::TrueViews),
    ("first_detection", What::FirstDetection),
    ("full_detection", What::FullDetection),
    ("join", What::Join),
    ("leave", What::Leave),
    ("broadcast", What::Broadcast),
    ("meta_update", What::MetaUpdate),
    ("false_positives", What::FalsePositives),
    ("suspicions", What::Suspicions),
    ("failures_of_leavers", What::FailuresOfLeavers),
    ("failures", What::Failures),
    ("refutations", What::Refutations),
    ("another_wire", What::AnotherWire),
    ("bytes_per_second", What::BytesPerSecond),
    ("health", What::Health),
];

impl What {
    /// Its name in a scenario file.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, what)| *what == self).map_or("", |(name, _)| name)
    }

    /// The change whose spreading it is about.
    const fn cause(self) -> Option<Cause> {
        match self {
            Self::FirstDetection | Self::FullDetection => Some(Cause::Crash),
            Self::Join => Some(Cause::Join),
            Self::Leave => Some(Cause::Leave),
            Self::Broadcast => Some(Cause::Broadcast),
            Self::MetaUpdate => Some(Cause::Update),
            _ => None,
        }
    }

    const fn is_time(self) -> bool {
        self.cause().is_some() || matches!(self, Self::TrueViews)
    }
}

impl Expectation {
    /// What is wanted, to be read.
    #[must_use]
    pub fn wanted(&self) -> String {
        let reach =
            if self.reach < 1.0 { format!(" ({})", format::percent(self.reach)) } else { String::new() };
        match self.wanted {
            Wanted::AtMost(most) => format!("at most {}", self.number(most)),
            Wanted::AtLeast(least) => format!("at least {}", self.number(least)),
            Wanted::Within(time) => format!("within {}{reach}", show(time)),
            Wanted::At(time) => format!("at {}", show(time)),
        }
    }

    fn number(&self, number: f64) -> String {
        if self.what == What::BytesPerSecond { format::bytes(number) } else { plain(number) }
    }

    /// Compares what happened with what is wanted.
    pub(super) fn judge(&self, run: &Run) -> Finding {
        if let Wanted::At(time) = self.wanted {
            let holds = run.measures.views_true_at(Instant::START + time);
            let text = if holds { "true".to_owned() } else { "not true".to_owned() };
            return Finding { holds, measured: Some(f64::from(u8::from(holds))), text };
        }
        if let Some(cause) = self.what.cause() {
            return self.judge_changes(cause, run);
        }
        let measures = &run.measures;
        let number = match self.what {
            What::TrueViews => return self.judge_views(run),
            What::FalsePositives => measures.false_positives().len() as f64,
            What::Suspicions => measures.suspicions as f64,
            What::FailuresOfLeavers => measures.failures_of_leavers as f64,
            What::Failures => measures.failures as f64,
            What::Refutations => measures.refutations as f64,
            What::AnotherWire => measures.another_wire as f64,
            What::BytesPerSecond => measures.most_bytes_per_second(run.counted),
            _ => f64::from(measures.health),
        };
        let holds = match self.wanted {
            Wanted::AtMost(most) => number <= most,
            Wanted::AtLeast(least) => number >= least,
            _ => false,
        };
        Finding { holds, measured: Some(number), text: self.number(number) }
    }

    fn judge_views(&self, run: &Run) -> Finding {
        let from = Instant::START + run.quiet_from;
        let took = run.measures.views_true_from(from).map(|at| at.since(from));
        self.judge_time(took, "never".to_owned())
    }

    fn judge_changes(&self, cause: Cause, run: &Run) -> Finding {
        let took = |change: &Change| match self.what {
            What::FirstDetection if change.observers() > 0 => change.first(),
            _ => change.reached(self.reach),
        };
        let (mut count, mut missed, mut longest) = (0usize, 0usize, Duration::ZERO);
        for change in run.measures.settled(cause) {
            count += 1;
            match took(change) {
                Some(time) => longest = longest.max(time),
                None => missed += 1,
            }
        }
        if count == 0 {
            return Finding { holds: false, measured: None, text: "nothing of the kind happened".to_owned() };
        }
        self.judge_time((missed == 0).then_some(longest), format!("{missed} of {count} never"))
    }

    fn judge_time(&self, took: Option<Duration>, never: String) -> Finding {
        let holds = match (self.wanted, took) {
            (Wanted::Within(time), Some(took)) => took <= time,
            _ => false,
        };
        Finding { holds, measured: took.map(|took| took.as_secs_f64()), text: took.map_or(never, show) }
    }
}

/// Whole numbers whole.
fn plain(number: f64) -> String {
    if number == libm::round(number) { format::decimals(number, 0) } else { format::significant(number, 4) }
}

pub(super) fn read(item: &Field<'_>, scenario: &Scenario) -> Result<Expectation, Vec<Problem>> {
    let one = |problem| vec![problem];
    let fields = item.table().map_err(one)?;
    let unknown = fields.unknown(&["what", "within", "at", "at_most", "at_least", "reach"]);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    expectation(&fields, scenario).map_err(one)
}

fn expectation(fields: &Fields<'_>, scenario: &Scenario) -> Result<Expectation, Problem> {
    let names: Vec<&'static str> = NAMES.iter().map(|(name, _)| *name).collect();
    let what_field = fields.need("what")?;
    let name = what_field.word(&names)?;
    let what = NAMES.iter().find(|(other, _)| *other == name).map_or(What::TrueViews, |(_, what)| *what);
    let possible: &[&str] = match what {
        What::TrueViews => &["within", "at"],
        _ if what.is_time() => &["within"],
        _ => &["at_most", "at_least"],
    };
    let bounds: Vec<&str> =
        ["within", "at", "at_most", "at_least"].into_iter().filter(|key| fields.get(key).is_some()).collect();
    let [bound] = bounds.as_slice() else {
        let message = format!(
            "`{name}` needs {} `{}`",
            if possible.len() > 1 { "one of" } else { "" },
            possible.join("`, `")
        );
        return Err(what_field.wrong(message.replace("  ", " ")));
    };
    if !possible.contains(bound) {
        return Err(
            fields.wrong(bound, format!("`{name}` has no `{bound}`: use `{}`", possible.join("` or `")))
        );
    }
    let field = fields.need(bound)?;
    let wanted = match *bound {
        "within" => Wanted::Within(field.some_time()?),
        "at" if matches!(field.text(), Ok("end")) => Wanted::At(scenario.duration),
        "at" => {
            let at = field.time()?;
            if at > scenario.duration {
                return Err(
                    field.wrong(format!("is after the end of the scenario ({})", show(scenario.duration)))
                );
            }
            Wanted::At(at)
        }
        "at_most" => Wanted::AtMost(bound_of(&field)?),
        _ => Wanted::AtLeast(bound_of(&field)?),
    };
    let reach = fields.or("reach", 1.0, Field::part)?;
    if fields.get("reach").is_some() && (what.cause().is_none() || what == What::FirstDetection) {
        return Err(fields.wrong("reach", format!("`{name}` has no `reach`: it is for what spreads")));
    }
    Ok(Expectation { what, wanted, reach })
}

fn bound_of(field: &Field<'_>) -> Result<f64, Problem> {
    let bound = field.number()?;
    if bound >= 0.0 { Ok(bound) } else { Err(field.wrong("can't be less than 0")) }
}
