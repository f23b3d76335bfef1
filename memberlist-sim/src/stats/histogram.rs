//! Histograms.

use super::Sample;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// No automatic histogram has more bins: more cannot be told apart on a page.
const MAX_BINS: usize = 200;

/// One bin of a [`Histogram`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bin {
    /// The lower edge, which belongs to the bin.
    pub low: f64,
    /// The upper edge, which belongs to the next bin (in the last bin: to this one).
    pub high: f64,
    /// How many values fell in.
    pub count: u64,
}

/// How many values of a sample fell into each of a row of bins of equal width.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    bins: Vec<Bin>,
    below: u64,
    above: u64,
}

impl Histogram {
    /// `bins` bins of equal width from `low` to `high`; what lies outside is counted in [`below`](Self::below) and
    /// [`above`](Self::above).
    ///
    /// `None` if there is no bin, an edge is not finite, or the range is empty or too narrow for so many bins.
    pub fn fixed(sample: &Sample, low: f64, high: f64, bins: usize) -> Option<Self> {
        let width = (high - low) / bins as f64;
        let ordered = low.is_finite() && width.is_finite() && width > 0.0;
        if bins == 0 || !ordered {
            return None;
        }
        let edge = |index: usize| if index == bins { high } else { low + width * index as f64 };
        if (0..bins).any(|index| edge(index) >= edge(index + 1)) {
            return None;
        }
        let rank = |limit: f64| sample.values().partition_point(|value| *value < limit);
        let through = sample.values().partition_point(|value| *value <= high);
        let row = (0..bins).map(|index| {
            let end = if index + 1 == bins { through } else { rank(edge(index + 1)) };
            Bin { low: edge(index), high: edge(index + 1), count: (end - rank(edge(index))) as u64 }
        });
        Some(Self { bins: row.collect(), below: rank(low) as u64, above: (sample.count() - through) as u64 })
    }

    /// Bins from the least to the greatest value, as wide as the rule of Freedman and Diaconis says (2·IQR/∛n; *On the histogram
    /// as a density estimator*, 1981), or by the rule of Sturges (⌈log₂ n⌉ + 1 bins) where half of the values are equal; at most 200.
    ///
    /// An empty sample has no bin; a sample of equal values has one, centred on the value.
    pub fn auto(sample: &Sample) -> Self {
        let (Some(min), Some(max)) = (sample.min(), sample.max()) else { return Self::default() };
        let quarter = |p| sample.quantile(p).unwrap_or(min);
        let n = sample.count() as f64;
        let width = 2.0 * (quarter(0.75) - quarter(0.25)) / libm::cbrt(n);
        let wanted =
            if width > 0.0 { libm::ceil((max - min) / width) } else { libm::ceil(libm::log2(n)) + 1.0 };
        let bins = if wanted.is_finite() { (wanted as usize).clamp(1, MAX_BINS) } else { MAX_BINS };
        Self::fixed(sample, min, max, bins).unwrap_or_else(|| {
            // Equal values, or so near that no bin fits between: one bin around them.
            let margin = if min == 0.0 { 0.5 } else { min.abs() * 1e-3 };
            let bin = Bin { low: min - margin, high: max + margin, count: sample.count() as u64 };
            Self { bins: vec![bin], below: 0, above: 0 }
        })
    }

    /// The bins, ascending; each begins where the one before ends.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// How many values lay below the first bin.
    pub fn below(&self) -> u64 {
        self.below
    }

    /// How many values lay above the last bin.
    pub fn above(&self) -> u64 {
        self.above
    }

    /// How many values there were, those outside of the bins included.
    pub fn total(&self) -> u64 {
        self.below + self.above + self.bins.iter().map(|bin| bin.count).sum::<u64>()
    }
}
