//! One operation, and what it should cost.

use crate::Meter;
use std::hint::black_box;

/// What a case measures, run so many times.
pub type Run = Box<dyn FnMut(&mut Meter, u64)>;

/// An operation to be measured.
pub struct Case {
    /// What is done, unique in its row.
    pub name: String,
    /// Nanoseconds (or what the row's figures are) to ship with, and to aim at.
    pub floor: Option<f64>,
    /// What we aim at.
    pub goal: Option<f64>,
    /// How many bytes come out.
    pub bytes: Option<usize>,
    /// Bytes to ship with at most, and to aim at.
    pub bytes_floor: Option<usize>,
    /// Whether it must not allocate.
    pub gated: bool,
    /// Whether it is somebody else's: to compare with.
    pub peer: bool,
    /// One operation stands for so many (members of a merge): the figures are for each of them.
    pub each: u64,
    /// Does it.
    pub run: Run,
}

/// The cases of one subject.
pub struct Row {
    /// `M1` to `M10`.
    pub id: &'static str,
    /// What they are about.
    pub title: &'static str,
    /// Sets the stage and gives the cases, one after the other: only the one that is measured holds memory.
    pub cases: Vec<Box<dyn FnOnce() -> Case>>,
}

impl Row {
    /// A row without cases.
    #[must_use]
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, cases: Vec::new() }
    }

    /// One more case, made when it is its turn.
    pub fn add(&mut self, case: impl FnOnce() -> Case + 'static) {
        self.cases.push(Box::new(case));
    }
}

impl Case {
    /// A case that measures itself.
    pub fn staged(name: impl Into<String>, run: impl FnMut(&mut Meter, u64) + 'static) -> Self {
        Self {
            name: name.into(),
            floor: None,
            goal: None,
            bytes: None,
            bytes_floor: None,
            gated: false,
            peer: false,
            each: 1,
            run: Box::new(run),
        }
    }

    /// A case of one operation that can be repeated without more ado.
    pub fn new<R>(name: impl Into<String>, mut work: impl FnMut() -> R + 'static) -> Self {
        Self::staged(name, move |meter, n| {
            meter.time(|| {
                for _ in 0..n {
                    black_box(work());
                }
            });
        })
    }

    /// To ship with, and to aim at, in nanoseconds.
    #[must_use]
    pub fn targets(mut self, floor: f64, goal: f64) -> Self {
        (self.floor, self.goal) = (Some(floor), Some(goal));
        self
    }

    /// What comes out has so many bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// … and should have at most so many.
    #[must_use]
    pub fn bytes_within(mut self, limit: usize) -> Self {
        self.bytes_floor = Some(limit);
        self
    }

    /// It must not allocate; `tests/allocations.rs` holds it to that.
    #[must_use]
    pub fn without_allocations(mut self) -> Self {
        self.gated = true;
        self
    }

    /// Somebody else's.
    #[must_use]
    pub fn peer(mut self) -> Self {
        self.peer = true;
        self
    }

    /// One operation does so many at once, and the figures are for one of those.
    #[must_use]
    pub fn each(mut self, of: u64) -> Self {
        self.each = of;
        self
    }
}
