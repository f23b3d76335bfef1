//! Axes: what is measured along them, and where the ticks stand.

use core::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, KeyPointWeight, NoDefaultFormatting, Ranged, ValueFormatter};
use serde::{Deserialize, Serialize};

use crate::stats::format;

#[cfg(test)]
mod tests;

/// In what the values of an axis are given, and so how its ticks are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unit {
    /// A plain number, or a unit that the label names.
    #[default]
    Number,
    /// Seconds; ticks are in ns, µs, ms, s, min, h or d.
    Seconds,
    /// Bytes; ticks are in B, kB, MB …
    Bytes,
    /// Bytes per second; ticks are in B/s, kB/s, MB/s …
    BytesPerSecond,
    /// A fraction of 1; ticks are in percent.
    Fraction,
}

impl Unit {
    /// `value` as a text with its unit.
    pub(super) fn write(self, value: f64) -> String {
        match self {
            Self::Number if value.abs() >= 1e5 => format::compact(value),
            Self::Number if value == libm::round(value) => format::decimals(value, 0),
            Self::Number => format::significant(value, 3),
            Self::Seconds => format::seconds(value),
            Self::Bytes => format::bytes(value),
            Self::BytesPerSecond => format::bytes(value) + "/s",
            Self::Fraction => format::percent(value),
        }
    }

    /// The unit that suits values up to `size`: its name, and how much of it is one.
    fn suited(self, size: f64) -> (&'static str, f64) {
        let units: &[(&str, f64)] = match self {
            Self::Number => &[("", 1.0), ("million", 1e6), ("billion", 1e9)],
            Self::Seconds => &[
                ("ns", 1e-9),
                ("µs", 1e-6),
                ("ms", 1e-3),
                ("s", 1.0),
                ("min", 60.0),
                ("h", 3_600.0),
                ("d", 86_400.0),
            ],
            Self::Bytes => &[("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)],
            Self::BytesPerSecond => &[("B/s", 1.0), ("kB/s", 1e3), ("MB/s", 1e6), ("GB/s", 1e9)],
            Self::Fraction => &[("%", 0.01)],
        };
        // A little more than one of a larger unit is better read in the smaller.
        let enough =
            |scale: f64| size >= if self == Self::Seconds && scale >= 60.0 { 3.0 } else { 1.0 } * scale;
        let fitting = units.iter().rev().find(|(_, scale)| enough(*scale));
        // Nothing at all is 0 s, not 0 ns.
        let otherwise =
            if size > 0.0 { units.first() } else { units.iter().find(|(_, scale)| *scale == 1.0) };
        fitting.or(otherwise).or(units.first()).copied().unwrap_or(("", 1.0))
    }
}

/// An axis of a plot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    label: String,
    unit: Unit,
    log: bool,
    from: Option<f64>,
    to: Option<f64>,
}

impl Axis {
    /// An axis with a label (without the unit: that is added) that holds all the data, and zero where they come near it (an axis of heights: where they do not lie
    /// far from it).
    pub fn new(label: impl Into<String>, unit: Unit) -> Self {
        Self { label: label.into(), unit, ..Self::default() }
    }

    /// With logarithmic steps. Zero and negative values have no place there: they are drawn at the lower edge.
    #[must_use]
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// From at most `from`, even if the data begin later; not for logarithmic axes.
    #[must_use]
    pub fn from(mut self, from: f64) -> Self {
        self.from = Some(from).filter(|value| value.is_finite());
        self
    }

    /// To at least `to`, even if the data end earlier.
    #[must_use]
    pub fn to(mut self, to: f64) -> Self {
        self.to = Some(to).filter(|value| value.is_finite());
        self
    }

