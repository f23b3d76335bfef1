//! Playing a scenario.

use super::{
    Direction, Finding, Measures, Scenario, Start,
    measure::Separation,
    schedule::{Interference, Kind, Schedule, Task},
};
use crate::{
    Flight, Instant, NodeIndex, Observer, Options, Partition, Restart, RuleId, Simulation, Spoken, Verdict,
    random,
};
use core::time::Duration;
use memberlist_proto::types::{Meta, Versions};
use std::collections::BTreeMap;

/// One run of a scenario.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// What happened.
    pub measures: Measures,
    /// For how long traffic was counted.
    pub counted: Duration,
    /// From when on the cluster was left alone.
    pub quiet_from: Duration,
    /// What came of each expectation, in their order.
    pub findings: Vec<Finding>,
    /// What could not be done, and why.
    pub notes: Vec<String>,
    /// How many events the simulation had.
    pub events: u64,
}

impl Run {
    /// Whether all that was expected holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|finding| finding.holds)
    }
}

/// A scenario that can't be played; one that was read from a file can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't play the scenario: {0}")]
pub struct UnplayableScenario(String);

impl Scenario {
    /// Plays it with this seed.
    ///
    /// # Errors
    /// If no node can have its options.
    pub fn play(&self, seed: u64) -> Result<Run, UnplayableScenario> {
        self.play_observed(seed, ()).map(|(run, ())| run)
    }

    /// As [`play`](Self::play), with another observer, which is given back.
    ///
    /// # Errors
    /// If no node can have its options.
    pub fn play_observed<O: Observer>(&self, seed: u64, observer: O) -> Result<(Run, O), UnplayableScenario> {
        let schedule = Schedule::new(self, seed);
        let nodes = self.nodes.count as usize;
        let mut measures = Measures::new(nodes, self.duration, longest_suspicion(&self.options, nodes));
        measures.count_from(Instant::START + self.warm_up);
        measures.strangers_from(self.nodes.members());
        let (network, wire) = (self.network.build(&self.nodes), self.nodes.wire);
        let cluster = Simulation::with_wire(seed, network, (measures, observer), wire);
        let mut player = Player {
            scenario: self,
            seed,
            cluster,
            interferences: BTreeMap::new(),
            told: 0,
            notes: Vec::new(),
        };
        player.begin()?;
        for (at, task) in &schedule.tasks {
            player.run_until(*at);
            player.perform(task)?;
        }
        player.run_until(self.duration);
        Ok(player.end(schedule.quiet_from))
    }
}

/// The longest time from a suspicion to a report of failure: what is reported so late may still be of a reason that is over.
pub(crate) fn longest_suspicion(options: &Options, nodes: usize) -> Duration {
    let scale = libm::log10(nodes.max(1) as f64).max(1.0);
    let times = f64::from(options.suspicion_mult) * f64::from(options.suspicion_max_timeout_mult) * scale;
    options.probe_interval.mul_f64(times)
}

struct Player<'s, O: Observer> {
    scenario: &'s Scenario,
    seed: u64,
    cluster: Simulation<(Measures, O), Spoken>,
    interferences: BTreeMap<u64, Running>,
    /// How many broadcasts and updates there were.
    told: u64,
    notes: Vec<String>,
}

enum Running {
    Partition(String),
    Rule(RuleId),
}

