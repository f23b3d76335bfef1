//! The frame of the plots with two axes: title, legend, axes, grid and marks, drawn through plotters.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{
    Mark,
    axis::Ruler,
    palette::{Colour, FAINT, GRID, GROUND, INK},
    svg::{LABEL, LINE, MARGIN, TITLE, WIDTH, root, title_lines},
    text::{clean, cut, width},
};

/// The height of a chart below its title and legend, in units.
const HEIGHT: i32 = 680;
/// The margin on the right, where half of the last tick's label stands.
const RIGHT: i32 = 56;
/// How far the labels of marks lie apart.
const MARK_LINE: i32 = 30;

pub(super) type Fault = DrawingAreaErrorKind<std::io::Error>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Ruler, Ruler>>;
type Area<'b> = DrawingArea<SVGBackend<'b>, Shift>;

/// What stands for a series in the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Line,
    Box,
    Band,
}

/// What a chart has besides its data.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) x: Ruler,
    pub(super) y: Ruler,
    pub(super) legend: Vec<(Sign, Colour, &'a str)>,
    pub(super) marks: &'a [Mark],
    /// What is written in the middle, where there are no data.
    pub(super) notice: Option<&'a str>,
}

impl Frame<'_> {
    /// The width of the area in which the data are drawn, in units.
    pub(super) fn columns(&self) -> i32 {
        WIDTH - MARGIN - RIGHT - self.label_area()
    }

    fn label_area(&self) -> i32 {
        72 + libm::ceil(self.y.longest() as f64 * LABEL * 0.6) as i32
    }

    /// The chart as an SVG element; `body` draws the data between the grid and the marks.
    pub(super) fn draw(&self, body: impl FnOnce(&mut Chart<'_, '_>) -> Result<(), Fault>) -> String {
        let legend = place_legend(&self.legend);
        let titles = title_lines(self.title);
        let legend_top = MARGIN + titles.len() as i32 * LINE;
        let legend_lines = legend.last().map_or(0, |entry| entry.line + 1);
        let (marks, labels) = place_marks(self.marks, |at| {
            f64::from(MARGIN + self.label_area()) + self.x.position(at) * f64::from(self.columns())
        });
        let top = legend_top + legend_lines * LINE + labels + 12;
        let size = (WIDTH, top + HEIGHT);

        let mut text = String::new();
        let drawn = (|| {
            let area = SVGBackend::with_string(&mut text, (size.0 as u32, size.1 as u32)).into_drawing_area();
            area.fill(&RGBColor::from(GROUND))?;
            for (index, line) in titles.iter().enumerate() {
                let at = (MARGIN, MARGIN + index as i32 * LINE + LINE / 2);
                area.draw(&Text::new(line.clone(), at, bold(font(TITLE, INK, HPos::Left))))?;
            }
            for entry in &legend {
                entry.draw(&area, legend_top)?;
            }
            let mut chart = ChartBuilder::on(&area)
                .margin(MARGIN)
                .margin_top(top)
                .margin_right(RIGHT)
                .x_label_area_size(82)
                .y_label_area_size(self.label_area())
                .build_cartesian_2d(self.x.clone(), self.y.clone())?;
            let line = |colour: Colour| ShapeStyle::from(RGBColor::from(colour)).stroke_width(2);
            chart
                .configure_mesh()
                .bold_line_style(line(GRID))
                .axis_style(line(FAINT))
                .label_style(font(LABEL, FAINT, HPos::Center))
                .axis_desc_style(font(LABEL, INK, HPos::Center))
                .x_desc(clean(&self.x.label))
                .y_desc(cut(&self.y.label, LABEL, f64::from(HEIGHT - 100)))
                .draw()?;
            body(&mut chart)?;
            let (columns, rows) = chart.plotting_area().get_pixel_range();
            for mark in &marks {
                mark.draw_line(&area, (rows.start, rows.end), top)?;
            }
            for mark in &marks {
                mark.draw_label(&area, top)?;
            }
            if let Some(notice) = self.notice {
                let at = ((columns.start + columns.end) / 2, (rows.start + rows.end) / 2);
                area.draw(&Text::new(clean(notice), at, font(LABEL, FAINT, HPos::Center)))?;
            }
            area.present()
        })();
        if let Err(fault) = drawn {
            // Writing to a string cannot fail; should plotters find something else, the page says so.
            let mut picture = super::svg::Picture::default();
            let y = f64::from(picture.title(self.title) + LINE);
            picture.text((f64::from(MARGIN), y), &format!("not drawn: {fault}"), super::svg::Text::default());
            return picture.finish(self.title, (WIDTH, 200));
        }
        match text.split_once('>') {
            Some((_, rest)) => root(self.title, size) + rest,
            None => text,
        }
    }
}

fn font(size: f64, colour: Colour, side: HPos) -> TextStyle<'static> {
    // Plotters divides sizes by this before it writes them.
    let mut style: TextStyle<'static> = ("sans-serif", size * 1.24).into();
    style.color = RGBColor::from(colour).to_backend_color();
    style.pos = Pos::new(side, VPos::Center);
    style
}

