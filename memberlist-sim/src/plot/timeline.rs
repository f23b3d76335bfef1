//! Spans of time in rows: who believed what of whom.

use serde::{Deserialize, Serialize};

use super::{
    Axis, Mark,
    axis::Ruler,
    chart::place_marks,
    palette::{ALIVE, Colour, DEAD, DOWN, FAINT, GRID, GROUND, INK, LEFT, PAUSED, SUSPECT},
    svg::{Anchor, LABEL, LINE, MARGIN, Picture, Text, WIDTH, standalone},
    text::{cut, width},
};

#[cfg(test)]
mod tests;

/// No timeline has more rows: the page would be too long to read.
const MAX_ROWS: usize = 150;
/// The least width of a span, in units: a pixel.
const LEAST: f64 = 2.0;

/// What is believed, or known, of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Belief {
    /// It is alive.
    Alive,
    /// It has left.
    Left,
    /// Its process is stopped, and will go on (a fact, not a belief).
    Paused,
    /// It is suspected.
    Suspect,
    /// It is held for dead.
    Dead,
    /// Its process does not run (a fact, not a belief).
    Down,
}

impl Belief {
    /// All, in the order in which the legend shows them.
    pub const ALL: [Self; 6] = [Self::Alive, Self::Suspect, Self::Dead, Self::Left, Self::Paused, Self::Down];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Left => "left",
            Self::Paused => "paused",
            Self::Suspect => "suspect",
            Self::Dead => "dead",
            Self::Down => "down",
        }
    }

    const fn is_fact(self) -> bool {
        matches!(self, Self::Paused | Self::Down)
    }

    const fn colour(self) -> Colour {
        match self {
            Self::Alive => ALIVE,
            Self::Left => LEFT,
            Self::Paused => PAUSED,
            Self::Suspect => SUSPECT,
            Self::Dead => DEAD,
            Self::Down => DOWN,
        }
    }

    /// How much of the height of its row it fills, so that beliefs differ in shape as well as in colour.
    const fn height(self) -> f64 {
        match self {
            Self::Alive | Self::Left => 0.45,
            Self::Paused | Self::Suspect => 0.7,
            Self::Dead | Self::Down => 0.9,
        }
    }
}

/// Spans of time in rows: who believed what of whom.
///
/// Spans too short to be seen are drawn a pixel wide. Where several fall on one pixel, the gravest is drawn over the others (from alive over
/// left, paused, suspect and dead to down), so no row has more spans
/// than pixels. Where a row has no span, nothing is known; if that is so for more than a moment, the legend says it. Of more than 150 rows those are drawn in which most
/// happened (in their order, the first of equals), and a line says how many are not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    title: String,
    axis: Axis,
    rows: Vec<Row>,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    group: String,
    name: String,
    spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Span {
    from: f64,
    to: f64,
    belief: Belief,
}

impl Timeline {
    /// A timeline without rows, along an axis of time.
    pub fn new(title: impl Into<String>, axis: Axis) -> Self {
        Self { title: title.into(), axis, ..Self::default() }
    }

    /// Adds a row below the others, with spans (from, to, what). A heading stands before the first row of each `group`; the empty
    /// group has none. Spans that end before they begin, or are not finite, are left out.
    #[must_use]
    pub fn row(
        mut self,
        group: impl Into<String>,
        name: impl Into<String>,
        spans: impl IntoIterator<Item = (f64, f64, Belief)>,
    ) -> Self {
        let spans =
            spans.into_iter().filter(|(from, to, _)| from.is_finite() && to.is_finite() && from <= to);
        let spans = spans.map(|(from, to, belief)| Span { from, to, belief }).collect();
        self.rows.push(Row { group: group.into(), name: name.into(), spans });
        self
    }

    /// Adds a line across at `at`, as for the moment of a fault.
    #[must_use]
    pub fn mark(mut self, at: f64, label: impl Into<String>) -> Self {
        if at.is_finite() {
            self.marks.push(Mark { at, label: label.into() });
        }
        self
    }

    /// What stands above the timeline.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The timeline as an SVG document.
    pub fn to_svg(&self) -> String {
        standalone(self.draw())
    }

