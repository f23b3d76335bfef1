//! `size`: what a cluster of a size will do.

use super::{Failure, Outcome, Verdict, over_seeds, run::Seeds, show, write_file};
use crate::{
    Latency, Link, Options,
    formulas::Formulas,
    plot::{Axis, HistogramPlot, LinePlot, Unit},
    report::{Report, Section},
    scenario::{network::parse_latency, override_option, preset, read::percentage},
    stats::{Cdf, Histogram, Sample, Table, format, mean_interval, proportion_interval, rule_of_three},
};
use core::time::Duration;
use serde_json::{Value, json};
use std::path::PathBuf;

mod direct;
mod sampled;

const EXAMPLES: &str = "\
Examples:
  memberlist-sim size --nodes 300
  memberlist-sim size --nodes 1000 --loss 5% --latency 1ms..20ms
  memberlist-sim size --nodes 500 --preset wan --option probe_interval=2s --option suspicion_mult=5
  memberlist-sim size --nodes 50000                       a sample of it is real, the rest statistical

It lets such a cluster come together, leaves it alone for a while, and kills nodes; each with every seed. Beside what it measures
stands what the published formulas say, where there is one.";

/// What `size` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// How many nodes the cluster has
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    nodes: u32,
    /// The options to begin with
    #[arg(long, default_value = "lan", value_parser = ["lan", "wan", "local"])]
    preset: String,
    /// Set one of the options, such as probe_interval=2s; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    option: Vec<String>,
    /// How long packets are under way: 1ms, or 1ms..20ms for any time between (default: 200us..1ms; wan: 20ms..80ms)
    #[arg(long, value_parser = latency)]
    latency: Option<Latency>,
    /// Which part of the packets is lost: 0.05 or 5%
    #[arg(long, default_value = "0", value_parser = part)]
    loss: f64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds (default: 10 up to 256 nodes, 5 up to 1024, 3 beyond)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: Option<u64>,
    /// Simulate every node up to this size; in larger clusters a sample is real and the rest statistical
    #[arg(long, default_value_t = 1024, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=20_000))]
    direct: u32,
    /// Write the result to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report with plots to this file, as HTML that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

fn latency(text: &str) -> Result<Latency, String> {
    parse_latency(text)
        .filter(|latency| latency.validate().is_ok())
        .ok_or_else(|| "expected a time such as 1ms, or two such as 1ms..20ms".to_owned())
}

fn part(text: &str) -> Result<f64, String> {
    percentage(text)
        .or_else(|| text.parse().ok())
        .filter(|part| (0.0..1.0).contains(part))
        .ok_or_else(|| "expected a part such as 0.05 or 5%, less than the whole".to_owned())
}

/// A cluster that is asked about.
struct Question {
    nodes: u32,
    options: Options,
    link: Link,
}

/// What was measured. Times are in seconds; each is a sample over all seeds, and over all crashes.
#[derive(Clone, Debug, Default)]
struct Measured {
    join: Vec<f64>,
    broadcast: Vec<f64>,
    first: Vec<f64>,
    full: Vec<f64>,
    /// Crashes that were not found by all before the end.
    unfound: u64,
    crashes: u64,
    /// Living members that were declared dead; and all members, each counted once in each probe interval.
    false_deaths: u64,
    suspicions: u64,
    member_intervals: u64,
    packets: Vec<f64>,
    packet_bytes: Vec<f64>,
    streams_per_minute: Vec<f64>,
    stream_bytes: Vec<f64>,
    busiest: Vec<f64>,
    /// Over time, bytes per node and second of the first seed.
    load: Vec<(f64, f64)>,
}

impl Measured {
    fn add(&mut self, other: Self) {
        self.join.extend(other.join);
        self.broadcast.extend(other.broadcast);
        self.first.extend(other.first);
        self.full.extend(other.full);
        self.unfound += other.unfound;
        self.crashes += other.crashes;
        self.false_deaths += other.false_deaths;
        self.suspicions += other.suspicions;
        self.member_intervals += other.member_intervals;
        self.packets.extend(other.packets);
        self.packet_bytes.extend(other.packet_bytes);
        self.streams_per_minute.extend(other.streams_per_minute);
        self.stream_bytes.extend(other.stream_bytes);
        self.busiest.extend(other.busiest);
        if self.load.is_empty() {
            self.load = other.load;
        }
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let question = question(args)?;
    let direct = args.nodes <= args.direct;
    let seeds = args.seeds.unwrap_or(match args.nodes {
        0..=256 => 10,
        257..=1024 => 5,
        _ => 3,
    });
    let list = Seeds { seed: args.seed, seeds }.list();
    let results = over_seeds(&list, "measuring", |seed| match direct {
        true => direct::measure(&question, seed),
        false => sampled::measure(&question, seed),
    });
    let mut measured = Measured::default();
    for result in results {
        measured.add(result?);
    }
    let lines = lines(&question, &measured);
    let report = report(args, &list, direct, &lines);
    show(&report.to_text())?;
    if let Some(path) = &args.html {
        write_file(path, &with_plots(report, &question, &measured).to_html())?;
    }
    if let Some(path) = &args.json {
        let value = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "nodes": args.nodes,
            "seeds": list,
            "sampled": !direct,
            "loss": args.loss,
            "options": serde_json::to_value(&question.options).unwrap_or_default(),
            "lines": lines.iter().map(Line::to_json).collect::<Vec<_>>(),
        });
        write_file(path, &format!("{value:#}\n"))?;
    }
    Ok(Verdict::Holds)
}