fn bold(mut style: TextStyle<'_>) -> TextStyle<'_> {
    style.font = style.font.style(FontStyle::Bold);
    style
}

/// An entry of the legend in its place.
struct Entry {
    sign: Sign,
    colour: Colour,
    text: String,
    x: i32,
    line: i32,
}

const SIGN_WIDTH: i32 = 52;

/// The entries from left to right, in as many lines as they need.
fn place_legend(legend: &[(Sign, Colour, &str)]) -> Vec<Entry> {
    let room = WIDTH - 2 * MARGIN;
    let (mut x, mut line) = (MARGIN, 0);
    let mut out = Vec::new();
    for (sign, colour, name) in legend {
        let text = cut(name, LABEL, f64::from(room - SIGN_WIDTH - 12));
        let wide = SIGN_WIDTH + 12 + libm::ceil(width(&text, LABEL)) as i32;
        if x > MARGIN && x + wide > MARGIN + room {
            (x, line) = (MARGIN, line + 1);
        }
        out.push(Entry { sign: *sign, colour: *colour, text, x, line });
        x += wide + 28;
    }
    out
}

impl Entry {
    fn draw(&self, area: &Area<'_>, top: i32) -> Result<(), Fault> {
        let (x, y) = (self.x, top + self.line * LINE + LINE / 2);
        let colour = RGBColor::from(self.colour);
        match self.sign {
            Sign::Line => area.draw(&PathElement::new(
                vec![(x, y), (x + SIGN_WIDTH, y)],
                ShapeStyle::from(colour).stroke_width(5),
            ))?,
            Sign::Box => area.draw(&Rectangle::new([(x + 14, y - 12), (x + 38, y + 12)], colour.filled()))?,
            Sign::Band => area
                .draw(&Rectangle::new([(x, y - 12), (x + SIGN_WIDTH, y + 12)], colour.mix(0.25).filled()))?,
        }
        area.draw(&Text::new(self.text.clone(), (x + SIGN_WIDTH + 12, y), font(LABEL, INK, HPos::Left)))
    }
}

/// A mark in its place.
pub(super) struct Placed {
    pub(super) x: i32,
    pub(super) text: String,
    /// How many lines of labels its own is below the first.
    line: i32,
    /// How far above the chart the middle of its label is.
    pub(super) above: i32,
    pub(super) to_the_left: bool,
}

/// How many lines of labels there are at most; marks for which they do not suffice go without.
const MARK_LINES: usize = 4;

/// Marks with their labels in lines above the chart, and the height of all lines. No label covers another, and each is below those that begin
/// to its left and reach it, so that its line does not cross them.
pub(super) fn place_marks(marks: &[Mark], column: impl Fn(f64) -> f64) -> (Vec<Placed>, i32) {
    let mut sorted: Vec<&Mark> = marks.iter().collect();
    sorted.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut ends = [f64::NEG_INFINITY; MARK_LINES];
    let mut out: Vec<Placed> = Vec::new();
    for mark in sorted {
        let x = column(mark.at);
        let text = cut(&mark.label, LABEL, f64::from(WIDTH) / 2.0);
        let wide = width(&text, LABEL) + 24.0;
        let to_the_left = x + wide > f64::from(WIDTH);
        let (from, to) = if to_the_left { (x - wide, x) } else { (x, x + wide) };
        let line = ends.iter().rposition(|end| *end > from).map_or(0, |taken| taken + 1);
        let mut placed = Placed { x: libm::round(x) as i32, text, line: line as i32, above: 0, to_the_left };
        match ends.get_mut(line) {
            Some(end) if !placed.text.is_empty() => *end = to,
            Some(_) => placed.line = 0,
            None => {
                placed.text.clear();
                placed.line = 0;
            }
        }
        out.push(placed);
    }
    let labelled = out.iter().filter(|mark| !mark.text.is_empty());
    let lines = labelled.map(|mark| mark.line + 1).max().unwrap_or(0);
    for mark in &mut out {
        mark.above = (lines - mark.line) * MARK_LINE - MARK_LINE / 2;
    }
    (out, lines * MARK_LINE)
}

impl Placed {
    fn draw_line(&self, area: &Area<'_>, (top, bottom): (i32, i32), labels_end: i32) -> Result<(), Fault> {
        let style = ShapeStyle::from(RGBColor::from(INK).mix(0.7)).stroke_width(2);
        let from = if self.text.is_empty() { top } else { labels_end - self.above - MARK_LINE / 2 + 3 };
        area.draw(&PathElement::new(vec![(self.x, from), (self.x, bottom)], style))
    }

    fn draw_label(&self, area: &Area<'_>, labels_end: i32) -> Result<(), Fault> {
        if self.text.is_empty() {
            return Ok(());
        }
        let y = labels_end - self.above;
        let wide = libm::ceil(width(&self.text, LABEL)) as i32;
        let (x, side, left) = if self.to_the_left {
            (self.x - 8, HPos::Right, self.x - 8 - wide)
        } else {
            (self.x + 8, HPos::Left, self.x + 8)
        };
        // Lines of other marks end at the label.
        let ground = Rectangle::new([(left, y - 13), (left + wide, y + 13)], RGBColor::from(GROUND).filled());
        area.draw(&ground)?;
        area.draw(&Text::new(self.text.clone(), (x, y), font(LABEL, INK, side)))
    }
}
