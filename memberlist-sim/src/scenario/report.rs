//! What came of a scenario, as a report with tables and plots, and as JSON.

use super::{Cause, Change, Deed, FIGURES, Fault, Run, Scenario, Start, faults::show};
use crate::{
    NodeIndex, State,
    plot::{Axis, Belief, HistogramPlot, LinePlot, Timeline, Unit},
    report::{Report, Section},
    stats::{Histogram, Sample, Table, format},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// No plot has more curves than these.
const MOST_CURVES: usize = 8;
/// The timeline shows no more nodes, each as seen by no more others.
const MOST_SUBJECTS: usize = 6;
const MOST_OBSERVERS: usize = 20;
/// Marks of faults on a plot.
const MOST_MARKS: usize = 6;

/// What came of a scenario: what was expected and what was measured, over all runs; plots of the first one.
pub(crate) fn with_plots(scenario: &Scenario, runs: &[Run]) -> Report {
    match runs.first() {
        Some(first) => report(scenario, runs).section(plots(scenario, first, runs)),
        None => report(scenario, runs),
    }
}

/// What came of a scenario, in tables.
pub(crate) fn report(scenario: &Scenario, runs: &[Run]) -> Report {
    let title = if scenario.about.is_empty() {
        scenario.name.clone()
    } else {
        format!("{}: {}", scenario.name, scenario.about)
    };
    let mut report = Report::new(title)
        .fact("version", env!("CARGO_PKG_VERSION"))
        .fact("seeds", seeds(runs))
        .fact("nodes", nodes(scenario))
        .fact("options", options(scenario))
        .fact("lasts", show(scenario.duration));
    if !scenario.expect.is_empty() {
        report = report.section(expected(scenario, runs));
    }
    report.section(measured(runs))
}

pub(crate) fn seeds(runs: &[Run]) -> String {
    match (runs.first(), runs.last()) {
        (Some(first), Some(last)) if first.seed != last.seed => format!("{} to {}", first.seed, last.seed),
        (Some(first), _) => first.seed.to_string(),
        _ => "none".to_owned(),
    }
}

fn nodes(scenario: &Scenario) -> String {
    let start = match scenario.nodes.start {
        Start::Formed(formed) if formed < scenario.nodes.count => {
            format!("of which {formed} know each other at the start")
        }
        Start::Formed(_) => "know each other at the start".to_owned(),
        Start::Join => "start at once and join".to_owned(),
        Start::Ramp(time) => format!("start over {} and join", show(time)),
    };
    format!("{}, {start}", scenario.nodes.count)
}

/// The preset, and what differs from it.
fn options(scenario: &Scenario) -> String {
    let table = |options: &crate::Options| toml::Table::try_from(options).unwrap_or_default();
    let preset = super::preset(scenario.preset).map(|preset| table(&preset)).unwrap_or_default();
    let mut text = scenario.preset.to_owned();
    for (field, value) in table(&scenario.options) {
        if preset.get(&field) != Some(&value) {
            text.push_str(&format!(", {field} = {value}"));
        }
    }
    text
}

fn expected(scenario: &Scenario, runs: &[Run]) -> Section {
    let many = runs.len() > 1;
    let mut table = Table::new().left("expected").left("wanted").right("measured");
    if many {
        table = table.right("worst");
    }
    table = table.left("holds");
    for (place, expected) in scenario.expect.iter().enumerate() {
        let findings: Vec<_> = runs.iter().filter_map(|run| run.findings.get(place)).collect();
        let holds = findings.iter().filter(|finding| finding.holds).count();
        let mut row = vec![expected.what.name().to_owned(), expected.wanted()];
        row.push(match findings.as_slice() {
            [one] => one.text.clone(),
            _ => expected.show_median(&findings),
        });
        if many {
            row.push(expected.show_worst(&findings));
        }
        row.push(match (many, holds == findings.len()) {
            (false, true) => "yes".to_owned(),
            (false, false) => "NO".to_owned(),
            (true, true) => format!("{holds} of {}", findings.len()),
            (true, false) => format!("{holds} of {}: NO", findings.len()),
        });
        table.row(row);
    }
    let mut section = Section::new("Expected").table("", table);
    let failing: Vec<_> = runs.iter().filter(|run| !run.holds()).collect();
    if let Some(run) = failing.first() {
        let others = match failing.len() {
            1 => String::new(),
            n => format!(" (and {} others)", n - 1),
        };
        section = section
            .text(format!("With seed {} it does not hold{others}. To see that run alone:", run.seed))
            .code(format!("memberlist-sim run {} --seed {} --html report.html", scenario.name, run.seed));
    }
    let notes: BTreeSet<&String> = runs.iter().flat_map(|run| &run.notes).collect();
    for note in notes.iter().take(10) {
        section = section.text(format!("Note: {note}."));
    }
    section
}

fn measured(runs: &[Run]) -> Section {
    let many = runs.len() > 1;
    let mut table = Table::new().left("measured").right(if many { "median" } else { "value" });
    if many {
        table = table.right("least").right("most");
    }
    for figure in FIGURES {
        let sample = figure.sample(runs);
        let (Some(median), Some(least), Some(most)) = (sample.median(), sample.min(), sample.max()) else {
            continue;
        };
        let mut row = vec![figure.title.to_owned(), figure.show(median)];
        if many {
            row.extend([figure.show(least), figure.show(most)]);
        }
        table.row(row);
    }
    Section::new("Measured").table("", table)
}

// ---- plots ----

fn plots(scenario: &Scenario, first: &Run, runs: &[Run]) -> Section {
    let mut section = Section::new(format!("Seed {}", first.seed));
    let (end, measures) = (scenario.duration.as_secs_f64(), &first.measures);
    let time = || Axis::new("time", Unit::Seconds).from(0.0).to(end);
    if let Some(plot) = curves(measures.changes()) {
        section = section.plot(plot);
    }
    let detections = Sample::new(runs.iter().flat_map(|run| run.measures.detections().values().to_vec()));
    if !detections.is_empty() {
        let title = if runs.len() > 1 {
            "Time until a node had found a crash, all seeds"
        } else {
            "Time until a node had found a crash"
        };
        let mut plot = HistogramPlot::new(title, Axis::new("after the crash", Unit::Seconds))
            .histogram("detections", Histogram::auto(&detections));
        if let Some(median) = detections.median() {
            plot = plot.mark(median, "median");
        }
        section = section.plot(plot);
    }
    let mut bytes = LinePlot::new(
        "Bytes that each node sends",
        time(),
        Axis::new("bytes per node", Unit::BytesPerSecond).from(0.0),
    )
    .steps("mean of all that run", measures.timeline.bytes_per_node_second());
    let mut wrong =
        LinePlot::new("Views that are wrong", time(), Axis::new("of all views", Unit::Fraction).from(0.0))
            .steps(
                "wrong",
                measures
                    .timeline
                    .wrong
                    .iter()
                    .map(|(at, part)| (seconds(*at), *part))
                    .chain([(end, last(&measures.timeline.wrong))]),
            );
    let mut beliefs = timeline(scenario, first, time());
    for fault in scenario.faults.iter().take(MOST_MARKS) {
        let (at, label) = (fault.at.as_secs_f64(), describe(fault));
        bytes = bytes.mark(at, label);
        wrong = wrong.mark(at, label);
        beliefs = beliefs.map(|plot| plot.mark(at, label));
    }
    section = section.plot(bytes).plot(wrong);
    match beliefs {
        Some(plot) => section.plot(plot),
        None => section,
    }
}

fn last(parts: &[(crate::Instant, f64)]) -> f64 {
    parts.last().map_or(0.0, |(_, part)| *part)
}

fn seconds(at: crate::Instant) -> f64 {
    at.since(crate::Instant::START).as_secs_f64()
}

/// Which part of the nodes knew of a change, over the time since it: the infection curves.
fn curves(changes: &[Change]) -> Option<LinePlot> {
    let changes: Vec<&Change> = changes.iter().filter(|change| change.observers() > 0).collect();
    if changes.is_empty() {
        return None;
    }
    let axis = Axis::new("since the change", Unit::Seconds).from(0.0);
    let mut plot = LinePlot::new(
        "Nodes that know of a change",
        axis,
        Axis::new("of all that should", Unit::Fraction).from(0.0).to(1.0),
    );
    if changes.len() <= MOST_CURVES {
        for change in changes {
            plot = plot.steps(format!("{} of node {}", name(change.cause), change.node), curve(&[change]));
        }
        return Some(plot);
    }
    let mut causes: BTreeMap<Cause, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        causes.entry(change.cause).or_default().push(change);
    }
    for (cause, changes) in causes {
        plot = plot.steps(format!("{} × {}, all together", changes.len(), name(cause)), curve(&changes));
    }
    Some(plot)
}