    pub(super) fn draw(&self) -> String {
        let spans = self.rows.iter().flat_map(|row| &row.spans);
        let times = spans.flat_map(|span| [span.from, span.to]).chain(self.marks.iter().map(|mark| mark.at));
        let ruler = self.axis.ruler(times, 10, true);
        let rows = self.shown();
        let mut picture = Picture::default();
        let mut y = f64::from(picture.title(&self.title));
        y = self.draw_legend(&mut picture, y);

        let names = rows.iter().map(|row| width(&row.name, LABEL)).fold(60.0, f64::max).min(360.0);
        let left = f64::from(MARGIN) + names + 14.0;
        let field = Field { left, right: f64::from(WIDTH - MARGIN - 36), names, ruler };
        let (marks, labels) = place_marks(&self.marks, |at| field.column(at));
        y += f64::from(labels) + 6.0;
        let top = y;
        let bottom = top + self.height(&rows);
        field.draw_grid(&mut picture, (top, bottom));
        let mut group = "";
        for row in &rows {
            if row.group != group {
                group = &row.group;
                if !group.is_empty() {
                    let style = Text { bold: true, fill: INK, ..Text::default() };
                    let limit = f64::from(WIDTH - 2 * MARGIN);
                    picture.text((f64::from(MARGIN), y + 22.0), &cut(group, LABEL, limit), style);
                    y += GROUP;
                }
            }
            field.draw_row(&mut picture, row, y);
            y += ROW;
        }
        for mark in &marks {
            let (x, middle) = (f64::from(mark.x), top - f64::from(mark.above));
            let from = if mark.text.is_empty() { top } else { middle - 12.0 };
            picture.line((x, from), (x, bottom), INK, true);
        }
        for mark in marks.iter().filter(|mark| !mark.text.is_empty()) {
            let (x, middle) = (f64::from(mark.x), top - f64::from(mark.above));
            let wide = width(&mark.text, LABEL);
            let (x, left, anchor) = if mark.to_the_left {
                (x - 8.0, x - 8.0 - wide, Anchor::End)
            } else {
                (x + 8.0, x + 8.0, Anchor::Start)
            };
            // Lines of other marks end at the label.
            picture.rect((left, middle - 13.0), (wide, 26.0), GROUND);
            picture.text((x, middle), &mark.text, Text { anchor, fill: INK, ..Text::default() });
        }
        if rows.is_empty() {
            let style = Text { anchor: Anchor::Middle, ..Text::default() };
            picture.text(((field.left + field.right) / 2.0, y + ROW / 2.0), "no data", style);
        }
        y = bottom + 26.0;
        for tick in &field.ruler.ticks {
            let style = Text { anchor: Anchor::Middle, ..Text::default() };
            picture.text((field.column(*tick), y), &field.ruler.write(*tick), style);
        }
        y += 36.0;
        let named = Text { anchor: Anchor::Middle, fill: INK, ..Text::default() };
        picture.text(((field.left + field.right) / 2.0, y), &field.ruler.label, named);
        let hidden = self.rows.len() - rows.len();
        if hidden > 0 {
            y += f64::from(LINE);
            let text = format!("{hidden} more rows, in which less happened, are not shown");
            picture.text((f64::from(MARGIN), y), &text, Text::default());
        }
        picture.finish(&self.title, (WIDTH, y as i32 + 36))
    }

