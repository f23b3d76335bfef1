//! Reports for a terminal.

use super::{Item, Report, Section, paragraphs};
use crate::plot::text::clean;

/// The width that text is wrapped to.
const COLUMNS: usize = 100;

pub(super) fn write(report: &Report) -> String {
    let mut out = String::new();
    heading(&mut out, &report.title, '═');
    let widest = report.facts.iter().map(|fact| clean(&fact.name).chars().count()).max().unwrap_or(0);
    for fact in &report.facts {
        let name = clean(&fact.name);
        let space = " ".repeat(widest - name.chars().count());
        out.push_str(&format!("{name}{space}  {}\n", clean(&fact.value)));
    }
    for section in &report.sections {
        out.push('\n');
        write_section(&mut out, section);
    }
    let (checks, failed) = report.checks();
    if failed > 0 {
        out.push_str(&format!("\n{failed} of {checks} checks failed\n"));
    } else if checks > 0 {
        out.push_str(&format!("\nall {checks} checks hold\n"));
    }
    out
}

fn write_section(out: &mut String, section: &Section) {
    heading(out, &section.title, '─');
    let mut before_was_check = false;
    for item in &section.items {
        let is_check = matches!(item, Item::Check { .. });
        if !(is_check && before_was_check) {
            out.push('\n');
        }
        before_was_check = is_check;
        match item {
            Item::Text { text } => {
                let wrapped: Vec<String> = paragraphs(text).map(|text| wrap(&clean(&text))).collect();
                out.push_str(&wrapped.join("\n"));
            }
            Item::Code { code } => {
                for line in code.lines() {
                    out.push_str(&format!("    {}\n", clean(line)));
                }
            }
            Item::Check { name, passed, detail } => {
                let sign = if *passed { "✓" } else { "✗" };
                let colon = if detail.is_empty() { "" } else { ": " };
                out.push_str(&format!("{sign} {}{colon}{}\n", clean(name), clean(detail)));
            }
            Item::Table { caption, table } => {
                if !caption.is_empty() {
                    out.push_str(&format!("{}\n\n", clean(caption)));
                }
                out.push_str(&table.to_text());
            }
            Item::Plot { plot } => out.push_str(&format!("[plot: {}]\n", clean(plot.title()))),
            Item::Data { name, .. } => out.push_str(&format!("[data: {}]\n", clean(name))),
        }
    }
}

fn heading(out: &mut String, title: &str, rule: char) {
    let title = clean(title);
    let rule: String = core::iter::repeat_n(rule, title.chars().count()).collect();
    out.push_str(&format!("{title}\n{rule}\n"));
}

fn wrap(text: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > COLUMNS {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}
