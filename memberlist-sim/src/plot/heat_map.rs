//! Grids of figures.

use serde::{Deserialize, Serialize};

use super::{
    Unit,
    palette::{Colour, GRID, INK, heat},
    svg::{Anchor, LABEL, MARGIN, Picture, Text, WIDTH, standalone},
    text::{cut, width},
};

#[cfg(test)]
mod tests;

/// A figure for each cell of a grid, as colour and as text: Lifeguard's false positives over C × D.
///
/// Drawn as SVG of its own, since plotters has no axes of names. The ends of the colour scale are the least and the greatest figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    title: String,
    columns_label: String,
    rows_label: String,
    unit: Unit,
    log: bool,
    columns: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    name: String,
    cells: Vec<Option<f64>>,
}

impl HeatMap {
    /// A grid without rows, with a name for each column; `unit` is that of the figures.
    pub fn new<T: Into<String>>(
        title: impl Into<String>,
        columns_label: impl Into<String>,
        columns: impl IntoIterator<Item = T>,
        rows_label: impl Into<String>,
        unit: Unit,
    ) -> Self {
        Self {
            title: title.into(),
            columns_label: columns_label.into(),
            rows_label: rows_label.into(),
            unit,
            columns: columns.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// With colours by the logarithm of the figures (of one more than them, so that zero has its place).
    #[must_use]
    pub fn log(mut self) -> Self {
        self.log = true;
        self
    }

    /// Adds a row below the others, a figure for each column; `None` (and what is not finite) leaves a cell empty, and so do figures
    /// that are missing. Figures without a column are dropped.
    #[must_use]
    pub fn row(mut self, name: impl Into<String>, cells: impl IntoIterator<Item = Option<f64>>) -> Self {
        let cells = cells.into_iter().take(self.columns.len());
        let cells = cells.map(|cell| cell.filter(|value| value.is_finite())).collect();
        self.rows.push(Row { name: name.into(), cells });
        self
    }

    /// What stands above the grid.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The grid as an SVG document.
    pub fn to_svg(&self) -> String {
        standalone(self.draw())
    }

    fn level(&self, value: f64) -> f64 {
        if self.log { libm::copysign(libm::log1p(value.abs()), value) } else { value }
    }

    pub(super) fn draw(&self) -> String {
        let values = self.rows.iter().flat_map(|row| row.cells.iter().flatten().copied());
        let span = values.fold(None, |span: Option<(f64, f64)>, value| {
            Some(span.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
        let mut picture = Picture::default();
        let mut y = f64::from(picture.title(&self.title));
        if let Some(span) = span {
            y = self.draw_scale(&mut picture, span, y);
        }
        let names = self.rows.iter().map(|row| width(&row.name, LABEL)).fold(60.0, f64::max).min(320.0);
        let left = f64::from(MARGIN) + 44.0 + names + 12.0;
        let cell = (f64::from(WIDTH - MARGIN) - left) / self.columns.len().max(1) as f64;
        let height = 52.0;

        let centred = Text { anchor: Anchor::Middle, ..Text::default() };
        for (index, name) in self.columns.iter().enumerate() {
            let x = left + (index as f64 + 0.5) * cell;
            picture.text((x, y + 18.0), &cut(name, LABEL, cell - 4.0), centred);
        }
        y += 40.0;
        let top = y;
        for row in &self.rows {
            let end = Text { anchor: Anchor::End, ..Text::default() };
            picture.text((left - 12.0, y + height / 2.0), &cut(&row.name, LABEL, names), end);
            for (index, name) in self.columns.iter().enumerate() {
                let x = left + index as f64 * cell;
                let value = row.cells.get(index).copied().flatten();
                self.draw_cell(
                    &mut picture,
                    (x, y),
                    (cell, height),
                    value,
                    span,
                    &format!("{name} × {}", row.name),
                );
            }
            y += height;
        }
        if self.rows.is_empty() || self.columns.is_empty() {
            picture.text((f64::from(WIDTH) / 2.0, y + height / 2.0), "no data", centred);
            y += height;
        }
        let named = Text { fill: INK, ..centred };
        picture.text((left + (f64::from(WIDTH - MARGIN) - left) / 2.0, y + 28.0), &self.columns_label, named);
        let rows_label = cut(&self.rows_label, LABEL, (y - top).max(160.0));
        picture.text(
            (f64::from(MARGIN) + 16.0, (top + y) / 2.0),
            &rows_label,
            Text { upwards: true, ..named },
        );
        picture.finish(&self.title, (WIDTH, y as i32 + 60))
    }

    fn share(&self, value: f64, (low, high): (f64, f64)) -> f64 {
        let (low, high) = (self.level(low), self.level(high));
        if high > low { (self.level(value) - low) / (high - low) } else { 0.0 }
    }

    fn draw_cell(
        &self,
        picture: &mut Picture,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        value: Option<f64>,
        span: Option<(f64, f64)>,
        place: &str,
    ) {
        let (Some(value), Some(span)) = (value, span) else {
            let hint = format!("{place}: no figure");
            picture.titled_rect((x + 1.0, y + 1.0), (width - 2.0, height - 2.0), GRID, &hint);
            return;
        };
        let colour = heat(self.share(value, span));
        let figure = self.unit.write(value);
        let hint = format!("{place}: {figure}");
        picture.titled_rect((x + 1.0, y + 1.0), (width - 2.0, height - 2.0), colour, &hint);
        let size =
            [LABEL, 20.0, 17.0].into_iter().find(|size| super::text::width(&figure, *size) <= width - 4.0);
        if let Some(size) = size {
            // The ink does not follow light and dark, since the cell does not either.
            let fill = if colour.luminance() > 0.18 { DARK_INK } else { LIGHT_INK };
            let style = Text { size, anchor: Anchor::Middle, fill, ..Text::default() };
            picture.text((x + width / 2.0, y + height / 2.0), &figure, style);
        }
    }

    fn draw_scale(&self, picture: &mut Picture, span: (f64, f64), y: f64) -> f64 {
        let (left, steps, step) = (f64::from(MARGIN), 40, 9.0);
        let low = self.unit.write(span.0);
        let start = left + width(&low, LABEL) + 12.0;
        let style = Text::default();
        picture.text((left, y + 16.0), &low, style);
        for index in 0..steps {
            let colour = heat((f64::from(index) + 0.5) / f64::from(steps));
            picture.rect((start + f64::from(index) * step, y + 4.0), (step + 1.5, 24.0), colour);
        }
        let end = start + f64::from(steps) * step + 12.0;
        let high = self.unit.write(span.1) + if self.log { " (logarithmic)" } else { "" };
        picture.text((end, y + 16.0), &high, style);
        y + 44.0
    }
}

/// Inks that the style sheet for the dark does not know.
const DARK_INK: Colour = Colour(0x10, 0x12, 0x14);
const LIGHT_INK: Colour = Colour(0xFE, 0xFE, 0xFE);
