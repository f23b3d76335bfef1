//! The tables of LIFEGUARD.md, rendered from the raw counts.

use super::{
    BLOCKED, Data, MEMBERS, Point,
    configuration::{ALPHA, BETA, ENDS, tuned_name},
    grid, paper,
    plan::LENGTHS,
};
use crate::{
    measure::Load,
    stats::{
        Sample, Table,
        format::{count, decimals, or_nothing},
        rule_of_three,
    },
};

use std::collections::BTreeSet;

/// The text around the tables: each `{{name}}` stands for a table or a figure.
const TEXT: &str = include_str!("text.md");

/// The configurations of the paper's tables, and those that we add, with what they are called in ours.
const NAMES: [(&str, &str); 7] = [
    ("swim", "SWIM"),
    ("lha-probe", "LHA-Probe"),
    ("lha-suspicion", "LHA-Suspicion"),
    ("buddy", "Buddy System"),
    ("lifeguard", "Lifeguard"),
    ("swim-stall", "SWIM + stall rules"),
    ("lifeguard-stall", "Lifeguard + stall rules"),
];

/// LIFEGUARD.md.
pub(super) fn render(data: &Data) -> String {
    let mut text = TEXT.to_owned();
    let tables = [
        ("false-positives", false_positives(data)),
        ("load", load(data)),
        ("by-members", by_members(data)),
        ("latency", latency(data)),
        ("tuning", tuning(data)),
        ("threshold", threshold(data)),
        ("variants", variants(data)),
        ("heat-swim", heat(data, "swim")),
        ("heat-lha-probe", heat(data, "lha-probe")),
        ("heat-lha-suspicion", heat(data, "lha-suspicion")),
        ("heat-buddy", heat(data, "buddy")),
        ("heat-lifeguard", heat(data, "lifeguard")),
        ("heat-swim-stall", heat(data, "swim-stall")),
        ("heat-lifeguard-stall", heat(data, "lifeguard-stall")),
    ];
    for (name, table) in tables {
        text = text.replace(&format!("{{{{{name}}}}}"), table.to_markdown().trim_end());
    }
    text.replace("{{bound}}", &bound(data))
}

/// What no false positive at all says.
fn bound(data: &Data) -> String {
    let sum = Sum::of(data, "lifeguard-stall", |_| true);
    match rule_of_three(sum.runs, 0.95).filter(|_| sum.fp == 0) {
        Some(most) => format!(
            "With the stall rules no run out of {} had a false positive: at 95 % confidence, at most {} % of such runs have one (rule of three).",
            count(sum.runs),
            decimals(100.0 * most, 2),
        ),
        None => String::new(),
    }
}

/// All configurations that occur, with their sums.
pub(super) fn overview(data: &Data) -> Table {
    let mut table = Table::new().left("Configuration");
    for title in ["runs", "FP", "FP⁻", "suspicions", "packets/run", "kB/run", "first p50 s", "full p50 s"] {
        table = table.right(title);
    }
    let mut names: Vec<&str> = Vec::new();
    let all = data.interval.iter().map(|run| &run.configuration);
    for name in all.chain(data.latency.iter().map(|run| &run.configuration)) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    for name in names {
        let sum = Sum::of(data, name, |_| true);
        let (first, full) = latencies(data, name);
        let runs = sum.runs.max(1) as f64;
        table.row([
            name.to_owned(),
            count(sum.runs),
            count(sum.fp),
            count(sum.fp_healthy),
            count(sum.suspicions),
            decimals(sum.load.packets as f64 / runs, 0),
            decimals(sum.load.bytes() as f64 / runs / 1e3, 0),
            or_nothing(first.median(), |s| decimals(s, 2)),
            or_nothing(full.median(), |s| decimals(s, 2)),
        ]);
    }
    table
}

/// What the interval experiment showed, summed up.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    runs: u64,
    fp: u64,
    fp_healthy: u64,
    suspicions: u64,
    load: Load,
}

impl Sum {
    fn of(data: &Data, configuration: &str, points: impl Fn(&Point) -> bool) -> Self {
        let mut sum = Self::default();
        for run in &data.interval {
            if run.configuration == configuration && points(&run.point) {
                sum.runs += 1;
                sum.fp += run.counts.fp;
                sum.fp_healthy += run.counts.fp_healthy;
                sum.suspicions += run.counts.suspicions;
                sum.load += run.counts.load;
            }
        }
        sum
    }

    /// Of those points only that another configuration was run at.
    fn of_points_of(data: &Data, configuration: &str, other: &str) -> Self {
        let runs = data.interval.iter().filter(|run| run.configuration == other);
        let points: BTreeSet<Point> = runs.map(|run| run.point).collect();
        Self::of(data, configuration, |point| points.contains(point))
    }

    fn fp_per_run(&self) -> f64 {
        self.fp as f64 / self.runs as f64
    }

    fn fp_healthy_per_run(&self) -> f64 {
        self.fp_healthy as f64 / self.runs as f64
    }
}

fn published(name: &str) -> Option<&'static paper::Line> {
    paper::TABLE.iter().find(|line| line.name == name)
}

