//! Old messages that somebody recorded are sent again: at any time, any number of times, to everyone, from anywhere.
//!
//! Encryption does not keep anybody from that. It is the protocol that makes it harmless.

use crate::{
    net::{Net, Recorded},
    solo::*,
};
use memberlist_proto::{
    Event, Options,
    types::{Broadcast, IndirectPing, Layers, Message, Meta, Ping, State},
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

/// A node that knows 2, 3 and a forgotten 4, which died at incarnation 7.
fn with_a_grave() -> Solo {
    let mut options = quiet();
    options.probe_interval = core::time::Duration::ZERO;
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.hear(4, Message::Alive(alive(4, 7)));
    solo.hear(2, Message::Dead(dead(4, 7, 2)));
    solo.advance(secs(120));
    assert_eq!(solo.member(4), None, "forgotten");
    solo.clear();
    solo
}

fn told_of_its_death(solo: &Solo) -> usize {
    solo.messages()
        .filter(|(to, message)| *to == addr(4) && **message == Message::Dead(dead(4, 7, ME)))
        .count()
}

/// In whatever way it comes, and however often: its node is told, once a second.
#[test]
fn old_life_of_a_forgotten_node_is_not_believed_and_its_node_is_told() {
    let mut solo = with_a_grave();
    for incarnation in [7, 6, 1, 7] {
        solo.hear(4, Message::Alive(alive(4, incarnation)));
        solo.hear_from(9_999, Message::Alive(alive(4, incarnation)));
        solo.merge(None, vec![state_of(4, incarnation, State::Alive)]);
    }
    solo.machine.join(solo.now, vec![addr(2)], Default::default()).unwrap();
    solo.drain();
    let id = solo.requests.pop().unwrap().id;
    solo.merge(Some(id), vec![state_of(2, 1, State::Alive), state_of(4, 7, State::Alive)]);
    assert_eq!((solo.member(4), told_of_its_death(&solo)), (None, 1));
    assert!(!solo.events.iter().any(|event| matches!(event, Event::Joined(_))));
    solo.advance(secs(1));
    solo.hear(4, Message::Alive(alive(4, 7)));
    assert_eq!((solo.member(4), told_of_its_death(&solo)), (None, 2));
    assert_eq!(solo.machine.stats().ghosts, 2);
}

/// Who repeats without end what a node once said at a former address can't keep it from hearing of its end where it is now, nor make
/// others send to any number of addresses.
#[test]
fn record_of_a_former_address_does_not_keep_a_forgotten_node_out() {
    let mut solo = with_a_grave();
    let at = |address| {
        let mut alive = alive(4, 6);
        alive.node.address = address;
        Message::Alive(alive)
    };
    solo.hear_from(9_999, at(addr(4)));
    solo.hear(44, at(addr(44)));
    let told = |solo: &Solo| {
        let end = Message::Dead(dead(4, 7, ME));
        solo.messages().filter(|(_, message)| **message == end).map(|(to, _)| to).collect::<Vec<_>>()
    };
    assert_eq!(told(&solo), [addr(4), addr(44)]);
    for id in 50..90 {
        solo.hear_from(9_999, at(addr(id)));
    }
    assert_eq!(told(&solo).len(), 4);
    solo.advance(secs(1));
    solo.hear(44, at(addr(44)));
    assert_eq!(told(&solo).last(), Some(&addr(44)));
    assert_eq!(told(&solo).len(), 5);
}

/// It was not dead at all, or is again there: it refutes, and that is new.
#[test]
fn forgotten_node_that_lives_refutes_its_death_and_is_back() {
    let mut solo = with_a_grave();
    let mut other = machine(4, quiet(), 4);
    other.handle_message(solo.now, addr(ME), Message::Dead(dead(4, 7, ME)));
    let answer = other.poll_transmit().expect("it refutes at once");
    assert_eq!(answer.to, addr(ME));
    for message in decode_packet(&answer.messages) {
        solo.hear(4, message);
    }
    let back = solo.member(4).unwrap();
    assert_eq!((back.state, back.incarnation.value()), (State::Alive, 8));
    // It was forgotten at 7; now it is known, and the old end is as old as the old life.
    solo.hear(2, Message::Dead(dead(4, 7, 2)));
    solo.hear(4, Message::Alive(alive(4, 7)));
    assert_eq!(solo.state(4), Some(State::Alive));
}

/// One that has fallen far behind what is remembered of it (its clock was set back) might not believe its death: it is asked on a stream.
#[test]
fn forgotten_node_far_behind_its_end_is_asked_itself() {
    let mut options = quiet();
    options.probe_interval = core::time::Duration::ZERO;
    let mut solo = Solo::with_members(options, [2, 3]);
    let end = 70_000;
    solo.merge(None, vec![state_of(2, 1, State::Alive)]);
    solo.hear(4, Message::Alive(alive(4, end - 10_000)));
    solo.hear(2, Message::Dead(dead(4, end, 2)));
    solo.advance(secs(120));
    assert_eq!(solo.member(4), None);
    solo.clear();
    solo.hear(4, Message::Alive(alive(4, 3)));
    assert_eq!(solo.member(4), None);
    let request = solo.requests.pop().expect("it is asked");
    assert_eq!(request.to, addr(4));
    solo.merge(Some(request.id), vec![state_of(4, 3, State::Alive)]);
    assert_eq!(solo.state(4), Some(State::Alive));
}

/// What a node says of itself once it has come back at another address is not undone by what it said at the old one, nor by its departure there.
#[test]
fn former_life_at_another_address_changes_nothing() {
    let mut options = quiet();
    options.probe_interval = core::time::Duration::ZERO;
    let mut solo = Solo::with_members(options, [2, 3]);
    let at = |incarnation, address| {
        let mut alive = alive(4, incarnation);
        alive.node.address = address;
        Message::Alive(alive)
    };
    let past = [
        at(5, 1_004),
        Message::Dead(dead(4, 5, 4)),
        at(6, 1_004),
        Message::Suspect(suspect(4, 6, 3)),
        at(7, 1_004),
    ];
    for message in past.clone() {
        solo.hear(4, message);
        solo.advance(secs(5));
    }
    solo.hear(4, Message::Dead(dead(4, 7, 4)));
    solo.advance(secs(20));
    solo.hear_from(2_004, at(8, 2_004));
    assert_eq!(solo.member(4).map(|m| (m.node.address, m.state)), Some((2_004, State::Alive)));
    let before = table(&solo.machine);
    for state in [State::Alive, State::Suspect, State::Dead, State::Left] {
        for incarnation in 5..=7 {
            solo.merge(None, vec![state_of(4, incarnation, state)]);
        }
    }
    for message in past {
        solo.hear(4, message.clone());
        solo.hear(3, message);
        solo.advance(secs(10));
    }
    assert_eq!(table(&solo.machine), before);
}

/// Questions are answered again, and answers are heard once: neither changes a member. A probe is not saved by an ack of an earlier one.
#[test]
fn old_questions_and_answers_change_no_member() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let (target, first) = solo.until_probe();
    solo.ack(target, first);
    let (_, _) = solo.until_probe();
    for _ in 0..10 {
        solo.ack(2, first);
        solo.nack(2, first);
    }
    let ping = Ping { seq: first, target: Some(ME), source: Some(node(2)) };
    let indirect = IndirectPing { seq: first, target: node(3), nack: true, source: Some(node(2)) };
    let before = table(&solo.machine);
    for _ in 0..10 {
        solo.hear(2, Message::Ping(ping.clone()));
        solo.hear(2, Message::IndirectPing(indirect.clone()));
    }
    assert_eq!(table(&solo.machine), before);
    solo.advance(secs(2));
    assert_eq!(solo.state(2), Some(State::Suspect), "its old acks did not help it");
    assert_eq!(solo.machine.stats().stray_acks, 20);
}

