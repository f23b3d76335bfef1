//! The table, as text for whoever waits, as JSON for programs, and as the generated part of `RESULTS.md`.

use crate::{
    Case,
    meter::{Effort, Figure, measure},
};
use serde::Serialize;
use std::fmt::Write as _;

/// What came of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its row.
    pub row: &'static str,
    /// Its name.
    pub case: String,
    /// Nanoseconds, of the fastest slice.
    pub ns: f64,
    /// Nanoseconds, of the median one.
    pub median_ns: f64,
    /// Allocations.
    pub allocations: f64,
    /// Bytes that were allocated.
    pub allocated: f64,
    /// Bytes that come out (or are held).
    pub bytes: Option<usize>,
    /// Nanoseconds to ship with.
    pub floor: Option<f64>,
    /// Nanoseconds to aim at.
    pub goal: Option<f64>,
    /// Bytes to ship with.
    pub bytes_floor: Option<usize>,
    /// Whether it must not allocate.
    pub gated: bool,
    /// Whether it is somebody else's.
    pub peer: bool,
}

/// Measures a case.
pub fn run(row: &'static str, mut case: Case, effort: Effort) -> Outcome {
    let Figure { ns, median, allocations, allocated } = measure(effort, &mut *case.run);
    let each = case.each.max(1) as f64;
    Outcome {
        row,
        case: std::mem::take(&mut case.name),
        ns: ns / each,
        median_ns: median / each,
        allocations: allocations / each,
        allocated: allocated / each,
        bytes: case.bytes,
        floor: case.floor,
        goal: case.goal,
        bytes_floor: case.bytes_floor,
        gated: case.gated,
        peer: case.peer,
    }
}

impl Outcome {
    /// What is to be said of its targets; nothing if it has none.
    #[must_use]
    pub fn verdict(&self) -> String {
        let mut said = Vec::new();
        if let (Some(floor), Some(goal)) = (self.floor, self.goal) {
            said.push(match self.ns {
                ns if ns <= goal => "goal met".to_owned(),
                ns if ns <= floor => format!("floor met, goal missed ({:.1}×)", ns / goal),
                ns => format!("**missed** ({:.1}× floor)", ns / floor),
            });
        }
        if let (Some(limit), Some(bytes)) = (self.bytes_floor, self.bytes) {
            said.push(if bytes <= limit {
                format!("≤ {limit} B met")
            } else {
                format!("**{limit} B missed**")
            });
        }
        if self.gated {
            said.push(if self.is_free() { "0 allocations".to_owned() } else { "**allocates**".to_owned() });
        }
        said.join(", ")
    }

    /// Whether it takes no memory. Less than one allocation in a thousand is that of a structure which grows, not of the operation.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.allocations < 0.001
    }

    fn cells(&self) -> [String; 7] {
        let target = match (self.floor, self.goal) {
            (Some(floor), Some(goal)) => format!("{} / {}", time(floor), time(goal)),
            _ => String::new(),
        };
        [
            if self.peer { format!("*{}*", self.case) } else { self.case.clone() },
            time(self.ns),
            time(self.median_ns),
            self.bytes.map_or_else(String::new, |bytes| bytes.to_string()),
            decimals(self.allocations),
            target,
            self.verdict(),
        ]
    }
}

const HEADS: [&str; 7] = ["case", "best", "median", "bytes", "allocations", "floor / goal", ""];

/// One row's outcomes as a Markdown table.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "| {} |", HEADS.join(" | "));
    let _ = writeln!(text, "|---|---:|---:|---:|---:|---:|---|");
    for outcome in outcomes {
        let _ = writeln!(text, "| {} |", outcome.cells().join(" | "));
    }
    text
}

/// Three digits, with the unit that suits.
#[must_use]
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 9.95 => format!("{ns:.1} ns"),
        ns if ns < 999.5 => format!("{ns:.0} ns"),
        ns if ns < 9_995.0 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 99_950.0 => format!("{:.1} µs", ns / 1e3),
        ns if ns < 999_500.0 => format!("{:.0} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

fn decimals(number: f64) -> String {
    match number {
        number if number < 0.000_5 => "0".to_owned(),
        number if number < 9.95 => {
            format!("{:.2}", number).trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        number => format!("{number:.0}"),
    }
}

/// The line before the generated part of a page, and the one behind it.
pub const MARKS: (&str, &str) = ("<!-- micro: begin -->", "<!-- micro: end -->");

/// The page with this between the marks; at its end, if it has none.
#[must_use]
pub fn splice(page: &str, (begin, end): (&str, &str), generated: &str) -> String {
    let block = format!("{begin}\n{generated}\n{end}");
    match (page.find(begin), page.find(end)) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{block}{}", &page[..from], &page[to + end.len()..])
        }
        _ => format!("{page}{block}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(ns: f64) -> Outcome {
        Outcome {
            row: "M1",
            case: "ping".into(),
            ns,
            median_ns: ns,
            allocations: 0.0,
            allocated: 0.0,
            bytes: Some(33),
            floor: Some(50.0),
            goal: Some(25.0),
            bytes_floor: Some(32),
            gated: true,
            peer: false,
        }
    }

    #[test]
    fn verdict_tells_each_target_apart() {
        assert_eq!(outcome(25.0).verdict(), "goal met, **32 B missed**, 0 allocations");
        assert_eq!(outcome(50.0).verdict(), "floor met, goal missed (2.0×), **32 B missed**, 0 allocations");
        assert_eq!(outcome(75.0).verdict(), "**missed** (1.5× floor), **32 B missed**, 0 allocations");
        let other = Outcome { allocations: 0.5, bytes: Some(32), floor: None, ..outcome(1.0) };
        assert_eq!(other.verdict(), "≤ 32 B met, **allocates**");
    }

    #[test]
    fn figures_have_the_digits_that_mean_something() {
        let times = [0.512, 9.96, 999.6, 12_345.0, 345_678.0, 2_000_000.0].map(time);
        assert_eq!(times, ["0.5 ns", "10 ns", "1.00 µs", "12.3 µs", "346 µs", "2.00 ms"]);
        assert_eq!([0.0, 0.25, 1.0, 25.04].map(decimals), ["0", "0.25", "1", "25"]);
    }

    #[test]
    fn generated_part_is_replaced_and_the_rest_stays() {
        let page = splice("# Results\n", MARKS, "old");
        let page = splice(&format!("{page}behind\n"), MARKS, "new");
        assert_eq!(page, "# Results\n<!-- micro: begin -->\nnew\n<!-- micro: end -->\nbehind\n");
    }
}
