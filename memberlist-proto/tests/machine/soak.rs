//! Random faults on a whole cluster, then peace: every view must become the truth, and everything must come to rest.
//!
//! The suite runs a few seeds. More, by hand: `SOAK=500 cargo test --release -p memberlist-proto --test machine soak`
//! (and `SOAK_FROM` for the first seed).

use crate::{
    invariants::{truth, wrong},
    net::Net,
    solo::*,
};
use memberlist_proto::{LocalNode, Options, types::State};
use rand_pcg::{
    Pcg64Mcg,
    rand_core::{Rng, SeedableRng},
};
use std::collections::BTreeSet;

struct Dice(Pcg64Mcg);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }
}

fn fault(net: &mut Net, dice: &mut Dice, n: u32, fresh: &mut Addr, incarnation: &mut u32) {
    let now = net.now;
    let running: Vec<Id> = truth(net).into_keys().collect();
    let down: Vec<Id> = (1..=n).filter(|id| !net.up().any(|h| h.id == *id)).collect();
    *incarnation += 1;
    match dice.below(14) {
        0 => net.loss = f64::from(dice.below(6)) / 10.0,
        1 => net.duplicate = f64::from(dice.below(5)) / 10.0,
        2 => net.latency = (ms(1), ms(2 + u64::from(dice.below(400)))),
        3 | 4 => {
            let side: BTreeSet<Id> = (1..=n).filter(|_| dice.below(2) == 0).collect();
            net.cut = Box::new(move |a, b, _| side.contains(&a) != side.contains(&b));
        }
        5 => {
            let (deaf, streams) = (1 + dice.below(n), dice.below(2) == 0);
            net.cut = Box::new(move |_, to, stream| to == deaf && (streams || !stream));
        }
        6 => net.cut = Box::new(|_, _, _| false),
        7 | 8 if running.len() > 2 => {
            let id = *dice.pick(&running);
            let time = ms(u64::from(dice.below(60_000)));
            let inbox = dice.below(20) as usize;
            net.hosts.values_mut().filter(|h| h.up && h.id == id).for_each(|h| h.inbox = inbox);
            net.pause(id, time);
        }
        9 if running.len() > 2 => net.crash(*dice.pick(&running)),
        10 | 11 if !down.is_empty() => {
            let id = *dice.pick(&down);
            net.hosts.retain(|_, h| h.up);
            let address = if dice.below(2) == 0 && !net.hosts.contains_key(&addr(id)) {
                addr(id)
            } else {
                *fresh += 1;
                *fresh
            };
            let started = if dice.below(2) == 0 { 1 } else { *incarnation * 10 };
            net.start(id, address, Options::lan(), started);
            let seeds = net.hosts.iter().filter(|(a, h)| h.up && **a != address).map(|(a, _)| *a).collect();
            net.with(id, |m| drop(m.join(now, seeds, Default::default())));
        }
        12 if running.len() > 2 => {
            let id = *dice.pick(&running);
            net.with(id, |m| drop(m.leave(now)));
        }
        13 => {
            let left: Vec<Id> = net.up().filter(|h| h.machine.has_left()).map(|h| h.id).collect();
            if !left.is_empty() {
                net.with(*dice.pick(&left), |m| drop(m.rejoin(now)));
            } else {
                net.with(*dice.pick(&running), |m| {
                    drop(m.update_meta(now, now.to_string().into_bytes().into()))
                });
            }
        }
        _ => {}
    }
}

