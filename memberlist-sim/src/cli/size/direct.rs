//! Every node is simulated.

use super::{Measured, Question};
use crate::scenario::{
    Cause, Deed, Fault, NetworkPlan, Nodes, Run, Scenario, Selector, Start, UnplayableScenario,
};
use core::time::Duration;
use std::collections::BTreeSet;

/// Times of a probe interval for which a cluster is left alone.
const QUIET_INTERVALS: u32 = 60;
/// How many nodes die in a run, if there are enough.
const CRASHES: u32 = 8;

pub(super) fn measure(question: &Question, seed: u64) -> Result<Measured, UnplayableScenario> {
    let mut measured = Measured::default();
    joined(question, seed, &mut measured)?;
    quiet(question, seed, &mut measured)?;
    crashed(question, seed, &mut measured)?;
    Ok(measured)
}

fn scenario(question: &Question, duration: Duration) -> Scenario {
    let network = NetworkPlan::new(question.link.clone());
    Scenario::new(Nodes::formed(question.nodes), question.options.clone(), network, duration)
}

fn interval(question: &Question) -> Duration {
    question.options.probe_interval.max(Duration::from_millis(100))
}

/// All start at once and join through one.
fn joined(question: &Question, seed: u64, measured: &mut Measured) -> Result<(), UnplayableScenario> {
    let mut scenario = scenario(question, Duration::from_secs(15).max(interval(question) * 10));
    (scenario.nodes.start, scenario.nodes.seeds) = (Start::Join, 1);
    let run = scenario.play(seed)?;
    let all = run.measures.views_true_from(crate::Instant::START);
    measured.join.extend(all.map(|at| at.since(crate::Instant::START).as_secs_f64()));
    Ok(())
}

/// Nothing happens.
fn quiet(question: &Question, seed: u64, measured: &mut Measured) -> Result<(), UnplayableScenario> {
    let (warm_up, counted) = super::quiet_times(question, QUIET_INTERVALS);
    let mut scenario = scenario(question, warm_up + counted);
    scenario.warm_up = warm_up;
    let run = scenario.play(seed)?;
    let measures = &run.measures;
    let wrongly_dead: BTreeSet<_> = measures.false_positives().iter().map(|(_, _, of)| *of).collect();
    measured.false_deaths += wrongly_dead.len() as u64;
    measured.suspicions += measures.suspected();
    measured.member_intervals += u64::from(question.nodes) * super::intervals(question, warm_up + counted);
    measured.packets.push(measures.per_node_second(measures.packets));
    measured.packet_bytes.push(measures.per_node_second(measures.packet_bytes));
    measured.streams_per_minute.push(measures.per_node_second(measures.streams) * 60.0);
    measured.stream_bytes.push(measures.per_node_second(measures.stream_bytes));
    measured.busiest.push(measures.most_bytes_per_second(counted));
    measured.load = measures.timeline.bytes_per_node_second();
    Ok(())
}

/// Nodes die one after the other, and one that lives says something.
fn crashed(question: &Question, seed: u64, measured: &mut Measured) -> Result<(), UnplayableScenario> {
    let step = interval(question) * 2;
    let victims = CRASHES.min(question.nodes / 8).max(1);
    let longest = crate::scenario::longest_suspicion(&question.options, question.nodes as usize);
    let duration = step * (victims + 2) + longest + interval(question) * question.nodes.min(30);
    let mut scenario = scenario(question, duration);
    let once = |at, deed, nodes, apart| Fault { at, deed, nodes, apart, times: 1, every: Duration::ZERO };
    let others = Selector::Range(1, question.nodes);
    scenario.faults = vec![
        once(step / 2, Deed::Broadcast { bytes: 64 }, Selector::Node(0), Duration::ZERO),
        once(step, Deed::Vanish, Selector::Random(victims, Box::new(others)), step),
    ];
    let run = scenario.play(seed)?;
    let all = |cause| {
        run.measures.settled(cause).filter_map(|change| change.reached(1.0)).map(|time| time.as_secs_f64())
    };
    measured.broadcast.extend(all(Cause::Broadcast));
    measured.full.extend(all(Cause::Crash));
    let first = run.measures.settled(Cause::Crash).filter_map(crate::scenario::Change::first);
    measured.first.extend(first.map(|time| time.as_secs_f64()));
    measured.crashes += crashes(&run);
    measured.unfound += run.measures.settled(Cause::Crash).filter(|change| change.missing > 0).count() as u64;
    Ok(())
}

fn crashes(run: &Run) -> u64 {
    run.measures.settled(Cause::Crash).count() as u64
}
