//! Doubting ourselves while nobody is heard (the option `stall_rules`), and the switch of the buddy system.

use crate::{net::Net, solo::*};
use core::time::Duration;
use memberlist_proto::{
    Event, Options,
    types::{Message, Ping, SequenceNumber, State},
};

fn without_streams() -> Options {
    quiet().with_stream_ping(false)
}

fn rules_off(options: Options) -> Options {
    options.with_stall_rules(false)
}

/// Any input that says nothing of anybody.
fn noise() -> Msg {
    Message::User("noise".into())
}

fn others_than(target: Id, all: impl IntoIterator<Item = Id>) -> Vec<Id> {
    all.into_iter().filter(|id| *id != target).collect()
}

fn aborted(solo: &Solo) -> usize {
    solo.events.iter().filter(|e| matches!(e, Event::ProbeAborted { .. })).count()
}

// ---- void probes ----

/// A nack that comes after the deadline shows that we are heard: the probe counts after all. An ack shows that the target lives.
#[test]
fn late_nack_makes_a_void_probe_count_unless_an_ack_came() {
    for answered in [false, true] {
        let mut solo = Solo::with_members(without_streams(), [2, 3, 4]);
        let (target, seq) = solo.until_probe();
        solo.advance(ms(500));
        let helper = others_than(target, 2..=4)[0];
        solo.advance(ms(550));
        assert_eq!((solo.state(target), aborted(&solo)), (Some(State::Alive), 1));
        if answered {
            solo.ack(target, seq);
        }
        solo.nack(helper, seq);
        solo.nack(helper, seq);
        let expected = if answered { State::Alive } else { State::Suspect };
        assert_eq!(solo.state(target), Some(expected), "answered: {answered}");
        assert_eq!(solo.machine.stats().probes_failed, u64::from(!answered));
    }
}

/// Helpers have 100 ms, of which they wait 80 before they say no: where a round trip takes longer than the rest, every nack is late.
#[test]
fn crash_is_found_where_all_nacks_are_late() {
    for seed in 0..4 {
        let mut net = Net::cluster(8, &Options::lan().with_probe_interval(ms(600)), 870 + seed);
        net.latency = (ms(60), ms(62));
        net.run(secs(5));
        net.crash(5);
        assert!(net.run_until(secs(25), |net| net.all_see(7)), "seed {seed}");
    }
}

#[test]
fn probe_that_fails_while_nobody_is_heard_is_void_and_our_health_pays() {
    let mut solo = Solo::with_members(without_streams(), [2, 3, 4]);
    let (target, _) = solo.until_probe();
    solo.advance(secs(1));
    assert_eq!((solo.state(target), aborted(&solo)), (Some(State::Alive), 1));
    assert_eq!(solo.machine.health_score(), 1);
    assert_eq!(solo.machine.stats().probes_failed, 0);
}

#[test]
fn without_the_rules_the_silence_of_all_accuses() {
    let mut solo = Solo::with_members(rules_off(without_streams()), [2, 3, 4]);
    let (target, _) = solo.until_probe();
    solo.advance(secs(1));
    assert_eq!((solo.state(target), aborted(&solo)), (Some(State::Suspect), 0));
}

#[test]
fn probe_counts_if_anybody_was_heard_after_helpers_were_asked() {
    let mut solo = Solo::with_members(without_streams(), [2, 3, 4]);
    let (target, _) = solo.until_probe();
    solo.advance(ms(500));
    solo.hear(others_than(target, 2..=4)[0], noise());
    solo.advance(ms(500));
    assert_eq!(solo.state(target), Some(State::Suspect));
}

#[test]
fn nack_of_one_helper_is_enough_to_suspect() {
    let mut solo = Solo::with_members(without_streams(), [2, 3, 4]);
    let (target, seq) = solo.until_probe();
    solo.advance(ms(950));
    solo.nack(others_than(target, 2..=4)[0], seq);
    solo.advance(ms(50));
    assert_eq!(solo.state(target), Some(State::Suspect));
}

