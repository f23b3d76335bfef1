//! Events and members in words.

use crate::{
    demo::reason::{self, seconds},
    notice::printable,
};
use memberlist::{Event, Member, Meta, SmolStr, State};
use std::{net::SocketAddr, time::Duration};

type Peer = Member<SmolStr, SocketAddr>;

/// What an event says to a reader, if anything; `own` is this node's name.
pub(crate) fn of_event(event: &Event<SmolStr, SocketAddr>, own: &SmolStr) -> Option<String> {
    Some(match event {
        Event::Joined(member) if member.node.id == *own => return None,
        Event::Joined(member) => {
            format!("{} joined, at {}{}", id(member), member.node.address, meta(&member.meta))
        }
        Event::Left(member) if member.node.id == *own => return None,
        Event::Left(member) => format!("{} left", id(member)),
        Event::Failed { member, reason } => format!("{} is dead: {}", id(member), reason::of_failure(reason)),
        Event::Updated { member, .. } if member.node.id == *own => return None,
        Event::Updated { member, previous } if member.node.address != previous.node.address => {
            format!("{} moved from {} to {}", id(member), previous.node.address, member.node.address)
        }
        Event::Updated { member, .. } => format!("{} changed{}", id(member), meta(&member.meta)),
        Event::Suspected { member, reason } => {
            format!("{} is suspected: {}", id(member), reason::of_suspicion(reason))
        }
        Event::Recovered { member, suspected_for } => {
            format!("{} is trusted again, after {}", id(member), seconds(*suspected_for))
        }
        Event::Removed(member) => format!("{} is forgotten", id(member)),
        Event::Conflict { existing, claimed } => {
            format!(
                "a node at {} claims the name {}, which is at {}",
                claimed.address,
                id(existing),
                existing.node.address
            )
        }
        Event::Refuted { accuser, .. } => match accuser {
            Some(accuser) => format!("{} doubted this node; contradicted", printable(accuser)),
            None => "others doubted this node; contradicted".to_owned(),
        },
        Event::IncarnationExhausted => {
            "this node cannot contradict any more: restart it under another name".to_owned()
        }
        Event::HealthChanged { score: 0 } => "this node feels well again".to_owned(),
        Event::HealthChanged { score } => {
            format!("this node feels unwell ({score}), and gives others more time")
        }
        Event::ProbeAborted { node } => format!("nothing could be sent from here to {node}"),
        Event::Idle => "alone now".to_owned(),
        Event::Active => return None,
        Event::Rejected(rejection) => {
            let from = rejection.from.map(|from| format!(" from {from}")).unwrap_or_default();
            let about = rejection
                .about
                .as_ref()
                .map(|about| format!(" about {}", printable(about)))
                .unwrap_or_default();
            format!("refused something{from}{about}: {}", rejection.reason.name().replace('_', " "))
        }
        Event::User { from, payload, .. } => {
            format!("{} bytes from {from} that this program does not understand", payload.len())
        }
        Event::Lagged(missed) => format!("{missed} events were missed: the output is too slow"),
        _ => return None,
    })
}

/// A row of the list of members.
pub(crate) fn of_member(member: &Peer, since: Duration) -> String {
    let state = match member.state {
        State::Alive => "alive",
        State::Suspect => "suspect",
        State::Dead => "dead",
        State::Left => "left",
        _ => "?",
    };
    format!(
        "{:<16} {:<22} {state:<8} for {} s{}",
        id(member),
        member.node.address.to_string(),
        since.as_secs(),
        meta(&member.meta)
    )
}

/// A name as it came from the network, fit for a terminal.
fn id(member: &Peer) -> String {
    printable(&member.node.id)
}

fn meta(meta: &Meta) -> String {
    if meta.is_empty() {
        return String::new();
    }
    format!(", metadata \"{}\"", printable(&String::from_utf8_lossy(meta.as_bytes())))
}

#[cfg(test)]
mod tests;