/// For how long a cluster is left alone before its traffic is counted, and then: each node begins at least one push/pull in either.
fn quiet_times(question: &Question, probes: u32) -> (Duration, Duration) {
    let formulas = Formulas::new(&question.options, question.nodes as usize);
    let push_pull = formulas.push_pull_interval().unwrap_or_default().min(Duration::from_secs(3600));
    (push_pull, (question.options.probe_interval * probes).max(push_pull * 2).max(Duration::from_secs(10)))
}

/// How often a node probes in this time.
fn intervals(question: &Question, time: Duration) -> u64 {
    let interval = question.options.probe_interval.max(Duration::from_millis(100));
    u64::try_from(time.as_nanos() / interval.as_nanos()).unwrap_or(u64::MAX)
}

fn question(args: &Args) -> Result<Question, Failure> {
    let mut options = preset(&args.preset).unwrap_or_default();
    for setting in &args.option {
        let (field, value) = setting.split_once('=').ok_or_else(|| {
            Failure::new(format!("--option {setting}: write KEY=VALUE, such as probe_interval=2s"))
        })?;
        options = override_option(&options, field.trim(), value.trim())?;
    }
    options.max_members = options.max_members.max(args.nodes as usize);
    options.max_events = options.max_events.max(args.nodes as usize);
    options.validate()?;
    let (low, high) = if args.preset == "wan" { (20_000, 80_000) } else { (200, 1_000) };
    let usual = Latency::uniform(Duration::from_micros(low), Duration::from_micros(high));
    let link = Link::new(args.latency.clone().unwrap_or(usual)).with_loss(args.loss);
    Ok(Question { nodes: args.nodes, options, link })
}

/// A line of the result.
struct Line {
    name: &'static str,
    title: &'static str,
    unit: Unit,
    median: Option<f64>,
    p99: Option<f64>,
    interval: Option<(f64, f64)>,
    formula: Option<f64>,
}

impl Line {
    fn of(name: &'static str, title: &'static str, unit: Unit, values: &[f64], formula: Option<f64>) -> Self {
        let sample = Sample::new(values.iter().copied());
        Self {
            name,
            title,
            unit,
            median: sample.median(),
            p99: sample.nearest_rank(0.99),
            interval: mean_interval(&sample, 0.95).map(|interval| (interval.low.max(0.0), interval.high)),
            formula,
        }
    }

    /// So many of so many, as a rate per hour.
    fn rate(
        name: &'static str,
        title: &'static str,
        (hits, trials): (u64, u64),
        each: Duration,
        formula: Option<f64>,
    ) -> Self {
        let hourly = 3600.0 / each.as_secs_f64().max(1e-9);
        let interval = match hits {
            0 => rule_of_three(trials, 0.95).map(|high| (0.0, high)),
            _ => proportion_interval(hits.min(trials), trials, 0.95)
                .map(|interval| (interval.low, interval.high)),
        };
        let rate = (trials > 0).then(|| hits as f64 / trials as f64 * hourly);
        let interval = interval.map(|(low, high)| (low * hourly, high * hourly));
        Self { name, title, unit: Unit::Number, median: rate, p99: None, interval, formula }
    }

    fn show(&self, value: f64) -> String {
        match self.unit {
            Unit::Seconds => format::seconds(value),
            Unit::BytesPerSecond => format!("{}/s", format::bytes(value)),
            _ => format::significant(value, 3),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "median": self.median,
            "p99": self.p99,
            "low": self.interval.map(|(low, _)| low),
            "high": self.interval.map(|(_, high)| high),
            "formula": self.formula,
        })
    }
}

