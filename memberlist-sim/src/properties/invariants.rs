//! What must hold of every node after every input: the invariants of `memberlist-proto/INVARIANTS.md` that can be seen from outside.
//!
//! The numbers in the messages are those of that file's table.

use super::truth::Truth;
use crate::{Action, Addr, Name, NodeIndex, State, Step, View};
use memberlist_proto::{Event, Member, Stats};
use std::collections::{HashMap, HashSet};

/// How closely the invariants are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Not at all.
    Off,
    /// Counts, queues and events after every input; the whole table when something in it has changed, and now and then.
    Changes,
    /// Counts, queues, events and the whole table after every input (a table of more than 32 nodes as with `Changes`).
    Every,
}

impl Default for Checks {
    /// [`Every`](Checks::Every) in debug builds, else [`Off`](Checks::Off).
    fn default() -> Self {
        if cfg!(debug_assertions) { Self::Every } else { Self::Off }
    }
}

/// Tables up to this size are looked through after every input, if that is asked for.
const SMALL: usize = 32;
/// Else at least once in so many inputs.
const NOW_AND_THEN: u32 = 64;

/// What is known of one life of one node.
#[derive(Default)]
struct Book {
    /// What its events say: who is a member, and who of them is suspected.
    members: HashSet<NodeIndex>,
    suspects: HashSet<NodeIndex>,
    /// What its table said when it was last looked through.
    table: HashMap<NodeIndex, (u32, State, Addr)>,
    own: u32,
    packet_size: usize,
    changes: Option<[u64; 6]>,
    inputs: u32,
}

/// Checks what must always hold.
pub(crate) struct Invariants {
    checks: Checks,
    books: Vec<Book>,
}

impl Invariants {
    pub(crate) fn new(checks: Checks) -> Self {
        Self { checks, books: Vec::new() }
    }

    #[cfg(test)]
    pub(crate) fn forget(&mut self) {
        self.books.iter_mut().for_each(|book| book.members.clear());
    }

    pub(crate) fn step(&mut self, truth: &Truth, node: NodeIndex, step: &Step<'_>) -> Result<(), String> {
        if self.checks == Checks::Off {
            return Ok(());
        }
        if let Step::Action(Action::Started(_)) = step {
            while self.books.len() <= node.place() {
                self.books.push(Book::default());
            }
            if let Some(book) = self.books.get_mut(node.place()) {
                *book = Book::default();
            }
            return Ok(());
        }
        let Some(book) = self.books.get_mut(node.place()) else { return Ok(()) };
        match step {
            Step::Event(event) => book.event(node, event),
            Step::Handled(view) => book.handled(self.checks, truth, node, *view),
            Step::Undecodable { from, error } => Err(format!("what {from} sent can't be decoded: {error}")),
            Step::Sent { bytes, to, .. } if bytes.len() > book.packet_size && book.packet_size > 0 => {
                let (len, most) = (bytes.len(), book.packet_size);
                Err(format!("21: a packet of {len} bytes to {to} is over `packet_size` ({most})"))
            }
            _ => Ok(()),
        }
    }
}

type Seen = Member<Name, Addr>;

impl Book {
    /// 19: joined and gone alternate for each member; suspected and recovered come in between, removed after.
    fn event(&mut self, node: NodeIndex, event: &Event<Name, Addr>) -> Result<(), String> {
        let id = |member: &Seen| member.node.id.0;
        let is_fine = match event {
            Event::Joined(member) => self.members.insert(id(member)),
            Event::Left(member) | Event::Failed { member, .. } => {
                self.suspects.remove(&id(member));
                let of_itself = matches!(event, Event::Failed { .. }) && id(member) == node;
                self.members.remove(&id(member)) && !of_itself
            }
            Event::Suspected { member, .. } => {
                self.members.contains(&id(member)) && self.suspects.insert(id(member)) && id(member) != node
            }
            Event::Recovered { member, .. } => {
                self.members.contains(&id(member)) && self.suspects.remove(&id(member))
            }
            Event::Updated { member, .. } => self.members.contains(&id(member)),
            Event::Removed(member) => {
                self.table.remove(&id(member));
                !self.members.contains(&id(member))
            }
            Event::IncarnationExhausted => false,
            _ => true,
        };
        if is_fine { Ok(()) } else { Err(format!("19: this event does not fit those before it: {event:?}")) }
    }

    fn handled(
        &mut self,
        checks: Checks,
        truth: &Truth,
        node: NodeIndex,
        view: &dyn View,
    ) -> Result<(), String> {
        self.packet_size = view.options().packet_size;
        let own = view.incarnation();
        if own < core::mem::replace(&mut self.own, own) {
            return Err(format!("1: its own incarnation fell to {own}"));
        }
        let stats = view.stats();
        self.counts(node, view, &stats)?;
        limits(view, &stats)?;
        self.inputs = self.inputs.wrapping_add(1);
        let changes = [
            stats.alive_accepted,
            stats.suspect_accepted,
            stats.dead_accepted,
            stats.push_pulls,
            stats.known as u64,
            stats.members as u64,
        ];
        let changed = self.changes.replace(changes) != Some(changes);
        let every = checks == Checks::Every && stats.known <= SMALL;
        if changed || every || self.inputs.is_multiple_of(NOW_AND_THEN) {
            self.table(truth, node, view, &stats)?;
        }
        Ok(())
    }