/// Steps of the part that knows, from nothing on.
fn curve(changes: &[&Change]) -> Vec<(f64, f64)> {
    let all: usize = changes.iter().map(|change| change.observers()).sum();
    let times = Sample::of_durations(
        changes.iter().flat_map(|change| change.learned.iter().map(|(after, _)| *after)),
    );
    let part = |n: usize| n as f64 / all.max(1) as f64;
    let steps = times.values().iter().enumerate().map(|(n, time)| (*time, part(n + 1)));
    core::iter::once((0.0, 0.0)).chain(steps).collect()
}

const fn name(cause: Cause) -> &'static str {
    match cause {
        Cause::Join => "join",
        Cause::Crash => "crash",
        Cause::Leave => "leave",
        Cause::Broadcast => "broadcast",
        Cause::Update => "new metadata",
    }
}

/// Who believed what of the nodes of which most was believed.
fn timeline(scenario: &Scenario, run: &Run, axis: Axis) -> Option<Timeline> {
    let changes = &run.measures.timeline.beliefs;
    let mut counts: BTreeMap<NodeIndex, usize> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.by != change.of) {
        *counts.entry(change.of).or_default() += 1;
    }
    let mut subjects: Vec<_> = counts.into_iter().collect();
    subjects.sort_by_key(|(node, count)| (core::cmp::Reverse(*count), *node));
    let mut subjects: Vec<_> = subjects.into_iter().take(MOST_SUBJECTS).map(|(node, _)| node).collect();
    subjects.sort_unstable();
    if subjects.is_empty() {
        return None;
    }
    let end = scenario.duration.as_secs_f64();
    let start = match scenario.nodes.start {
        Start::Formed(formed) => formed,
        _ => 0,
    };
    let mut plot = Timeline::new("Who believed what of the nodes of which beliefs changed most", axis);
    for of in subjects {
        let observers: BTreeSet<NodeIndex> = changes
            .iter()
            .filter(|change| change.of == of && change.by != of)
            .map(|change| change.by)
            .collect();
        for by in observers.into_iter().take(MOST_OBSERVERS) {
            let mut spans = Vec::new();
            let mut now = (of.0 < start && by.0 < start).then_some((0.0, Belief::Alive));
            for change in changes.iter().filter(|change| change.of == of && change.by == by) {
                let at = seconds(change.at);
                spans.extend(now.map(|(since, belief)| (since, at, belief)));
                now = change.state.and_then(belief).map(|belief| (at, belief));
            }
            spans.extend(now.map(|(since, belief)| (since, end, belief)));
            plot = plot.row(format!("of node {of}"), format!("by {by}"), spans);
        }
    }
    Some(plot)
}

