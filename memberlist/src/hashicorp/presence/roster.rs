//! Whom a serf cluster holds for alive, leaving, left or failed. memberlist says who comes and goes, intents say whether a departure
//! was wanted; Lamport times tell which intent is the newest.

use super::clock::Lamport;
use memberlist_hashicorp::serf::{JoinIntent, LeaveIntent, PushPull};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Intents about nodes that are not known (yet) at most; more push out the oldest.
const MAX_EARLY: usize = 1_024;
/// Bytes of their names at most. No member has a longer one.
const MAX_NAME: usize = 1_024;

/// What an intent is to those who heard it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Known already.
    Old,
    /// To be passed on.
    New,
    /// We are said to leave, and don't: to be said instead.
    Wrong(JoinIntent),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Alive,
    Leaving,
    Left,
    Failed,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    status: Status,
    /// Of the newest intent.
    time: u64,
}

/// An intent that came before its node.
#[derive(Clone, Copy, Debug)]
struct Early {
    leaves: bool,
    time: u64,
}

#[derive(Debug)]
pub(super) struct Roster {
    local: SmolStr,
    clock: Lamport,
    leaving: bool,
    members: BTreeMap<SmolStr, Entry>,
    early: BTreeMap<SmolStr, Early>,
}

impl Roster {
    pub(super) const fn new(local: SmolStr) -> Self {
        Self {
            local,
            clock: Lamport::new(),
            leaving: false,
            members: BTreeMap::new(),
            early: BTreeMap::new(),
        }
    }

    /// A node became a member.
    pub(super) fn joined(&mut self, name: &SmolStr) {
        if let Some(entry) = self.members.get_mut(name) {
            entry.status = Status::Alive;
            return;
        }
        let early = self.early.remove(name).unwrap_or(Early { leaves: false, time: 0 });
        let status = if early.leaves { Status::Leaving } else { Status::Alive };
        self.members.insert(name.clone(), Entry { status, time: early.time });
    }

    /// A member is one no more, by its own will or not: that is for the intents to say.
    pub(super) fn gone(&mut self, name: &SmolStr) {
        if let Some(entry) = self.members.get_mut(name) {
            entry.status = match entry.status {
                Status::Leaving | Status::Left => Status::Left,
                Status::Alive | Status::Failed => Status::Failed,
            };
        }
    }

    /// memberlist forgot it.
    pub(super) fn forgotten(&mut self, name: &SmolStr) {
        self.members.remove(name);
    }

    /// What to say when we have joined, or come back.
    pub(super) fn join(&mut self) -> JoinIntent {
        self.leaving = false;
        let node = self.local.clone();
        if let Some(entry) = self.members.get(&node).filter(|entry| entry.status != Status::Alive) {
            // Later than our departure, for which full states give the time after its own.
            self.clock.witness(entry.time.saturating_add(1));
        }
        let time = self.clock.time();
        self.clock.witness(time);
        if let Some(entry) = self.members.get_mut(&node) {
            *entry = Entry { status: Status::Alive, time };
        }
        JoinIntent { time, node }
    }

    /// What to say when we are about to leave.
    pub(super) fn leave(&mut self) -> LeaveIntent {
        let time = self.clock.increment();
        self.leaving = true;
        let node = self.local.clone();
        if let Some(entry) = self.members.get_mut(&node) {
            *entry = Entry { status: Status::Leaving, time };
        }
        LeaveIntent { time, node, prune: false }
    }

    /// Somebody says that a node has come, at this time.
    pub(super) fn on_join(&mut self, intent: &JoinIntent) -> News {
        self.clock.witness(intent.time);
        self.apply_join(&intent.node, intent.time)
    }

    /// Somebody says that a node goes, at this time.
    pub(super) fn on_leave(&mut self, intent: &LeaveIntent) -> News {
        self.clock.witness(intent.time);
        self.apply_leave(&intent.node, intent.time)
    }

    fn apply_join(&mut self, node: &SmolStr, time: u64) -> News {
        let Some(entry) = self.members.get_mut(node) else { return self.keep_early(node, false, time) };
        if time <= entry.time {
            return News::Old;
        }
        entry.time = time;
        if entry.status == Status::Leaving {
            entry.status = Status::Alive;
        }
        News::New
    }

    fn apply_leave(&mut self, node: &SmolStr, time: u64) -> News {
        let Some(entry) = self.members.get_mut(node) else { return self.keep_early(node, true, time) };
        if time <= entry.time {
            return News::Old;
        }
        if *node == self.local && !self.leaving {
            self.clock.witness(time);
            return News::Wrong(self.join());
        }
        entry.time = time;
        entry.status = match entry.status {
            Status::Alive | Status::Leaving => Status::Leaving,
            Status::Failed | Status::Left => Status::Left,
        };
        News::New
    }

    fn keep_early(&mut self, node: &SmolStr, leaves: bool, time: u64) -> News {
        if node.len() > MAX_NAME {
            return News::Old;
        }
        match self.early.get_mut(node) {
            Some(early) if time <= early.time => return News::Old,
            Some(early) => *early = Early { leaves, time },
            None => {
                if self.early.len() >= MAX_EARLY {
                    let oldest = self.early.iter().min_by_key(|(_, early)| early.time);
                    if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                        self.early.remove(&name);
                    }
                }
                self.early.insert(node.clone(), Early { leaves, time });
            }
        }
        News::New
    }

    /// Fills in what a full state says of members.
    pub(super) fn tell(&self, state: &mut PushPull) {
        state.time = self.clock.time();
        state.status_times = self.members.iter().map(|(name, entry)| (name.clone(), entry.time)).collect();
        let left = self.members.iter().filter(|(_, entry)| entry.status == Status::Left);
        state.left = left.map(|(name, _)| name.clone()).collect();
    }

    /// Takes what another's full state says of members. Gives what is to be said if it says that we left.
    pub(super) fn merge(&mut self, state: &PushPull) -> Option<JoinIntent> {
        // The sender's time was not used for anything yet.
        if let Some(used) = state.time.checked_sub(1) {
            self.clock.witness(used);
        }
        let mut wrong = None;
        let left: BTreeSet<&SmolStr> = state.left.iter().collect();
        for name in &left {
            // Agents count its time on in every exchange; who knows of it need not.
            if self.members.get(*name).is_some_and(|entry| entry.status == Status::Left) {
                continue;
            }
            let time = state.status_times.get(*name).copied().unwrap_or(0).saturating_add(1);
            if let News::Wrong(intent) = self.apply_leave(name, time) {
                wrong = Some(intent);
            }
        }
        for (name, time) in &state.status_times {
            if !left.contains(name) {
                self.apply_join(name, *time);
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests;
