//! How fast the simulator is, and what memory it takes: on the machine that it runs on. Nothing here reaches any other figure.

use super::{bootstrap::Bootstrap, raw::Figures, sampled::Sample};
use crate::{Addr, Membership, Name, Network, NodeIndex, Options, Simulation, cli::Failure};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{CreateError, Dense, Shared, types::NativeWire};
use std::{fs, process::Command, thread, time::Instant};

pub(super) const FILE: &str = "scale-machine.csv";

const COLUMNS: [&str; 7] = ["what", "nodes", "threads", "events", "seconds", "simulated_s", "peak_mib"];

/// What is measured, with how many nodes, by how many threads at once, and how much time is simulated.
const MEASUREMENTS: [(What, usize, usize, u64); 11] = [
    (What::Idle, 128, 1, 20_000),
    (What::Idle, 1_000, 1, 600),
    (What::IdleTogether, 1_000, 1, 1_000),
    (What::IdleTogether, 10_000, 1, 250),
    (What::PushPullTogether, 10_000, 1, 60),
    (What::IdleTogether, 1_000, 2, 1_000),
    (What::IdleTogether, 10_000, 2, 250),
    (What::Broadcast, 1_000, 1, 60),
    (What::Broadcast, 10_000, 1, 20),
    (What::Join, 1_000, 1, 60),
    (What::Sampled, 100_000, 1, 60),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    /// Nodes with tables of their own, after they have formed.
    Idle,
    /// Nodes that keep together what they agree on.
    IdleTogether,
    /// The same, in the time in which all have their push/pulls.
    PushPullTogether,
    /// One broadcast each second.
    Broadcast,
    /// All join one seed, and one of them dies.
    Join,
    /// So many members, 50 of them real.
    Sampled,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::IdleTogether => "idle (together)",
            Self::PushPullTogether => "idle and push/pulls (together)",
            Self::Broadcast => "a broadcast each second (together)",
            Self::Join => "bootstrap and a death",
            Self::Sampled => "sampled (50 real)",
        }
    }

    fn run(self, seed: u64, nodes: usize, time: Duration) -> Result<Measured, CreateError> {
        match self {
            Self::Idle => idle::<Dense<Name, Addr>>(seed, nodes, Duration::from_secs(2), time),
            Self::IdleTogether => idle::<Shared<Name, Addr>>(seed, nodes, Duration::from_secs(2), time),
            // The first come after one interval of push/pulls, then the same number each second.
            Self::PushPullTogether => idle::<Shared<Name, Addr>>(seed, nodes, Duration::from_secs(320), time),
            Self::Broadcast => broadcast(seed, nodes, time),
            Self::Join => {
                let clock = Clock::start();
                let outcome = Bootstrap::new(seed, nodes, 0.0).run()?;
                Ok(clock.stop(outcome.events, outcome.simulated))
            }
            Self::Sampled => {
                let mut cluster = Sample::new(seed, nodes, 50).start(())?;
                let clock = Clock::start();
                cluster.run_for(time);
                Ok(clock.stop(cluster.simulation().events(), time))
            }
        }
    }
}

struct Measured {
    events: u64,
    seconds: f64,
    simulated: Duration,
}

/// Measures all, each in a process of its own, so that each has a peak of memory of its own.
///
/// # Errors
/// If such a process can't be started, or fails.
pub(super) fn measure_all() -> Result<Figures, Failure> {
    let mut figures = Figures::new(&COLUMNS);
    for number in 0..MEASUREMENTS.len() {
        let program = std::env::current_exe()?;
        let output = Command::new(program).args(["scale", "--measure", &number.to_string()]).output()?;
        if !output.status.success() {
            return Err(Failure::new(format!("measurement {number} failed")));
        }
        let line = String::from_utf8_lossy(&output.stdout);
        figures.push(line.trim_end().split(',').map(str::to_owned).collect());
    }
    Ok(figures)
}

/// Measures one in this process.
///
/// # Errors
/// If there is no such measurement.
pub(super) fn measure(number: usize) -> Result<Vec<String>, Failure> {
    let &(what, nodes, threads, seconds) = MEASUREMENTS
        .get(number)
        .ok_or_else(|| Failure::new(format!("there are {} measurements", MEASUREMENTS.len())))?;
    let time = Duration::from_secs(seconds);
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads as u64).map(|seed| scope.spawn(move || what.run(seed, nodes, time))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<_, _>>()
    })?;
    let events: u64 = results.iter().map(|measured| measured.events).sum();
    let longest = results.iter().map(|measured| measured.seconds).fold(0.0, f64::max);
    let simulated: Duration = results.iter().map(|measured| measured.simulated).sum();
    let row = [
        what.name().to_owned(),
        nodes.to_string(),
        threads.to_string(),
        events.to_string(),
        format!("{longest:.3}"),
        format!("{:.0}", simulated.as_secs_f64()),
        format!("{:.0}", peak_mib()),
    ];
    Ok(row.to_vec())
}

fn idle<M: Membership>(
    seed: u64,
    nodes: usize,
    warm_up: Duration,
    time: Duration,
) -> Result<Measured, CreateError> {
    let mut cluster: Simulation<_, _, M> = Simulation::with_membership(seed, Network::lan(), (), NativeWire);
    cluster.form(nodes, &Options::lan())?;
    cluster.run_for(warm_up);
    let (clock, before) = (Clock::start(), cluster.events());
    cluster.run_for(time);
    Ok(clock.stop(cluster.events() - before, time))
}

fn broadcast(seed: u64, nodes: usize, time: Duration) -> Result<Measured, CreateError> {
    let mut cluster = Simulation::sharing(seed, Network::lan(), ());
    cluster.form(nodes, &Options::lan())?;
    cluster.run_for(Duration::from_secs(2));
    let (clock, before) = (Clock::start(), cluster.events());
    for second in 0..time.as_secs() {
        let from = NodeIndex((second as usize % nodes.max(1)) as u32);
        let payload = Bytes::from(vec![7; 64]);
        cluster.command(from, |endpoint, now| endpoint.broadcast(now, None, payload).is_ok());
        cluster.run_for(Duration::from_secs(1));
    }
    Ok(clock.stop(cluster.events() - before, time))
}

/// Time that this thread has run: others on the machine do not count, as far as the system tells.
struct Clock {
    began: Instant,
    ran: Option<f64>,
}

impl Clock {
    fn start() -> Self {
        Self { began: Instant::now(), ran: ran() }
    }

    fn stop(&self, events: u64, simulated: Duration) -> Measured {
        let ran = ran().zip(self.ran).map(|(now, before)| now - before);
        let seconds = ran.unwrap_or_else(|| self.began.elapsed().as_secs_f64());
        Measured { events, seconds, simulated }
    }
}

/// Seconds that this thread has had a processor.
fn ran() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanos| nanos / 1e9)
}

/// The most memory that this process has had, in MiB; 0 if the system does not tell.
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