fn soak(seed: u64) {
    let mut dice = Dice(Pcg64Mcg::seed_from_u64(seed));
    let n = 2 + dice.below(8);
    let options = Options::lan();
    let mut net = Net::cluster(n, &options, seed);
    // Each knows each as a seed, as from a configuration file.
    let seeds: Vec<Addr> = (1..=n).map(addr).collect();
    for id in 1..=n {
        let (now, seeds) = (net.now, seeds.clone());
        net.with(id, |m| m.set_seeds(now, seeds));
    }
    net.forget_events();
    net.run(secs(30));
    assert_eq!(net.total("failed") + net.total("suspected"), 0, "seed {seed}: a false alarm without a fault");
    let (mut fresh, mut incarnation) = (9_000, 1);
    for _ in 0..10 + dice.below(30) {
        fault(&mut net, &mut dice, n, &mut fresh, &mut incarnation);
        net.run(ms(u64::from(dice.below(20_000))));
    }
    net.cut = Box::new(|_, _, _| false);
    (net.loss, net.duplicate, net.latency) = (0.0, 0.0, (ms(1), ms(5)));
    net.hosts.values_mut().for_each(|h| h.inbox = usize::MAX);
    // The longest sleep, the longest suspicion with an unhealthy prober, and the longest pause of healing and of periodic rounds.
    let converged = net.run_until(secs(400), |net| wrong(net).is_empty());
    assert!(converged, "seed {seed}, {n} nodes, at {}: {:#?}", net.now, wrong(&net));
    net.run(secs(150));
    net.forget_events();
    let before: u64 = net.up().map(|h| h.packets).sum();
    net.run(secs(60));
    assert_eq!(wrong(&net), Vec::<String>::new(), "seed {seed}: stays so");
    let hosts = net.up().filter(|h| !h.machine.has_left()).count() as u64;
    for host in net.up().filter(|h| !h.machine.has_left()) {
        let stats = host.machine.stats();
        assert_eq!((stats.suspects, stats.relays, stats.membership_queue), (0, 0, 0), "seed {seed}");
        assert_eq!(stats.known, stats.members, "seed {seed}: the dead are forgotten");
        assert_eq!(host.machine.health_score(), 0, "seed {seed}");
        assert_eq!(host.machine.local().state, State::Alive);
        let told = names(&host.events.iter().map(|(_, e)| e.clone()).collect::<Vec<_>>());
        assert!(told.is_empty(), "seed {seed}: {told:?}");
    }
    let sent = net.up().map(|h| h.packets).sum::<u64>() - before;
    assert!(
        sent <= hosts * 2 * 63,
        "seed {seed}: {sent} packets of {hosts} nodes in a minute: more than one probe a second"
    );
}

/// No false alarm without a fault; after any faults all views become the truth, and everything comes to rest.
#[test]
fn any_faults_end_in_the_truth() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |v| v.parse().unwrap());
    let from = number("SOAK_FROM", 0);
    for seed in from..from + number("SOAK", 6) {
        soak(seed);
    }
}

/// A process that sleeps again and again, with a small buffer, never makes a live node be declared dead at the others.
#[test]
fn sleeper_is_found_suspect_at_worst_and_harms_nobody_else() {
    for seed in 0..6 {
        let mut net = Net::cluster(6, &Options::lan(), 900 + seed);
        net.forget_events();
        for _ in 0..20 {
            net.hosts.values_mut().filter(|h| h.id == 3).for_each(|h| h.inbox = 2);
            net.pause(3, secs(8));
            net.run(secs(20));
        }
        for observer in 1..=6 {
            for (at, event) in &net.host(observer).events {
                if let memberlist_proto::Event::Failed { member, .. } = event {
                    assert_eq!(member.node.id, 3, "seed {seed}: {observer} at {at}: {event:?}");
                }
            }
        }
        assert!(net.run_until(secs(60), |net| wrong(net).is_empty()));
    }
}

/// A node whose timers are always late, on a machine with too much to do, is a member like any other.
#[test]
fn slow_node_is_no_danger_to_others() {
    let mut net = Net::cluster(6, &Options::lan(), 63);
    net.forget_events();
    net.hosts.values_mut().filter(|h| h.id == 4).for_each(|h| h.lag = ms(700));
    net.run(secs(300));
    assert_eq!(net.total("failed"), 0);
    assert!(wrong(&net).is_empty());
    net.crash(2);
    assert!(net.run_until(secs(60), |net| wrong(net).is_empty()));
}

/// The names of a cluster survive a restart of all of it at once, each at a new address.
#[test]
fn restart_of_all_at_new_addresses_ends_in_one_cluster() {
    let mut net = Net::cluster(5, &Options::lan(), 64);
    net.crash(1);
    net.run(secs(2));
    for id in 2..=5u32 {
        net.crash(id);
        net.hosts.retain(|_, h| h.up);
        let address = 5_000 + id as Addr;
        net.start_with(LocalNode::new(id, address).with_incarnation(inc(1)), Options::lan());
        let seeds = net.hosts.keys().copied().filter(|a| *a != address).collect();
        let now = net.now;
        net.with(id, |m| drop(m.join(now, seeds, Default::default())));
        net.run(secs(5));
    }
    assert!(net.run_until(secs(120), |net| wrong(net).is_empty()), "{:#?}", wrong(&net));
}