/// `part` in per cent of `whole`, in as many digits as tell.
fn percent(part: f64, whole: f64) -> String {
    let percent = 100.0 * part / whole;
    match percent {
        p if !p.is_finite() => or_nothing(None::<f64>, |_| String::new()),
        0.0 => "0".into(),
        p if p < 0.1 => decimals(p, 4),
        p if p < 20.0 => decimals(p, 2),
        p => decimals(p, 1),
    }
}

fn false_positives(data: &Data) -> Table {
    let titles = [
        "Runs",
        "FP",
        "FP⁻",
        "FP % of SWIM",
        "paper",
        "FP⁻ % of SWIM",
        "paper",
        "FP per run",
        "paper",
        "FP⁻ per run",
        "paper",
    ];
    let mut table = titles.into_iter().fold(Table::new().left("Configuration"), Table::right);
    let (theirs, points) = (&paper::TABLE[0], grid().len() as f64 * paper::REPETITIONS);
    for (name, title) in NAMES {
        let sum = Sum::of(data, name, |_| true);
        let (line, swim) = (published(name), Sum::of_points_of(data, "swim", name));
        table.row([
            title.to_owned(),
            count(sum.runs),
            count(sum.fp),
            count(sum.fp_healthy),
            percent(sum.fp as f64, swim.fp as f64),
            or_nothing(line, |line| percent(line.fp, theirs.fp)),
            percent(sum.fp_healthy as f64, swim.fp_healthy as f64),
            or_nothing(line, |line| percent(line.fp_healthy, theirs.fp_healthy)),
            decimals(sum.fp_per_run(), 3),
            or_nothing(line, |line| decimals(line.fp / points, 3)),
            decimals(sum.fp_healthy_per_run(), 3),
            or_nothing(line, |line| decimals(line.fp_healthy / points, 3)),
        ]);
    }
    table
}

fn load(data: &Data) -> Table {
    let titles = [
        "Packets per run",
        "MB per run",
        "Packets % of SWIM",
        "paper",
        "Bytes % of SWIM",
        "paper",
        "Bytes per packet",
    ];
    let mut table = titles.into_iter().fold(Table::new().left("Configuration"), Table::right);
    for (name, title) in NAMES {
        let (sum, swim) = (Sum::of(data, name, |_| true), Sum::of_points_of(data, "swim", name).load);
        let (load, runs, line) = (sum.load, sum.runs as f64, published(name));
        table.row([
            title.to_owned(),
            decimals(load.packets as f64 / runs, 0),
            decimals(load.bytes() as f64 / runs / 1e6, 2),
            percent(load.packets as f64, swim.packets as f64),
            or_nothing(line, |line| decimals(line.messages, 1)),
            percent(load.bytes() as f64, swim.bytes() as f64),
            or_nothing(line, |line| decimals(line.bytes, 1)),
            decimals(load.bytes() as f64 / load.packets as f64, 0),
        ]);
    }
    table
}

/// False positives by the number of blocked members, per pass over the grid.
fn by_members(data: &Data) -> Table {
    let mut table =
        MEMBERS.into_iter().fold(Table::new().left("C"), |table, members| table.right(members.to_string()));
    let passes = |sum: &Sum| sum.runs as f64 / (grid().len() / MEMBERS.len()) as f64;
    for (name, title) in NAMES {
        let cell = |members| {
            let sum = Sum::of(data, name, |point| point.members == members);
            decimals(sum.fp as f64 / passes(&sum), 0)
        };
        table.row([title.to_owned()].into_iter().chain(MEMBERS.map(cell)));
        if let Some((_, theirs)) = paper::BY_MEMBERS.iter().find(|(other, _)| *other == name) {
            let cell = |fp: &f64| decimals(fp / paper::REPETITIONS, 0);
            table.row(["– paper, a tenth".to_owned()].into_iter().chain(theirs.iter().map(cell)));
        }
    }
    table
}

/// False positives by how many are blocked and for how long.
fn heat(data: &Data, name: &str) -> Table {
    let mut table = MEMBERS
        .into_iter()
        .fold(Table::new().left("D \\ C"), |table, members| table.right(members.to_string()));
    for blocked in BLOCKED {
        let cell = |members| {
            let sum = Sum::of(data, name, |point| point.members == members && point.blocked == blocked);
            if sum.fp_healthy == 0 {
                count(sum.fp)
            } else {
                format!("{} ({})", count(sum.fp), count(sum.fp_healthy))
            }
        };
        table.row([format!("{} ms", count(blocked.into()))].into_iter().chain(MEMBERS.map(cell)));
    }
    table
}

/// A part of the grid with other anomalies.
fn variants(data: &Data) -> Table {
    let mut table = Table::new().left("Configuration").right("blocked");
    for title in ["208 KiB", "% of SWIM", "5 % loss", "% of SWIM", "stopped", "% of SWIM"] {
        table = table.right(title);
    }
    let cell = |sum: &Sum| format!("{} ({})", count(sum.fp), count(sum.fp_healthy));
    for (name, title) in NAMES.into_iter().filter(|(name, _)| ENDS.contains(name)) {
        let mut row = vec![title.to_owned()];
        row.push(cell(&Sum::of_points_of(data, name, &format!("{name}-208k"))));
        for variant in ["208k", "loss5", "stopped"] {
            let sum = Sum::of(data, &format!("{name}-{variant}"), |_| true);
            let swim = Sum::of(data, &format!("swim-{variant}"), |_| true);
            row.extend([cell(&sum), percent(sum.fp as f64, swim.fp as f64)]);
        }
        table.row(row);
    }
    table
}

