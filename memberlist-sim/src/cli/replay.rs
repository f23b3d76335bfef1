//! `replay`: steps through a stored trace, or through the recorded life of a node.

use super::{Failure, Outcome, Verdict, show};
use crate::{
    Instant, NodeIndex,
    scenario::{Scenario, read::time},
    trace::{Beliefs, Checker, Comparison, Entry, Filter, Kind, Reader},
};
use core::time::Duration;
use std::{
    fs::File,
    io::{BufRead, BufReader, IsTerminal, Read},
    path::PathBuf,
};

mod recording;

const EXAMPLES: &str = "\
Examples:
  memberlist-sim run partition --trace p.trace              store every step
  memberlist-sim replay p.trace --verify                    is it what this version still does?
  memberlist-sim replay p.trace --kind event --node 3       what node 3 reported
  memberlist-sim replay p.trace --containing \"failed 3\" --step --about 3
                                                            stop wherever node 3 is held for failed, and see who thinks so
  memberlist-sim replay node.record --containing Suspected  what a live node was told when it suspected somebody

A recording of a live node (`start_recorded`) is given to the same state machine again, and the same must come of every step; it needs
the version that made it.

With --step each step waits for Enter; `b` and Enter shows who believes what, `b 3` of node 3 alone, `q` ends. Where nobody sits at a
terminal all steps come at once.";

/// What `replay` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A trace that `run --trace` has stored, or a recording of a live node
    trace: PathBuf,
    /// Only steps of this node; may be given more than once
    #[arg(long, value_name = "N")]
    node: Vec<u32>,
    /// Only steps of this kind (action, sent, lost, received, message, undecodable, stream, timer, event, handled); may be given more than once
    #[arg(long, value_parser = kind)]
    kind: Vec<Kind>,
    /// Only from this time on, such as 12s or 1m 30s
    #[arg(long, value_parser = moment)]
    from: Option<Duration>,
    /// Only up to this time
    #[arg(long, value_parser = moment)]
    until: Option<Duration>,
    /// Only steps whose details contain this
    #[arg(long, default_value = "", hide_default_value = true)]
    containing: String,
    /// Stop at each step
    #[arg(long)]
    step: bool,
    /// Show at the end who believes what then
    #[arg(long)]
    beliefs: bool,
    /// As --beliefs, of this node alone; with --step at each step
    #[arg(long, value_name = "N")]
    about: Option<u32>,
    /// Play the scenario of the trace again, and see whether it gives the same steps, byte for byte
    #[arg(long, conflicts_with_all = ["node", "kind", "from", "until", "containing", "step", "beliefs", "about"])]
    verify: bool,
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse().map_err(|_| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        crate::scenario::read::instead(text, &names)
    })
}

fn moment(text: &str) -> Result<Duration, String> {
    time(text).ok_or_else(|| "expected a time such as 12s or \"1m 30s\"".to_owned())
}

/// What stands before the scenario in the header of a trace.
const SCENARIO: &str = "scenario ";

/// The header's text for a run of this scenario: enough to play it again.
pub(super) fn about(scenario: &Scenario) -> String {
    format!("{SCENARIO}{}\n{}", scenario.name, scenario.source)
}

pub(super) fn run(args: &Args) -> Outcome {
    let path = args.trace.display();
    let unreadable = |error| Failure::new(format!("can't read {path}: {error}"));
    let mut file = BufReader::new(File::open(&args.trace).map_err(unreadable)?);
    if recording::is_one(file.fill_buf().map_err(unreadable)?) {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        return recording::run(args, &bytes);
    }
    let reader = Reader::new(file).map_err(|error| Failure::new(format!("{path}: {error}")))?;
    if args.verify {
        return verify(args, reader);
    }
    let mut reader = reader;
    let mut beliefs = Beliefs::new();
    let mut filter = Filter::new()
        .nodes(args.node.iter().map(|node| NodeIndex(*node)))
        .kinds(args.kind.iter().copied())
        .containing(&args.containing);
    filter.from = Instant::START + args.from.unwrap_or_default();
    if let Some(until) = args.until {
        filter.until = Instant::START + until;
    }
    let stops = args.step && is_terminal();
    let fault = |error| Failure::new(format!("{}: {error}", args.trace.display()));
    while let Some(entry) = reader.next_entry().map_err(fault)? {
        if entry.at > filter.until {
            break;
        }
        beliefs.follow(&entry).map_err(|error| {
            Failure::new(format!("{}: line {}: {error}", args.trace.display(), entry.line))
        })?;
        if !filter.matches(&entry) {
            continue;
        }
        show(&line(&entry))?;
        if args.step
            && let Some(node) = args.about
        {
            show(&believed(&beliefs, Some(node)))?;
        }
        if stops && !pause(|about| believed(&beliefs, about))? {
            return Ok(Verdict::Holds);
        }
    }
    if args.beliefs || args.about.is_some() && !args.step {
        show(&believed(&beliefs, args.about))?;
    }
    Ok(Verdict::Holds)
}

/// A step with its time in seconds.
fn line(entry: &Entry) -> String {
    let nanos = entry.at.since(Instant::START).as_nanos();
    let (seconds, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    format!("{seconds:>5}.{nanos:09}  node {:<5} {:<11} {}\n", entry.node, entry.kind.name(), entry.details)
}

fn believed(beliefs: &Beliefs, about: Option<u32>) -> String {
    let all = beliefs.to_string();
    match about {
        None => all,
        Some(node) => {
            let start = format!("node {node}:");
            let line = all.lines().find(|line| line.starts_with(&start));
            line.map_or_else(|| format!("node {node}: nobody knows it\n"), |line| format!("{line}\n"))
        }
    }
}

fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Waits for the user, who may ask who believes what; false: it is enough.
fn pause(believed: impl Fn(Option<u32>) -> String) -> Result<bool, Failure> {
    loop {
        let mut answer = String::new();
        if std::io::stdin().lock().read_line(&mut answer)? == 0 {
            return Ok(false);
        }
        let mut words = answer.split_whitespace();
        match (words.next(), words.next().map(str::parse)) {
            (None, _) => return Ok(true),
            (Some("q"), None) => return Ok(false),
            (Some("b"), None) => show(&believed(None))?,
            (Some("b"), Some(Ok(node))) => show(&believed(Some(node)))?,
            _ => show("Enter: the next step; b: who believes what; b 3: of node 3; q: enough\n")?,
        }
    }
}

fn verify(args: &Args, reader: Reader<BufReader<File>>) -> Outcome {
    let path = args.trace.display();
    let header = reader.header().clone();
    let scenario = header.about.strip_prefix(SCENARIO).and_then(|about| about.split_once('\n'));
    let Some((name, text)) = scenario else {
        return Err(Failure::new(format!(
            "{path} does not say which scenario it is of: only traces of `run --trace` can be played again"
        )));
    };
    let scenario = Scenario::parse(name, text)?;
    let (_, checker) = scenario.play_observed(header.seed, Checker::new(reader, 3))?;
    let compared = checker.finish().map_err(|error| Failure::new(format!("{path}: {error}")))?;
    match compared {
        Comparison::Same(summary) => {
            show(&format!(
                "{name}, seed {}: the same {} steps, byte for byte\n",
                header.seed, summary.steps
            ))?;
            Ok(Verdict::Holds)
        }
        Comparison::Different(divergence) => {
            show(&format!("{name}, seed {}: {divergence}", header.seed))?;
            Ok(Verdict::Fails)
        }
    }
}
