//! What was measured, as a table.

use super::{
    screen::{Paint, Style},
    step::Step,
};
use std::time::Duration;

/// Width of the lines that name every node.
const WIDTH: usize = 79;

/// A row for each step: how long until the first, the median and the last observer had seen it.
pub(crate) fn render(steps: &[Step], paint: Paint) -> Vec<String> {
    let heading = format!(
        "{:<22} {:<14} {:>9} {:>9} {:>9}  seen by",
        "step", "measured from", "first", "median", "all"
    );
    let mut lines = vec![paint.styled(&heading, Style::Strong)];
    for step in steps {
        let times: Vec<Duration> = step.times().into_iter().map(|(_, after)| after).collect();
        let all = if step.is_complete() { times.last().copied() } else { None };
        lines.push(format!(
            "{:<22} {:<14} {:>9} {:>9} {:>9}  {} of {}",
            step.title,
            step.from,
            cell(times.first().copied()),
            cell(median(&times)),
            cell(all),
            times.len(),
            step.observers(),
        ));
    }
    lines
}

/// The time of every observer of one step, quickest first, in lines that fit.
pub(crate) fn each(step: &Step) -> Vec<String> {
    let mut lines = vec![format!("{}, after", step.title)];
    for (observer, after) in step.times() {
        let item = format!(" {observer} {}", cell(Some(after)));
        match lines.last_mut() {
            Some(line) if line.len() + item.len() < WIDTH - 1 => {
                line.push_str(if line.ends_with("after") { ":" } else { "," });
                line.push_str(&item);
            }
            _ => lines.push(format!("   {item}")),
        }
    }
    lines
}

/// Of sorted times: the middle one, the lower of two.
fn median(sorted: &[Duration]) -> Option<Duration> {
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

fn cell(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{:.3} s", time.as_secs_f64()))
}

#[cfg(test)]
mod tests;
