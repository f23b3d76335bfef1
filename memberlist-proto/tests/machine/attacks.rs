//! One peer that forges: what it can't do, whatever it says.

use crate::{net::Net, solo::*};
use bytes::Bytes;
use memberlist_proto::{
    Event, Options, RejectReason,
    types::{IndirectPing, Message, Node, SequenceNumber, State, Versions},
};

fn unlimited() -> Options {
    let mut options = quiet();
    options.max_peer_messages = 0;
    options
}

fn at(id: Id, incarnation: u32, address: Addr) -> Msg {
    let mut moved = alive(id, incarnation);
    moved.node.address = address;
    Message::Alive(moved)
}

/// W-12, F-11: nobody can use our incarnations up by a flood of accusations, each as far ahead as it may be.
#[test]
fn flood_of_accusations_does_not_exhaust_us() {
    let mut solo = Solo::with_members(unlimited(), [2, 3]);
    for round in 0..20_000u32 {
        let ahead = solo.incarnation().saturating_add(65_535);
        solo.hear(3, Message::Suspect(suspect(ME, ahead, 3)));
        solo.hear(3, Message::Dead(dead(ME, solo.incarnation(), 3)));
        if round % 2_000 == 0 {
            solo.advance(secs(1));
            solo.clear();
        }
    }
    assert!(solo.incarnation() < 2_000_000, "{}", solo.incarnation());
    assert!(solo.machine.stats().refutations > 20_000, "each accusation that may be true is refuted");
}

/// Nor can it drive up what we know of another, so that it could never refute again.
#[test]
fn hearsay_alone_never_climbs_beyond_one_jump() {
    let mut solo = Solo::with_members(unlimited(), [2, 3, 4, 5, 6]);
    for round in 0..1_000u32 {
        let next = |solo: &Solo| solo.member(2).unwrap().incarnation.value() + 60_000;
        let ahead = next(&solo);
        solo.hear(
            3,
            match round % 3 {
                0 => Message::Alive(alive(2, ahead)),
                1 => Message::Suspect(suspect(2, ahead, 3)),
                _ => Message::Suspect(suspect(2, ahead, 4)),
            },
        );
    }
    let known = solo.member(2).unwrap().incarnation.value();
    assert!(known <= 1 + 65_536, "{known}");
    // The node itself may be anywhere.
    let mut solo = Solo::with_members(unlimited(), [2, 3]);
    for round in 1..20u32 {
        let far = 1 + round * 70_000;
        solo.hear(2, Message::Alive(alive(2, far)));
        let request = solo.requests.pop().expect("it is asked itself");
        solo.merge(Some(request.id), vec![state_of(2, far, State::Alive)]);
        assert_eq!(solo.member(2).unwrap().incarnation, inc(far));
        solo.advance_answering(secs(10));
    }
}

/// Nor can a peer that we chose to exchange states with: there must remain room to refute.
#[test]
fn push_pull_can_not_exhaust_us() {
    let mut solo = Solo::new(quiet());
    for incarnation in [u32::MAX, u32::MAX - 1, u32::MAX - 100] {
        solo.machine.join(solo.now, vec![addr(2)], Default::default()).unwrap();
        solo.drain();
        let id = solo.requests.pop().unwrap().id;
        solo.merge(Some(id), vec![state_of(ME, incarnation, State::Dead)]);
    }
    assert!(!solo.machine.local().incarnation.is_saturated());
    assert!(solo.incarnation() < u32::MAX - 100_000_000);
    assert!(!solo.events.contains(&Event::IncarnationExhausted));
}

/// A name that is not here yet can't be spoiled in advance: at the end of all incarnations, the node itself is asked.
#[test]
fn unknown_name_at_the_last_incarnation_is_asked_first() {
    let mut solo = Solo::new(quiet());
    solo.hear(3, Message::Alive(alive(9, u32::MAX)));
    assert_eq!(solo.member(9), None);
    let request = solo.requests.pop().expect("a question to the node itself");
    assert_eq!(request.to, addr(9));
    solo.merge(Some(request.id), vec![state_of(9, u32::MAX - 5, State::Alive)]);
    assert_eq!(solo.member(9).unwrap().incarnation, inc(u32::MAX - 5), "no bound hides a real node");
}

