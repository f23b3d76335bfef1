//! `run`: plays a scenario, and says whether what it expects holds.

use super::{Failure, Outcome, over_seeds, show, write_file};
use crate::scenario::{
    Run, SHIPPED, Scenario,
    report::{report, to_json, with_plots},
    shipped,
};
use crate::trace;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  memberlist-sim run mass-crash
  memberlist-sim run my.toml --seed 7 --html report.html
  memberlist-sim run two-data-centres --seeds 50 --json result.json

A scenario file is TOML; `memberlist-sim list mass-crash` shows one, and README.md explains it. What it expects is compared with what
happened for each seed; exit code 1 if something does not hold for one of them.";

/// What `run` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A scenario file, or the name of a shipped scenario (see `list`)
    scenario: String,
    #[command(flatten)]
    seeds: Seeds,
    /// Write everything that was measured to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report with plots to this file, as HTML that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every step of the first seed to this file, for `replay`
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// Which seeds.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Seeds {
    /// The first seed: it decides everything that is random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many seeds, from the first one on
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) seeds: u64,
}

impl Seeds {
    pub(crate) fn list(self) -> Vec<u64> {
        (0..self.seeds).map(|more| self.seed.wrapping_add(more)).collect()
    }
}

/// A scenario by the path of its file, or by its name if it is shipped.
pub(super) fn load(name: &str) -> Result<Scenario, Failure> {
    if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
        return Ok(Scenario::parse(name, text)?);
    }
    let path = Path::new(name);
    if !path.exists() && !name.contains(['/', '\\', '.']) {
        let unknown = shipped(name).err().map(|error| error.to_string()).unwrap_or_default();
        return Err(Failure::new(format!("there is no file `{name}`, and {unknown}")));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::new(format!("can't read {name}: {error}")))?;
    Ok(Scenario::parse(name, &text)?)
}

pub(super) fn run(args: &Args) -> Outcome {
    let scenario = load(&args.scenario)?;
    let runs = play(&scenario, &args.seeds.list())?;
    show(&report(&scenario, &runs).to_text())?;
    if let Some(path) = &args.json {
        write_file(path, &format!("{:#}\n", to_json(&scenario, &runs)))?;
    }
    if let Some(path) = &args.html {
        write_file(path, &with_plots(&scenario, &runs).to_html())?;
    }
    if let Some(path) = &args.trace {
        store_trace(&scenario, args.seeds.seed, path)?;
    }
    Ok(runs.iter().all(Run::holds).into())
}

fn store_trace(scenario: &Scenario, seed: u64, path: &Path) -> Result<(), Failure> {
    let fault = |error: std::io::Error| Failure::new(format!("can't write {}: {error}", path.display()));
    let file = std::io::BufWriter::new(std::fs::File::create(path).map_err(fault)?);
    let header = trace::Header::new(seed).with_about(super::replay::about(scenario));
    let (_, writer) = scenario.play_observed(seed, trace::Writer::new(file, &header))?;
    let (mut file, _) = writer.finish().map_err(fault)?;
    std::io::Write::flush(&mut file).map_err(fault)
}

/// Plays it with each seed. Details for pictures are kept of the first alone.
pub(super) fn play(scenario: &Scenario, seeds: &[u64]) -> Result<Vec<Run>, Failure> {
    let first = seeds.first().copied();
    let runs = over_seeds(seeds, &scenario.name, |seed| {
        let mut run = scenario.play(seed)?;
        if Some(seed) != first {
            run.measures.forget_details();
        }
        Ok(run)
    });
    runs.into_iter().collect::<Result<_, crate::scenario::UnplayableScenario>>().map_err(Failure::from)
}
