//! The tables of SCALE.md, rendered from the raw figures.

use super::{
    plan::{Data, PERCENTILES},
    raw::{Figures, Run},
};
use crate::{
    Options,
    formulas::Formulas,
    stats::{
        Sample, Table,
        format::{bytes, count, decimals, or_nothing, significant},
    },
};

/// The text around the tables: each `{{name}}` stands for a table or a figure.
const TEXT: &str = include_str!("text.md");

/// What another implementation did under the rules of the bootstrap.
struct Other {
    nodes: u32,
    loss: u32,
    full_view: &'static str,
    /// In seconds, from the fastest to the slowest run.
    first: (f64, f64),
    last: &'static str,
    false_deaths: &'static str,
}

/// foca 2.0.0, measured under the same rules.
const FOCA: [Other; 8] = [
    other(16, 0, "0.6 – 10.2", (6.6, 8.2), "7.0 – 14.2", "0"),
    other(64, 0, "1.0 – 1.2", (8.2, 10.2), "9.2 – 17.0", "0"),
    other(64, 5, "1.8 – 2.9", (8.4, 10.3), "9.2 – 10.1", "0"),
    other(64, 20, "17.6 – 65.7", (8.2, 8.8), "9.4 – 150", "73 – 198"),
    other(256, 0, "120 – 150", (11.4, 11.4), "12.4 – 12.6", "0"),
    other(256, 5, "181 – 232", (11.4, 11.9), "12.5 – 12.9", "0 – 1"),
    other(256, 20, "73 – 93", (12.1, 12.9), "13.0 – 13.9", "1,266 – 11,310"),
    other(1_024, 0, "450", (13.8, 13.8), "14.8", "0"),
];

const fn other(
    nodes: u32,
    loss: u32,
    full_view: &'static str,
    first: (f64, f64),
    last: &'static str,
    false_deaths: &'static str,
) -> Other {
    Other { nodes, loss, full_view, first, last, false_deaths }
}

/// SCALE.md.
pub(super) fn render(data: &Data, machine: &Figures) -> String {
    let tables = [
        ("bootstrap", bootstrap(data).to_markdown()),
        ("deaths", deaths(data).to_markdown()),
        ("bars", bars(data).to_markdown()),
        ("ramp", range(&Group::of(data, 1_000, 0).milliseconds("full_view_ms"), 1) + " s"),
        ("demo", demo(data)),
        ("ten-thousand", ten_thousand(data).to_markdown()),
        ("validation", validation(data).to_markdown()),
        ("capacity", capacity(data).to_markdown()),
        ("infection", infection(data).to_markdown()),
        ("machine", speeds(machine).to_markdown()),
        ("aims", aims(machine).to_markdown()),
    ];
    let mut text = TEXT.to_owned();
    for (name, table) in tables {
        text = text.replace(&format!("{{{{{name}}}}}"), table.trim_end());
    }
    text
}

/// The runs of one kind.
struct Group<'a> {
    nodes: u32,
    loss: u32,
    runs: Vec<Run<'a>>,
}

impl<'a> Group<'a> {
    /// Bootstraps of so many nodes, all at once (1,000: within a second).
    fn of(data: &'a Data, nodes: u32, loss: u32) -> Self {
        let is = |run: &Run<'_>| {
            run.get("nodes") == Some(nodes.into()) && run.get("loss_percent") == Some(loss.into())
        };
        Self { nodes, loss, runs: data.bootstrap.runs().filter(is).collect() }
    }

    /// Questions to clusters of so many members.
    fn asked(data: &'a Data, members: u32, real: u32, loss: u32) -> Self {
        let is = |run: &Run<'_>| {
            run.get("members") == Some(members.into())
                && run.get("real") == Some(real.into())
                && run.get("loss_percent") == Some(loss.into())
        };
        Self { nodes: members, loss, runs: data.questions.runs().filter(is).collect() }
    }

    fn sample(&self, column: &str) -> Sample {
        Sample::new(self.runs.iter().filter_map(|run| run.get(column)))
    }

    fn milliseconds(&self, column: &str) -> Sample {
        Sample::new(self.runs.iter().filter_map(|run| run.get(column)).map(|millis| millis / 1e3))
    }

    fn mean(&self, column: &str) -> Option<f64> {
        self.sample(column).mean()
    }

    /// How many runs have no such figure: it did not come to that.
    fn missing(&self, column: &str) -> usize {
        self.runs.iter().filter(|run| run.get(column).is_none()).count()
    }

    fn other(&self) -> Option<&'static Other> {
        FOCA.iter().find(|other| (other.nodes, other.loss) == (self.nodes, self.loss))
    }
}

const SIZES: [u32; 5] = [16, 64, 256, 1_024, 4_096];
const LOSSES: [u32; 3] = [0, 5, 20];

