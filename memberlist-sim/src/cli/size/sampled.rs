//! Some nodes are simulated, the others are counted.

use super::{Measured, Question};
use crate::{
    Instant, Latency, NodeIndex, Observer, Step,
    scale::sampled::{Sample, Sampled},
    scenario::{UnplayableScenario, longest_suspicion},
};
use memberlist_proto::Event;
use std::collections::BTreeSet;

/// How many nodes are real.
pub(super) const REAL: usize = 64;
/// Times of a probe interval for which a cluster is left alone.
const QUIET_INTERVALS: u32 = 30;
/// How many nodes die in a run.
const CRASHES: u32 = 4;

/// What the real nodes report.
#[derive(Default)]
struct Reports {
    suspected: BTreeSet<NodeIndex>,
    failed: Vec<(Instant, NodeIndex, NodeIndex)>,
}

impl Observer for Reports {
    fn step(&mut self, at: Instant, node: NodeIndex, step: &Step<'_>) {
        match step {
            Step::Event(Event::Suspected { member, .. }) => {
                self.suspected.insert(member.node.id.0);
            }
            Step::Event(Event::Failed { member, .. }) => self.failed.push((at, node, member.node.id.0)),
            _ => {}
        }
    }
}

pub(super) fn measure(question: &Question, seed: u64) -> Result<Measured, UnplayableScenario> {
    let members = question.nodes as usize;
    let mut sample = Sample::new(seed, members, REAL.min(members));
    sample.loss = question.link.loss;
    sample.options = question.options.clone();
    sample.latency = match &question.link.latency {
        Latency::Uniform(low, high) => (*low, *high),
        other => (other.median(), other.median()),
    };
    let mut cluster = sample.start(Reports::default()).map_err(UnplayableScenario::new)?;
    let mut measured = Measured::default();
    quiet(question, &mut cluster, &mut measured);
    crashed(question, &mut cluster, &mut measured);
    Ok(measured)
}

fn quiet(question: &Question, cluster: &mut Sampled<Reports>, measured: &mut Measured) {
    let (warm_up, time) = super::quiet_times(question, QUIET_INTERVALS);
    let nodes = || (0..REAL.min(question.nodes as usize)).map(|node| NodeIndex(node as u32));
    cluster.run_for(warm_up);
    let before: Vec<_> = nodes().map(|node| cluster.simulation().traffic(node)).collect();
    cluster.run_for(time);
    let seconds = time.as_secs_f64();
    for (node, before) in nodes().zip(before) {
        let traffic = cluster.simulation().traffic(node);
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
        measured.packets.push(rate(traffic.packets_sent, before.packets_sent));
        measured.packet_bytes.push(rate(traffic.packet_bytes_sent, before.packet_bytes_sent));
        measured.streams_per_minute.push(rate(traffic.streams, before.streams) * 60.0);
        measured.stream_bytes.push(rate(traffic.stream_bytes_sent, before.stream_bytes_sent));
    }
    let busiest =
        measured.packet_bytes.iter().zip(&measured.stream_bytes).map(|(a, b)| a + b).fold(0.0, f64::max);
    measured.busiest.push(busiest);
    let reports = cluster.observer_mut();
    let dead: BTreeSet<_> = reports.failed.iter().map(|(_, _, of)| *of).collect();
    measured.false_deaths += dead.len() as u64;
    // Those that are only counted accuse nobody wrongly: what is seen comes of the probes of the real ones.
    measured.member_intervals += REAL as u64 * super::intervals(question, warm_up + time);
    measured.suspicions += reports.suspected.len() as u64;
    reports.failed.clear();
}

fn crashed(question: &Question, cluster: &mut Sampled<Reports>, measured: &mut Measured) {
    let real = REAL.min(question.nodes as usize);
    let counted = question.nodes.saturating_sub(REAL as u32).max(1);
    let longest = longest_suspicion(&question.options, question.nodes as usize);
    for crash in 0..CRASHES {
        // Any of those that are only counted: they are alike.
        let victim = NodeIndex(REAL as u32 + crash * (counted / CRASHES).max(1) % counted);
        let at = cluster.now();
        cluster.crash(victim);
        measured.crashes += 1;
        let knows = |cluster: &Sampled<Reports>| {
            (0..real).all(|node| {
                let endpoint = cluster.simulation().endpoint(NodeIndex(node as u32));
                endpoint
                    .and_then(|endpoint| endpoint.member(&crate::Name(victim)))
                    .is_none_or(|member| !matches!(member.state, crate::State::Alive | crate::State::Suspect))
            })
        };
        let found = cluster.run_until(longest + question.options.probe_interval * 30, knows);
        let end = cluster.now();
        let by_real =
            cluster.observer_mut().failed.iter().filter(|(_, _, of)| *of == victim).map(|(at, ..)| *at).min();
        let first = [cluster.declared(victim), by_real].into_iter().flatten().min();
        measured.first.extend(first.map(|first| first.since(at).as_secs_f64()));
        if found {
            measured.full.push(end.since(at).as_secs_f64());
        } else {
            measured.unfound += 1;
        }
    }
}