/// A forged death frees no name: who lives at the old address answers there.
#[test]
fn forged_death_does_not_free_a_name() {
    let mut solo = Solo::with_members(quiet(), [2, 3]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.hear(3, at(2, 2, 666));
    assert_eq!(solo.member(2).unwrap().node.address, addr(2));
    let request = solo.requests.pop().expect("the new address is asked");
    let (to, ping) = solo.pings().pop().expect("the old address is asked");
    assert_eq!((request.to, to), (666, addr(2)));
    let mut said = state_of(2, 2, State::Alive);
    said.node.address = 666;
    solo.merge(Some(request.id), vec![said]);
    solo.ack(2, ping.seq);
    solo.hear(2, Message::Alive(alive(2, 3)));
    solo.advance_answering(secs(10));
    let member = solo.member(2).unwrap();
    assert_eq!((member.node.address, member.state), (addr(2), State::Alive));
}

/// The whole cluster, and the node concerned: two forged packets to everybody do not steal a name.
#[test]
fn forged_death_and_move_steal_no_name_in_a_cluster() {
    let mut net = Net::cluster(6, &Options::lan(), 61);
    net.start(5, 666, Options::lan(), 1);
    for id in [1, 2, 3, 4, 6] {
        let now = net.now;
        net.with(id, |m| {
            m.handle_message(now, addr(3), Message::Dead(dead(5, 1, 3)));
            m.handle_message(now, 666, at(5, 2, 666));
        });
    }
    net.run(secs(60));
    for id in [1, 2, 3, 4, 6] {
        let known = net.host(id).machine.member(&5).unwrap();
        assert_eq!((known.node.address, known.state), (addr(5), State::Alive), "seen by {id}");
    }
}

/// An old statement from an old address does not wake the dead: they are somewhere else since.
#[test]
fn stale_life_at_an_old_address_does_not_revive_the_dead() {
    let mut solo = Solo::with_members(quiet(), [3]);
    solo.hear_from(88, at(2, 6, 88));
    solo.hear(3, Message::Dead(dead(2, 6, 3)));
    solo.advance_answering(secs(10));
    solo.clear();
    solo.hear(3, at(2, 5, addr(2)));
    solo.advance_answering(secs(10));
    let member = solo.member(2).unwrap();
    assert_eq!((member.state, member.incarnation, member.node.address), (State::Dead, inc(6), 88));
    assert!(names(&solo.events).iter().all(|n| *n != "joined"));
}

/// Versions that fit nobody's would make every push/pull of the cluster fail (spec 5.14): they are refused at the door.
#[test]
fn member_of_foreign_versions_does_not_stop_anti_entropy() {
    let mut net = Net::cluster(5, &Options::lan(), 62);
    let foreign = [
        Versions { protocol_min: 5, protocol_max: 5, protocol_current: 5, ..Versions::default() },
        Versions { protocol_current: 9, protocol_max: 9, ..Versions::default() },
        Versions { delegate_min: 7, delegate_max: 9, delegate_current: 8, ..Versions::default() },
    ];
    for id in 1..=5 {
        for (n, versions) in foreign.iter().enumerate() {
            let now = net.now;
            let mut forged = alive(50 + n as u32, 1);
            forged.versions = Some(*versions);
            let mut member = alive(3, 7 + n as u32);
            member.versions = Some(*versions);
            net.with(id, |m| {
                m.handle_message(now, addr(4), Message::Alive(forged));
                m.handle_message(now, addr(4), Message::Alive(member));
            });
        }
    }
    let failed = |net: &Net| net.up().map(|h| h.machine.stats().push_pulls_failed).sum::<u64>();
    net.run(secs(120));
    assert_eq!(failed(&net), 0);
    net.start(9, addr(9), Options::lan(), 1);
    net.join(9, 1);
    assert!(net.run_until(secs(10), |net| net.all_see(6)), "the cluster can be joined");
    assert!(net.host(1).machine.stats().rejected(RejectReason::Incompatible) > 0);
}

/// A storm of false claims is a trickle of events; the counter has them all.
#[test]
fn storm_of_conflicts_is_a_trickle_of_events() {
    let mut solo = Solo::with_members(unlimited(), [2, 3]);
    for round in 0..1_000 {
        solo.hear(3, at(2, 1 + round % 2, 600));
        solo.hear(3, at(ME, 1 + round % 2, 600));
    }
    let conflicts = solo.events.iter().filter(|e| matches!(e, Event::Conflict { .. })).count();
    assert!((2..=4).contains(&conflicts), "{conflicts}");
    assert_eq!(solo.machine.stats().rejected(RejectReason::AddressConflict), 2_000);
    solo.advance_answering(secs(2));
    solo.hear(3, at(ME, 1, 600));
    let later = solo.events.iter().filter(|e| matches!(e, Event::Conflict { .. })).count();
    assert!(later > conflicts, "and it is told again");
}

/// Invariant 25: knowing a member's name is not enough to aim our pings at an address that we do not know.
#[test]
fn stranger_under_a_known_name_can_not_aim_our_pings() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let request = |source| {
        Message::IndirectPing(IndirectPing {
            seq: SequenceNumber(7),
            target: Node::new(99, 666),
            nack: true,
            source: Some(source),
        })
    };
    solo.hear_from(77, request(Node::new(2, 77)));
    solo.hear_from(77, request(node(2)));
    solo.advance(secs(2));
    assert!(solo.pings().iter().all(|(to, _)| *to != 666));
    solo.hear(2, request(node(2)));
    assert!(solo.pings().iter().any(|(to, _)| *to == 666), "a member may, from its address");
}

