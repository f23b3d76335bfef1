//! `compare`: two scenarios side by side, over the same seeds.

use super::{
    Outcome, Verdict,
    run::{Seeds, load, play},
    show, write_file,
};
use crate::{
    report::{Report, Section},
    scenario::{FIGURES, Figure, Run, Scenario, report::seeds},
    stats::{Interval, Sample, Table, mean_interval},
};
use serde_json::{Value, json};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  memberlist-sim compare old.toml new.toml --seeds 30
  memberlist-sim compare gc-pause flapping --seeds 20 --json diff.json

Both are played with each seed. A difference counts as significant if chance alone would show one as great in no more than one of twenty
such comparisons, all lines of the table together (Student's t on the differences of each seed, Bonferroni's correction).";

/// What `compare` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A scenario file, or the name of a shipped scenario
    first: String,
    /// Another one
    second: String,
    /// The first seed: it decides everything that is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, from the first one on
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=1_000_000))]
    seeds: u64,
    /// Write the comparison to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write it to this file as HTML that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

const LEVEL: f64 = 0.95;

/// A figure of both.
struct Line {
    figure: Figure,
    first: f64,
    second: f64,
    /// Of seeds in which both have it.
    difference: f64,
    interval: Option<Interval>,
    significant: bool,
    pairs: usize,
}

pub(super) fn run(args: &Args) -> Outcome {
    let (first, second) = (load(&args.first)?, load(&args.second)?);
    let list = Seeds { seed: args.seed, seeds: args.seeds }.list();
    let (first_runs, second_runs) = (play(&first, &list)?, play(&second, &list)?);
    let lines = lines(&first_runs, &second_runs);
    let report = report(&first, &second, &first_runs, &lines);
    show(&report.to_text())?;
    if let Some(path) = &args.json {
        let value = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "first": first.name,
            "second": second.name,
            "seeds": list,
            "level": LEVEL,
            "figures": lines.iter().map(Line::to_json).collect::<Vec<_>>(),
        });
        write_file(path, &format!("{value:#}\n"))?;
    }
    if let Some(path) = &args.html {
        write_file(path, &report.to_html())?;
    }
    Ok(Verdict::Holds)
}

fn lines(first: &[Run], second: &[Run]) -> Vec<Line> {
    let pairs = |figure: &Figure| -> Vec<(f64, f64)> {
        first.iter().zip(second).filter_map(|(a, b)| Some((figure.of(a)?, figure.of(b)?))).collect()
    };
    let both: Vec<_> = FIGURES
        .iter()
        .map(|figure| (*figure, pairs(figure)))
        .filter(|(_, pairs)| !pairs.is_empty())
        .collect();
    // Each line is one more chance to be wrong.
    let strict = 1.0 - (1.0 - LEVEL) / both.len().max(1) as f64;
    both.into_iter()
        .map(|(figure, pairs)| {
            let mean = |values: Sample| values.mean().unwrap_or(f64::NAN);
            let differences = Sample::new(pairs.iter().map(|(a, b)| b - a));
            let excludes_none = |interval: Interval| !interval.contains(0.0);
            Line {
                figure,
                first: mean(Sample::new(pairs.iter().map(|(a, _)| *a))),
                second: mean(Sample::new(pairs.iter().map(|(_, b)| *b))),
                difference: mean(differences.clone()),
                interval: mean_interval(&differences, LEVEL),
                significant: mean_interval(&differences, strict).is_some_and(excludes_none),
                pairs: pairs.len(),
            }
        })
        .collect()
}

fn report(first: &Scenario, second: &Scenario, runs: &[Run], lines: &[Line]) -> Report {
    let mut table = Table::new()
        .left("mean of all seeds")
        .right(&first.name)
        .right(&second.name)
        .right("difference")
        .right("95 % interval")
        .left("significant");
    for line in lines {
        let figure = line.figure;
        let signed = |value: f64| {
            let text = figure.show(value);
            if value > 0.0 { format!("+{text}") } else { text }
        };
        let interval = line.interval.map_or_else(
            || "–".to_owned(),
            |interval| format!("{} to {}", signed(interval.low), signed(interval.high)),
        );
        let seeds = if line.pairs < runs.len() { format!(" ({} seeds)", line.pairs) } else { String::new() };
        table.row([
            format!("{}{seeds}", figure.title),
            figure.show(line.first),
            figure.show(line.second),
            signed(line.difference),
            interval,
            if line.significant { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let different = lines.iter().filter(|line| line.significant).count();
    let verdict = match different {
        0 => "No difference is significant.".to_owned(),
        n => format!("{n} of {} differences are significant.", lines.len()),
    };
    Report::new(format!("{} and {}", first.name, second.name))
        .fact("version", env!("CARGO_PKG_VERSION"))
        .fact("seeds", seeds(runs))
        .section(Section::new("Comparison").table("", table).text(verdict))
}

impl Line {
    fn to_json(&self) -> Value {
        json!({
            "figure": self.figure.name,
            "first": self.first,
            "second": self.second,
            "difference": self.difference,
            "low": self.interval.map(|interval| interval.low),
            "high": self.interval.map(|interval| interval.high),
            "significant": self.significant,
            "seeds": self.pairs,
        })
    }
}
