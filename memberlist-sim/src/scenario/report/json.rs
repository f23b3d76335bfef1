//! What was measured, as JSON.

use super::super::{Change, FIGURES, Run, Scenario};
use crate::Instant;
use serde_json::{Value, json};

/// Everything that was measured, for programs: of each run all figures, what was expected, and who learned when of each change.
pub(crate) fn to_json(scenario: &Scenario, runs: &[Run]) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": scenario.name,
        "about": scenario.about,
        "nodes": scenario.nodes.count,
        "duration": scenario.duration.as_secs_f64(),
        "options": serde_json::to_value(&scenario.options).unwrap_or_default(),
        "holds": runs.iter().all(Run::holds),
        "runs": runs.iter().map(|run| run_json(scenario, run)).collect::<Vec<_>>(),
    })
}

fn run_json(scenario: &Scenario, run: &Run) -> Value {
    let figures: serde_json::Map<String, Value> =
        FIGURES.iter().map(|figure| (figure.name.to_owned(), json!(figure.of(run)))).collect();
    let expected: Vec<_> = scenario
        .expect
        .iter()
        .zip(&run.findings)
        .map(|(expected, finding)| {
            json!({
                "what": expected.what.name(),
                "wanted": expected.wanted(),
                "measured": finding.measured,
                "holds": finding.holds,
            })
        })
        .collect();
    json!({
        "seed": run.seed,
        "holds": run.holds(),
        "expected": expected,
        "figures": figures,
        "quiet_from": run.quiet_from.as_secs_f64(),
        "events": run.events,
        "notes": run.notes,
        "changes": run.measures.changes().iter().map(change_json).collect::<Vec<_>>(),
        "bytes_per_node_second": {
            "step": run.measures.timeline.step.as_secs_f64(),
            "values": run.measures.timeline.bytes_per_node_second().iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>(),
        },
    })
}

fn change_json(change: &Change) -> Value {
    let quantile = |part: f64| change.reached(part).map(|time| time.as_secs_f64());
    json!({
        "at": change.at.since(Instant::START).as_secs_f64(),
        "node": change.node.0,
        "cause": change.cause,
        "observers": change.observers(),
        "missing": change.missing,
        "overtaken": change.is_overtaken(),
        "first": change.first().map(|time| time.as_secs_f64()),
        "half": quantile(0.5),
        "p99": quantile(0.99),
        "all": quantile(1.0),
    })
}
