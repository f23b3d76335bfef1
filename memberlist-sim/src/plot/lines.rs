//! Lines, steps and bands over an axis.

use plotters::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Axis, Mark,
    chart::{Chart, Fault, Frame, Sign},
    palette::{Colour, series},
    svg::standalone,
    thin::extremes,
};
use crate::stats::{Cdf, Sample};

#[cfg(test)]
mod tests;

/// Lines of no more points than these have a dot at each.
const DOTTED: usize = 40;

/// Lines, steps and bands over an axis: infection curves, distributions, bytes per node over time.
///
/// Of points that are denser than the picture, only those are drawn that can be seen: in each column of half a pixel the first,
/// the least, the greatest and the last of each line. The plot itself keeps all of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LinePlot {
    title: String,
    x: Axis,
    y: Axis,
    bands: Vec<Band>,
    lines: Vec<Line>,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    name: String,
    steps: bool,
    points: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Band {
    name: String,
    points: Vec<(f64, f64, f64)>,
}

impl LinePlot {
    /// A plot without data.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, ..Self::default() }
    }

    /// Adds a line through `points` (x, y), in their order.
    #[must_use]
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.add(name.into(), false, points)
    }

    /// Adds steps: from each point (x, y) on, the height is y until the next point.
    #[must_use]
    pub fn steps(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.add(name.into(), true, points)
    }

    /// Adds the steps of a distribution, from 0 on.
    #[must_use]
    pub fn cdf(self, name: impl Into<String>, cdf: &Cdf) -> Self {
        let begin = cdf.steps().first().map(|step| (step.0, 0.0));
        self.steps(name, begin.into_iter().chain(cdf.steps().iter().copied()))
    }

    /// Adds a band between two heights: points (x, low, high), ascending in x.
    #[must_use]
    pub fn band(
        mut self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = (f64, f64, f64)>,
    ) -> Self {
        let finite = |p: &(f64, f64, f64)| p.0.is_finite() && p.1.is_finite() && p.2.is_finite();
        let points = points.into_iter().filter(finite).map(|(x, a, b)| (x, a.min(b), a.max(b)));
        self.bands.push(Band { name: name.into(), points: points.collect() });
        self
    }

    /// Adds what samples were at each x: a line for the median and a band from there to the 99th percentile (nearest rank), as for bytes
    /// per node over time. Empty samples are left out.
    #[must_use]
    pub fn spread<'a>(self, name: &str, samples: impl IntoIterator<Item = (f64, &'a Sample)>) -> Self {
        let rows = samples
            .into_iter()
            .filter_map(|(x, sample)| Some((x, sample.median()?, sample.nearest_rank(0.99)?)));
        let rows: Vec<_> = rows.collect();
        self.band(format!("{name}, p50 to p99"), rows.iter().copied())
            .line(format!("{name}, p50"), rows.iter().map(|(x, median, _)| (*x, *median)))
    }

    /// Adds a line across at `x`, as for the moment of a fault.
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

    fn add(mut self, name: String, steps: bool, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().filter(|point| point.0.is_finite() && point.1.is_finite());
        self.lines.push(Line { name, steps, points: points.collect() });
        self
    }

    pub(super) fn draw(&self) -> String {
        let lines = || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let bands = || self.bands.iter().flat_map(|band| band.points.iter().copied());
        let marks = self.marks.iter().map(|mark| mark.at);
        let x = lines().map(|p| p.0).chain(bands().map(|p| p.0)).chain(marks);
        let y = lines().map(|p| p.1).chain(bands().flat_map(|p| [p.1, p.2]));
        let empty = lines().next().is_none() && bands().next().is_none();
        let frame = Frame {
            title: &self.title,
            x: self.x.ruler(x, 10, true),
            y: self.y.ruler(y, 7, false),
            legend: self.legend(),
            marks: &self.marks,
            notice: empty.then_some("no data"),
        };
        let columns = frame.columns();
        let column = |x: f64| libm::round(frame.x.position(x) * f64::from(columns)) as i32;
        frame.draw(|chart| {
            for (index, band) in self.bands.iter().enumerate() {
                draw_band(chart, band, self.band_colour(index), &column)?;
            }
            for (index, line) in self.lines.iter().enumerate() {
                draw_line(chart, line, series(index), &column, frame.x.high)?;
            }
            Ok(())
        })
    }

    /// A band has the colour of the line beside it.
    fn band_colour(&self, index: usize) -> Colour {
        series(index)
    }

    fn legend(&self) -> Vec<(Sign, Colour, &str)> {
        let lines =
            self.lines.iter().enumerate().map(|(i, line)| (Sign::Line, series(i), line.name.as_str()));
        let bands = self.bands.iter().enumerate();
        let bands = bands.map(|(i, band)| (Sign::Band, self.band_colour(i), band.name.as_str()));
        lines.chain(bands).filter(|entry| !entry.2.is_empty()).collect()
    }
}

fn draw_band(
    chart: &mut Chart<'_, '_>,
    band: &Band,
    colour: Colour,
    column: &impl Fn(f64) -> i32,
) -> Result<(), Fault> {
    let edge = |height: fn(&(f64, f64, f64)) -> f64| -> Vec<(f64, f64)> {
        extremes(&band.points.iter().map(|p| (p.0, height(p))).collect::<Vec<_>>(), column)
    };
    let mut around = edge(|p| p.1);
    around.extend(edge(|p| p.2).into_iter().rev());
    let polygon = Polygon::new(around, RGBColor::from(colour).mix(0.22).filled());
    chart.draw_series(core::iter::once(polygon)).map(|_| ())
}

fn draw_line(
    chart: &mut Chart<'_, '_>,
    line: &Line,
    colour: Colour,
    column: &impl Fn(f64) -> i32,
    end: f64,
) -> Result<(), Fault> {
    let points = extremes(&line.points, column);
    let dots = if line.steps { line.points.len() == 1 } else { line.points.len() <= DOTTED };
    let colour = RGBColor::from(colour);
    if dots {
        let circles = points.iter().map(|point| Circle::new(*point, 6, colour.filled()));
        chart.draw_series(circles)?;
    }
    let path = if line.steps { stairs(&points, end) } else { points };
    let path = PathElement::new(path, ShapeStyle::from(colour).stroke_width(4));
    chart.draw_series(core::iter::once(path)).map(|_| ())
}

/// The corners of steps through `points`, up to `end`.
fn stairs(points: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::with_capacity(points.len() * 2 + 1);
    for point in points {
        if let Some(before) = out.last().copied() {
            out.push((point.0, before.1));
        }
        out.push(*point);
    }
    if let Some(last) = out.last().copied().filter(|last| last.0 < end) {
        out.push((end, last.1));
    }
    out
}
