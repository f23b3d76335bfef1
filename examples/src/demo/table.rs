//! Who sees whom, as a table.

use super::screen::{Paint, Style};
use memberlist::{SmolStr, State};

/// What one node sees: for each node of the table, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) observer: SmolStr,
    pub(crate) sees: Sees,
}

/// A state for each node, if it is known; `None` for an observer that does not run.
pub(crate) type Sees = Option<Vec<Option<State>>>;

/// Tables of more nodes get a letter for a state, and one row for all observers that agree.
const WORDS_UP_TO: usize = 8;
/// Rows at most; the rest is summed up.
const ROWS: usize = 12;

/// The table's lines, a heading first.
pub(crate) fn render(names: &[SmolStr], views: &[View], paint: Paint) -> Vec<String> {
    if names.len() <= WORDS_UP_TO { in_words(names, views, paint) } else { in_letters(names, views, paint) }
}

fn in_words(names: &[SmolStr], views: &[View], paint: Paint) -> Vec<String> {
    let width = names.iter().map(|name| name.len()).max().unwrap_or_default().max("suspect".len()) + 2;
    let mut heading = pad("", width);
    for name in names {
        heading += &pad(name, width);
    }
    let mut lines = vec![paint.styled(heading.trim_end(), Style::Faint)];
    for view in views {
        let mut line = pad(&view.observer, width);
        match &view.sees {
            None => line += &paint.styled("(not running)", Style::Faint),
            Some(sees) => {
                for state in sees {
                    let (word, style) = word(*state);
                    line += &paint.styled(&pad(word, width), style);
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

fn in_letters(names: &[SmolStr], views: &[View], paint: Paint) -> Vec<String> {
    let mut groups: Vec<(&Sees, Vec<&SmolStr>)> = Vec::new();
    for view in views {
        match groups.iter_mut().find(|(sees, _)| *sees == &view.sees) {
            Some((_, observers)) => observers.push(&view.observer),
            None => groups.push((&view.sees, vec![&view.observer])),
        }
    }
    groups.sort_by_key(|(sees, observers)| (sees.is_none(), std::cmp::Reverse(observers.len())));
    let (first, last) = (names.first().map(SmolStr::as_str), names.last().map(SmolStr::as_str));
    let heading = format!(
        "{} to {}: A alive, S suspect, D dead, L left, . unknown",
        first.unwrap_or(""),
        last.unwrap_or("")
    );
    let mut lines = vec![paint.styled(&heading, Style::Faint)];
    for (sees, observers) in groups.iter().take(ROWS) {
        let cells: String = match sees {
            None => pad("(not running)", names.len()),
            Some(sees) => sees.iter().map(|state| letter(*state, paint)).collect(),
        };
        lines.push(format!("{cells}  {}", crowd(observers)));
    }
    if groups.len() > ROWS {
        lines.push(format!("and {} more views", groups.len() - ROWS));
    }
    lines
}

/// Who shares a view, shortly.
fn crowd(observers: &[&SmolStr]) -> String {
    let shown: Vec<_> = observers.iter().take(4).map(|name| name.as_str()).collect();
    let more = observers.len() - shown.len();
    let names = shown.join(" ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

fn word(state: Option<State>) -> (&'static str, Style) {
    match state {
        None => (".", Style::Faint),
        Some(State::Alive) => ("alive", Style::Good),
        Some(State::Suspect) => ("suspect", Style::Doubtful),
        Some(State::Dead) => ("dead", Style::Bad),
        Some(State::Left) => ("left", Style::Faint),
        Some(_) => ("?", Style::Doubtful),
    }
}

fn letter(state: Option<State>, paint: Paint) -> String {
    let (word, style) = word(state);
    let letter = word.chars().next().map(|c| c.to_ascii_uppercase()).unwrap_or('.');
    paint.styled(&letter.to_string(), style)
}

fn pad(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

#[cfg(test)]
mod tests;