const fn belief(state: State) -> Option<Belief> {
    match state {
        State::Alive => Some(Belief::Alive),
        State::Suspect => Some(Belief::Suspect),
        State::Dead => Some(Belief::Dead),
        State::Left => Some(Belief::Left),
        _ => None,
    }
}

fn describe(fault: &Fault) -> &'static str {
    match &fault.deed {
        Deed::Start => "start",
        Deed::Crash => "crash",
        Deed::Vanish => "vanish",
        Deed::Restart { .. } => "restart",
        Deed::Leave | Deed::LeaveAndStay => "leave",
        Deed::Rejoin => "rejoin",
        Deed::Pause(_) => "pause",
        Deed::Block(_) => "block",
        Deed::Slow { .. } => "slow",
        Deed::Clock { .. } => "clock",
        Deed::Partition { .. } => "partition",
        Deed::Loss { .. } => "loss",
        Deed::Delay { .. } => "delay",
        Deed::Broadcast { .. } => "broadcast",
        Deed::UpdateMeta { .. } => "metadata",
    }
}

// ---- JSON ----

/// Everything that was measured, for programs: of each run all figures, what was expected, and who learned when of each change.
pub(crate) fn to_json(scenario: &Scenario, runs: &[Run]) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": scenario.name,
        "about": scenario.about,
        "nodes": scenario.nodes.count,
        "duration": scenario.duration.as_secs_f64(),
        "options": serde_json::to_value(&scenario.options).unwrap_or_default(),
        "holds": runs.iter().all(Run::holds),
        "runs": runs.iter().map(|run| run_json(scenario, run)).collect::<Vec<_>>(),
    })
}

