//! Making an endpoint, and what its types promise.

use crate::{net::Net, solo::*};
use memberlist_proto::{
    CommandError, CreateError, Endpoint, Event, Instant, LocalNode, Member, Options, PingId, RejectReason,
    types::{Address, Framing, Id as IdBound, Message, Meta, NativeWire, Node, State, Versions, Wire},
};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
use std::{collections::BTreeSet, net::SocketAddr};

fn make(versions: Versions) -> Result<Machine, CreateError> {
    let local = LocalNode::new(ME, addr(ME)).with_versions(versions);
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    crate::solo::endpoint(Instant::START, local, Options::lan(), &Framing::new(), rng)
}

/// TestCreate, Q29: one member, ourselves, with the versions that were given; and a join event for it.
#[test]
fn new_node_knows_itself_alone_and_says_so() {
    let versions = Versions::from_bytes([1, 5, 4, 2, 6, 3]);
    let mut machine = make(versions).unwrap();
    let members = machine.members();
    assert_eq!(members.len(), 1);
    assert_eq!(
        (members[0].node.clone(), members[0].versions, members[0].state),
        (node(ME), versions, State::Alive)
    );
    assert!(matches!(machine.poll_event(), Some(Event::Joined(me)) if me.node.id == ME));
    machine.leave(Instant::START).unwrap();
    assert!(
        std::iter::from_fn(|| machine.poll_event()).any(|e| matches!(e, Event::Left(me) if me.node.id == ME))
    );
}

/// TestDefaultLANConfig_protocolVersion, TestMemberlistProtocolVersion
#[test]
fn default_node_speaks_version_two_and_says_so() {
    let machine = machine(ME, Options::lan(), 1);
    assert_eq!(machine.local().versions.to_bytes(), [1, 5, 2, 0, 0, 0]);
}

/// TestCreate_protocolVersion
#[test]
fn every_supported_version_can_be_spoken_and_no_other() {
    for (current, accepted) in [(0, false), (1, true), (4, true), (5, true), (6, false)] {
        let versions = Versions { protocol_current: current, ..Versions::default() };
        assert_eq!(make(versions).is_ok(), accepted, "{current}");
    }
    let delegate = Versions { delegate_min: 2, delegate_max: 3, delegate_current: 1, ..Versions::default() };
    assert!(matches!(make(delegate), Err(CreateError::Versions(v)) if v == delegate));
}

/// F-67: inconsistent options are refused by name.
#[test]
fn inconsistent_options_are_refused_by_name() {
    let mut options = Options::lan();
    options.probe_timeout = options.probe_interval;
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(ME, addr(ME));
    let made = Endpoint::<Id, Addr, _>::new(Instant::START, local, options, &Framing::new(), NativeWire, rng);
    assert!(matches!(made, Err(CreateError::Options(e)) if e.field == "probe_timeout"));
}

fn runs<I: IdBound, A: Address>(id: I, address: A)
where
    NativeWire: Wire<I, A>,
{
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(id, address);
    let machine = Endpoint::new(Instant::START, local, Options::lan(), &Framing::new(), NativeWire, rng);
    assert_eq!(machine.unwrap().num_members(), 1);
}

/// F-35: any comparable, printable type can name a node or its address.
#[test]
fn many_types_can_name_a_node() {
    let socket: SocketAddr = "127.0.0.1:7946".parse().unwrap();
    runs(7u8, 8u16);
    runs(String::from("a"), socket);
    runs(smol_str::SmolStr::new("a"), socket);
    runs(socket, socket);
}

/// F-40, F-56, P-20: members and events are owned values, free to be sent and kept.
#[test]
fn members_and_events_are_owned_values() {
    fn owned<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    owned::<Member<String, SocketAddr>>();
    owned::<Event<String, SocketAddr>>();
    let mut solo = Solo::with_members(quiet(), [2]);
    let before = solo.member(2).unwrap();
    solo.hear(2, Message::Dead(dead(2, 1, 2)));
    assert_eq!(before.state, State::Alive, "a snapshot stays what it was");
}

/// W-34, F-57: members, counts, the local node and the backlog can be read.
#[test]
fn everything_can_be_read() {
    let mut solo = Solo::with_members(quiet(), [2, 3, 4]);
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    solo.hear(4, Message::Dead(dead(4, 1, 4)));
    let stats = solo.machine.stats();
    assert_eq!((stats.known, stats.members, stats.suspects), (4, 3, 1));
    assert_eq!(
        (solo.machine.members().len(), solo.machine.known().len(), solo.machine.num_members()),
        (3, 4, 3)
    );
    assert_eq!(solo.machine.local().node, node(ME));
    assert_eq!(solo.machine.member(&99), None);
    assert!(stats.membership_queue >= 4);
}

