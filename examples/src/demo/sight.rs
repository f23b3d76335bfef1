//! What one node sees of the others, as the demonstration's steps wait for it.

use super::reason;
use crate::notice::Notice;
use memberlist::{Event, SmolStr, State};
use std::{net::SocketAddr, time::Duration};

/// Something that a node can see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    /// The node of this name became a member, at this address.
    Joined(SmolStr, SocketAddr),
    /// It is suspected.
    Suspected(SmolStr),
    /// It contradicted.
    Recovered(SmolStr),
    /// It is declared dead.
    Failed(SmolStr),
    /// It said goodbye.
    Left(SmolStr),
    /// A broadcast arrived.
    Heard(Notice),
    /// What came of its own doing, in words that stand in the detail.
    Noted,
}

impl Sight {
    /// In words, as in "n1 has not ...".
    pub(crate) fn missing(&self) -> String {
        match self {
            Self::Joined(name, address) => format!("seen {name} join at {address}"),
            Self::Suspected(name) => format!("suspected {name}"),
            Self::Recovered(name) => format!("seen {name} contradict"),
            Self::Failed(name) => format!("declared {name} dead"),
            Self::Left(name) => format!("seen {name} leave"),
            Self::Heard(notice) => format!("heard the broadcast of {}", notice.author),
            Self::Noted => "finished".to_owned(),
        }
    }
}

/// What was seen, by whom, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Since the start of the demonstration.
    pub(crate) at: Duration,
    pub(crate) observer: SmolStr,
    pub(crate) sight: Sight,
    /// What else there is to say: the reason of a suspicion or a death, the text of a broadcast.
    pub(crate) detail: String,
}

/// What an event shows, if it is one that a step may wait for, with its detail.
pub(crate) fn of_event(event: &Event<SmolStr, SocketAddr>) -> Option<(Sight, String)> {
    let id = |member: &memberlist::Member<SmolStr, SocketAddr>| member.node.id.clone();
    Some(match event {
        Event::Joined(member) => (Sight::Joined(id(member), member.node.address), String::new()),
        // A death is a failure, a departure is not; the machine tells them apart, so do we.
        Event::Left(member) if member.state == State::Left => (Sight::Left(id(member)), String::new()),
        Event::Failed { member, reason } => (Sight::Failed(id(member)), reason::of_failure(reason)),
        Event::Suspected { member, reason } => (Sight::Suspected(id(member)), reason::of_suspicion(reason)),
        Event::Recovered { member, suspected_for } => {
            (Sight::Recovered(id(member)), format!("suspected for {}", reason::seconds(*suspected_for)))
        }
        Event::User { payload, .. } => {
            let notice = Notice::decode(payload)?;
            let text = notice.text.clone();
            (Sight::Heard(notice), text)
        }
        _ => return None,
    })
}