/// A replaced user broadcast counts what it adds: the limit in bytes holds for keyed ones, too.
#[test]
fn replaced_broadcasts_keep_to_the_limit_in_bytes() {
    let mut options = quiet();
    options.max_user_broadcast_bytes = 10_000;
    let mut solo = Solo::with_members(options, [2]);
    for round in [10, 1_000] {
        for key in 0..50u8 {
            let key = Bytes::from(vec![key]);
            let _ = solo.machine.broadcast(solo.now, Some(key), vec![1; round].into());
        }
    }
    assert!(solo.machine.stats().user_queue_bytes <= 10_000, "{}", solo.machine.stats().user_queue_bytes);
    let smaller = solo.machine.broadcast(solo.now, Some(Bytes::from(vec![0])), vec![1; 5].into());
    assert!(smaller.is_ok(), "what makes it smaller always goes");
}

/// Whether a member lives where an accusation came from takes a look at all members; nobody can make us spend our time on that.
#[test]
fn flood_of_old_accusations_does_not_make_us_search_all_the_time() {
    let members = 5_000;
    let mut solo = Solo::with_members(quiet(), 2..=members);
    let told = |solo: &mut Solo, from: Id, accuser: Id, times: usize| {
        solo.clear();
        for _ in 0..times {
            solo.hear(from, Message::Suspect(suspect(ME, 0, accuser)));
        }
        assert!(
            solo.sent.iter().all(|(to, packet)| *to == addr(from) && matches!(packet[0], Message::Alive(_)))
        );
        solo.sent.len()
    };
    solo.advance(secs(1));
    // Somebody else is said to accuse us.
    let searches = (1 << 23) / members as usize;
    assert_eq!(told(&mut solo, 2, 3, 2 * searches), searches);
    // Members that accuse us themselves are found without a search.
    assert_eq!(told(&mut solo, 4, 4, 1), 1);
    solo.advance(secs(1));
    assert_eq!(told(&mut solo, 2, 3, 1), 1);
}