/// As documented: a plain message is told each time it comes; a broadcast once, as long as it is among the last 16,384.
#[test]
fn messages_are_told_again_and_broadcasts_are_not() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    let broadcast = Broadcast { origin: 2, number: 1, payload: "b".into() };
    for _ in 0..5 {
        solo.hear(2, Message::User("u".into()));
        solo.hear_from(9_999, Message::Broadcast(broadcast.clone()));
    }
    let told: Vec<_> = solo
        .events
        .iter()
        .filter_map(
            |event| if let Event::User { payload, .. } = event { Some(payload.clone()) } else { None },
        )
        .collect();
    assert_eq!(told, ["u", "b", "u", "u", "u", "u"]);
}

/// A process that has just started remembers nobody's end. It may take a dead node for a living one, but not for long, and no other member does.
#[test]
fn node_without_a_past_is_not_deceived_for_long_and_deceives_nobody() {
    let mut net = Net::cluster(5, &options(), 3);
    net.recorded = Some(Vec::new());
    let now = net.now;
    net.with(5, |m| m.update_meta(now, "x".into()).unwrap());
    net.run(secs(5));
    let of_five = |recorded: &&Recorded| matches!(recorded, Recorded::Packet { message: Message::Alive(a), .. } if a.node.id == 5);
    let old = net.recorded.take().unwrap().iter().find(of_five).unwrap().clone();
    net.crash(5);
    net.run(secs(300));
    net.crash(4);
    net.start(4, addr(4), options(), 1_000);
    net.join(4, 1);
    assert!(net.run_until(secs(60), |net| net.all_see(4)));
    net.forget_events();
    replay(&mut net, addr(4), &old, false);
    assert_eq!(net.state_at(4, 5), Some(State::Alive), "it can't know better");
    assert!(net.run_until(secs(30), |net| net.state_at(4, 5) == Some(State::Dead)));
    net.run(secs(120));
    for id in 1..=3 {
        assert_eq!((net.count(id, "joined"), net.count(id, "failed")), (0, 0), "node {id}");
    }
    assert!(net.all_see(4));
}