fn groups(data: &Data) -> Vec<Group<'_>> {
    SIZES.iter().flat_map(|nodes| LOSSES.map(|loss| Group::of(data, *nodes, loss))).collect()
}

fn bootstrap(data: &Data) -> Table {
    let mut table = Table::new();
    let titles = [
        "nodes",
        "loss",
        "runs",
        "full view, s: median",
        "worst",
        "foca",
        "sizes seen",
        "packets per node until then",
        "bytes",
        "packets sent in a quiet second",
        "bytes",
    ];
    for title in titles {
        table = table.right(title);
    }
    for group in groups(data) {
        let full = group.milliseconds("full_view_ms");
        let worst = match group.missing("full_view_ms") {
            0 => or_nothing(full.max(), |value| decimals(value, 1)),
            never => format!("{never} never"),
        };
        table.row([
            count(group.nodes.into()),
            format!("{} %", group.loss),
            count(group.runs.len() as u64),
            or_nothing(full.median(), |value| decimals(value, 1)),
            worst,
            group.other().map_or_else(|| "–".to_owned(), |other| other.full_view.to_owned()),
            or_nothing(group.mean("distinct_sizes"), |value| decimals(value, 0)),
            or_nothing(group.mean("join_packets"), |value| decimals(value, 0)),
            or_nothing(group.mean("join_bytes"), bytes),
            // They come after the full view.
            or_nothing(group.mean("quiet_packets").filter(|_| full.median().is_some()), |value| {
                decimals(value, 1)
            }),
            or_nothing(group.mean("quiet_bytes").filter(|_| full.median().is_some()), bytes),
        ]);
    }
    table
}

fn deaths(data: &Data) -> Table {
    let mut table = Table::new();
    let titles = [
        "nodes",
        "loss",
        "runs",
        "first detection, s",
        "median",
        "foca",
        "last observer, s",
        "foca",
        "false deaths",
        "foca",
        "false suspicions",
    ];
    for title in titles {
        table = table.right(title);
    }
    for group in groups(data) {
        let (first, last) =
            (group.milliseconds("first_detection_ms"), group.milliseconds("last_detection_ms"));
        let foca = |of: fn(&Other) -> String| group.other().map_or_else(|| "–".to_owned(), of);
        table.row([
            count(group.nodes.into()),
            format!("{} %", group.loss),
            count(group.runs.len() as u64),
            range(&first, 1),
            or_nothing(first.median(), |value| decimals(value, 1)),
            foca(|other| spread(other.first)),
            range(&last, 1),
            foca(|other| other.last.to_owned()),
            range(&group.sample("false_deaths"), 0),
            foca(|other| other.false_deaths.to_owned()),
            or_nothing(group.mean("false_suspicions"), |value| decimals(value, 0)),
        ]);
    }
    table
}

fn bars(data: &Data) -> Table {
    let mut table = Table::new().left("bar").right("measured").left("");
    let mut bar = |text: &str, measured: String, holds: bool| {
        table.row([text.to_owned(), measured, if holds { "holds" } else { "MISSED" }.to_owned()]);
    };
    for (nodes, limit) in [(256, 5.0), (1_024, 10.0)] {
        let worst = |loss| {
            let group = Group::of(data, nodes, loss);
            (group.milliseconds("full_view_ms").max(), group.missing("full_view_ms"))
        };
        let [(lossless, never), (some, _), (heavy, _)] = LOSSES.map(worst);
        let text = format!("full view of {} nodes within {limit} s", count(nodes.into()));
        let seconds = |value: Option<f64>| or_nothing(value, |value| decimals(value, 1));
        let measured = format!(
            "{} s (worst; at 5 % loss {} s, at 20 % {} s)",
            seconds(lossless),
            seconds(some),
            seconds(heavy)
        );
        bar(&text, measured, never == 0 && lossless.is_some_and(|worst| worst <= limit));
    }
    for (nodes, least) in [(64, 73.0), (256, 1_266.0)] {
        let group = Group::of(data, nodes, 20);
        let worst = group.sample("false_deaths").max();
        let allowed = least / 100.0;
        let text =
            format!("false deaths at {nodes} nodes and 20 % loss at most 1 % of {}", count(least as u64));
        let measured = or_nothing(worst, |value| format!("{} in the worst run", decimals(value, 0)));
        bar(&text, measured, worst.is_some_and(|worst| worst <= allowed));
    }
    for other in &FOCA {
        let group = Group::of(data, other.nodes, other.loss);
        let middle = f64::midpoint(other.first.0, other.first.1);
        let median = group.milliseconds("first_detection_ms").median();
        let text = format!(
            "first detection at {} nodes and {} % loss not after {} s",
            count(other.nodes.into()),
            other.loss,
            decimals(middle, 1)
        );
        let measured = or_nothing(median, |value| format!("{} s", decimals(value, 1)));
        bar(&text, measured, median.is_some_and(|median| median <= middle));
    }
    table
}

