//! The empirical distribution function.

use super::Sample;

#[cfg(test)]
mod tests;

/// The empirical cumulative distribution function of a sample: which fraction of it does not exceed a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cdf {
    steps: Vec<(f64, f64)>,
}

impl Cdf {
    /// The distribution of `sample` alone.
    pub fn new(sample: &Sample) -> Self {
        Self::out_of(sample, sample.count())
    }

    /// The distribution of `sample` among `total` cases, in the rest of which nothing was seen (a node that never learnt
    /// the news): the last step then stays under 1. A `total` below the sample's count is taken as that count.
    pub fn out_of(sample: &Sample, total: usize) -> Self {
        let total = total.max(sample.count()) as f64;
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for (index, value) in sample.values().iter().enumerate() {
            let fraction = (index + 1) as f64 / total;
            match steps.last_mut() {
                Some(last) if last.0 == *value => last.1 = fraction,
                _ => steps.push((*value, fraction)),
            }
        }
        Self { steps }
    }

    /// The steps, ascending: a value of the sample, and the fraction that does not exceed it. Each value stands once.
    pub fn steps(&self) -> &[(f64, f64)] {
        &self.steps
    }

    /// The fraction that does not exceed `value`; 0 for an empty sample.
    pub fn at(&self, value: f64) -> f64 {
        let after = self.steps.partition_point(|step| step.0 <= value);
        after.checked_sub(1).and_then(|index| self.steps.get(index)).map_or(0.0, |step| step.1)
    }

    /// The least value by which at least `fraction` is reached; `None` if it never is.
    pub fn reached(&self, fraction: f64) -> Option<f64> {
        let index = self.steps.partition_point(|step| step.1 < fraction - 1e-12);
        self.steps.get(index).map(|step| step.0)
    }
}
