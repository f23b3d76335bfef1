//! Which runs there are, and what is written down of each.

use super::{
    bootstrap::{self, Bootstrap},
    compare::{self, Answers},
    raw::Figures,
    sampled::Sample,
};
use core::time::Duration;
use memberlist_proto::CreateError;

/// The nodes of some runs start within this time.
const RAMP: Duration = Duration::from_secs(1);

/// One run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Job {
    /// A bootstrap of so many nodes at this loss in percent, the nodes starting within so many milliseconds.
    Bootstrap { nodes: usize, loss: u32, ramp: u64, seed: u64 },
    /// The questions to a cluster of so many members, so many of them real, at this loss in percent.
    Questions { members: usize, real: usize, loss: u32, seed: u64 },
}

/// Raw figures of all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) bootstrap: Figures,
    pub(super) questions: Figures,
}

pub(super) const BOOTSTRAP: &str = "scale-bootstrap.csv";
pub(super) const QUESTIONS: &str = "scale-questions.csv";

/// Parts of the other nodes, in percent, for which is written down when they had the broadcast.
pub(super) const PERCENTILES: [u32; 8] = [1, 10, 25, 50, 75, 90, 99, 100];

/// All runs.
pub(super) fn everything() -> Vec<Job> {
    let mut jobs = Vec::new();
    // The longest first, so that no processor waits for another in the end.
    let mut ask = |members, real, loss, seeds| {
        jobs.extend((1..=seeds).map(|seed| Job::Questions { members, real, loss, seed }));
    };
    ask(10_000, 10_000, 0, 1);
    ask(1_000_000, 10, 0, 1);
    ask(100_000, 50, 0, 3);
    ask(100_000, 50, 5, 1);
    ask(10_000, 100, 0, 3);
    ask(1_000, 1_000, 0, 10);
    ask(1_000, 1_000, 5, 5);
    ask(1_000, 100, 0, 10);
    ask(1_000, 100, 5, 5);
    let mut boot = |nodes, ramp: Duration, losses: &[u32], seeds| {
        let ramp = ramp.as_millis() as u64;
        for &loss in losses {
            jobs.extend((1..=seeds).map(|seed| Job::Bootstrap { nodes, loss, ramp, seed }));
        }
    };
    boot(4_096, Duration::ZERO, &[20, 5, 0], 1);
    boot(1_024, Duration::ZERO, &[20, 5], 3);
    boot(1_024, Duration::ZERO, &[0], 10);
    boot(1_000, RAMP, &[0], 3);
    boot(256, Duration::ZERO, &[0, 5, 20], 10);
    boot(64, Duration::ZERO, &[0, 5, 20], 30);
    boot(16, Duration::ZERO, &[0, 5, 20], 30);
    boot(18, Duration::ZERO, &[10], 30);
    jobs
}

/// Those of them that are done again by a check: one seed of each kind that does not take long.
pub(super) fn checked() -> Vec<Job> {
    everything().into_iter().filter(Job::is_short).collect()
}