    /// The axis laid over `values`, with at most about `ticks` ticks. A loose axis ends at a tick, a tight one with the data.
    pub(super) fn ruler(&self, values: impl Iterator<Item = f64>, ticks: usize, tight: bool) -> Ruler {
        let all = values.chain(self.from).chain(self.to).filter(|value| value.is_finite());
        let fit = all.filter(|value| !self.log || *value > 0.0);
        let span = fit.fold(None, |span: Option<(f64, f64)>, value| {
            Some(span.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let (name, scale, low, high, at) = if self.log {
            let (low, high) = span.unwrap_or((1.0, 10.0));
            let (low, high, at) = decades(low, high, ticks);
            (self.unit.suited(0.0).0, None, low, high, at)
        } else {
            // Heights are read from zero; along the axis room is worth more.
            let (low, high) = self.widened(span, if tight { 0.3 } else { 2.0 });
            let (name, scale) = self.unit.suited(low.abs().max(high.abs()));
            let (low, high, at) = even(low / scale, high / scale, ticks, tight);
            (name, Some(scale), low * scale, high * scale, at.into_iter().map(|tick| tick * scale).collect())
        };
        let decimals = scale.map_or(0, |scale| {
            let step = at.windows(2).map(|pair| (pair[1] - pair[0]) / scale).next().unwrap_or(1.0);
            (-libm::floor(libm::log10(step) + 1e-9)).clamp(0.0, 12.0) as usize
        });
        let label = match (self.label.as_str(), scale.map_or("", |_| name)) {
            (label, "") => label.to_owned(),
            ("", name) => name.to_owned(),
            (label, name) => format!("{label} ({name})"),
        };
        Ruler { label, low, high, ticks: at, unit: self.unit, scale, decimals }
    }

    /// The span of a linear axis, which has a length.
    fn widened(&self, span: Option<(f64, f64)>, reach: f64) -> (f64, f64) {
        let one = if self.unit == Unit::Bytes { 1_000.0 } else { 1.0 };
        let (mut low, mut high) = span.unwrap_or((0.0, one));
        // From zero, unless the data lie far from it, by their own length.
        if low > 0.0 && (low < (high - low) * reach || low == high) {
            low = 0.0;
        } else if high < 0.0 && (-high < (high - low) * reach || low == high) {
            high = 0.0;
        }
        // Beyond these sizes differences are lost or overflow; nothing that is plotted comes near.
        (low, high) = (low.clamp(-1e300, 1e300), high.clamp(-1e300, 1e300));
        let room = (low.abs().max(high.abs()) * 1e-9).max(1e-300);
        if high - low < room { (low, low + if low == 0.0 { one } else { room }) } else { (low, high) }
    }
}

/// An axis with its ticks, as plotters draws it.
#[derive(Debug, Clone)]
pub(super) struct Ruler {
    pub(super) label: String,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
    pub(super) unit: Unit,
    /// How much one of the unit of the ticks is; `None` for logarithmic axes, whose ticks each have a unit.
    scale: Option<f64>,
    decimals: usize,
}

impl Ruler {
    /// Where `value` lies: 0 at the lower edge, 1 at the upper, never outside.
    pub(super) fn position(&self, value: f64) -> f64 {
        let position = if self.scale.is_some() {
            (value - self.low) / (self.high - self.low)
        } else if value <= self.low {
            0.0
        } else {
            (libm::log10(value) - libm::log10(self.low)) / (libm::log10(self.high) - libm::log10(self.low))
        };
        if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) }
    }

    /// What stands at a tick.
    pub(super) fn write(&self, tick: f64) -> String {
        match self.scale {
            Some(scale) => format::decimals(tick / scale, self.decimals),
            None => self.unit.write(tick),
        }
    }

    /// The longest text of a tick, in characters.
    pub(super) fn longest(&self) -> usize {
        self.ticks.iter().map(|tick| self.write(*tick).chars().count()).max().unwrap_or(0)
    }
}

impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let length = f64::from(limit.1) - f64::from(limit.0);
        limit.0 + libm::round(length * self.position(*value)) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // The ticks are chosen; there are no lines between them.
        match hint.weight() {
            KeyPointWeight::Bold => self.ticks.clone(),
            KeyPointWeight::Any => Vec::new(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Ruler {
    fn format_ext(&self, value: &f64) -> String {
        self.write(*value)
    }
}

/// Ends and ticks in steps of 1, 2 or 5 times a power of ten.
fn even(low: f64, high: f64, ticks: usize, tight: bool) -> (f64, f64, Vec<f64>) {
    let rough = (high - low) / ticks.max(1) as f64;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let fitting =
        [1.0, 2.0, 5.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough * 0.999);
    let step = fitting.unwrap_or(10.0 * power);
    let (first, last) = (libm::floor(low / step + 1e-6), libm::ceil(high / step - 1e-6));
    // Multiplied and not added up: 3 × 0.1 is nearer to 0.3. A count, since adding 1 to a huge number may not move it.
    let count = (last - first).clamp(0.0, 1_000.0) as u32;
    let all = (0..=count).map(|index| (first + f64::from(index)) * step + 0.0);
    if tight {
        let margin = (high - low) * 1e-9;
        (low, high, all.filter(|tick| (low - margin..=high + margin).contains(tick)).collect())
    } else {
        (first * step, (last * step).max(first * step + step), all.collect())
    }
}

/// Ends and ticks at powers of ten.
fn decades(low: f64, high: f64, ticks: usize) -> (f64, f64, Vec<f64>) {
    let first = libm::floor(libm::log10(low) + 1e-9).clamp(-300.0, 300.0);
    let last = libm::ceil(libm::log10(high) - 1e-9).clamp(first + 1.0, 301.0);
    let step = libm::ceil((last - first) / ticks.max(1) as f64).max(1.0) as usize;
    let power = |exponent: i32| libm::pow(10.0, f64::from(exponent));
    let at = (first as i32..=last as i32).step_by(step).map(power);
    (power(first as i32), power(last as i32), at.collect())
}
