//! Statistics of samples, and numbers as text: what the measures of a run are summed up with.
//!
//! Everything here is a pure function of its input and gives the same bits on every platform: sums are taken over sorted values, and
//! logarithms and the like come from `libm`. Nothing panics on an empty sample: what does not exist is `None`.
//!
//! # Which quantile
//!
//! There are many definitions of a quantile, and for a small sample they differ. Two are used here, each under its own name:
//!
//! * [`Sample::quantile`] interpolates between the two nearest values (type 7 of Hyndman and Fan, *Sample quantiles in statistical
//!   packages*, The American Statistician 50, 1996; what R, NumPy and spreadsheets do). Tables use it for the median.
//! * [`Sample::nearest_rank`] gives the smallest value that at least a fraction `p` of the sample does not exceed (type 1): always a
//!   value that was really seen. Tables use it for the tail (p90 and above): 99.9 % of a sample of fewer than 1,000 values is
//!   then its greatest value, and not an average that makes the worst case look better than it was.
//!
//! ```
//! use memberlist_sim::stats::{Sample, mean_interval};
//!
//! let sample = Sample::new([12.1, 12.4, 12.2, 12.9, 16.0]);
//! assert_eq!(sample.median(), Some(12.4));
//! assert_eq!(sample.nearest_rank(0.999), Some(16.0));
//! let interval = mean_interval(&sample, 0.95).unwrap();
//! assert!(interval.contains(sample.mean().unwrap()));
//! ```

mod cdf;
pub mod format;
mod histogram;
mod interval;
mod sample;
mod special;
mod table;

pub use cdf::Cdf;
pub use histogram::{Bin, Histogram};
pub use interval::{
    Interval, mean_interval, mean_interval_of, proportion_interval, quantile_interval, rate_ratio_interval,
    rule_of_three,
};
pub use sample::{Sample, Summary};
pub(crate) use table::escape_markdown;
pub use table::{Align, Column, Table};
