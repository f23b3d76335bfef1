//! Reports as Markdown.

use super::{Item, Report, paragraphs};
use crate::{plot::text::clean, stats::escape_markdown};

pub(super) fn write(report: &Report) -> String {
    let mut out = format!("# {}\n", inline(&report.title));
    if !report.facts.is_empty() {
        out.push('\n');
    }
    for fact in &report.facts {
        out.push_str(&format!("* {}: {}\n", inline(&fact.name), inline(&fact.value)));
    }
    for section in &report.sections {
        out.push_str(&format!("\n## {}\n", inline(&section.title)));
        let mut before_was_check = false;
        for item in &section.items {
            // Plots and raw data have no place in a file that is read as text.
            if matches!(item, Item::Plot { .. } | Item::Data { .. }) {
                continue;
            }
            let is_check = matches!(item, Item::Check { .. });
            if !(is_check && before_was_check) {
                out.push('\n');
            }
            before_was_check = is_check;
            write_item(&mut out, item);
        }
    }
    out
}

fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::Text { text } => {
            let texts: Vec<String> = paragraphs(text).map(|text| block(&text) + "\n").collect();
            out.push_str(&texts.join("\n"));
        }
        Item::Code { code } => out.push_str(&fenced(code)),
        Item::Check { name, passed, detail } => {
            let sign = if *passed { "✓" } else { "✗" };
            let colon = if detail.is_empty() { "" } else { ": " };
            out.push_str(&format!("* {sign} {}{colon}{}\n", inline(name), inline(detail)));
        }
        Item::Table { caption, table } => {
            if !caption.is_empty() {
                out.push_str(&format!("{}\n\n", block(caption)));
            }
            out.push_str(&table.to_markdown());
        }
        Item::Plot { .. } | Item::Data { .. } => {}
    }
}

/// Text within a line.
fn inline(text: &str) -> String {
    escape_markdown(text)
}

/// Text that begins a line, where more characters are signs.
fn block(text: &str) -> String {
    let text = inline(text.trim_start());
    let number = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let sign = |at: usize, signs: &[char]| text.get(at..).is_some_and(|rest| rest.starts_with(signs));
    if sign(0, &['#', '>', '-', '+', '=']) {
        format!("\\{text}")
    } else if number > 0 && sign(number, &['.', ')']) {
        format!("{}\\{}", &text[..number], &text[number..])
    } else {
        text
    }
}

/// Code between fences that are longer than any row of backticks in it.
fn fenced(code: &str) -> String {
    let mut longest = 0;
    let mut row = 0;
    for c in code.chars() {
        row = if c == '`' { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    let fence = "`".repeat((longest + 1).max(3));
    let lines: Vec<String> = code.lines().map(|line| clean(line) + "\n").collect();
    format!("{fence}\n{}{fence}\n", lines.concat())
}