    /// What the node says of itself, and its counts against what its events said.
    fn counts(&self, node: NodeIndex, view: &dyn View, stats: &Stats) -> Result<(), String> {
        let own = if view.has_left() { State::Left } else { State::Alive };
        if view.believes(node) != Some((own, view.incarnation())) {
            return Err(format!(
                "3: it is {own:?} at {}, but its own record says {:?}",
                view.incarnation(),
                view.believes(node)
            ));
        }
        let (members, suspects) = (self.members.len(), self.suspects.len());
        if (members, suspects) != (view.members(), stats.suspects) || stats.members != view.members() {
            return Err(format!(
                "19: by its events it has {members} members, {suspects} of them suspected, but it counts {} and {}",
                view.members(),
                stats.suspects
            ));
        }
        Ok(())
    }

    /// 2, 8, 10, 11: the table, against what it was.
    fn table(
        &mut self,
        truth: &Truth,
        node: NodeIndex,
        view: &dyn View,
        stats: &Stats,
    ) -> Result<(), String> {
        let known = view.known();
        let mut seen = HashMap::with_capacity(known.len());
        for member in &known {
            let of = member.node.id.0;
            let now = (member.incarnation.value(), member.state, member.node.address);
            if seen.insert(of, now).is_some() {
                return Err(format!("2: two records of {}", member.node.id));
            }
            if member.state.is_gone() == self.members.contains(&of) {
                return Err(format!("19: its events and its table disagree about {member:?}"));
            }
            if (member.state == State::Suspect) != self.suspects.contains(&of) {
                return Err(format!("14: its events and its table disagree about {member:?}"));
            }
            if let Some(being) = truth.of(of).filter(|being| now.0 > being.highest) {
                return Err(format!(
                    "1: it knows {member:?}, but that node itself never had more than {}",
                    being.highest
                ));
            }
            if let Some(before) =
                self.table.get(&of).filter(|before| of != node && !may_follow(**before, now))
            {
                return Err(format!("8, 10, 11: {} was {before:?} and is now {now:?}", member.node.id));
            }
        }
        if seen.len() != stats.known {
            return Err(format!("2: {} records, but it counts {}", seen.len(), stats.known));
        }
        self.table = seen;
        Ok(())
    }
}

/// How bad the news is.
const fn severity(state: State) -> u8 {
    match state {
        State::Alive => 0,
        State::Suspect => 1,
        _ => 2,
    }
}

/// Whether a record may become the other without having been removed in between.
fn may_follow(before: (u32, State, Addr), now: (u32, State, Addr)) -> bool {
    let ((old_incarnation, old_state, old_address), (incarnation, state, address)) = (before, now);
    if old_address != address {
        // It has moved, and was asked itself: of a gone one anything is believed then, of a live one nothing older.
        return old_state.is_gone() || incarnation >= old_incarnation;
    }
    // The two ways to be gone do not follow each other without a life in between, which is of a higher incarnation.
    let same_end = !(old_state.is_gone() && state.is_gone()) || old_state == state;
    (incarnation > old_incarnation)
        || (incarnation == old_incarnation && severity(state) >= severity(old_state) && same_end)
}

/// 22, 24: queues and tables are within what the options allow, and nothing was dropped.
fn limits(view: &dyn View, stats: &Stats) -> Result<(), String> {
    let options = view.options();
    let within = |what: &str, is: usize, most: usize| {
        if is <= most { Ok(()) } else { Err(format!("24: {what}: {is} of at most {most}")) }
    };
    within("health score", view.health() as usize, options.awareness_max as usize - 1)?;
    within("nodes known", stats.known, options.max_members)?;
    within("members", stats.members, stats.known)?;
    within("suspects", stats.suspects, stats.members)?;
    within("membership broadcasts", stats.membership_queue, stats.known)?;
    within("user broadcasts", stats.user_queue, options.max_user_broadcasts)?;
    within("bytes of user broadcasts", stats.user_queue_bytes, options.max_user_broadcast_bytes)?;
    within("relays", stats.relays, options.max_relays)?;
    let none = |what: &str, is: u64| {
        if is == 0 { Ok(()) } else { Err(format!("24: {is} {what} were dropped")) }
    };
    none("events", stats.events_dropped)?;
    none("packets", stats.transmits_dropped)?;
    none("membership broadcasts", stats.membership_dropped)
}

#[cfg(test)]
mod tests;
