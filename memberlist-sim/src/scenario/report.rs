//! What came of a scenario, as a report with tables and plots, and as JSON.

use super::{FIGURES, Run, Scenario, Start, faults::show};
use crate::{
    Spoken,
    report::{Report, Section},
    stats::{Sample, Table, format},
};
use plots::plots;
use std::collections::BTreeSet;

mod json;
mod plots;

pub(crate) use json::to_json;

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
        Start::Formed(formed) if formed < scenario.nodes.members() => {
            format!("of which {formed} know each other at the start")
        }
        Start::Formed(_) => "know each other at the start".to_owned(),
        Start::Join => "start at once and join".to_owned(),
        Start::Ramp(time) => format!("start over {} and join", show(time)),
    };
    let wire = match scenario.nodes.wire {
        Spoken::Native => "",
        Spoken::Hashicorp(_) => ", speak HashiCorp's wire",
    };
    let strangers = match scenario.nodes.strangers {
        0 => String::new(),
        strangers => format!(", {strangers} strangers"),
    };
    format!("{}, {start}{wire}{strangers}", scenario.nodes.count)
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
