//! Raw figures: a table of numbers in text, one line for each run.

use std::{fs, io, path::Path};

/// A table of figures. The first columns say which run it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One run of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    columns: &'a [String],
    row: &'a [String],
}

impl Figures {
    /// An empty table.
    pub(super) fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|&column| column.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a run.
    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// All runs, in order.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        self.rows.iter().map(|row| Run { columns: &self.columns, row })
    }

    /// Whether exactly this run is among them.
    pub(super) fn contains(&self, run: &Run<'_>) -> bool {
        self.columns == run.columns && self.rows.iter().any(|row| row == run.row)
    }

    /// The first row that begins with these values.
    pub(super) fn row(&self, begin: &[String]) -> Option<&[String]> {
        self.rows.iter().find(|row| row.starts_with(begin)).map(Vec::as_slice)
    }

    /// As text: a line of names, and a line for each run, with commas between.
    pub(super) fn to_text(&self) -> String {
        let lines = core::iter::once(&self.columns).chain(&self.rows);
        lines.map(|line| line.join(",") + "\n").collect()
    }

    /// From such text.
    ///
    /// # Errors
    /// Names the first line that has another number of values than there are columns.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().unwrap_or_default();
        let rows: Vec<_> = lines.collect();
        match rows.iter().position(|row| row.len() != columns.len()) {
            Some(wrong) => Err(format!("line {}: not {} values", wrong + 2, columns.len())),
            None => Ok(Self { columns, rows }),
        }
    }

    /// Reads a file of such text.
    pub(super) fn load(path: &Path) -> io::Result<Self> {
        let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
        let told = |error: io::Error| {
            io::Error::new(error.kind(), format!("can't read {}: {error}", path.display()))
        };
        fs::read_to_string(path).and_then(|text| Self::parse(&text).map_err(invalid)).map_err(told)
    }
}

impl Run<'_> {
    /// A figure; `None` if there is no such column, or nothing in it.
    pub(super) fn get(&self, column: &str) -> Option<f64> {
        let place = self.columns.iter().position(|name| name == column)?;
        self.row.get(place)?.parse().ok()
    }

    /// The line.
    pub(super) fn text(&self) -> String {
        self.row.join(",")
    }
}

#[cfg(test)]
mod tests;
