//! Old messages that somebody recorded are sent again: at any time, any number of times, to everyone, from anywhere.
//!
//! Encryption does not keep anybody from that. It is the protocol that makes it harmless.

use crate::{
    net::{Net, Recorded},
    solo::*,
};
use memberlist_proto::{
    Event, Options,
    types::{Layers, Meta, State},
};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};

/// All that can be seen of a membership table, but since when it is so.
fn table(machine: &Machine) -> Vec<(Id, Addr, u32, State, Meta, Layers)> {
    let mut table: Vec<_> = machine
        .known()
        .into_iter()
        .map(|m| (m.node.id, m.node.address, m.incarnation.value(), m.state, m.meta, m.layers))
        .collect();
    table.sort_by_key(|row| row.0);
    table
}

/// Events of which there may be none.
fn concerns_members(event: &Ev) -> bool {
    !matches!(
        event,
        Event::Rejected(_)
            | Event::User { .. }
            | Event::Conflict { .. }
            | Event::HealthChanged { .. }
            | Event::BroadcastFinished { .. }
            | Event::PingCompleted { .. }
    )
}

struct Dice(Pcg64Mcg);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        (self.0.next_u32() as usize) % n
    }
}

fn options() -> Options {
    let mut options = Options::lan();
    // A replay is no flood: what is cut for its mass proves nothing.
    options.max_peer_messages = 0;
    options
}

/// A cluster of six with a past: restarts at the same and at another address, departures and returns, new metadata, false deaths. One
/// has died for good and is forgotten, one has left for good.
fn cluster_with_a_past(seed: u64) -> Net {
    let mut dice = Dice(Pcg64Mcg::seed_from_u64(seed));
    let mut net = Net::new(seed);
    net.recorded = Some(Vec::new());
    for id in 1..=8 {
        net.start(id, addr(id), options(), 1);
        if id > 1 {
            net.join(id, 1);
        }
    }
    net.run(secs(20));
    let mut incarnation = 100;
    for _ in 0..6 {
        // The first one lives through it all.
        let id = 2 + dice.below(5) as Id;
        let now = net.now;
        match dice.below(5) {
            0 => {
                net.crash(id);
                net.run(secs(dice.below(60) as u64));
                incarnation += 100;
                net.start(id, addr(id), options(), incarnation);
                net.join(id, 1);
            }
            1 => {
                net.crash(id);
                net.run(secs(dice.below(60) as u64));
                incarnation += 100;
                let address = addr(id) + incarnation as Addr;
                net.start(id, address, options(), incarnation);
                net.join(id, 1);
            }
            2 => {
                net.with(id, |m| m.leave(now).unwrap());
                net.run(secs(1 + dice.below(60) as u64));
                let now = net.now;
                net.with(id, |m| m.rejoin(now).unwrap());
                net.join(id, 1);
            }
            3 => {
                net.with(id, |m| m.update_meta(now, format!("meta at {now:?}").into()).unwrap());
            }
            _ => {
                net.cut = Box::new(move |a, b, _| a == id || b == id);
                net.run(secs(5 + dice.below(30) as u64));
                net.cut = Box::new(|_, _, _| false);
            }
        }
        net.run(secs(dice.below(40) as u64));
    }
    let now = net.now;
    net.with(7, |m| m.leave(now).unwrap());
    net.run(secs(5));
    net.crash(7);
    net.crash(8);
    assert!(net.run_until(secs(600), |net| net.all_see(6)), "seed {seed}: no full view");
    net.run(secs(600));
    net
}

/// What is heard, from where it came, or from elsewhere.
fn replay(net: &mut Net, to: Addr, recorded: &Recorded, from_elsewhere: bool) {
    let now = net.now;
    let host = net.hosts.get_mut(&to).unwrap();
    match recorded.clone() {
        Recorded::Packet { from, message } => {
            let from = if from_elsewhere { 9_999 } else { from };
            host.machine.handle_message(now, from, message);
        }
        Recorded::States(states) => {
            let _ = host.machine.handle_push_pull(now, None, states);
        }
    }
}

/// 4 (encryption): replay of anything that was ever said changes nothing, on none of those who lived through it: neither at once nor later.
#[test]
fn nothing_that_was_ever_said_changes_anything_when_it_is_said_again() {
    for seed in 0..12 {
        let mut net = cluster_with_a_past(seed);
        let recorded = net.recorded.take().unwrap();
        assert!(recorded.len() > 1_000, "{}", recorded.len());
        net.forget_events();
        let hosts: Vec<_> =
            net.hosts.iter().filter(|(_, host)| host.up).map(|(address, _)| *address).collect();
        let before: Vec<_> = hosts.iter().map(|to| table(&net.hosts[to].machine)).collect();
        let mut dice = Dice(Pcg64Mcg::seed_from_u64(seed));
        for n in 0..4_000 {
            let which = &recorded[dice.below(recorded.len())];
            let at = dice.below(hosts.len());
            replay(&mut net, hosts[at], which, dice.below(3) == 0);
            assert_eq!(table(&net.hosts[&hosts[at]].machine), before[at], "seed {seed}, replay {n}");
            if n % 100 == 0 {
                net.run(ms(50));
            }
        }
        net.run(secs(60));
        for (to, before) in hosts.iter().zip(&before) {
            let host = &net.hosts[to];
            assert_eq!(table(&host.machine), *before, "seed {seed}");
            let events: Vec<_> = host.events.iter().filter(|(_, event)| concerns_members(event)).collect();
            assert!(events.is_empty(), "seed {seed}: {events:?}");
        }
    }
}