/// Until the first, and until all had found out.
fn latencies(data: &Data, configuration: &str) -> (Sample, Sample) {
    let found = || {
        let runs = data.latency.iter().filter(|run| run.configuration == configuration);
        runs.filter_map(|run| run.found)
    };
    (
        Sample::of_durations(found().map(|found| found.first)),
        Sample::of_durations(found().map(|found| found.full)),
    )
}

fn latency(data: &Data) -> Table {
    let titles = [
        "Crashes",
        "first p50",
        "p99",
        "p99.9",
        "full p50",
        "p99",
        "p99.9",
        "full p50 % of SWIM",
        "derived first p50",
        "p99",
        "p99.9",
    ];
    let mut table = titles.into_iter().fold(Table::new().left("Configuration"), Table::right);
    let seconds = |value: Option<f64>| or_nothing(value, |value| decimals(value, 2));
    let tail = |sample: &Sample, p| seconds(sample.nearest_rank(p));
    let swim = latencies(data, "swim").1.median();
    let more = [("lifeguard-a4-b6", "Lifeguard α = 4"), ("lifeguard-a2-b6", "Lifeguard α = 2")];
    let ours = [("lifeguard-stall-a4-b6", "Our default: stall rules, α = 4")];
    for (name, title) in NAMES.into_iter().chain(more).chain(ours) {
        let (first, full) = latencies(data, name);
        let derived = paper::FIRST.iter().find(|(other, _)| *other == name).map(|(_, values)| values);
        let mut row = vec![title.to_owned(), count(first.count() as u64)];
        row.extend([seconds(first.median()), tail(&first, 0.99), tail(&first, 0.999)]);
        row.extend([seconds(full.median()), tail(&full, 0.99), tail(&full, 0.999)]);
        row.push(or_nothing(full.median().zip(swim), |(full, swim)| percent(full, swim)));
        row.extend((0..3).map(|place| seconds(derived.and_then(|values| values.get(place)).copied())));
        table.row(row);
    }
    table
}

fn tuning(data: &Data) -> Table {
    let titles = [
        "full p50 % of SWIM",
        "paper",
        "FP % of SWIM",
        "paper",
        "FP⁻ % of SWIM",
        "with stall rules: full p50 %",
        "FP",
        "FP⁻",
    ];
    let mut table = titles.into_iter().fold(Table::new().right("α").right("β"), Table::right);
    let base = latencies(data, "swim").1.median();
    let median = |name: &str| {
        or_nothing(latencies(data, name).1.median().zip(base), |(full, base)| percent(full, base))
    };
    for (alpha, beta) in ALPHA.into_iter().flat_map(|alpha| BETA.map(|beta| (alpha, beta))) {
        if alpha == 2 && beta != 6 {
            continue;
        }
        let (without, with) = (tuned_name(false, alpha, beta), tuned_name(true, alpha, beta));
        let (sum, stall) = (Sum::of(data, &without, |_| true), Sum::of(data, &with, |_| true));
        // The tuned ones meet a part of the grid.
        let swim = Sum::of_points_of(data, "swim", &without);
        let theirs = paper::TUNING.iter().find(|(other, ..)| *other == alpha && beta == 6);
        table.row([
            alpha.to_string(),
            if alpha == 2 { "any".into() } else { beta.to_string() },
            median(&without),
            or_nothing(theirs, |(_, latency, _)| decimals(*latency, 1)),
            percent(sum.fp as f64, swim.fp as f64),
            or_nothing(theirs, |(_, _, fp)| decimals(*fp, 1)),
            percent(sum.fp_healthy as f64, swim.fp_healthy as f64),
            median(&with),
            count(stall.fp),
            count(stall.fp_healthy),
        ]);
    }
    table
}

/// In how many runs a block of a length led to a false positive, and to how many.
fn threshold(data: &Data) -> Table {
    let mut table = LENGTHS.into_iter().fold(Table::new().left("Configuration"), |table, length| {
        table.right(format!("{} s", decimals(f64::from(length) / 1e3, 1)))
    });
    for (name, title) in NAMES {
        let cell = |length| {
            let runs = || {
                data.threshold.iter().filter(move |run| run.configuration == name && run.blocked == length)
            };
            let with = runs().filter(|run| run.counts.fp > 0).count();
            let fp: u64 = runs().map(|run| run.counts.fp).sum();
            if fp == 0 { "0".into() } else { format!("{with}/{}: {}", runs().count(), count(fp)) }
        };
        table.row([title.to_owned()].into_iter().chain(LENGTHS.map(cell)));
    }
    table
}

#[cfg(test)]
mod tests;
