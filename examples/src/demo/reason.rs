//! Why a node is suspected or declared dead, in words.

use memberlist::{
    FailureReason, SmolStr, SuspicionReason,
    proto::{Evidence, HelperAnswer},
};
use std::time::Duration;

/// In a unit that fits: `0.4 ms`, `12 ms`, `4.003 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_millis(10) {
        format!("{:.1} ms", duration.as_secs_f64() * 1e3)
    } else if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.3} s", duration.as_secs_f64())
    }
}

/// Who declared it, on what evidence, who confirmed, how healthy the judge felt, how long it took.
pub(crate) fn of_failure(reason: &FailureReason<SmolStr>) -> String {
    let suspicion =
        reason.suspicion.as_ref().map(|suspicion| (reason.suspected_for, of_suspicion(suspicion)));
    verdict(&reason.declared_by, suspicion, &reason.confirmed_by, reason.health_score)
}

/// Who suspects it, on what evidence.
pub(crate) fn of_suspicion(reason: &SuspicionReason<SmolStr>) -> String {
    match &reason.evidence {
        Evidence::Probe(report) => {
            let probe = probe(report.took, &report.helpers, report.stream_tried);
            format!("{} got no answer {probe}", reason.accuser)
        }
        Evidence::Accusation => format!("accused by {}", reason.accuser),
        Evidence::PushPull { state } => format!("held for {state} in an exchange of state"),
        other => format!("{other:?}"),
    }
}

fn verdict(
    declared_by: &SmolStr,
    suspicion: Option<(Duration, String)>,
    confirmed_by: &[SmolStr],
    health_score: u32,
) -> String {
    let mut text = format!("declared by {declared_by}");
    match suspicion {
        Some((lasted, why)) => text += &format!(", suspected here for {}: {why}", seconds(lasted)),
        None => text += ", without a suspicion here",
    }
    match confirmed_by {
        [] => text += "; nobody else accused it",
        others => text += &format!("; confirmed by {}", list(others)),
    }
    text + &format!("; local health {}", health(health_score))
}

fn probe(took: Duration, helpers: &[(SmolStr, HelperAnswer)], stream_tried: bool) -> String {
    let mut text = format!("in {}", seconds(took));
    let who = |answer: HelperAnswer| -> Vec<SmolStr> {
        helpers.iter().filter(|(_, said)| *said == answer).map(|(id, _)| id.clone()).collect()
    };
    let (nack, silent) = (who(HelperAnswer::Nack), who(HelperAnswer::Silent));
    if !nack.is_empty() {
        text += &format!(", nor did {}", list(&nack));
    }
    if !silent.is_empty() {
        text += &format!(", {} said nothing", list(&silent));
    }
    if stream_tried {
        text += ", and the ping on a stream failed";
    }
    text
}

fn health(score: u32) -> String {
    if score == 0 { "0 (well)".into() } else { format!("{score} (unwell: its deadlines are stretched)") }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[SmolStr]) -> String {
    match names {
        [] => String::new(),
        [one] => one.to_string(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests;