/// What waited for us comes in at one moment; that is no time for an answer to what went out at the same moment.
#[test]
fn burst_at_the_end_of_a_silence_does_not_convict() {
    let mut solo = Solo::with_members(without_streams(), [2, 3, 4]);
    let (target, _) = solo.until_probe();
    solo.advance(ms(999));
    for id in others_than(target, 2..=4) {
        solo.hear(id, noise());
    }
    solo.advance(ms(1));
    assert_eq!((solo.state(target), aborted(&solo)), (Some(State::Alive), 1));
}

/// Helpers that can't say no owe us nothing: their silence does not show that we are deaf.
#[test]
fn silence_of_helpers_without_nacks_excuses_nobody() {
    let mut solo = Solo::new(without_streams());
    for id in 2..=4 {
        let mut old = alive(id, 1);
        old.versions = Some(memberlist_proto::types::Versions {
            protocol_max: 3,
            ..memberlist_proto::types::Versions::default()
        });
        solo.hear(id, Message::Alive(old));
    }
    let (target, _) = solo.until_probe();
    solo.advance(secs(1));
    assert_eq!(solo.state(target), Some(State::Suspect));
}

/// In a cluster of two the silence of the other is its own.
#[test]
fn the_only_other_member_is_found_exactly_as_without_the_rules() {
    let found = |options: Options| {
        let mut solo = Solo::with_members(options, [2]);
        while solo.state(2) != Some(State::Dead) {
            solo.advance(ms(1));
        }
        solo.now
    };
    assert_eq!(found(quiet()), found(rules_off(quiet())));
}

// ---- suspicions ----

/// Five nodes; 2 is suspected for 24 s, and the others answer until `silent_from`.
fn suspected(options: Options) -> Solo {
    // The shortest time and the longest are the same: our own accusations hurry nothing.
    let mut solo = Solo::with_members(options.with_suspicion_mult(24), 2..=5);
    solo.advance_answering(secs(3));
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo
}

/// When 2 dies, in time since now; everybody answers.
fn dies_after(solo: &mut Solo) -> Duration {
    let start = solo.now;
    while solo.state(2) == Some(State::Suspect) {
        solo.advance_answering(ms(10));
        assert!(solo.now.since(start) < secs(200));
    }
    assert_eq!(solo.state(2), Some(State::Dead));
    solo.now.since(start)
}

#[test]
fn suspicion_ends_in_time_while_others_are_heard() {
    let mut solo = suspected(quiet());
    assert_eq!(dies_after(&mut solo), secs(24));
}

#[test]
fn silence_of_all_makes_running_suspicions_last_longer_by_its_length() {
    for (silence, late) in [(ms(1_000), ms(0)), (ms(5_000), ms(5_000)), (ms(20_000), ms(20_000))] {
        let mut solo = suspected(quiet());
        solo.advance_answering(secs(2));
        let start = solo.now;
        solo.advance(silence);
        solo.hear(4, noise());
        let took = dies_after(&mut solo) + silence;
        assert_eq!(solo.now.since(start), took);
        // Our health has suffered: there is less to be heard, so the verdict may wait for it a moment.
        assert!(took.abs_diff(secs(22) + late) < secs(1), "{silence:?}: {took:?}");
    }
}

#[test]
fn without_the_rules_a_silence_moves_nothing() {
    let mut solo = suspected(rules_off(quiet()));
    solo.advance(secs(20));
    let took = dies_after(&mut solo);
    assert!(took.abs_diff(secs(4)) <= ms(20), "{took:?}");
}

/// Silences move a suspicion by no more than it may last unconfirmed, however many there are.
#[test]
fn silences_never_postpone_a_verdict_for_ever() {
    let mut solo = suspected(quiet());
    let start = solo.now;
    while solo.state(2) == Some(State::Suspect) {
        solo.advance(secs(3));
        solo.hear(4, noise());
    }
    let took = solo.now.since(start);
    assert!(took <= secs(24 + 24 + 6), "{took:?}");
}