/// F-62, W-36: a command that fails has changed nothing.
#[test]
fn failed_commands_change_nothing() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let now = solo.now;
    let before =
        (solo.machine.known(), solo.machine.stats().membership_queue, solo.machine.stats().user_queue);
    let big = vec![0u8; 10_000];
    let m = &mut solo.machine;
    let errors: Vec<CommandError> = vec![
        m.update_meta(now, Meta::new(big.clone())).unwrap_err(),
        m.broadcast(now, None, big.clone().into()).unwrap_err(),
        m.broadcast(now, None, Default::default()).unwrap_err(),
        m.send(now, addr(2), big.clone().into()).unwrap_err(),
        m.set_ack_payload(big.into()).unwrap_err(),
        m.join(now, vec![], Default::default()).unwrap_err(),
        m.ping(now, node(ME)).unwrap_err(),
        m.rejoin(now).unwrap_err(),
    ];
    assert_eq!(errors.last(), Some(&CommandError::HasNotLeft));
    assert!(errors.iter().all(|e| !e.to_string().is_empty()));
    let after =
        (solo.machine.known(), solo.machine.stats().membership_queue, solo.machine.stats().user_queue);
    assert_eq!(before, after);
    solo.drain();
    assert!(solo.sent.is_empty() && solo.events.is_empty() && solo.requests.is_empty());
}

/// F-31: leaving and rejoining at the wrong time are typed errors.
#[test]
fn rejoin_needs_a_leave_and_a_leave_happens_once() {
    let mut solo = Solo::new(quiet());
    assert_eq!(solo.machine.rejoin(solo.now), Err(CommandError::HasNotLeft));
    solo.machine.leave(solo.now).unwrap();
    assert_eq!(solo.machine.leave(solo.now), Err(CommandError::HasLeft));
    solo.machine.rejoin(solo.now).unwrap();
    assert_eq!((solo.machine.local().state, solo.incarnation()), (State::Alive, 2));
}

/// W-35: one enum of events; each kind is raised by something that a test can do.
#[test]
fn every_event_is_raised_by_some_input() {
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    let mut options = quiet();
    options.stream_ping = false;
    options.gossip_interval = ms(200);
    let mut solo = Solo::with_members(options, [2, 3]);
    let now = solo.now;
    let command: PingId = solo.machine.ping(now, node(2)).unwrap();
    solo.advance(ms(500));
    assert!(solo.events.iter().any(|e| matches!(e, Event::PingFailed { command: c, .. } if *c == command)));
    let (target, seq) = solo.until_probe();
    solo.ack(target, seq);
    let (target, _) = solo.until_probe();
    solo.advance(ms(500));
    solo.hear(if target == 2 { 3 } else { 2 }, Message::User("we hear".into()));
    solo.advance(secs(1));
    assert_eq!(solo.state(target), Some(State::Suspect));
    solo.hear(target, Message::Alive(alive(target, 2)));
    let (_, seq) = solo.until_probe();
    solo.machine.handle_send_failure(solo.now, seq);
    let mut changed = alive(3, 3);
    changed.meta = Meta::new("new");
    solo.hear(3, Message::Alive(changed));
    let mut moved = alive(3, 4);
    moved.node = Node::new(3, 9_999);
    solo.hear(3, Message::Alive(moved));
    solo.hear(3, Message::Suspect(suspect(ME, 1, 3)));
    solo.hear(3, Message::User("x".into()));
    solo.machine.join(solo.now, vec![addr(50)], Default::default()).unwrap();
    solo.drain();
    solo.advance(secs(12));
    solo.machine.broadcast(solo.now, None, "x".into()).unwrap();
    solo.hear(3, Message::Alive(alive(4, 1)));
    solo.advance_answering(secs(5));
    for id in [2, 3, 4] {
        let incarnation = solo.member(id).map_or(1, |m| m.incarnation.value());
        let from = if id == 4 { 4 } else { 9 };
        solo.hear(id, Message::Dead(dead(id, incarnation, from)));
    }
    solo.advance(secs(40));
    solo.machine.leave(solo.now).unwrap();
    solo.drain();
    seen.extend(solo.events.iter().map(name));

    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(ME, addr(ME)).with_incarnation(inc(u32::MAX));
    let mut last: Machine =
        crate::solo::endpoint(Instant::START, local, quiet(), &Framing::new(), rng).unwrap();
    last.handle_message(Instant::START, addr(2), Message::Suspect(suspect(ME, u32::MAX, 2)));
    last.handle_message(Instant::START, addr(2), Message::Alive(alive(2, 1)));
    seen.extend(std::iter::from_fn(|| last.poll_event()).map(|e| name(&e)));

    let all = [
        "joined",
        "left",
        "failed",
        "updated",
        "suspected",
        "recovered",
        "removed",
        "conflict",
        "refuted",
        "exhausted",
        "health",
        "user",
        "ping_completed",
        "ping_failed",
        "probe_aborted",
        "join_progress",
        "join_finished",
        "leave_finished",
        "broadcast_finished",
        "idle",
        "active",
        "rejected",
    ];
    let missing: Vec<_> = all.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "never raised: {missing:?}");
    assert!(!seen.contains("other"), "an event without a name in these tests");
}

/// W-07: every reason has its name and its counter.
#[test]
fn every_reason_of_refusal_has_a_name_and_a_counter() {
    let mut solo = Solo::new(quiet());
    let names: BTreeSet<_> = RejectReason::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), RejectReason::ALL.len());
    for reason in RejectReason::ALL {
        solo.machine.reject(solo.now, reason, None, None);
        assert_eq!(solo.machine.stats().rejected(reason), 1, "{}", reason.name());
    }
}

/// TestMemberlist_Integ: many nodes, each joined through the one before it.
#[test]
fn chain_of_joins_converges() {
    let mut net = Net::new(70);
    for id in 1..=32 {
        net.start(id, addr(id), Options::lan(), 1);
        if id > 1 {
            net.join(id, id - 1);
        }
    }
    assert!(net.run_until(secs(10), |net| net.all_see(32)));
}
