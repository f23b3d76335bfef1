//! What is said of what was seen.

use super::{
    sight::{Sight, Sighting},
    step::{Progress, Step},
};
use std::time::Duration;

/// Clusters of more nodes are told of by the first and the last observer of each thing.
pub(crate) const DETAILED_UP_TO: usize = 8;

/// Lines are broken here: the narrowest of usual terminals.
const WIDTH: usize = 79;
/// Where the words begin.
const INDENT: usize = 13;

/// An entry of the timeline, in as many lines as it needs.
pub(crate) fn entry(at: Duration, what: &str) -> String {
    let mut text = format!("{:>9.3} s ", at.as_secs_f64());
    let mut column = text.len();
    for word in what.split(' ') {
        if column + 1 + word.len() > WIDTH && column > INDENT {
            text += &format!("\n{:1$}", "", INDENT - 1);
            column = INDENT - 1;
        }
        text.push(' ');
        text += word;
        column += 1 + word.len();
    }
    text
}

/// What to say of a sighting that made this progress in this step of a cluster of so many nodes; nothing if that would be chatter.
pub(crate) fn tell(step: &Step, progress: Progress, sighting: &Sighting, nodes: usize) -> Option<String> {
    let Progress::Observer { done } = progress else { return None };
    let Sighting { observer, sight, detail, .. } = sighting;
    let what = match step.sights_of(observer) {
        0 | 1 => sentence(observer, sight, ""),
        many => format!("{observer} sees all {many} others"),
    };
    let of = step.observers();
    if nodes <= DETAILED_UP_TO || done == 1 {
        Some(if detail.is_empty() { what } else { format!("{what}: {detail}") })
    } else {
        (done == of).then(|| format!("{what}, the last of {of}"))
    }
}

/// What to say of a sighting that no step awaits, if anything.
pub(crate) fn tell_unawaited(sighting: &Sighting) -> Option<String> {
    let Sighting { observer, sight, detail, .. } = sighting;
    match sight {
        Sight::Suspected(_) | Sight::Failed(_) => {
            Some(format!("false alarm: {}", sentence(observer, sight, detail)))
        }
        Sight::Noted => (!detail.is_empty()).then(|| detail.clone()),
        Sight::Recovered(_) => Some(sentence(observer, sight, detail)),
        Sight::Joined(..) | Sight::Left(_) | Sight::Heard(..) => None,
    }
}

fn sentence(observer: &str, sight: &Sight, detail: &str) -> String {
    let what = match sight {
        Sight::Joined(name, address) => format!("{observer} sees {name} at {address}"),
        Sight::Suspected(name) => format!("{observer} suspects {name}"),
        Sight::Recovered(name) => format!("{observer} trusts {name} again"),
        Sight::Failed(name) => format!("{observer} holds {name} for dead"),
        Sight::Left(name) => format!("{observer} sees that {name} left"),
        Sight::Heard(notice) => format!("{observer} hears {}", notice.author),
        Sight::Noted => observer.to_owned(),
    };
    if detail.is_empty() { what } else { format!("{what}: {detail}") }
}

#[cfg(test)]
mod tests;
