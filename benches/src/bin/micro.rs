//! All rows in one go: prints a table, and writes it down if asked.

use clap::Parser;
use memberlist_benches::{
    meter::Effort,
    origin,
    report::{self, Outcome},
    rows,
};
use std::{fmt::Write as _, path::PathBuf};

/// Time, bytes and allocations of each operation, beside floor, goal and peers.
#[derive(Parser)]
struct Arguments {
    /// Just long enough to see that everything runs.
    #[arg(long)]
    short: bool,
    /// Only rows and cases with this in their name, such as M5 or `ping`.
    #[arg(long)]
    filter: Option<String>,
    /// Writes the figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Writes the tables into this page, between its marks.
    #[arg(long)]
    page: Option<PathBuf>,
}

fn main() -> std::io::Result<()> {
    let arguments = Arguments::parse();
    let effort = if arguments.short { Effort::SHORT } else { Effort::LONG };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut text = String::new();
    let wanted = arguments.filter.as_deref().unwrap_or_default();
    let one_row = rows::row(wanted).is_some();
    for row in rows::all() {
        let whole = wanted.is_empty() || row.id == wanted;
        if one_row && !whole {
            continue;
        }
        let mut of_row = Vec::new();
        for make in row.cases {
            let case = make();
            if whole || case.name.contains(wanted) {
                eprint!("\r\x1b[K{}: {}", row.id, case.name);
                of_row.push(report::run(row.id, case, effort));
            }
        }
        eprint!("\r\x1b[K");
        if of_row.is_empty() {
            continue;
        }
        let table = format!("### {}: {}\n\n{}", row.id, row.title, report::table(&of_row));
        println!("{table}");
        let _ = writeln!(text, "{table}");
        outcomes.extend(of_row);
    }
    if let Some(file) = arguments.json {
        std::fs::write(file, serde_json::to_string_pretty(&outcomes)?)?;
    }
    if let Some(file) = arguments.page {
        let page = std::fs::read_to_string(&file)?;
        std::fs::write(
            file,
            report::splice(&page, report::MARKS, &format!("{}\n{}", origin(), text.trim_end())),
        )?;
    }
    Ok(())
}

/// Which machine and which commit these figures are of, and how they were taken.
fn origin() -> String {
    let facts = origin::facts("micro");
    facts.iter().map(|(name, value)| format!("- {name}: {value}\n")).collect()
}