impl<O: Observer> Player<'_, O> {
    fn begin(&mut self) -> Result<(), UnplayableScenario> {
        let Start::Formed(formed) = self.scenario.nodes.start else { return Ok(()) };
        let options = &self.scenario.options;
        self.cluster.form(formed as usize, options).map_err(UnplayableScenario::new)?;
        for _ in formed..self.scenario.nodes.count {
            // It has its place, and waits.
            let node = self.spawn()?;
            self.cluster.crash(node);
        }
        self.cluster.observer_mut().0.begin();
        Ok(())
    }

    /// The next node, which speaks what it is to speak.
    fn spawn(&mut self) -> Result<NodeIndex, UnplayableScenario> {
        let wire = self.scenario.nodes.spoken(self.cluster.next_node());
        let spawned = self.cluster.spawn_speaking(&self.scenario.options, wire, Versions::default());
        spawned.map_err(UnplayableScenario::new)
    }

    fn now(&self) -> Duration {
        self.cluster.now().since(Instant::START)
    }

    fn run_until(&mut self, at: Duration) {
        self.cluster.run_for(at.saturating_sub(self.now()));
    }

    fn note(&mut self, node: NodeIndex, what: &str, why: &impl core::fmt::Display) {
        let at = super::faults::show(self.now());
        self.notes.push(format!("at {at}: node {node} can't {what}: {why}"));
    }

    fn perform(&mut self, task: &Task) -> Result<(), UnplayableScenario> {
        match task {
            Task::Spawn(_) => {
                self.spawn()?;
            }
            Task::Join(node) => self.join(*node),
            Task::Crash(node) => self.cluster.crash(*node),
            Task::Vanish(node) => self.cluster.vanish(*node),
            Task::Restart(node, moved) => {
                let at = if *moved { Restart::NewAddress } else { Restart::SameAddress };
                self.cluster.restart(*node, at).map_err(UnplayableScenario::new)?;
            }
            Task::Leave(node) => self.cluster.leave(*node),
            Task::Rejoin(node) => {
                if let Err(error) = self.cluster.rejoin(*node) {
                    self.note(*node, "rejoin", &error);
                }
            }
            Task::Pause(node, time) => self.cluster.pause(*node, *time),
            Task::Block(node, time) => self.cluster.block(*node, *time),
            Task::Processing(node, time) => self.cluster.set_processing(*node, *time),
            Task::Clock(node, gains) => self.cluster.set_clock(*node, *gains),
            Task::Interfere(number, interference) => self.interfere(*number, interference),
            Task::Stop(number) => self.stop(*number),
            Task::Broadcast(node, bytes) => self.broadcast(*node, *bytes),
            Task::Update(node, bytes) => self.update(*node, *bytes),
        }
        Ok(())
    }

    /// Joins through the seeds; a node that is the only seed, through the next node.
    fn join(&mut self, node: NodeIndex) {
        let mut seeds: Vec<_> =
            (0..self.scenario.nodes.seeds).map(NodeIndex).filter(|seed| *seed != node).collect();
        if seeds.is_empty() {
            seeds.extend(self.cluster.nodes().find(|other| *other != node && self.cluster.is_up(*other)));
        }
        if let Err(error) = self.cluster.join(node, &seeds) {
            self.note(node, "join", &error);
        }
    }

    fn broadcast(&mut self, node: NodeIndex, bytes: usize) {
        self.told += 1;
        let (number, now) = (self.told, self.cluster.now());
        let payload = numbered(number, bytes);
        match self
            .cluster
            .command(node, |endpoint, now| endpoint.broadcast(now, None, payload.into()).map(|_| ()))
        {
            Some(Ok(())) => self.cluster.observer_mut().0.broadcast(now, node, number),
            Some(Err(error)) => self.note(node, "broadcast", &error),
            None => self.note(node, "broadcast", &"it does not run"),
        }
    }

    fn update(&mut self, node: NodeIndex, bytes: usize) {
        self.told += 1;
        let (number, now) = (self.told, self.cluster.now());
        let meta = Meta::new(numbered(number, bytes));
        match self.cluster.command(node, |endpoint, now| endpoint.update_meta(now, meta).map(|_| ())) {
            Some(Ok(())) => self.cluster.observer_mut().0.updated(now, node, number),
            Some(Err(error)) => self.note(node, "update its metadata", &error),
            None => self.note(node, "update its metadata", &"it does not run"),
        }
    }

    // ---- the network ----

    fn interfere(&mut self, number: u64, interference: &Interference) {
        let now = self.cluster.now();
        let Interference { kind, direction, of, from, lasts } = interference.clone();
        let running = match kind {
            Kind::Cut => {
                let others = from.clone().unwrap_or_else(|| others(self.scenario.nodes.count, &of));
                let name = format!("fault {number}");
                let partition = match direction {
                    Direction::Both => Partition::groups(&name, vec![of.clone(), others]),
                    Direction::Out => Partition::one_way(&name, of.clone(), others),
                    Direction::In => Partition::one_way(&name, others, of.clone()),
                };
                if let Err(error) = self.cluster.network_mut().partition(partition.from(now)) {
                    return self
                        .notes
                        .push(format!("at {}: no partition: {error}", super::faults::show(self.now())));
                }
                let until = lasts.map_or(Instant::NEVER, |lasts| now + lasts);
                self.cluster.observer_mut().0.separate(Separation { of, from, since: now, until });
                Running::Partition(name)
            }
            Kind::Loss(part) => {
                let mut rng = random::generator(self.seed, "loss of a scenario", number);
                let loses = move |flight: &Flight<'_>| {
                    let lost = concerns(direction, &of, flight) && random::chance(&mut rng, part);
                    if lost { Verdict::Drop } else { Verdict::Pass }
                };
                Running::Rule(self.cluster.network_mut().add_rule(loses))
            }
            Kind::Delay(by) => {
                let mut rng = random::generator(self.seed, "delay of a scenario", number);
                let delays = move |flight: &Flight<'_>| match concerns(direction, &of, flight) {
                    true => Verdict::Delay(by.draw(&mut rng)),
                    false => Verdict::Pass,
                };
                Running::Rule(self.cluster.network_mut().add_rule(delays))
            }
        };
        self.interferences.insert(number, running);
    }

    fn stop(&mut self, number: u64) {
        match self.interferences.remove(&number) {
            Some(Running::Partition(name)) => drop(self.cluster.network_mut().heal(&name)),
            Some(Running::Rule(rule)) => drop(self.cluster.network_mut().remove_rule(rule)),
            None => {}
        }
    }

    fn end(self, quiet_from: Duration) -> (Run, O) {
        let (scenario, seed, notes) = (self.scenario, self.seed, self.notes);
        let (now, events) = (self.cluster.now(), self.cluster.events());
        let (mut measures, observer) = self.cluster.into_observer();
        measures.finish(now);
        let mut run = Run {
            seed,
            measures,
            counted: scenario.duration.saturating_sub(scenario.warm_up),
            quiet_from,
            findings: Vec::new(),
            notes,
            events,
        };
        run.findings = scenario.expect.iter().map(|expected| expected.judge(&run)).collect();
        (run, observer)
    }
}

impl UnplayableScenario {
    pub(crate) fn new(error: impl core::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

fn others(count: u32, than: &[NodeIndex]) -> Vec<NodeIndex> {
    (0..count).map(NodeIndex).filter(|node| than.binary_search(node).is_err()).collect()
}

/// Whether something travels from, or to, one of these.
fn concerns(direction: Direction, of: &[NodeIndex], flight: &Flight<'_>) -> bool {
    let (out, into) = (of.binary_search(&flight.from).is_ok(), of.binary_search(&flight.to).is_ok());
    match direction {
        Direction::Both => out || into,
        Direction::Out => out,
        Direction::In => into,
    }
}

/// So many bytes that bear a number. If there is no room for it there are more of them.
fn numbered(number: u64, bytes: usize) -> Vec<u8> {
    let mut payload = format!("#{number};").into_bytes();
    payload.resize(bytes.max(payload.len()), b'.');
    payload
}

/// The number that these bytes bear.
pub(super) fn number_in(bytes: &[u8]) -> Option<u64> {
    let text = bytes.strip_prefix(b"#")?;
    let end = text.iter().position(|byte| *byte == b';')?;
    core::str::from_utf8(text.get(..end)?).ok()?.parse().ok()
}
