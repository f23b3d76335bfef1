//! Histograms as bars.

use plotters::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Axis, Mark, Unit,
    chart::{Frame, Sign},
    palette::series,
    svg::standalone,
};
use crate::stats::{Bin, Histogram};

#[cfg(test)]
mod tests;

/// How often which value was seen, as bars: detection times. Several histograms lie over one another, half transparent.
///
/// What lay outside of the bins is said in the legend.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HistogramPlot {
    title: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Series {
    name: String,
    histogram: Histogram,
}

impl HistogramPlot {
    /// A plot without data, along an axis for the values; the other one counts.
    pub fn new(title: impl Into<String>, x: Axis) -> Self {
        Self { title: title.into(), x, y: Axis::new("count", Unit::Number), ..Self::default() }
    }

    /// With another axis for the counts.
    #[must_use]
    pub fn counts(mut self, y: Axis) -> Self {
        self.y = y;
        self
    }

    /// Adds a histogram.
    #[must_use]
    pub fn histogram(mut self, name: impl Into<String>, histogram: Histogram) -> Self {
        self.series.push(Series { name: name.into(), histogram });
        self
    }

    /// Adds a line across at `x`, as for a median or a bound.
    #[must_use]
    pub fn mark(mut self, x: f64, label: impl Into<String>) -> Self {
        if x.is_finite() {
            self.marks.push(Mark { at: x, label: label.into() });
        }
        self
    }

    /// What stands above the plot.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The plot as an SVG document.
    pub fn to_svg(&self) -> String {
        standalone(self.draw())
    }

    pub(super) fn draw(&self) -> String {
        let bins = || self.series.iter().flat_map(|series| series.histogram.bins());
        let x = bins().flat_map(|bin| [bin.low, bin.high]).chain(self.marks.iter().map(|mark| mark.at));
        let y = bins().map(|bin| bin.count as f64);
        let names: Vec<String> = self.series.iter().map(Series::legend).collect();
        let legend = names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let frame = Frame {
            title: &self.title,
            x: self.x.ruler(x, 10, true),
            y: self.y.ruler(y, 7, false),
            legend: legend.map(|(index, name)| (Sign::Box, series(index), name.as_str())).collect(),
            marks: &self.marks,
            notice: bins().next().is_none().then_some("no data"),
        };
        let (floor, single) = (frame.y.low, self.series.len() == 1);
        frame.draw(|chart| {
            for (index, one) in self.series.iter().enumerate() {
                let colour = RGBColor::from(series(index));
                let fill = colour.mix(if single { 0.75 } else { 0.35 }).filled();
                let bars = one.histogram.bins().iter().filter(|bin| bin.count > 0);
                let corners = |bin: &Bin| [(bin.low, floor), (bin.high, bin.count as f64)];
                let bars = bars.map(|bin| {
                    let mut bar = Rectangle::new(corners(bin), fill);
                    // A gap between bars.
                    bar.set_margin(0, 0, 1, 1);
                    bar
                });
                chart.draw_series(bars)?;
                // An outline tells overlapping histograms apart, by its dashes too.
                let outline = PathElement::new(
                    outline(&one.histogram, floor),
                    ShapeStyle::from(colour).stroke_width(3),
                );
                if !single {
                    chart.draw_series(core::iter::once(outline))?;
                }
            }
            Ok(())
        })
    }
}

impl Series {
    fn legend(&self) -> String {
        let (below, above) = (self.histogram.below(), self.histogram.above());
        let outside = match (below, above) {
            (0, 0) => String::new(),
            (below, 0) => format!(" ({below} below)"),
            (0, above) => format!(" ({above} above)"),
            (below, above) => format!(" ({below} below, {above} above)"),
        };
        format!("{}{outside}", self.name)
    }
}

fn outline(histogram: &Histogram, floor: f64) -> Vec<(f64, f64)> {
    let tops = histogram.bins().iter().flat_map(|bin| {
        let height = if bin.count == 0 { floor } else { bin.count as f64 };
        [(bin.low, height), (bin.high, height)]
    });
    let begin = histogram.bins().first().map(|bin| (bin.low, floor));
    let end = histogram.bins().last().map(|bin| (bin.high, floor));
    begin.into_iter().chain(tops).chain(end).collect()
}
