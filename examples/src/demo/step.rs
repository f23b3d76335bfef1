//! A step of the demonstration: what has to be seen, by whom, until when.

use super::sight::{Sight, Sighting};
use memberlist::SmolStr;
use std::{collections::BTreeMap, time::Duration};

/// What has to be seen, by whom, until when; and what of it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) title: &'static str,
    /// What the times of this step are counted from, in words.
    pub(crate) from: &'static str,
    /// When that was, since the start of the demonstration.
    pub(crate) began: Duration,
    /// How long it may take.
    pub(crate) allowed: Duration,
    awaited: BTreeMap<SmolStr, BTreeMap<Sight, Option<Duration>>>,
}

/// What a sighting means to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing: not awaited, or seen before.
    None,
    /// One of several things that the observer has to see.
    Partial,
    /// The observer has now seen all that it has to; `done` of the step's observers have.
    Observer { done: usize },
}

impl Step {
    pub(crate) fn new(title: &'static str, from: &'static str, began: Duration, allowed: Duration) -> Self {
        Self { title, from, began, allowed, awaited: BTreeMap::new() }
    }

    /// This observer has to see this.
    pub(crate) fn expect(&mut self, observer: &SmolStr, sight: Sight) {
        self.awaited.entry(observer.clone()).or_default().insert(sight, None);
    }

    /// Takes note of what was seen.
    pub(crate) fn observe(&mut self, sighting: &Sighting) -> Progress {
        let Some(sights) = self.awaited.get_mut(&sighting.observer) else { return Progress::None };
        match sights.get_mut(&sighting.sight) {
            Some(seen @ None) => *seen = Some(sighting.at.saturating_sub(self.began)),
            Some(Some(_)) | None => return Progress::None,
        }
        if sights.values().any(Option::is_none) {
            Progress::Partial
        } else {
            Progress::Observer { done: self.times().len() }
        }
    }

    /// How many observers there are.
    pub(crate) fn observers(&self) -> usize {
        self.awaited.len()
    }

    /// How many things this observer has to see.
    pub(crate) fn sights_of(&self, observer: &SmolStr) -> usize {
        self.awaited.get(observer).map_or(0, BTreeMap::len)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.awaited.values().flat_map(BTreeMap::values).all(Option::is_some)
    }

    /// When it has to be complete, since the start of the demonstration.
    pub(crate) fn deadline(&self) -> Duration {
        self.began + self.allowed
    }

    /// For each observer that has seen all of it, how long after the beginning that was; the quickest first.
    pub(crate) fn times(&self) -> Vec<(SmolStr, Duration)> {
        let mut times: Vec<_> = self
            .awaited
            .iter()
            .filter_map(|(observer, sights)| {
                let all: Option<Vec<Duration>> = sights.values().copied().collect();
                Some((observer.clone(), all?.into_iter().max()?))
            })
            .collect();
        times.sort_by_key(|(_, after)| *after);
        times
    }

    /// What was not seen, by whom, in one clause for each observer.
    pub(crate) fn missing(&self) -> Vec<String> {
        self.awaited
            .iter()
            .filter_map(|(observer, sights)| {
                let unseen: Vec<_> = sights
                    .iter()
                    .filter(|(_, seen)| seen.is_none())
                    .map(|(sight, _)| sight.missing())
                    .collect();
                (!unseen.is_empty()).then(|| format!("{observer} has not {}", unseen.join(", nor ")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