fn run_json(scenario: &Scenario, run: &Run) -> Value {
    let figures: serde_json::Map<String, Value> =
        FIGURES.iter().map(|figure| (figure.name.to_owned(), json!(figure.of(run)))).collect();
    let expected: Vec<_> = scenario
        .expect
        .iter()
        .zip(&run.findings)
        .map(|(expected, finding)| {
            json!({
                "what": expected.what.name(),
                "wanted": expected.wanted(),
                "measured": finding.measured,
                "holds": finding.holds,
            })
        })
        .collect();
    json!({
        "seed": run.seed,
        "holds": run.holds(),
        "expected": expected,
        "figures": figures,
        "quiet_from": run.quiet_from.as_secs_f64(),
        "events": run.events,
        "notes": run.notes,
        "changes": run.measures.changes().iter().map(change_json).collect::<Vec<_>>(),
        "bytes_per_node_second": {
            "step": run.measures.timeline.step.as_secs_f64(),
            "values": run.measures.timeline.bytes_per_node_second().iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>(),
        },
    })
}

fn change_json(change: &Change) -> Value {
    let quantile = |part: f64| change.reached(part).map(|time| time.as_secs_f64());
    json!({
        "at": seconds(change.at),
        "node": change.node.0,
        "cause": change.cause,
        "observers": change.observers(),
        "missing": change.missing,
        "overtaken": change.is_overtaken(),
        "first": change.first().map(|time| time.as_secs_f64()),
        "half": quantile(0.5),
        "p99": quantile(0.99),
        "all": quantile(1.0),
    })
}

impl super::Expectation {
    fn show_measured(&self, value: f64) -> String {
        FIGURES
            .iter()
            .find(|figure| figure.name == self.what.name())
            .map_or_else(|| format::significant(value, 3), |figure| figure.show(value))
    }

    fn show_median(&self, findings: &[&super::Finding]) -> String {
        if matches!(self.wanted, super::Wanted::At(_)) {
            let holds = findings.iter().filter(|finding| finding.holds).count();
            return format!("true {holds} times");
        }
        let sample = Sample::new(findings.iter().filter_map(|finding| finding.measured));
        format::or_nothing(sample.median(), |median| self.show_measured(median))
    }

    fn show_worst(&self, findings: &[&super::Finding]) -> String {
        if let Some(never) = findings.iter().find(|finding| finding.measured.is_none()) {
            return never.text.clone();
        }
        let sample = Sample::new(findings.iter().filter_map(|finding| finding.measured));
        let worst = match self.wanted {
            super::Wanted::AtLeast(_) => sample.min(),
            super::Wanted::At(_) => {
                return if findings.iter().all(|finding| finding.holds) { "true" } else { "not true" }
                    .to_owned();
            }
            _ => sample.max(),
        };
        format::or_nothing(worst, |worst| self.show_measured(worst))
    }
}