fn lines(question: &Question, measured: &Measured) -> Vec<Line> {
    let formulas = Formulas::new(&question.options, question.nodes as usize)
        .with_loss(question.link.loss)
        .with_latency(question.link.latency.median());
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let each = question.options.probe_interval.max(Duration::from_millis(1));
    let hourly = 3600.0 / each.as_secs_f64();
    let suspicions = formulas.wrong_suspicions() * hourly;
    vec![
        Line::of("join", "full view everywhere, all join at once", Unit::Seconds, &measured.join, None),
        Line::of(
            "broadcast",
            "broadcast at all",
            Unit::Seconds,
            &measured.broadcast,
            seconds(formulas.time_to_all()),
        ),
        Line::of(
            "first_detection",
            "crash found by the first",
            Unit::Seconds,
            &measured.first,
            seconds(formulas.first_detection(0.5)),
        ),
        Line::of(
            "full_detection",
            "crash found by all",
            Unit::Seconds,
            &measured.full,
            seconds(formulas.full_detection()),
        ),
        Line::rate(
            "false_deaths",
            "living members declared dead, each node and hour",
            (measured.false_deaths, measured.member_intervals),
            each,
            None,
        ),
        Line::rate(
            "suspicions",
            "living members suspected, each node and hour",
            (measured.suspicions, measured.member_intervals),
            each,
            Some(suspicions),
        ),
        Line::of(
            "packets",
            "packets sent, each node and second",
            Unit::Number,
            &measured.packets,
            Some(formulas.idle_packets()),
        ),
        Line::of(
            "packet_bytes",
            "bytes in packets, each node",
            Unit::BytesPerSecond,
            &measured.packet_bytes,
            None,
        ),
        Line::of(
            "streams",
            "streams begun, each node and minute",
            Unit::Number,
            &measured.streams_per_minute,
            seconds(formulas.push_pull_interval()).map(|interval| 60.0 / interval),
        ),
        Line::of(
            "stream_bytes",
            "bytes on streams, each node",
            Unit::BytesPerSecond,
            &measured.stream_bytes,
            None,
        ),
        Line::of("busiest", "all bytes, busiest node", Unit::BytesPerSecond, &measured.busiest, None),
    ]
}

fn report(args: &Args, seeds: &[u64], direct: bool, lines: &[Line]) -> Report {
    let mut table =
        Table::new().left("measured").right("median").right("p99").right("95 % interval").right("formula");
    for line in lines.iter().filter(|line| line.median.is_some()) {
        let interval = line.interval.map(|(low, high)| format!("{} to {}", line.show(low), line.show(high)));
        table.row([
            line.title.to_owned(),
            format::or_nothing(line.median, |value| line.show(value)),
            format::or_nothing(line.p99, |value| line.show(value)),
            format::or_nothing(interval, |text| text),
            format::or_nothing(line.formula, |value| line.show(value)),
        ]);
    }
    let first = seeds.first().copied().unwrap_or(0);
    let way = if direct {
        "Every node is simulated.".to_owned()
    } else {
        format!(
            "{} nodes are simulated, the others are statistical: they answer, probe and spread news as such a cluster does. How it comes together is not measured.",
            sampled::REAL
        )
    };
    let options = match args.option.as_slice() {
        [] => args.preset.clone(),
        changed => format!("{}, {}", args.preset, changed.join(", ")),
    };
    Report::new(format!("A cluster of {} nodes", format::count(args.nodes.into())))
        .fact("version", env!("CARGO_PKG_VERSION"))
        .fact("seeds", format!("{first} to {}", seeds.last().copied().unwrap_or(first)))
        .fact("options", options)
        .fact("loss", format::percent(args.loss))
        .section(Section::new("Result").text(way).table("", table).text(
            "The interval holds the mean (of a rate: the rate) with 95 % confidence. Bytes are those of the protocol, without the headers of UDP, TCP and IP, as sent while nothing happens. Formulas: SWIM (2002) and its models of gossip; those of suspicions and streams know no pings on streams.",
        ))
}

fn with_plots(report: Report, question: &Question, measured: &Measured) -> Report {
    let mut section = Section::new("Plots");
    let (first, full) =
        (Sample::new(measured.first.iter().copied()), Sample::new(measured.full.iter().copied()));
    if !first.is_empty() {
        let axis = || Axis::new("after the crash", Unit::Seconds).from(0.0);
        let all = Sample::new(first.values().iter().chain(full.values()).copied());
        let high = all.max().unwrap_or(1.0);
        let mut plot = HistogramPlot::new("Time until a crash is found", axis());
        for (name, sample) in [("by the first", &first), ("by all", &full)] {
            if let Some(histogram) = Histogram::fixed(sample, 0.0, high * 1.001, 40) {
                plot = plot.histogram(name, histogram);
            }
        }
        section = section.plot(plot).plot(
            LinePlot::new(
                "Crashes that are found",
                axis(),
                Axis::new("of all", Unit::Fraction).from(0.0).to(1.0),
            )
            .cdf("by the first", &Cdf::out_of(&first, measured.crashes as usize))
            .cdf("by all", &Cdf::out_of(&full, measured.crashes as usize)),
        );
    }
    if !measured.load.is_empty() {
        let plot = LinePlot::new(
            "Bytes that each node sends while nothing happens",
            Axis::new("time", Unit::Seconds).from(0.0),
            Axis::new("bytes per node", Unit::BytesPerSecond).from(0.0),
        );
        section = section.plot(plot.steps("mean of all", measured.load.iter().copied()));
    }
    let formulas = Formulas::new(&question.options, question.nodes as usize).with_loss(question.link.loss);
    let news = (0..=60).filter_map(|round| {
        let round = f64::from(round) / 2.0;
        Some((round * question.options.gossip_interval.as_secs_f64(), formulas.spread(round)?))
    });
    section = section.plot(
        LinePlot::new(
            "Nodes that know of news, by the formula",
            Axis::new("since the news", Unit::Seconds).from(0.0),
            Axis::new("of all", Unit::Fraction).from(0.0).to(1.0),
        )
        .line("model of Serf's simulator", news),
    );
    report.section(section)
}
