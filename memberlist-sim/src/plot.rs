//! Plots as SVG: values that are drawn from their data, without a font, a script or anything else from outside.
//!
//! | plot | shows |
//! |---|---|
//! | [`LinePlot`] | lines, steps and bands over an axis: infection curves, distributions, bytes per node over time |
//! | [`HistogramPlot`] | how often which value was seen: detection times |
//! | [`HeatMap`] | a figure for each cell of a grid: Lifeguard's C × D |
//! | [`Timeline`] | spans of time in rows: who believed what of whom |
//!
//! * A plot holds its data, so that a report can carry both; what is not a finite number is left out when it is added.
//! * Every text is escaped, and control characters and those that turn the direction of text are replaced.
//! * The colours differ in lightness as well as in hue, and each line has its own dashes: nothing is told by hue alone. Where the reader
//!   prefers dark, a rule in the SVG's own style sheet swaps the colours.
//! * No plot grows with its data: see [`LinePlot`] and [`Timeline`] for how they are thinned.
//! * The same data give the same bytes.
//!
//! ```
//! use memberlist_sim::plot::{Axis, LinePlot, Unit};
//!
//! let svg = LinePlot::new("News of a crash", Axis::new("time since the crash", Unit::Seconds), Axis::new("informed", Unit::Fraction))
//!     .steps("fanout 3", [(0.0, 0.01), (0.2, 0.04), (0.4, 0.16), (0.6, 0.6), (0.8, 1.0)])
//!     .to_svg();
//! assert!(svg.starts_with("<svg ") && svg.contains("time since the crash (ms)"));
//! ```

mod axis;
mod bars;
mod chart;
mod heat_map;
mod lines;
mod palette;
mod svg;
pub(crate) mod text;
mod thin;
mod timeline;
#[cfg(test)]
pub(crate) mod xml;

use serde::{Deserialize, Serialize};

pub use axis::{Axis, Unit};
pub use bars::HistogramPlot;
pub use heat_map::HeatMap;
pub use lines::LinePlot;
pub(crate) use palette::STYLE;
pub use timeline::{Belief, Timeline};

/// Lines that are told apart: those beyond look like the first ones.
pub(crate) const MOST_LINES: usize = palette::SERIES.len();

/// Any of the plots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Plot {
    /// Lines, steps and bands.
    Lines(LinePlot),
    /// How often which value was seen.
    Histogram(HistogramPlot),
    /// A figure for each cell of a grid.
    HeatMap(HeatMap),
    /// Spans of time in rows.
    Timeline(Timeline),
}

impl Plot {
    /// What stands above the plot.
    pub fn title(&self) -> &str {
        match self {
            Self::Lines(plot) => plot.title(),
            Self::Histogram(plot) => plot.title(),
            Self::HeatMap(plot) => plot.title(),
            Self::Timeline(plot) => plot.title(),
        }
    }

    /// The plot as an SVG document.
    pub fn to_svg(&self) -> String {
        svg::standalone(self.draw())
    }

    /// The plot as an SVG element for a page that has [`STYLE`] already.
    pub(crate) fn draw(&self) -> String {
        match self {
            Self::Lines(plot) => plot.draw(),
            Self::Histogram(plot) => plot.draw(),
            Self::HeatMap(plot) => plot.draw(),
            Self::Timeline(plot) => plot.draw(),
        }
    }
}

impl From<LinePlot> for Plot {
    fn from(plot: LinePlot) -> Self {
        Self::Lines(plot)
    }
}

impl From<HistogramPlot> for Plot {
    fn from(plot: HistogramPlot) -> Self {
        Self::Histogram(plot)
    }
}

impl From<HeatMap> for Plot {
    fn from(plot: HeatMap) -> Self {
        Self::HeatMap(plot)
    }
}

impl From<Timeline> for Plot {
    fn from(plot: Timeline) -> Self {
        Self::Timeline(plot)
    }
}

/// A line across a plot at a moment or value worth knowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark {
    at: f64,
    label: String,
}
