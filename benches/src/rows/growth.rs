//! What becomes of the cost of each event as the cluster grows.

use super::{
    m5_queue, m6_merge, m7_choice,
    m9_machine::{self, drain, scattered},
};
use crate::{
    Case,
    crowd::{INCARNATION, Msg, alive, node},
};
use memberlist_proto::{
    Instant,
    types::{Incarnation, Message, Suspect},
};
use std::net::SocketAddr;

/// Members of the cluster.
pub const SIZES: [u32; 4] = [100, 1_000, 10_000, 100_000];

/// Something that happens in a cluster of any size.
pub struct Event {
    /// What happens.
    pub name: &'static str,
    /// It, in a cluster of so many members.
    pub of: fn(u32) -> Case,
}

/// Everything that happens for a packet, a timer, a member of a push/pull, or a call: with all members in turn, in an order far from that of memory.
pub const EVENTS: [Event; 11] = [
    Event { name: "find a member by its name", of: m7_choice::lookup },
    Event { name: "choose the next to probe", of: m7_choice::next },
    Event { name: "choose three at random", of: |size| m7_choice::random(size, 3, false) },
    Event { name: "enqueue a broadcast, one waits of each member", of: m5_queue::enqueue },
    Event { name: "fill a packet, one waits of each member", of: m5_queue::fill },
    Event { name: "merge a state of a push/pull", of: m6_merge::unchanged },
    Event { name: "ping in, ack out", of: |size| m9_machine::ping_in(size, size) },
    Event { name: "known sign of life in", of: m9_machine::alive_in },
    Event { name: "new sign of life in", of: renewed },
    Event { name: "suspicion in, refutation in", of: suspected },
    Event { name: "a whole probe: timer, ping out, ack in", of: m9_machine::probe },
];

type Told = Vec<(SocketAddr, Msg)>;

/// Messages about all members, each with an incarnation that its record doesn't have yet.
fn told(size: u32, incarnation: Incarnation, message: impl Fn(u32, Incarnation) -> Msg) -> Told {
    (0..size).map(|n| (node((n + 1) % size).address, message(n, incarnation))).collect()
}

/// Rounds through all members; messages for the next one are made unmeasured.
fn in_rounds(name: &str, size: u32, messages: impl Fn(u32, Incarnation) -> Vec<Told> + 'static) -> Case {
    let mut machine = m6_merge::settled(size);
    let mut incarnation = INCARNATION;
    let mut next = scattered(size);
    let mut round: Vec<Told> = Vec::new();
    let mut left = 0;
    Case::staged(format!("{name}: {size} members in turn"), move |meter, n| {
        let mut todo = n;
        while todo > 0 {
            if left == 0 {
                incarnation = incarnation.next();
                (round, left) = (messages(size, incarnation), u64::from(size));
            }
            let count = todo.min(left);
            meter.time(|| {
                for _ in 0..count {
                    let n = next() as usize;
                    for (from, message) in round.iter().filter_map(|told| told.get(n)) {
                        machine.handle_message(Instant::START, *from, message.clone());
                    }
                    drain(&mut machine);
                }
            });
            todo -= count;
            left -= count;
        }
    })
}

fn renewed(size: u32) -> Case {
    in_rounds("new sign of life in", size, |size, incarnation| vec![told(size, incarnation, alive)])
}

fn suspected(size: u32) -> Case {
    in_rounds("suspicion in, refutation in", size, |size, incarnation| {
        let suspect = |n, incarnation: Incarnation| {
            let from = node((n + 1) % size).id;
            Message::Suspect(Suspect { incarnation, node: node(n).id, from })
        };
        let before = Incarnation::new(incarnation.value() - 1);
        vec![told(size, before, suspect), told(size, incarnation, alive)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Meter;

    /// Each runs more than a whole round, so that none measures a machine that refuses what it is told.
    #[test]
    fn every_event_changes_what_it_says() {
        let mut machine = m6_merge::settled(10);
        let next = INCARNATION.next();
        machine.handle_message(Instant::START, node(2).address, alive(1, next));
        assert_eq!(machine.member(&node(1).id).map(|member| member.incarnation), Some(next));
        for event in EVENTS {
            let mut case = (event.of)(100);
            let mut meter = Meter::default();
            (case.run)(&mut meter, 300);
            assert!(!meter.elapsed.is_zero(), "{}", event.name);
        }
    }
}
