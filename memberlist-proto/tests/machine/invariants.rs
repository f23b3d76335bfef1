//! What must hold whatever came before; `fuzz/` asks the same.

use crate::{net::Net, solo::*};
use memberlist_proto::{Event, types::State};
use std::collections::{BTreeMap, BTreeSet};

/// What holds after every input. `names`: how many ids the inputs name at most. `own`: our incarnation at the last check.
pub fn check(solo: &Solo, own: &mut u32, names: usize) {
    let machine = &solo.machine;
    let local = machine.local();
    // Only we raise our incarnation, and it never falls.
    assert!(local.incarnation.value() >= *own, "own incarnation fell");
    *own = local.incarnation.value();
    let expected = if machine.has_left() { State::Left } else { State::Alive };
    assert_eq!(local.state, expected, "we are what we say we are");
    let known = machine.known();
    let live = known.iter().filter(|m| !m.state.is_gone()).count();
    let stats = machine.stats();
    assert_eq!((stats.known, stats.members), (known.len(), live));
    assert_eq!(machine.num_members(), live);
    assert!(machine.health_score() < machine.options().awareness_max);
    assert!(stats.membership_queue <= known.len() + names, "one statement a name");
    assert!(stats.relays <= machine.options().max_relays);
    let mut ids: Vec<_> = known.iter().map(|m| m.node.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), known.len(), "one record a name");
}

/// F-54: joined and gone alternate for each member, and the log replays to the member set.
pub fn replay(events: &[Ev]) -> BTreeSet<u32> {
    let mut members = BTreeSet::from([ME]);
    for event in events {
        match event {
            Event::Joined(m) => assert!(members.insert(m.node.id), "joined twice: {}", m.node.id),
            Event::Left(m) | Event::Failed { member: m, .. } => {
                assert!(members.remove(&m.node.id), "gone twice: {}", m.node.id);
            }
            Event::Suspected { member, .. } | Event::Recovered { member, .. } => {
                assert!(members.contains(&member.node.id));
            }
            Event::Removed(m) => assert!(!members.contains(&m.node.id)),
            _ => {}
        }
    }
    members
}

/// Who runs now, and where: the truth that views are measured by.
pub fn truth(net: &Net) -> BTreeMap<Id, Addr> {
    net.hosts.iter().filter(|(_, h)| h.up && !h.machine.has_left()).map(|(a, h)| (h.id, *a)).collect()
}

/// Who sees something else, and what.
pub fn wrong(net: &Net) -> Vec<String> {
    let truth = truth(net);
    let mut wrong = Vec::new();
    for host in net.up().filter(|h| !h.machine.has_left()) {
        let seen: BTreeMap<Id, Addr> =
            host.machine.members().iter().map(|m| (m.node.id, m.node.address)).collect();
        let suspects = host.machine.stats().suspects;
        if seen != truth || suspects > 0 {
            wrong.push(format!("{} sees {seen:?} ({suspects} suspects) instead of {truth:?}", host.id));
        }
    }
    wrong
}
