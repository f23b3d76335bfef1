//! Measures every event in clusters of 100 to 100,000 members, in time and in instructions, prints a table, and writes it and a plot if asked.

use clap::Parser;
use memberlist_benches::{
    Meter,
    meter::Effort,
    origin, report,
    rows::growth::{EVENTS, Event, SIZES},
};
use memberlist_sim::{
    plot::{Axis, LinePlot, Unit},
    stats::Table,
};
use std::{
    io::{Error, Result},
    path::PathBuf,
    process::Command,
};

/// What becomes of the cost of each event as the cluster grows.
#[derive(Parser)]
struct Arguments {
    /// Just long enough to see that everything runs, without instructions.
    #[arg(long)]
    short: bool,
    /// Writes the plots `growth-1.svg` and so on, and the table into `RESULTS.md` between its marks, in this directory.
    #[arg(long, value_name = "DIRECTORY")]
    write: Option<PathBuf>,
    /// What this program calls itself with under valgrind: an event's number, members, how often.
    #[arg(long, hide = true, num_args = 3)]
    once: Option<Vec<u32>>,
}

/// Lines in a plot: more could not be told apart.
const LINES: usize = 6;

/// Around the generated part of the page.
const MARKS: (&str, &str) = ("<!-- growth: begin -->", "<!-- growth: end -->");

/// An event's costs, by size.
struct Costs {
    name: &'static str,
    /// Nanoseconds.
    time: Vec<f64>,
    /// Instructions; none if they were not counted.
    work: Vec<f64>,
}

/// How much the logarithm grows from the smallest size to the largest.
fn logarithmic() -> f64 {
    let [smallest, .., largest] = SIZES;
    f64::from(largest).log2() / f64::from(smallest).log2()
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some([number, size, times]) = arguments.once.as_deref() {
        let event = EVENTS.get(*number as usize).ok_or_else(|| Error::other("no such event"))?;
        ((event.of)(*size).run)(&mut Meter::default(), u64::from(*times));
        return Ok(());
    }
    let effort = if arguments.short { Effort::SHORT } else { Effort::LONG };
    let mut measured = Vec::new();
    for (number, event) in EVENTS.iter().enumerate() {
        let mut costs = Costs { name: event.name, time: Vec::new(), work: Vec::new() };
        for size in SIZES {
            eprint!("\r\x1b[K{}, {size} members", event.name);
            costs.time.push(report::run("growth", (event.of)(size), effort).ns);
            if !arguments.short {
                costs.work.push(instructions(number, event, size)?);
            }
        }
        measured.push(costs);
    }
    eprint!("\r\x1b[K");
    let table = table(&measured);
    println!("{}", table.to_text());
    if let Some(directory) = arguments.write {
        let page = directory.join("RESULTS.md");
        let text = std::fs::read_to_string(&page)?;
        let facts: String =
            origin::facts("growth").iter().map(|(name, value)| format!("- {name}: {value}\n")).collect();
        let mut plots = String::new();
        for (number, few) in measured.chunks(LINES).enumerate() {
            let file = format!("growth-{}.svg", number + 1);
            plots += &format!("![Cost of each event by the size of the cluster]({file})\n");
            std::fs::write(directory.join(file), plot(few).to_svg())?;
        }
        let part = format!("{facts}\n{plots}\n{}", table.to_markdown().trim_end());
        std::fs::write(page, report::splice(&text, MARKS, &part))?;
    }
    Ok(())
}

/// Those of one event: what three rounds through all members take more than one, under valgrind.
fn instructions(number: usize, event: &Event, size: u32) -> Result<f64> {
    let each = (event.of)(size).each;
    let round = if each > 1 { 1 } else { size };
    let (few, many) = (counted(number, size, round)?, counted(number, size, 3 * round)?);
    Ok((many - few) / (2.0 * f64::from(round) * each as f64))
}

/// All that this program takes to do it so often.
fn counted(number: usize, size: u32, times: u32) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .arg("--once")
        .args([number.to_string(), size.to_string(), times.to_string()])
        .output()
        .map_err(|error| Error::other(format!("valgrind, which counts instructions: {error}")))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let count = text.lines().find_map(|line| line.split("Collected :").nth(1)?.trim().parse().ok());
    count.ok_or_else(|| Error::other(format!("valgrind did not count: {text}")))
}

fn table(measured: &[Costs]) -> Table {
    let sizes = SIZES.iter().fold(Table::new().left("event").left("cost"), |table, size| {
        let thousands = size / 1_000;
        table.right(if thousands > 0 { format!("{thousands},000") } else { size.to_string() })
    });
    let mut table = sizes.right("grows").left(format!("a logarithm grows {:.1}×", logarithmic()));
    for costs in measured {
        row(&mut table, costs.name, "time", costs.time.iter().map(|ns| report::time(*ns)), &costs.time);
        if !costs.work.is_empty() {
            row(&mut table, "", "instructions", costs.work.iter().map(|n| format!("{n:.0}")), &costs.work);
        }
    }
    table
}

fn row(table: &mut Table, name: &str, cost: &str, cells: impl Iterator<Item = String>, figures: &[f64]) {
    let [first, .., last] = figures else { return };
    let growth = last / first;
    let verdict = match growth {
        growth if growth < 1.2 => "flat",
        growth if growth <= logarithmic() => "at most logarithmic",
        _ => "more",
    };
    let mut row = vec![name.to_owned(), cost.to_owned()];
    row.extend(cells);
    row.extend([format!("{growth:.2}×"), verdict.to_owned()]);
    table.row(row);
}

fn plot(measured: &[Costs]) -> LinePlot {
    let x = Axis::new("members", Unit::Number).log();
    let y = Axis::new("one event takes", Unit::Seconds).log();
    measured.iter().fold(LinePlot::new("Cost of each event", x, y), |plot, costs| {
        let points = SIZES.iter().zip(&costs.time).map(|(size, ns)| (f64::from(*size), ns * 1e-9));
        plot.line(costs.name, points)
    })
}
