//! The figures of a run: what tables, JSON and comparisons are made of.

use super::{Cause, Change, Run};
use crate::{
    Instant,
    stats::{Sample, format},
};

/// A figure of a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Figure {
    /// Its name in JSON; times are in seconds, sizes in bytes.
    pub name: &'static str,
    /// What it is, to be read.
    pub title: &'static str,
    /// What kind of number it is.
    pub kind: FigureKind,
    of: fn(&Run) -> Option<f64>,
}

/// What kind of number a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FigureKind {
    /// Seconds.
    Seconds,
    /// Bytes in each second.
    BytesPerSecond,
    /// Just a number.
    Number,
}

/// All figures, in the order of tables. Those of things that did not happen in a run have no value.
pub const FIGURES: &[Figure] = &[
    figure("first_detection", "first detection, worst crash", FigureKind::Seconds, |run| {
        worst(run, Cause::Crash, Change::first)
    }),
    figure("full_detection", "full detection, worst crash", FigureKind::Seconds, |run| {
        all(run, Cause::Crash)
    }),
    figure("detection_median", "detection by a node, median", FigureKind::Seconds, |run| {
        run.measures.detections().median()
    }),
    figure("detection_p99", "detection by a node, p99", FigureKind::Seconds, |run| {
        run.measures.detections().nearest_rank(0.99)
    }),
    figure("join", "join known to all, worst", FigureKind::Seconds, |run| all(run, Cause::Join)),
    figure("leave", "leave known to all, worst", FigureKind::Seconds, |run| all(run, Cause::Leave)),
    figure("broadcast", "broadcast at all, worst", FigureKind::Seconds, |run| all(run, Cause::Broadcast)),
    figure("meta_update", "metadata at all, worst", FigureKind::Seconds, |run| all(run, Cause::Update)),
    figure("true_views", "all views true, after the last fault", FigureKind::Seconds, convergence),
    figure("false_positives", "false positives", FigureKind::Number, |run| {
        Some(run.measures.false_positives().len() as f64)
    }),
    figure("suspicions", "suspicions of healthy nodes", FigureKind::Number, |run| {
        Some(run.measures.suspicions as f64)
    }),
    figure("failures", "reports of failure", FigureKind::Number, |run| Some(run.measures.failures as f64)),
    figure("failures_of_leavers", "failures reported of leavers", FigureKind::Number, |run| {
        Some(run.measures.failures_of_leavers as f64)
    }),
    figure("refutations", "refutations", FigureKind::Number, |run| Some(run.measures.refutations as f64)),
    figure("health", "highest health score", FigureKind::Number, |run| Some(f64::from(run.measures.health))),
    figure("packets_per_node_second", "packets sent, each node and second", FigureKind::Number, |run| {
        Some(run.measures.per_node_second(run.measures.packets))
    }),
    figure(
        "packet_bytes_per_node_second",
        "bytes in packets, each node",
        FigureKind::BytesPerSecond,
        |run| Some(run.measures.per_node_second(run.measures.packet_bytes)),
    ),
    figure(
        "stream_bytes_per_node_second",
        "bytes on streams, each node",
        FigureKind::BytesPerSecond,
        |run| Some(run.measures.per_node_second(run.measures.stream_bytes)),
    ),
    figure("most_bytes_per_second", "all bytes, busiest node", FigureKind::BytesPerSecond, |run| {
        Some(run.measures.most_bytes_per_second(run.counted))
    }),
];

const fn figure(
    name: &'static str,
    title: &'static str,
    kind: FigureKind,
    of: fn(&Run) -> Option<f64>,
) -> Figure {
    Figure { name, title, kind, of }
}

impl Figure {
    /// Its value in a run. `None`: there is none, because what it measures did not happen, or did not come to its end.
    #[must_use]
    pub fn of(&self, run: &Run) -> Option<f64> {
        (self.of)(run).filter(|value| value.is_finite())
    }

    /// Its values in many runs.
    #[must_use]
    pub fn sample(&self, runs: &[Run]) -> Sample {
        Sample::new(runs.iter().filter_map(|run| self.of(run)))
    }

    /// A value, to be read.
    #[must_use]
    pub fn show(&self, value: f64) -> String {
        match self.kind {
            FigureKind::Seconds => format::seconds(value),
            FigureKind::BytesPerSecond => format!("{}/s", format::bytes(value)),
            FigureKind::Number if value == libm::round(value) => format::decimals(value, 0),
            FigureKind::Number => format::significant(value, 3),
        }
    }
}

/// The worst of all changes of this cause; none if one of them has no value.
fn worst(run: &Run, cause: Cause, of: impl Fn(&Change) -> Option<core::time::Duration>) -> Option<f64> {
    let times: Option<Vec<_>> =
        run.measures.settled(cause).filter(|change| change.observers() > 0).map(of).collect();
    times?.into_iter().max().map(|time| time.as_secs_f64())
}

fn all(run: &Run, cause: Cause) -> Option<f64> {
    worst(run, cause, |change| change.reached(1.0))
}

fn convergence(run: &Run) -> Option<f64> {
    let from = Instant::START + run.quiet_from;
    run.measures.views_true_from(from).map(|at| at.since(from).as_secs_f64())
}
