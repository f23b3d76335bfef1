//! What is wrong with a description of a network, and where.

use super::Latency;
use core::{fmt, time::Duration};

/// A field of a network's description has a value that it can't have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field}: {problem}")]
#[non_exhaustive]
pub struct InvalidField {
    /// Which, with those that it lies in: `zones 0 -> 1.latency.sigma`.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is no probability.
    #[error("{0} is no probability: it must be from 0.0 to 1.0")]
    NotAProbability(f64),
    /// It is not within its range, or not a number.
    #[error("{value} is not from {low} to {high}")]
    OutOfRange {
        /// What it is.
        value: f64,
        /// The least that it can be.
        low: f64,
        /// The most that it can be.
        high: f64,
    },
    /// It is longer than is sensible.
    #[error("{value:?} is too long: at most {most:?}")]
    TooLong {
        /// How long it is.
        value: Duration,
        /// How long it can be.
        most: Duration,
    },
    /// It is more than this other field, which it must not exceed.
    #[error("it is more than `{0}`")]
    MoreThan(&'static str),
    /// It is 0, which would stop everything.
    #[error("it must be more than 0")]
    Zero,
    /// It has no entries.
    #[error("it has no entries")]
    Empty,
    /// A table does not go from probability 0 to 1.
    #[error("its probabilities must begin with 0.0 and end with 1.0")]
    Ends,
    /// A table goes down.
    #[error("its probabilities must ascend, and its times must not descend")]
    NotAscending,
    /// A node stands in two groups.
    #[error("node {0} stands in it twice")]
    Twice(u32),
    /// Another one has this name.
    #[error("another one has the name `{0}`")]
    NameTaken(String),
}

impl InvalidField {
    pub(crate) fn new(field: impl fmt::Display, problem: Problem) -> Self {
        Self { field: field.to_string(), problem }
    }

    /// The same, of a field that lies in another.
    #[must_use]
    pub fn within(self, outer: impl fmt::Display) -> Self {
        Self { field: format!("{outer}.{}", self.field), problem: self.problem }
    }
}

pub(super) fn probability(field: &'static str, value: f64) -> Result<(), InvalidField> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(InvalidField::new(field, Problem::NotAProbability(value)))
    }
}

pub(super) fn range(field: &'static str, value: f64, low: f64, high: f64) -> Result<(), InvalidField> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(InvalidField::new(field, Problem::OutOfRange { value, low, high }))
    }
}

pub(super) fn time(field: &'static str, value: Duration) -> Result<(), InvalidField> {
    let most = Latency::LONGEST;
    if value > most { Err(InvalidField::new(field, Problem::TooLong { value, most })) } else { Ok(()) }
}

pub(super) fn positive_time(field: &'static str, value: Duration) -> Result<(), InvalidField> {
    if value.is_zero() { Err(InvalidField::new(field, Problem::Zero)) } else { Ok(()) }
}
