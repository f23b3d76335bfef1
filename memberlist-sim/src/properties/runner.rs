//! Runs properties over seeds, on several threads: what comes out does not depend on how many.

use super::{ALL, Case, Checks, Facts, Property, Violation};
use core::{fmt, ops::Range, time::Duration};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seeds, each for each property.
    pub seeds: Range<u64>,
    /// The names of the properties; none: all.
    pub only: Vec<String>,
    /// How closely the invariants are checked.
    pub checks: Checks,
    /// How many threads run; 0: as many as there are processors.
    pub threads: usize,
    /// Nodes of a cluster at most.
    pub largest: usize,
    /// Where the steps are written, as lines of text; of the first seed of the first property.
    pub trace: Option<std::path::PathBuf>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seeds: 0..100,
            only: Vec::new(),
            checks: Checks::default(),
            threads: 0,
            largest: usize::MAX,
            trace: None,
        }
    }
}

/// There is no property of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no property `{0}`; there are: {names}", names = ALL.iter().map(|p| p.name).collect::<Vec<_>>().join(", "))]
pub struct UnknownProperty(pub String);

/// What came of one run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was found, or what is wrong.
    pub result: Result<Facts, Violation>,
    /// How long it took, by the clock on the wall.
    pub took: Duration,
}

/// What came of all runs of one property.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Line {
    /// Its name.
    pub property: &'static str,
    /// The runs, in the order of their seeds.
    pub outcomes: Vec<Outcome>,
    /// What is wrong with all of them together.
    pub judged: Option<Violation>,
}

/// What came of a plan.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// For each property.
    pub lines: Vec<Line>,
}

/// Runs a plan; `each` is told of each run that ends, in no particular order.
///
/// # Errors
/// If it names a property that there is not. Nothing was run then.
pub fn run(plan: &Plan, each: impl Fn(&Outcome) + Sync) -> Result<Report, UnknownProperty> {
    Ok(run_all(&chosen(plan)?, plan, each))
}

pub(super) fn run_all(
    properties: &[&'static Property],
    plan: &Plan,
    each: impl Fn(&Outcome) + Sync,
) -> Report {
    let seeds = plan.seeds.clone().count();
    // Seed by seed, so that all threads have the same mixture of long and short ones.
    let job = |number: usize| {
        let property = properties.get(number % properties.len()).copied();
        property.map(|property| (property, plan.seeds.start + (number / properties.len()) as u64))
    };
    let jobs = seeds * properties.len();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::with_capacity(jobs));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((property, seed)) = (number < jobs).then(|| job(number)).flatten() else { return };
            let outcome = one(plan, property, seed, number == 0);
            each(&outcome);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, outcome));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads(plan) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    let mut lines: Vec<Line> = properties
        .iter()
        .map(|property| Line { property: property.name, outcomes: Vec::with_capacity(seeds), judged: None })
        .collect();
    for (number, outcome) in done {
        if let Some(line) = lines.get_mut(number % properties.len()) {
            line.outcomes.push(outcome);
        }
    }
    for (line, property) in lines.iter_mut().zip(properties) {
        line.judge(property);
    }
    Report { lines }
}

fn chosen(plan: &Plan) -> Result<Vec<&'static Property>, UnknownProperty> {
    if plan.only.is_empty() {
        return Ok(ALL.iter().collect());
    }
    plan.only.iter().map(|name| Property::named(name).ok_or_else(|| UnknownProperty(name.clone()))).collect()
}

fn threads(plan: &Plan) -> usize {
    match plan.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// One run; a panic in it is a violation, too.
fn one(plan: &Plan, property: &'static Property, seed: u64, first: bool) -> Outcome {
    let begun = Instant::now();
    let mut case = Case::new(seed).with_checks(plan.checks).with_largest(plan.largest);
    if let Some(path) = plan.trace.as_ref().filter(|_| first)
        && let Ok(file) = std::fs::File::create(path)
    {
        case = case.with_trace(Box::new(std::io::BufWriter::new(file)));
    }
    let result = match catch_unwind(AssertUnwindSafe(|| property.check(&mut case))) {
        Ok(Ok(facts)) => Ok(facts),
        Ok(Err(broken)) => Err(broken.to_string()),
        Err(panic) => Err(format!("panicked: {}", said(&*panic))),
    };
    let result = result.map_err(|what| Violation { property: property.name, seed: Some(seed), what });
    Outcome { seed, result, took: begun.elapsed() }
}

fn said(panic: &(dyn core::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with something that is no text")
}

impl Line {
    fn judge(&mut self, property: &Property) {
        let facts: Vec<Facts> =
            self.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok().cloned()).collect();
        if let Err(what) = property.judge(&facts) {
            self.judged = Some(Violation { property: property.name, seed: None, what });
        }
    }

    fn facts(&self) -> impl Iterator<Item = &Facts> {
        self.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok())
    }

    /// The figures of the property: in how many runs each came up, their mean, and the greatest.
    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.facts().flat_map(|facts| &facts.figures) {
            if !names.contains(name) {
                names.push(name);
            }
        }
        for name in names {
            let values: Vec<f64> = self.facts().filter_map(|facts| facts.figure(name)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let most = values.iter().copied().fold(f64::MIN, f64::max);
            let (of, runs) = (self.property, values.len());
            writeln!(f, "{of}: {name}: mean {mean:.3}, greatest {most:.3} ({runs} runs)")?;
        }
        Ok(())
    }

    /// What is wrong.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).chain(&self.judged)
    }
}

impl Report {
    /// All that is wrong.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.lines.iter().flat_map(Line::violations)
    }
}

/// The table: a line for each property.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, cells: [String; 6]| {
            let [seeds, nodes, hours, events, time, failures] = cells;
            writeln!(f, "{name:<28} {seeds:>7} {nodes:>9} {hours:>10} {events:>13} {time:>10} {failures:>9}")
        };
        let head = ["seeds", "nodes", "sim. hours", "events", "cpu time", "failures"].map(String::from);
        row(f, "property", head)?;
        let mut sums = (0, 0, Duration::ZERO, 0, Duration::ZERO, 0);
        let cells = |(seeds, nodes, simulated, events, took, failures): (
            usize,
            usize,
            Duration,
            u64,
            Duration,
            usize,
        )| {
            [
                seeds.to_string(),
                nodes.to_string(),
                format!("{:.1}", simulated.as_secs_f64() / 3_600.0),
                events.to_string(),
                format!("{:.1} s", took.as_secs_f64()),
                failures.to_string(),
            ]
        };
        for line in &self.lines {
            let took = line.outcomes.iter().map(|outcome| outcome.took).sum();
            let simulated = line.facts().map(|facts| facts.simulated).sum();
            let (nodes, events) = line.facts().fold((0, 0), |(n, e), f| (n + f.nodes, e + f.events));
            let of = (line.outcomes.len(), nodes, simulated, events, took, line.violations().count());
            row(f, line.property, cells(of))?;
            sums = (sums.0 + of.0, sums.1 + of.1, sums.2 + of.2, sums.3 + of.3, sums.4 + of.4, sums.5 + of.5);
        }
        row(f, "all", cells(sums))?;
        for line in &self.lines {
            line.figures(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
