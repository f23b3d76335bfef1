//! What is wrong with a scenario file, shown at the place where it is wrong.

use core::{fmt, ops::Range};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) span: Range<usize>,
    /// The field's full name, such as `fault[1].nodes`; empty: the file.
    pub(super) field: String,
    pub(super) message: String,
}

/// A scenario file that can't be used: every problem with file, line, column and field, and the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    problems: Vec<String>,
}

impl ScenarioError {
    pub(super) fn new(file: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.start);
        Self { problems: problems.iter().map(|problem| render(file, text, problem)).collect() }
    }

    /// Each problem, as it is shown.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n\nerror: "))
    }
}

impl core::error::Error for ScenarioError {}

fn render(file: &str, text: &str, problem: &Problem) -> String {
    let at = text.floor_char_boundary_of(problem.span.start);
    let (before, _) = text.split_at(at);
    let number = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    let end = text.floor_char_boundary_of(problem.span.end.max(at)).min(line_start + line.len());
    let marked = text.get(at..end).map_or(0, |marked| marked.chars().count()).max(1);
    let field = if problem.field.is_empty() { String::new() } else { format!("field `{}`: ", problem.field) };
    let gutter = " ".repeat(number.to_string().len());
    // Tabs stay, so that the caret stands below what it means.
    let indent: String = line.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    format!(
        "{file}:{number}:{}: {field}{}\n{gutter} |\n{number} | {line}\n{gutter} | {indent}{}",
        column + 1,
        problem.message,
        "^".repeat(marked),
    )
}

trait FloorCharBoundary {
    fn floor_char_boundary_of(&self, at: usize) -> usize;
}

impl FloorCharBoundary for str {
    /// The start of the character in which this byte lies.
    fn floor_char_boundary_of(&self, at: usize) -> usize {
        (0..=at.min(self.len())).rev().find(|at| self.is_char_boundary(*at)).unwrap_or(0)
    }
}
