//! The plots of a report: of the first seed alone, but for the detections.

use super::super::{Absence, Cause, Change, Deed, Fault, Run, Scenario, Start};
use crate::{
    Instant, NodeIndex, State,
    plot::{Axis, Belief, HistogramPlot, LinePlot, MOST_LINES, Timeline, Unit},
    report::Section,
    stats::{Histogram, Sample},
};
use std::collections::{BTreeMap, BTreeSet};

/// The timeline shows no more nodes, each as seen by no more others.
const MOST_SUBJECTS: usize = 6;
const MOST_OBSERVERS: usize = 20;
/// Faults that are marked on a plot.
const MOST_MARKS: usize = 6;

pub(super) fn plots(scenario: &Scenario, first: &Run, runs: &[Run]) -> Section {
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
        if let Some(end) = fault.end().map(|end| end.as_secs_f64()).filter(|at| *at <= end) {
            let label = format!("end of {label}");
            bytes = bytes.mark(end, label.as_str());
            wrong = wrong.mark(end, label.as_str());
            beliefs = beliefs.map(|plot| plot.mark(end, label));
        }
    }
    section = section.plot(bytes).plot(wrong);
    match beliefs {
        Some(plot) => section.plot(plot),
        None => section,
    }
}

fn last(parts: &[(Instant, f64)]) -> f64 {
    parts.last().map_or(0.0, |(_, part)| *part)
}

fn seconds(at: Instant) -> f64 {
    at.since(Instant::START).as_secs_f64()
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
    if changes.len() <= MOST_LINES {
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
        let absences = run.measures.timeline.absences.iter().filter(|absence| absence.node == of);
        let absences: Vec<_> = absences.map(|absence| span(absence, end)).collect();
        if !absences.is_empty() {
            plot = plot.row(format!("of node {of}"), "in fact", absences);
        }
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

fn span(absence: &Absence, end: f64) -> (f64, f64, Belief) {
    let what = if absence.paused { Belief::Paused } else { Belief::Down };
    (seconds(absence.from), absence.until.map_or(end, seconds).min(end), what)
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
