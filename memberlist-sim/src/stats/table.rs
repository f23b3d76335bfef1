//! Tables of text, for the terminal and for Markdown files.

use serde::{Deserialize, Serialize};

use super::format::clean;

#[cfg(test)]
mod tests;

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    /// Words begin at the left.
    #[default]
    Left,
    /// Numbers end at the right.
    Right,
}

/// The head of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Column {
    /// What stands at the head, with the unit.
    pub title: String,
    /// The side on which head and cells stand.
    pub align: Align,
}

/// A table of text.
///
/// ```
/// use memberlist_sim::stats::Table;
///
/// let mut table = Table::new().left("Config").right("FP").right("FP %");
/// table.row(["SWIM", "339,002", "100"]).row(["Lifeguard", "5,193", "1.53"]);
/// assert_eq!(table.to_text(), "\
/// Config          FP  FP %
/// ─────────  ───────  ────
/// SWIM       339,002   100
/// Lifeguard    5,193  1.53
/// ");
/// assert_eq!(table.to_markdown(), "\
/// | Config    |      FP | FP % |
/// |:----------|--------:|-----:|
/// | SWIM      | 339,002 |  100 |
/// | Lifeguard |   5,193 | 1.53 |
/// ");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of words.
    #[must_use]
    pub fn left(self, title: impl Into<String>) -> Self {
        self.column(title, Align::Left)
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn right(self, title: impl Into<String>) -> Self {
        self.column(title, Align::Right)
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, title: impl Into<String>, align: Align) -> Self {
        self.columns.push(Column { title: title.into(), align });
        self
    }

    /// Adds a row. Cells that are missing stay empty; cells without a column get one without a title.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        let cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        while self.columns.len() < cells.len() {
            self.columns.push(Column::default());
        }
        self.rows.push(cells);
        self
    }

    /// The heads of the columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows, each with at most as many cells as there are columns.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table for a terminal: columns aligned with spaces, a rule below the heads. Each character counts as one column
    /// wide; cells are [cleaned](clean).
    pub fn to_text(&self) -> String {
        let lines = self.lines(clean);
        let widths = self.widths(&lines, 0);
        let mut out = String::new();
        for (index, line) in lines.iter().enumerate() {
            let cells: Vec<String> = self.padded(line, &widths).collect();
            out.push_str(cells.join("  ").trim_end());
            out.push('\n');
            if index == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                out.push_str(&rule.join("  "));
                out.push('\n');
            }
        }
        out
    }

    /// The table in Markdown (GitHub's tables), aligned in its source too. Cells are text: what Markdown would read as a sign is
    /// escaped.
    pub fn to_markdown(&self) -> String {
        let lines = self.lines(escape_markdown);
        let widths = self.widths(&lines, 3);
        let mut out = String::new();
        for (index, line) in lines.iter().enumerate() {
            for cell in self.padded(line, &widths) {
                out.push_str("| ");
                out.push_str(&cell);
                out.push(' ');
            }
            out.push_str("|\n");
            if index == 0 {
                for (column, width) in self.columns.iter().zip(&widths) {
                    let dashes = "-".repeat(width + 1);
                    match column.align {
                        Align::Left => out.push_str(&format!("|:{dashes}")),
                        Align::Right => out.push_str(&format!("|{dashes}:")),
                    }
                }
                out.push_str("|\n");
            }
        }
        out
    }

    /// Heads and rows, each with a cell per column, written by `write`.
    fn lines(&self, write: impl Fn(&str) -> String) -> Vec<Vec<String>> {
        let heads = self.columns.iter().map(|column| write(&column.title)).collect();
        let rows = self.rows.iter().map(|row| {
            let cell = |index: usize| row.get(index).map_or_else(String::new, |cell| write(cell));
            (0..self.columns.len()).map(cell).collect()
        });
        core::iter::once(heads).chain(rows).collect()
    }

    fn widths(&self, lines: &[Vec<String>], least: usize) -> Vec<usize> {
        let width = |index: usize| {
            let cells = lines.iter().filter_map(|line| line.get(index));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).max(least)
        };
        (0..self.columns.len()).map(width).collect()
    }

    fn padded<'a>(&'a self, line: &'a [String], widths: &'a [usize]) -> impl Iterator<Item = String> + 'a {
        self.columns.iter().zip(line).zip(widths).map(|((column, cell), width)| {
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            match column.align {
                Align::Left => format!("{cell}{space}"),
                Align::Right => format!("{space}{cell}"),
            }
        })
    }
}

/// `cell` as text within a line of Markdown.
pub(crate) fn escape_markdown(cell: &str) -> String {
    let mut out = String::new();
    for c in clean(cell).chars() {
        match c {
            '\\' | '|' | '<' | '&' | '*' | '_' | '`' | '[' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