    /// The rows to draw: all, or those in which most happened.
    fn shown(&self) -> Vec<&Row> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let spans = |index: &usize| self.rows.get(*index).map_or(0, |row| row.spans.len());
        order.sort_by_key(|index| core::cmp::Reverse(spans(index)));
        order.truncate(MAX_ROWS);
        order.sort_unstable();
        order.into_iter().filter_map(|index| self.rows.get(index)).collect()
    }

    fn height(&self, rows: &[&Row]) -> f64 {
        let mut group = "";
        let mut height = if rows.is_empty() { ROW } else { 0.0 };
        for row in rows {
            if row.group != group && !row.group.is_empty() {
                height += GROUP;
            }
            group = &row.group;
            height += ROW;
        }
        height + 4.0
    }

    fn draw_legend(&self, picture: &mut Picture, y: f64) -> f64 {
        let used = |belief: &Belief| self.rows.iter().any(|r| r.spans.iter().any(|s| s.belief == *belief));
        let mut x = f64::from(MARGIN);
        for belief in Belief::ALL.into_iter().filter(used) {
            let height = 28.0 * belief.height();
            picture.rect((x, y + 17.0 - height / 2.0), (36.0, height), belief.colour());
            picture.text((x + 46.0, y + 17.0), belief.name(), Text { fill: INK, ..Text::default() });
            x += 46.0 + width(belief.name(), LABEL) + 32.0;
        }
        if x > f64::from(MARGIN) {
            if self.has_gaps() {
                picture.text((x, y + 17.0), "nothing: not known", Text::default());
            }
            y + f64::from(LINE) + 4.0
        } else {
            y
        }
    }

    /// Whether some row of beliefs says nothing for a part of the time.
    fn has_gaps(&self) -> bool {
        let spans = || self.rows.iter().flat_map(|row| &row.spans);
        let first = spans().map(|span| span.from).fold(f64::INFINITY, f64::min);
        let last = spans().map(|span| span.to).fold(f64::NEG_INFINITY, f64::max);
        let covered = |row: &Row| row.spans.iter().map(|span| span.to - span.from).sum::<f64>();
        let is_fact = |row: &&Row| row.spans.iter().all(|span| span.belief.is_fact());
        self.rows.iter().filter(|row| !is_fact(row)).any(|row| covered(row) < (last - first) * 0.999)
    }
}

const ROW: f64 = 32.0;
const GROUP: f64 = 42.0;

/// Where the rows are drawn.
struct Field {
    left: f64,
    right: f64,
    names: f64,
    ruler: Ruler,
}

impl Field {
    fn column(&self, at: f64) -> f64 {
        self.left + self.ruler.position(at) * (self.right - self.left)
    }

    fn draw_grid(&self, picture: &mut Picture, (top, bottom): (f64, f64)) {
        for tick in &self.ruler.ticks {
            let x = self.column(*tick);
            picture.line((x, top), (x, bottom), GRID, false);
        }
        picture.line((self.left, bottom), (self.right, bottom), FAINT, false);
    }

    fn draw_row(&self, picture: &mut Picture, row: &Row, y: f64) {
        let style = Text { anchor: Anchor::End, ..Text::default() };
        picture.text((self.left - 14.0, y + ROW / 2.0), &cut(&row.name, LABEL, self.names), style);
        for span in self.visible(&row.spans) {
            let (x, width) = self.extent(&span);
            let height = ROW * span.belief.height();
            let write = |at: f64| self.ruler.unit.write(at);
            let hint =
                format!("{}: {}, {} to {}", row.name, span.belief.name(), write(span.from), write(span.to));
            picture.titled_rect((x, y + (ROW - height) / 2.0), (width, height), span.belief.colour(), &hint);
        }
    }

    fn extent(&self, span: &Span) -> (f64, f64) {
        let (from, to) = (self.column(span.from), self.column(span.to));
        let width = (to - from).max(LEAST);
        // A short span at the very end stays inside.
        (from.min(self.right - width), width)
    }

    /// The spans to draw, the gravest last: of the short ones that begin on one pixel only the gravest.
    fn visible(&self, spans: &[Span]) -> Vec<Span> {
        let mut short: Vec<Option<Span>> = vec![None; ((self.right - self.left) / LEAST) as usize + 2];
        let mut out = Vec::new();
        for span in spans {
            let (x, _) = self.extent(span);
            if self.column(span.to) - self.column(span.from) > LEAST {
                out.push(*span);
            } else if let Some(slot) = short.get_mut(((x - self.left) / LEAST) as usize) {
                *slot = Some(slot.filter(|kept| kept.belief >= span.belief).unwrap_or(*span));
            }
        }
        out.extend(short.into_iter().flatten());
        out.sort_by_key(|span| span.belief);
        out
    }
}
