//! Reports: what a run or an experiment found, for a terminal, for programs, for a browser and for a file in the repository.
//!
//! A [`Report`] is a value: facts, and sections of text, tables, plots and data. It is written as
//!
//! * [text](Report::to_text) for a terminal: everything but plots and raw data,
//! * [JSON](Report::to_json) for programs: everything, the data of the plots too; keys always come in the same order,
//! * [HTML](Report::to_html): one file that holds its style and its plots and needs nothing else: no network, no font, no script. It says so
//!   itself with a content security policy that forbids everything but its own style,
//! * [Markdown](Report::to_markdown): everything but plots and raw data, for files that are committed.
//!
//! Every text may come from outside: names are escaped in each form, and control characters never reach a terminal.
//!
//! ```
//! use memberlist_sim::{report::{Report, Section}, stats::Table};
//!
//! let mut table = Table::new().left("config").right("FP");
//! table.row(["SWIM", "339,002"]).row(["Lifeguard", "5,193"]);
//! let report = Report::new("False positives")
//!     .fact("nodes", "128")
//!     .section(Section::new("Result").text("Fewer is better.").table("All observers", table));
//! assert!(report.to_text().contains("Lifeguard    5,193"));
//! assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
//! assert!(report.to_html().starts_with("<!DOCTYPE html>"));
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{plot::Plot, stats::Table};

mod html;
mod markdown;
mod text;

#[cfg(test)]
mod tests;

/// The version of the JSON form. It rises when a reader of the older form would misread the new one.
const VERSION: u32 = 1;

/// What a run or an experiment found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    version: u32,
    title: String,
    facts: Vec<Fact>,
    sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fact {
    name: String,
    value: String,
}

/// A part of a [`Report`] under a heading of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    title: String,
    items: Vec<Item>,
}

/// What stands in a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "item", rename_all = "kebab-case")]
enum Item {
    Text { text: String },
    Code { code: String },
    Check { name: String, passed: bool, detail: String },
    Table { caption: String, table: Table },
    Plot { plot: Plot },
    Data { name: String, data: Value },
}

/// Why a text is not a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is not JSON, or something is missing or of another type; the message names line and column.
    #[error("not a report: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It was written by a newer version of this crate, in a form that this one does not know.
    #[error("the report has version {0} of its form, and only {VERSION} is known here")]
    Version(u32),
}

impl Report {
    /// A report without content.
    pub fn new(title: impl Into<String>) -> Self {
        Self { version: VERSION, title: title.into(), facts: Vec::new(), sections: Vec::new() }
    }

    /// Adds a fact that stands at the top: seed, number of nodes, the command that made the report.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name: name.into(), value: value.into() });
        self
    }

    /// Adds a section below the others.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// What stands at the top.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The number of [checks](Section::check), and of those that failed.
    pub fn checks(&self) -> (usize, usize) {
        let items = self.sections.iter().flat_map(|section| &section.items);
        let checks: Vec<bool> = items
            .filter_map(|item| if let Item::Check { passed, .. } = item { Some(*passed) } else { None })
            .collect();
        (checks.len(), checks.iter().filter(|passed| !**passed).count())
    }

    /// The report for a terminal: about 100 columns wide, though tables are as wide as they must be.
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// The report as JSON, indented, with a line break at the end. The same report gives the same bytes.
    pub fn to_json(&self) -> String {
        // A report is made of strings, numbers and lists: nothing in it can fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    pub fn from_json(json: &str) -> Result<Self, ReportError> {
        let report: Self = serde_json::from_str(json)?;
        if report.version == VERSION { Ok(report) } else { Err(ReportError::Version(report.version)) }
    }

    /// The report as one HTML file that needs nothing else.
    pub fn to_html(&self) -> String {
        html::write(self)
    }

    /// The report as Markdown.
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }
}

impl Section {
    /// A section without content.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), items: Vec::new() }
    }

    /// Adds text; an empty line begins a new paragraph.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.add(Item::Text { text: text.into() })
    }

    /// Adds lines that keep their form, as a command to repeat the run with.
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        self.add(Item::Code { code: code.into() })
    }

    /// Adds a check: what was asked for, whether it holds, and what was found.
    #[must_use]
    pub fn check(self, name: impl Into<String>, passed: bool, detail: impl Into<String>) -> Self {
        self.add(Item::Check { name: name.into(), passed, detail: detail.into() })
    }

    /// Adds a table; an empty caption is none.
    #[must_use]
    pub fn table(self, caption: impl Into<String>, table: Table) -> Self {
        self.add(Item::Table { caption: caption.into(), table })
    }

    /// Adds a plot.
    #[must_use]
    pub fn plot(self, plot: impl Into<Plot>) -> Self {
        self.add(Item::Plot { plot: plot.into() })
    }

    /// Adds raw data, which HTML shows on demand.
    #[must_use]
    pub fn data(self, name: impl Into<String>, data: Value) -> Self {
        self.add(Item::Data { name: name.into(), data })
    }

    fn add(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }
}

/// The paragraphs of a text.
fn paragraphs(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut lines = text.lines().peekable();
    core::iter::from_fn(move || {
        while lines.next_if(|line| line.trim().is_empty()).is_some() {}
        let mut out = String::new();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(line.trim());
        }
        (!out.is_empty()).then_some(out)
    })
}
