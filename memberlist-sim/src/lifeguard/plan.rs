//! Which experiments are run, and with which seeds.

use crate::random;
use core::time::Duration;

/// How many members are blocked at the same time.
pub const MEMBERS: [u32; 9] = [1, 4, 8, 12, 16, 20, 24, 28, 32];
/// How long they are blocked, in milliseconds.
pub const BLOCKED: [u32; 6] = [128, 512, 2_048, 8_192, 16_384, 32_768];
/// How long they are normal in between, in milliseconds.
pub const NORMAL: [u32; 8] = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384];
/// How long they are blocked in the threshold experiment, in milliseconds.
pub(super) const LENGTHS: [u32; 8] = [2_048, 4_096, 8_192, 12_288, 16_384, 24_576, 32_768, 65_536];

/// One point of the grid of the interval experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// How many members are blocked at the same time.
    pub members: u32,
    /// How long, in milliseconds.
    pub blocked: u32,
    /// How long they are normal in between, in milliseconds.
    pub normal: u32,
}

impl Point {
    /// How long the members are blocked each time.
    #[must_use]
    pub const fn blocked(&self) -> Duration {
        Duration::from_millis(self.blocked as u64)
    }

    /// How long they are normal in between.
    #[must_use]
    pub const fn normal(&self) -> Duration {
        Duration::from_millis(self.normal as u64)
    }
}

/// All 432 points of the grid.
#[must_use]
pub fn grid() -> Vec<Point> {
    let points = |members| {
        BLOCKED
            .into_iter()
            .flat_map(move |blocked| NORMAL.into_iter().map(move |normal| Point { members, blocked, normal }))
    };
    MEMBERS.into_iter().flat_map(points).collect()
}

/// The seed of a run: the same for all configurations, so that they meet the same anomalies.
pub(super) fn seed(base: u64, experiment: &str, run: usize) -> u64 {
    random::derive(base, experiment, run as u64)
}

/// One run of one experiment.
#[derive(Clone, Debug)]
pub(super) enum Run {
    Interval(Point),
    Threshold { members: u32, blocked: u32 },
    Latency,
}

/// How much is run of each experiment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Each so-many-th point of the grid, once.
    pub(super) every: usize,
    /// How often each length of block is tried with each number of members.
    pub(super) threshold: u32,
    /// How many crashes.
    pub(super) latency: u32,
}

impl Extent {
    /// For plain SWIM, and all of Lifeguard without and with the stall rules.
    pub(super) const FULL: Self = Self { every: 1, threshold: 1, latency: 1_000 };
    /// For the parts of Lifeguard.
    pub(super) const PART: Self = Self { every: 1, threshold: 1, latency: 200 };
    /// For those that meet other anomalies. 11 has no divisor in common with the sides of the grid, so all its lines are met.
    pub(super) const VARIANT: Self = Self { every: 11, threshold: 0, latency: 0 };
    /// For those of the tuning experiment.
    pub(super) const TUNING: Self = Self { every: 11, threshold: 0, latency: 200 };
}

/// Something to run, with the seed for it.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) run: Run,
    pub(super) repetition: u32,
    pub(super) seed: u64,
}

/// All that is to be run for one configuration, in the order in which it stands in the files.
pub(super) fn tasks(base: u64, extent: Extent) -> Vec<Task> {
    let points = grid().into_iter().enumerate().step_by(extent.every.max(1));
    let interval =
        |(n, point)| Task { run: Run::Interval(point), repetition: 0, seed: seed(base, "interval", n) };
    let mut tasks: Vec<Task> = points.map(interval).collect();
    let lengths = || MEMBERS.into_iter().flat_map(|members| LENGTHS.map(|blocked| (members, blocked)));
    for repetition in 0..extent.threshold {
        tasks.extend(lengths().enumerate().map(|(n, (members, blocked))| {
            let seed = seed(base, "threshold", n + lengths().count() * repetition as usize);
            Task { run: Run::Threshold { members, blocked }, repetition, seed }
        }));
    }
    tasks.extend((0..extent.latency).map(|repetition| {
        let seed = seed(base, "latency", repetition as usize);
        Task { run: Run::Latency, repetition, seed }
    }));
    tasks
}