impl Job {
    fn is_short(&self) -> bool {
        match *self {
            Self::Bootstrap { nodes, seed, .. } => nodes <= 256 && seed <= 2 || nodes <= 1_000 && seed == 1,
            Self::Questions { members, real, seed, .. } => {
                seed == 1 && members.max(real * 1_000) <= 1_000_000 && members <= 10_000
            }
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    /// If no node can have such options.
    pub(super) fn run(&self) -> Result<Vec<String>, CreateError> {
        Ok(match *self {
            Self::Bootstrap { nodes, loss, ramp, seed } => {
                let run = Bootstrap::new(seed, nodes, f64::from(loss) / 100.0)
                    .with_ramp(Duration::from_millis(ramp));
                bootstrap_row(*self, &run.run()?)
            }
            Self::Questions { members, real, loss, seed } => {
                let sample = Sample::new(seed, members, real).with_loss(f64::from(loss) / 100.0);
                let answers =
                    if real == members { compare::full(&sample)? } else { compare::sampled(&sample)? };
                questions_row(*self, &answers)
            }
        })
    }
}

impl Data {
    /// Of these runs and their rows.
    pub(super) fn of(runs: Vec<(Job, Vec<String>)>) -> Self {
        let percentiles = PERCENTILES.map(|percent| format!("broadcast_{percent}_ms"));
        let mut columns = QUESTIONS_COLUMNS.to_vec();
        columns.extend(percentiles.iter().map(String::as_str));
        let (mut bootstrap, mut questions) = (Figures::new(&BOOTSTRAP_COLUMNS), Figures::new(&columns));
        for (job, row) in runs {
            match job {
                Job::Bootstrap { .. } => bootstrap.push(row),
                Job::Questions { .. } => questions.push(row),
            }
        }
        Self { bootstrap, questions }
    }

    /// What is written of this run.
    pub(super) fn row(&self, job: &Job) -> Option<Vec<String>> {
        let (figures, key) = match *job {
            Job::Bootstrap { nodes, loss, ramp, seed } => {
                (&self.bootstrap, [nodes.to_string(), loss.to_string(), ramp.to_string(), seed.to_string()])
            }
            Job::Questions { members, real, loss, seed } => {
                (&self.questions, [members.to_string(), real.to_string(), loss.to_string(), seed.to_string()])
            }
        };
        figures.row(&key).map(<[String]>::to_vec)
    }

    /// The first run of these that is not exactly among our own.
    pub(super) fn missing(&self, others: &Self) -> Option<String> {
        let pairs = [(&self.bootstrap, &others.bootstrap), (&self.questions, &others.questions)];
        pairs
            .into_iter()
            .find_map(|(own, others)| others.runs().find(|run| !own.contains(run)).map(|run| run.text()))
    }
}

const BOOTSTRAP_COLUMNS: [&str; 17] = [
    "nodes",
    "loss_percent",
    "ramp_ms",
    "seed",
    "full_view_ms",
    "complete",
    "distinct_sizes",
    "join_packets",
    "join_bytes",
    "quiet_packets",
    "quiet_bytes",
    "first_detection_ms",
    "last_detection_ms",
    "false_deaths",
    "false_suspicions",
    "events",
    "simulated_ms",
];

fn bootstrap_row(job: Job, o: &bootstrap::Outcome) -> Vec<String> {
    let Job::Bootstrap { nodes, loss, ramp, seed } = job else { return Vec::new() };
    vec![
        nodes.to_string(),
        loss.to_string(),
        ramp.to_string(),
        seed.to_string(),
        millis(o.full_view),
        o.complete.to_string(),
        o.distinct_views.to_string(),
        number(o.join_packets),
        number(o.join_bytes),
        number(o.quiet_packets),
        number(o.quiet_bytes),
        millis(o.first_detection),
        millis(o.last_detection),
        o.false_deaths.to_string(),
        o.false_suspicions.to_string(),
        o.events.to_string(),
        millis(Some(o.simulated)),
    ]
}

const QUESTIONS_COLUMNS: [&str; 15] = [
    "members",
    "real",
    "loss_percent",
    "seed",
    "packets_sent",
    "packets_received",
    "bytes_sent",
    "stream_bytes",
    "broadcast_bytes",
    "first_detection_ms",
    "half_detection_ms",
    "last_detection_ms",
    "false_deaths",
    "events",
    "push_pull_bytes",
];

fn questions_row(job: Job, a: &Answers) -> Vec<String> {
    let Job::Questions { members, real, loss, seed } = job else { return Vec::new() };
    let mut row = vec![
        members.to_string(),
        real.to_string(),
        loss.to_string(),
        seed.to_string(),
        number(a.packets_sent),
        number(a.packets_received),
        number(a.bytes_sent),
        number(a.stream_bytes),
        number(a.broadcast_bytes),
        millis(a.first_detection),
        millis(a.half_detection),
        millis(a.last_detection),
        a.false_deaths.to_string(),
        a.events.to_string(),
        a.push_pull_bytes.to_string(),
    ];
    row.extend(PERCENTILES.map(|percent| millis(a.reached(f64::from(percent) / 100.0))));
    row
}

fn millis(time: Option<Duration>) -> String {
    time.map(|time| format!("{:.3}", time.as_nanos() as f64 / 1e6)).unwrap_or_default()
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}
