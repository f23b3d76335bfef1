//! Whole clusters on a virtual network.

use crate::{net::Net, solo::*};
use memberlist_proto::{Options, types::State};

/// F-03: a cut between two nodes alone is bridged by helpers.
#[test]
fn cut_between_two_nodes_suspects_nobody() {
    let mut net = Net::cluster(5, &Options::lan(), 31);
    net.forget_events();
    net.cut = Box::new(|a, b, _| (a, b) == (1, 2) || (a, b) == (2, 1));
    net.run(secs(60));
    assert_eq!(net.total("suspected"), 0);
}

/// G-01; P-13: blocked UDP is survived, and seen.
#[test]
fn blocked_packets_are_bridged_by_stream_pings() {
    let mut net = Net::cluster(2, &Options::lan(), 32);
    net.forget_events();
    net.cut = Box::new(|_, _, stream| !stream);
    net.run(secs(60));
    assert_eq!(net.total("suspected"), 0);
    assert!(net.host(1).machine.stats().probes_by_stream > 10);
}

/// A crash is found by everybody, nobody else is suspected; F-07: even if the first accuser dies, too.
#[test]
fn crash_is_found_by_everybody() {
    for seed in 0..10 {
        let mut net = Net::cluster(20, &Options::lan(), 100 + seed);
        net.forget_events();
        net.crash(9);
        let suspected = net.run_until(secs(30), |net| net.total("suspected") > 0);
        assert!(suspected, "seed {seed}");
        let accuser = (1..=20).find(|id| *id != 9 && net.count(*id, "suspected") > 0).unwrap();
        net.crash(accuser);
        let gone = |net: &Net| {
            net.up().all(|h| {
                [9, accuser].iter().all(|id| h.machine.member(id).is_none_or(|m| m.state == State::Dead))
            })
        };
        assert!(net.run_until(secs(60), gone), "seed {seed}");
        assert!(net.all_see(18), "seed {seed}: nobody else");
    }
}

/// No false positive without faults, and a quiet cluster stays quiet. F-72 in the machine's terms: no events at all.
#[test]
fn hour_without_faults_brings_no_event() {
    let mut net = Net::cluster(8, &Options::lan(), 33);
    net.run(secs(30));
    net.forget_events();
    net.run(secs(3_600));
    for host in net.up() {
        let seen = names(&host.events.iter().map(|(_, e)| e.clone()).collect::<Vec<_>>());
        assert!(seen.is_empty(), "{seen:?}");
    }
}

/// F-21, P-01, G-12. Split long enough that both halves have forgotten each other.
#[test]
fn healed_partition_becomes_one_cluster_by_itself() {
    for seed in 0..3 {
        let mut net = Net::cluster(32, &Options::lan(), 40 + seed);
        let side = |id: u32| id <= 16;
        net.cut = Box::new(move |a, b, _| side(a) != side(b));
        net.run(secs(600));
        assert!(net.all_see(16), "seed {seed}: two halves");
        net.cut = Box::new(|_, _, _| false);
        assert!(net.run_until(secs(120), |net| net.all_see(32)), "seed {seed}");
    }
}

/// One-way cuts end, too.
#[test]
fn one_way_cut_heals() {
    let mut net = Net::cluster(6, &Options::lan(), 50);
    net.cut = Box::new(|a, b, _| a == 1 && b != 1);
    net.run(secs(120));
    net.cut = Box::new(|_, _, _| false);
    assert!(net.run_until(secs(120), |net| net.all_see(6)));
}

/// An isolated node that lost everybody finds back; with healing off it does not.
#[test]
fn isolated_node_finds_back_unless_healing_is_off() {
    for healing in [true, false] {
        let mut options = Options::lan();
        options.healing = healing;
        let mut net = Net::cluster(5, &options, 51);
        net.cut = Box::new(|a, b, _| (a == 5) != (b == 5));
        net.run(secs(900));
        assert_eq!(net.host(5).machine.num_members(), 1);
        assert_eq!(net.host(5).machine.known().len(), 1, "everybody is forgotten");
        net.cut = Box::new(|_, _, _| false);
        assert_eq!(net.run_until(secs(300), |net| net.all_see(5)), healing);
    }
}

/// F-39: nodes that know a static list find each other in any order.
#[test]
fn nodes_with_a_static_list_of_seeds_find_each_other() {
    let mut net = Net::new(52);
    for id in 1..=5 {
        net.start(id, addr(id), Options::lan(), 1);
        let now = net.now;
        net.with(id, |m| m.set_seeds(now, (1..=5).map(addr).collect()));
        net.run(ms(700));
    }
    assert!(net.run_until(secs(30), |net| net.all_see(5)));
}

/// F-24: two nodes that hold each other for dead do not flood each other.
#[test]
fn two_nodes_that_hold_each_other_for_dead_exchange_few_packets() {
    let mut net = Net::cluster(2, &Options::lan(), 53);
    net.cut = Box::new(|_, _, _| true);
    net.run(secs(20));
    assert_eq!(net.state_at(1, 2), Some(State::Dead));
    let before: u64 = net.hosts.values().map(|h| h.packets).sum();
    net.run(secs(60));
    let sent = net.hosts.values().map(|h| h.packets).sum::<u64>() - before;
    // Gossip of the two deaths to the dead, to its limit; then nothing.
    assert!(sent <= 2 * 4, "{sent} packets in a minute");
    net.cut = Box::new(|_, _, _| false);
    assert!(net.run_until(secs(90), |net| net.all_see(2)));
}

/// F-26: joining under loss needs no code of the application.
#[test]
fn sixty_four_nodes_join_under_loss() {
    let mut net = Net::new(54);
    net.loss = 0.2;
    let mut options = Options::lan();
    options.probe_interval = secs(1);
    for id in 1..=64 {
        net.start(id, addr(id), options.clone(), 1);
    }
    for id in 2..=64 {
        net.join(id, 1);
    }
    let full = |net: &Net| net.up().all(|h| h.machine.known().len() == 64);
    assert!(net.run_until(secs(60), full));
}

/// A user broadcast is handed out often enough for a small cluster although a tenth of the packets is lost; in a large
/// one the application relays it.
#[test]
fn small_cluster_hears_a_user_broadcast_under_loss() {
    let mut net = Net::cluster(4, &Options::lan(), 55);
    net.loss = 0.1;
    for n in 0..10u32 {
        let now = net.now;
        net.with(1, |m| m.broadcast(now, None, format!("b{n}").into()).unwrap());
    }
    net.run(secs(10));
    let heard: usize = (2..=4).map(|id| net.count(id, "user")).sum();
    assert!(heard >= 27, "{heard} of 30 or more (each is handed out four times)");
}

/// Learning the whole cluster fast: 64 nodes that all join one seed at once know each other within 5 s, whatever the seed,
/// with and without loss (F-20: no periodic round has to come first).
#[test]
fn bootstrap_leaves_no_straggler() {
    for seed in 0..6 {
        let mut net = Net::new(600 + seed);
        net.loss = if seed % 2 == 0 { 0.0 } else { 0.2 };
        for id in 1..=64 {
            net.start(id, addr(id), Options::lan(), 1);
        }
        for id in 2..=64 {
            net.join(id, 1);
        }
        let full = |net: &Net| net.up().all(|h| h.machine.known().len() == 64);
        assert!(net.run_until(secs(5), full), "seed {seed}");
    }
}