/// A suspicion that runs out while nobody is heard waits for anybody, and asks one whom nobody suspects.
#[test]
fn verdict_waits_until_anybody_is_heard() {
    let mut solo = suspected(quiet());
    solo.advance_answering(secs(22));
    solo.clear();
    solo.advance(secs(10));
    assert_eq!(solo.state(2), Some(State::Suspect));
    let controls: Vec<_> = solo
        .raw
        .iter()
        .zip(&solo.sent)
        .filter(|(raw, (_, messages))| raw.probe.is_none() && matches!(messages[0], Message::Ping(_)))
        .map(|(raw, _)| raw.to)
        .collect();
    assert!((1..=10).contains(&controls.len()), "{controls:?}: one a period");
    assert!(!controls.contains(&addr(2)), "not the suspect");
    // What waited for us is read first, and it has a refutation.
    solo.hear(4, noise());
    solo.hear(4, Message::Alive(alive(2, 2)));
    assert_eq!(solo.state(2), Some(State::Alive));
    solo.advance_answering(secs(30));
    assert!(!names(&solo.events).contains(&"failed"));
}

#[test]
fn answer_to_the_control_ping_brings_the_verdict_at_once() {
    let mut options = quiet();
    // Nobody is asked by a probe, so silence is the rule.
    options.probe_interval = Duration::ZERO;
    let mut solo = Solo::with_members(options, [2, 3, 4]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    let start = solo.now;
    solo.advance(secs(20));
    solo.hear(4, noise());
    while solo.pings().is_empty() {
        assert_eq!(solo.state(2), Some(State::Suspect));
        solo.advance(ms(1));
    }
    let (to, ping) = solo.pings().remove(0);
    let asked = solo.now.since(start);
    assert_ne!(to, addr(2));
    solo.advance(ms(1));
    solo.hear_from(
        to,
        Message::Ack(memberlist_proto::types::Ack { seq: ping.seq, payload: Default::default() }),
    );
    assert_eq!(solo.machine.stats().stray_acks, 0);
    while solo.state(2) == Some(State::Suspect) {
        solo.advance(ms(1));
    }
    assert!(solo.now.since(start) - asked <= ms(150), "{:?}", solo.now.since(start));
}

/// A process that slept hears what had waited for it, and gives its suspects the time it lost.
#[test]
fn suspicion_is_not_over_when_we_wake_from_a_sleep() {
    let mut solo = suspected(quiet());
    solo.advance_answering(ms(3_990));
    solo.now += secs(19);
    solo.hear(4, noise());
    solo.machine.handle_timeout(solo.now);
    let left = dies_after(&mut solo);
    assert!(left > secs(15), "{left:?}");
}

// ---- bounds ----

/// When all four others are dead for a node that hears nobody.
fn isolated(options: Options, others: u32) -> Duration {
    let mut solo = Solo::with_members(options, 2..=1 + others);
    solo.advance_answering(secs(5));
    let start = solo.now;
    while solo.machine.num_members() > 1 {
        solo.advance(ms(100));
        assert!(solo.now.since(start) < secs(3_600));
    }
    solo.now.since(start)
}

#[test]
fn node_that_is_cut_off_finds_all_others_dead_after_its_patience() {
    // The others, how long we doubt ourselves, how long a suspicion lasts that nobody confirms.
    for (others, patience, suspicion) in
        [(1, 0, 4), (2, 4, 4), (3, 24, 24), (4, 24, 24), (9, 24, 24), (40, 40, 39)]
    {
        let (with, without) = (isolated(quiet(), others), isolated(rules_off(quiet()), others));
        // A probe of a node at its worst health lasts eight periods.
        let bound = secs(patience + suspicion) + secs(8) * (others + 2);
        assert!(
            with <= bound && with >= secs(patience),
            "{others} others: {with:?}, and without {without:?}"
        );
        if others == 1 {
            assert_eq!(with, without);
        }
    }
}

/// Two of three die together: the one that is left finds both.
#[test]
fn survivor_of_three_finds_both_others_dead() {
    for seed in 0..10 {
        let mut net = Net::cluster(3, &Options::lan(), 800 + seed);
        net.crash(2);
        net.crash(3);
        assert!(net.run_until(secs(30), |net| net.all_see(1)), "seed {seed}");
    }
}

/// While others are heard a crash is found as soon as without the rules.
#[test]
fn crash_is_found_as_soon_as_without_the_rules() {
    let found = |n: u32, options: &Options, seed: u64| {
        let mut net = Net::cluster(n, options, seed);
        net.run(secs(5));
        net.crash(n);
        let start = net.now;
        assert!(net.run_until(secs(60), |net| net.all_see(n as usize - 1)));
        net.now.since(start)
    };
    for n in [2, 3, 4, 5, 8, 16] {
        for seed in 0..8 {
            let (with, without) =
                (found(n, &Options::lan(), seed), found(n, &rules_off(Options::lan()), seed));
            assert_eq!(with, without, "{n} nodes, seed {seed}");
        }
    }
}

// ---- blocked hosts ----

struct Outcome {
    /// Deaths of hosts that were never blocked, at any observer.
    deaths: usize,
    /// Suspicions of such hosts that a blocked one raised.
    accusations: usize,
}

/// Of 32 hosts `c` are blocked for `block` and free for `free`, so often.
fn blocked(c: u32, block: Duration, free: Duration, rounds: u32, options: &Options) -> Outcome {
    let n = 32;
    let mut net = Net::cluster(n, options, 7);
    net.latency = (Duration::from_micros(300), ms(1));
    net.run(secs(10));
    net.forget_events();
    for _ in 0..rounds {
        for id in 1..=c {
            net.block(id, block);
        }
        net.run(block + free);
    }
    net.run(secs(5));
    let mut outcome = Outcome { deaths: 0, accusations: 0 };
    for host in net.up() {
        for (_, event) in &host.events {
            match event {
                Event::Failed { member, .. } if member.node.id > c => outcome.deaths += 1,
                Event::Suspected { member, reason } if member.node.id > c => {
                    outcome.accusations += usize::from(reason.accuser == host.id);
                }
                _ => {}
            }
        }
    }
    outcome
}

/// Lifeguard's interval experiment in small: hosts whose network is blocked again and again kill nobody. (Without Lifeguard and
/// these rules hundreds of deaths.)
#[test]
fn blocked_hosts_kill_nobody() {
    let lan = Options::lan();
    let swim =
        rules_off(lan.clone()).with_awareness_max(1).with_suspicion_max_timeout_mult(1).with_buddy(false);
    let (mut with, mut without) = (0, 0);
    for (block, free, rounds) in [(32_768, 1, 4), (16_384, 1_024, 4)] {
        with += blocked(4, ms(block), ms(free), rounds, &lan).deaths;
        without += blocked(4, ms(block), ms(free), rounds, &swim).deaths;
    }
    assert_eq!(with, 0);
    assert!(without > 100, "the experiment shows nothing: {without}");
}

/// One block, however long, up to the patience: the blocked host does not even suspect anybody.
#[test]
fn host_that_was_blocked_once_accuses_nobody() {
    let (mut accusations, mut without) = (0, 0);
    for seconds in [2, 5, 30] {
        let (block, free) = (secs(seconds), secs(15));
        accusations += blocked(1, block, free, 1, &Options::lan()).accusations;
        without += blocked(1, block, free, 1, &rules_off(Options::lan())).accusations;
    }
    assert_eq!(accusations, 0);
    assert!(without > 2, "the experiment shows nothing: {without}");
}

// ---- the buddy switch, and nacks ----

fn ping_of(id: Id) -> Msg {
    Message::Ping(Ping { seq: SequenceNumber(1), target: Some(ME), source: Some(node(id)) })
}

fn tells(solo: &Solo, id: Id) -> bool {
    solo.messages().any(|(to, m)| {
        to == addr(id)
            && match m {
                Message::Suspect(s) => s.node == id,
                Message::Dead(d) => d.node == id,
                _ => false,
            }
    })
}

/// Lifeguard's buddy system and its switch.
#[test]
fn only_buddies_tell_a_suspect_that_it_is_one() {
    for buddy in [true, false] {
        let mut solo = Solo::with_members(rules_off(without_streams()).with_buddy(buddy), [2]);
        solo.until_probe();
        solo.clear();
        solo.advance(secs(1));
        assert_eq!(solo.state(2), Some(State::Suspect));
        // Packets carry gossip, too, up to its limit; what is said on purpose comes first.
        let first = solo.sent.iter().any(|(_, packet)| matches!(packet[0], Message::Suspect(_)));
        assert_eq!(first, buddy, "when our probe has failed");

        let mut solo = Solo::with_members(without_streams().with_buddy(buddy), [2, 3, 4]);
        solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
        let limit = solo.machine.options().retransmit_mult as usize;
        for n in 0..limit {
            // News of the suspicion goes to others until its limit is reached.
            solo.hear(4, ping_of(4));
            assert!(solo.machine.stats().membership_queue > 0 || n + 1 >= limit);
        }
        solo.clear();
        solo.hear(2, ping_of(2));
        assert_eq!(tells(&solo, 2), buddy, "when it pings us");
        solo.clear();
        while solo.until_probe().0 != 2 {
            solo.clear();
        }
        assert_eq!(tells(&solo, 2), buddy, "when we ping it");
    }
}

/// A node that is held for dead must hear of it in any case, or it could never come back.
#[test]
fn who_is_held_for_dead_hears_of_it_without_buddies_too() {
    let mut solo = Solo::with_members(quiet().with_buddy(false), [2, 3, 4]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    for _ in 0..4 {
        solo.hear(4, ping_of(4));
    }
    solo.clear();
    solo.hear(2, ping_of(2));
    assert!(tells(&solo, 2));
}

/// Nacks cost packets; who neither doubts its health nor its hearing does not ask for them.
#[test]
fn nacks_are_asked_for_only_if_they_serve() {
    for (awareness, rules, nacks) in [(8, true, true), (8, false, true), (1, true, true), (1, false, false)] {
        let options = without_streams().with_awareness_max(awareness).with_stall_rules(rules);
        let mut solo = Solo::with_members(options, [2, 3, 4]);
        solo.until_probe();
        solo.advance(ms(500));
        assert_eq!(solo.indirect_pings().len(), 2);
        assert!(solo.indirect_pings().iter().all(|(_, p)| p.nack == nacks), "{awareness} {rules}");
    }
}

/// The answers of others show that we hear, though none comes while we wait for the silent one: the doubt of one member ends, too.
#[test]
fn member_that_is_silent_whenever_it_is_asked_is_accused_in_the_end() {
    let mut solo = Solo::with_members(Options::lan().with_stream_ping(false), [2, 3, 4]);
    let begun = solo.now;
    let mut void = 0;
    while solo.state(2) == Some(State::Alive) {
        assert!(solo.now.since(begun) < secs(60), "no doubt is for ever");
        let (target, seq) = solo.until_probe();
        if target != 2 {
            solo.ack(target, seq);
        } else {
            void += 1;
        }
    }
    // Unconfirmed, a suspicion lasts 24 s in a cluster of four: so long is the patience.
    assert!(solo.now.since(begun) > secs(24) && void > 2, "{void} probes void");
}
