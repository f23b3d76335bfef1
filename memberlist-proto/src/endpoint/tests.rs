#![allow(clippy::unwrap_used)]

use super::*;
use crate::members::Table;
use memberlist_types::{Alive, Dead, IndirectPing, NativeWire, Ping, Suspect};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

type Machine = Endpoint<u32, u16, NativeWire>;

fn address(id: u32) -> u16 {
    1_000 + id as u16
}

fn alive(id: u32, incarnation: u32, address: u16) -> Message<u32, u16> {
    Message::Alive(Alive {
        incarnation: Incarnation::new(incarnation),
        node: Node::new(id, address),
        meta: Meta::EMPTY,
        versions: Some(Versions::default()),
        layers: memberlist_types::Layers::BASE,
    })
}

fn run(machine: &mut Machine, now: &mut Instant, time: Duration) {
    let end = *now + time;
    while let Some(at) = machine.poll_timeout().filter(|at| *at <= end) {
        *now = at.max(*now);
        machine.handle_timeout(*now);
        drain(machine);
    }
    *now = end;
}

fn drain(machine: &mut Machine) {
    while machine.poll_event().is_some() {}
    while machine.poll_transmit().is_some() {}
    while machine.poll_request().is_some() {}
}

/// Whatever was asked of it and never answered, the machine remembers nothing of it in the end: no pending ping, no
/// stream, no verification, no join, no timer.
#[test]
fn nothing_is_remembered_for_ever() {
    for seed in 0..4 {
        let rng = Box::new(Pcg64Mcg::seed_from_u64(seed));
        let local = LocalNode::new(1u32, address(1));
        let mut options = Options::lan();
        options.healing = false;
        let mut now = Instant::START;
        let mut machine =
            Machine::new(now, local, options.clone(), &Framing::new(), NativeWire, rng).unwrap();
        for round in 0..400u32 {
            let id = 2 + round % 40;
            let seq = SequenceNumber(round);
            let source = Some(Node::new(id, address(id)));
            for message in [
                alive(id, round + 1, address(id)),
                alive(id, round + 2, 9_000 + id as u16),
                Message::IndirectPing(IndirectPing {
                    seq,
                    target: Node::new(id + 1, address(id + 1)),
                    nack: true,
                    source: source.clone(),
                }),
                Message::Ping(Ping { seq, target: None, source }),
                Message::Suspect(Suspect {
                    incarnation: Incarnation::new(round + 1),
                    node: id,
                    from: 2 + (round + 1) % 40,
                }),
            ] {
                machine.handle_message(now, address(id), message);
            }
            if round % 3 == 0 {
                let dead = Dead { incarnation: Incarnation::new(round + 1), node: id, from: id };
                machine.handle_message(now, address(id), Message::Dead(dead));
            }
            machine.ping(now, Node::new(id, address(id))).unwrap();
            if round % 20 == 0 {
                let options = JoinOptions::new().with_attempts(3);
                machine.join(now, alloc::vec![address(id), address(id + 1)], options).unwrap();
            }
            if round % 90 == 80 {
                machine.leave(now).unwrap();
                machine.rejoin(now).unwrap();
            }
            run(&mut machine, &mut now, Duration::from_millis(u64::from(round % 7) * 100));
        }
        run(&mut machine, &mut now, Duration::from_secs(600));
        assert_eq!(machine.members.len(), 1, "all are dead and forgotten");
        assert_eq!((machine.pending.len(), machine.requests.len(), machine.relays), (0, 0, 0));
        assert_eq!((machine.verifications.len(), machine.joins.len()), (0, 0));
        assert!(machine.probe.is_none() && machine.settling.is_none() && machine.gossip_timer.is_none());
        assert_eq!(machine.timers.len(), 0, "nobody is there: nothing to wake up for");
    }
}

/// A member that dies and returns again and again has one timer at most for being forgotten.
#[test]
fn flapping_member_leaves_no_timers_behind() {
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let mut options = Options::lan();
    options.healing = false;
    let now = Instant::START;
    let local = LocalNode::new(1u32, address(1));
    let mut machine = Machine::new(now, local, options, &Framing::new(), NativeWire, rng).unwrap();
    for round in 1..1_000 {
        machine.handle_message(now, address(2), alive(2, round, address(2)));
        let dead = Dead { incarnation: Incarnation::new(round), node: 2, from: 2 };
        machine.handle_message(now, address(2), Message::Dead(dead));
        drain(&mut machine);
    }
    assert!(machine.timers.len() <= 4, "{}", machine.timers.len());
}

/// What a join brings at once is handed out and then forgotten, its memory included.
#[test]
fn burst_of_events_and_news_does_not_hold_its_memory() {
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(1u32, address(1));
    let mut now = Instant::START;
    let mut machine = Machine::new(now, local, Options::lan(), &Framing::new(), NativeWire, rng).unwrap();
    for id in 2..1_000 {
        machine.handle_message(now, address(2), alive(id, 1, address(id)));
    }
    assert!(machine.work().events.capacity() >= 998);
    run(&mut machine, &mut now, Duration::from_secs(60));
    assert!(machine.membership.is_empty(), "handed out");
    assert!(machine.work().events.capacity() <= KEPT_OUTPUTS);
    assert!(machine.work().transmits.capacity() <= KEPT_OUTPUTS);
}

/// Only what says nothing new at all is passed over; whatever differs in anything goes the long way.
#[test]
fn only_what_is_known_to_the_last_bit_is_old_news() {
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(1u32, address(1));
    let now = Instant::START;
    let mut machine = Machine::new(now, local, Options::lan(), &Framing::new(), NativeWire, rng).unwrap();
    let known = NodeState {
        node: Node::new(2, address(2)),
        meta: Meta::new("cache"),
        incarnation: Incarnation::new(5),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: Layers::compiled_in(),
    };
    assert!(!machine.is_old_news(&known, None));
    machine.handle_push_pull(now, None, alloc::vec![known.clone()]).unwrap();
    assert!(machine.is_old_news(&known, None));
    let another = Versions { delegate_max: 9, ..Versions::default() };
    let me = Node::new(1, address(1));
    for (what, different) in [
        ("another node", NodeState { node: Node::new(3, address(2)), ..known.clone() }),
        ("another address", NodeState { node: Node::new(2, address(3)), ..known.clone() }),
        ("other metadata", NodeState { meta: Meta::EMPTY, ..known.clone() }),
        ("an older incarnation", NodeState { incarnation: Incarnation::new(4), ..known.clone() }),
        ("a newer incarnation", NodeState { incarnation: Incarnation::new(6), ..known.clone() }),
        ("a suspicion", NodeState { state: State::Suspect, ..known.clone() }),
        ("a death", NodeState { state: State::Dead, ..known.clone() }),
        ("a departure", NodeState { state: State::Left, ..known.clone() }),
        ("other versions", NodeState { versions: Some(another), ..known.clone() }),
        ("no versions", NodeState { versions: None, ..known.clone() }),
        ("ourselves", NodeState { node: me, incarnation: Incarnation::new(1), ..known.clone() }),
    ] {
        assert!(!machine.is_old_news(&different, None), "{what}");
    }
    machine.handle_message(
        now,
        address(3),
        Message::Suspect(Suspect { incarnation: Incarnation::new(5), node: 2, from: 3 }),
    );
    assert!(!machine.is_old_news(&known, None), "it is suspected here");
}
