//! The stop-watch, which counts allocations as well.

use crate::counting;
use std::time::{Duration, Instant};

/// What the measured parts of a run took in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    /// How long.
    pub elapsed: Duration,
    /// How often memory was asked for.
    pub allocations: u64,
    /// How many bytes were asked for.
    pub allocated: u64,
}

impl Meter {
    /// Measures this, besides what was measured before. What is returned is dropped by the caller, unmeasured.
    pub fn time<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let before = counting::count();
        let started = Instant::now();
        let result = work();
        self.elapsed += started.elapsed();
        let after = counting::count();
        self.allocations += after.allocations - before.allocations;
        self.allocated += after.bytes - before.bytes;
        result
    }
}

/// What one operation costs.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Nanoseconds in the fastest slice: what the machine can do when nothing else disturbs it.
    pub ns: f64,
    /// Nanoseconds in the median slice.
    pub median: f64,
    /// Allocations.
    pub allocations: f64,
    /// Bytes that were allocated.
    pub allocated: f64,
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Time of one slice.
    pub slice: Duration,
    /// How many slices.
    pub slices: usize,
}

impl Effort {
    /// For figures that are to be published.
    pub const LONG: Self = Self { slice: Duration::from_millis(40), slices: 9 };
    /// To see that everything runs.
    pub const SHORT: Self = Self { slice: Duration::from_millis(4), slices: 3 };
}

/// Measures `run`, which does so many operations and tells the meter what they took.
pub fn measure(effort: Effort, run: &mut dyn FnMut(&mut Meter, u64)) -> Figure {
    // One to warm up, and then as many as fill a slice. What is not measured (setting the stage) takes time, too.
    run(&mut Meter::default(), 1);
    let mut operations = 1;
    loop {
        let (mut meter, started) = (Meter::default(), Instant::now());
        run(&mut meter, operations);
        let (measured, whole) = (meter.elapsed.max(Duration::from_nanos(1)), started.elapsed());
        if measured * 2 > effort.slice || whole > effort.slice * 4 {
            let fill = effort.slice.as_secs_f64() / measured.as_secs_f64();
            let bearable = (4 * effort.slice).as_secs_f64() / whole.as_secs_f64();
            operations = ((operations as f64) * fill.min(bearable)).max(1.0) as u64;
            break;
        }
        operations *= 2;
    }
    let mut slices: Vec<(f64, Meter)> = (0..effort.slices.max(1))
        .map(|_| {
            let mut meter = Meter::default();
            run(&mut meter, operations);
            (meter.elapsed.as_secs_f64() * 1e9 / operations as f64, meter)
        })
        .collect();
    slices.sort_by(|a, b| a.0.total_cmp(&b.0));
    let whole = (operations * slices.len() as u64) as f64;
    Figure {
        ns: slices[0].0,
        median: slices[slices.len() / 2].0,
        allocations: slices.iter().map(|(_, meter)| meter.allocations).sum::<u64>() as f64 / whole,
        allocated: slices.iter().map(|(_, meter)| meter.allocated).sum::<u64>() as f64 / whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn only_what_is_timed_counts() {
        let figure = measure(Effort::SHORT, &mut |meter, n| {
            for _ in 0..n {
                black_box(vec![0u8; 1000]);
                meter.time(|| black_box(vec![0u8; 64]));
            }
        });
        assert_eq!((figure.allocations, figure.allocated), (1.0, 64.0));
        assert!(figure.ns > 0.0 && figure.ns <= figure.median);
    }

    #[test]
    fn time_is_that_of_one_operation() {
        let pause = Duration::from_micros(300);
        let figure = measure(Effort::SHORT, &mut |meter, n| {
            for _ in 0..n {
                meter.time(|| {
                    let started = Instant::now();
                    while started.elapsed() < pause {}
                });
            }
        });
        assert!(figure.ns >= 300_000.0 && figure.ns < 30_000_000.0, "{figure:?}");
    }
}