fn demo(data: &Data) -> String {
    let group = Group::of(data, 18, 10);
    let full = group.milliseconds("full_view_ms");
    format!("17 of 17 in {} of {} runs, after {} s", full.count(), group.runs.len(), range(&full, 1))
}

/// What is asked, where the answer stands, and how it is written.
type Question = (&'static str, &'static str, fn(f64) -> String);

const QUESTIONS: [Question; 9] = [
    ("packets sent by a node in a second", "packets_sent", |value| decimals(value, 2)),
    ("packets received", "packets_received", |value| decimals(value, 2)),
    ("bytes sent in packets in a second", "bytes_sent", |value| decimals(value, 1)),
    ("broadcast at half of the nodes, ms", "broadcast_50_ms", |value| decimals(value, 0)),
    ("at 99 %", "broadcast_99_ms", |value| decimals(value, 0)),
    ("bytes sent by a node for it", "broadcast_bytes", |value| decimals(value, 0)),
    ("first detection of a crash, s", "first_detection_ms", |value| decimals(value / 1e3, 1)),
    ("half of the nodes know, s", "half_detection_ms", |value| decimals(value / 1e3, 1)),
    ("all know, s", "last_detection_ms", |value| decimals(value / 1e3, 1)),
];

fn ten_thousand(data: &Data) -> Table {
    let mut table = Table::new().left("").right("10,000 nodes, all real").right("a sample of 100");
    let (whole, part) = (Group::asked(data, 10_000, 10_000, 0), Group::asked(data, 10_000, 100, 0));
    for (text, column, write) in QUESTIONS {
        table.row([
            text.to_owned(),
            or_nothing(whole.mean(column), write),
            or_nothing(part.mean(column), write),
        ]);
    }
    table.row([
        "broadcast at all, ms".to_owned(),
        or_nothing(whole.mean("broadcast_100_ms"), |value| decimals(value, 0)),
        or_nothing(part.mean("broadcast_100_ms"), |value| decimals(value, 0)),
    ]);
    table.row([
        "deaths of live members".to_owned(),
        or_nothing(whole.mean("false_deaths"), |value| decimals(value, 0)),
        or_nothing(part.mean("false_deaths"), |value| decimals(value, 0)),
    ]);
    table
}

fn validation(data: &Data) -> Table {
    let mut table = Table::new().left("1,000 members");
    for loss in ["0 % loss", "5 % loss"] {
        table = table.right(format!("{loss}: all real")).right("100 real").right("off by");
    }
    let pairs =
        [0, 5].map(|loss| (Group::asked(data, 1_000, 1_000, loss), Group::asked(data, 1_000, 100, loss)));
    let streams: Question = ("bytes on streams in a second", "stream_bytes", |value| decimals(value, 0));
    for (text, column, write) in QUESTIONS.into_iter().chain([streams]) {
        let mut row = vec![text.to_owned()];
        for (whole, part) in &pairs {
            let (whole, part) = (whole.mean(column), part.mean(column));
            row.push(or_nothing(whole, write));
            row.push(or_nothing(part, write));
            let off = whole.zip(part).map(|(whole, part)| part / whole - 1.0);
            row.push(or_nothing(off, |off| format!("{} %", decimals(off * 100.0, 1))));
        }
        table.row(row);
    }
    let mut row = vec!["runs".to_owned()];
    for (whole, part) in &pairs {
        row.extend([count(whole.runs.len() as u64), count(part.runs.len() as u64), String::new()]);
    }
    table.row(row);
    table
}

/// Clusters that are asked in samples: members, real nodes, loss in percent.
const SAMPLES: [(u32, u32, u32); 4] =
    [(10_000, 100, 0), (100_000, 50, 0), (100_000, 50, 5), (1_000_000, 10, 0)];

fn capacity(data: &Data) -> Table {
    let mut table = Table::new().left("");
    let groups = SAMPLES.map(|(members, real, loss)| Group::asked(data, members, real, loss));
    for (group, (members, real, loss)) in groups.iter().zip(SAMPLES) {
        let lossy = if loss > 0 { format!(", {loss} % loss") } else { String::new() };
        let runs = match group.runs.len() {
            1 => "1 run".to_owned(),
            runs => format!("{runs} runs"),
        };
        table = table.right(format!("{} members, {real} real{lossy} ({runs})", count(members.into())));
    }
    for (text, column, write) in QUESTIONS {
        let mut row = vec![text.to_owned()];
        row.extend(groups.iter().map(|group| or_nothing(group.mean(column), write)));
        table.row(row);
    }
    let mut list = vec!["list of all members in a push/pull".to_owned()];
    let mut interval = vec!["interval of push/pulls, s".to_owned()];
    let mut rate = vec!["bytes for push/pulls in a second, both ways".to_owned()];
    for group in &groups {
        let size = group.mean("push_pull_bytes");
        let seconds = Formulas::new(&Options::lan(), group.nodes as usize)
            .push_pull_interval()
            .map(|interval| interval.as_secs_f64());
        list.push(or_nothing(size, bytes));
        interval.push(or_nothing(seconds, |value| decimals(value, 0)));
        rate.push(or_nothing(size.zip(seconds), |(size, seconds)| bytes(4.0 * size / seconds)));
    }
    table.row(list).row(interval).row(rate);
    table
}

fn infection(data: &Data) -> Table {
    let mut table = Table::new().left("cluster");
    for percent in PERCENTILES {
        table = table.right(format!("{percent} %"));
    }
    let whole = [(1_000, 1_000, 0), (1_000, 1_000, 5), (10_000, 10_000, 0)];
    for (members, real, loss) in whole.into_iter().chain(SAMPLES) {
        let group = Group::asked(data, members, real, loss);
        let lossy = if loss > 0 { format!(", {loss} % loss") } else { String::new() };
        let mut row = vec![format!("{} members, {} real{lossy}", count(members.into()), count(real.into()))];
        row.extend(PERCENTILES.map(|percent| {
            or_nothing(group.mean(&format!("broadcast_{percent}_ms")), |value| decimals(value, 0))
        }));
        table.row(row);
    }
    table
}

fn speeds(machine: &Figures) -> Table {
    let mut table = Table::new().left("what");
    for title in ["nodes", "threads", "million events per second", "ratio", "peak memory, MiB"] {
        table = table.right(title);
    }
    for run in machine.runs() {
        let what = run.text();
        let (events, seconds) = (run.get("events"), run.get("seconds"));
        let rate = |value: Option<f64>| value.zip(seconds).map(|(value, seconds)| value / seconds);
        let whole = |column| or_nothing(run.get(column), |value| decimals(value, 0));
        table.row([
            what.split(',').next().unwrap_or_default().to_owned(),
            whole("nodes"),
            whole("threads"),
            or_nothing(rate(events), |value| decimals(value / 1e6, 2)),
            or_nothing(rate(run.get("simulated_s")), |value| decimals(value, 0)),
            whole("peak_mib"),
        ]);
    }
    table
}

/// What the simulator was to reach at the least, and what it does.
fn aims(machine: &Figures) -> Table {
    let mut table = Table::new().left("aim").right("measured").left("");
    let mut aim = |what: &str, nodes: u32, text: &str, figure: fn(&Run<'_>) -> Option<f64>, at_least: f64| {
        let is = |run: &Run<'_>| {
            run.text().starts_with(&format!("{what},{nodes},1,")) && run.get("threads") == Some(1.0)
        };
        let measured = machine.runs().find(is).and_then(|run| figure(&run));
        let holds = measured.is_some_and(|measured| measured >= at_least);
        table.row([
            text.to_owned(),
            or_nothing(measured, |value| significant(value, 3)),
            if holds { "holds" } else { "MISSED" }.to_owned(),
        ]);
    };
    let rate = |run: &Run<'_>| Some(run.get("events")? / run.get("seconds")? / 1e6);
    let ratio = |run: &Run<'_>| Some(run.get("simulated_s")? / run.get("seconds")?);
    let spare = |run: &Run<'_>| Some(24.0 - run.get("peak_mib")? / 1024.0);
    let idle = "idle (together)";
    aim(idle, 10_000, "10,000 quiet nodes: 2 million events per second on one core", rate, 2.0);
    aim(idle, 10_000, "the same: 20 times as fast as real time", ratio, 20.0);
    aim("sampled (50 real)", 100_000, "100,000 members, sampled: as fast as real time", ratio, 1.0);
    let busy = "idle and push/pulls (together)";
    aim(busy, 10_000, "10,000 nodes within 24 GiB also with push/pulls: GiB to spare", spare, 0.0);
    table
}

fn spread((low, high): (f64, f64)) -> String {
    if low == high { decimals(low, 1) } else { format!("{} – {}", decimals(low, 1), decimals(high, 1)) }
}

/// From the least to the greatest.
fn range(sample: &Sample, places: usize) -> String {
    match (sample.min(), sample.max()) {
        (Some(low), Some(high)) => {
            let (low, high) = (decimals(low, places), decimals(high, places));
            if low == high { low } else { format!("{low} – {high}") }
        }
        _ => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests;
