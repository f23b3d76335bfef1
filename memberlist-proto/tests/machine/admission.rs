//! Trust limits: what the network can't do to us.

use crate::{net::Net, solo::*};
use memberlist_proto::{
    CommandError, CreateError, Endpoint, Event, Instant, LocalNode, Options, RejectReason, StreamRequestKind,
    types::{Framing, Message, Meta, NativeWire, State},
};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

/// W-06: forged joins never grow the table past the cap; known members are still updated at the cap. W-07
#[test]
fn table_is_capped_and_known_members_still_change() {
    let mut options = quiet();
    options.max_members = 10;
    let mut solo = Solo::new(options);
    for id in 2..1_000 {
        solo.hear(3, Message::Alive(alive(id, 1)));
    }
    let stats = solo.machine.stats();
    assert_eq!((stats.known, stats.rejected(RejectReason::MembersFull)), (10, 989));
    assert_eq!(
        solo.events.iter().filter(|e| matches!(e, Event::Rejected(_))).count(),
        1,
        "reports are rate-limited"
    );
    solo.hear(2, Message::Alive(alive(2, 2)));
    assert_eq!(solo.member(2).unwrap().incarnation, inc(2));
}

/// W-05: at the bound accepted, beyond it refused.
#[test]
fn hearsay_is_trusted_up_to_the_jump_limit() {
    let mut options = quiet();
    options.max_incarnation_jump = 16;
    for (incarnation, accepted) in [(16, true), (17, true), (18, false), (u32::MAX, false)] {
        for message in [
            Message::Alive(alive(2, incarnation)),
            Message::Suspect(suspect(2, incarnation, 3)),
            Message::Dead(dead(2, incarnation, 3)),
        ] {
            let mut solo = Solo::with_members(options.clone(), [2, 3]);
            solo.hear(3, message.clone());
            let known = solo.member(2).unwrap().incarnation.value();
            assert_eq!(known == incarnation, accepted, "{message:?}");
            assert_eq!(solo.machine.stats().rejected(RejectReason::IncarnationJump), u64::from(!accepted));
        }
    }
}

/// W-05, D-01: the bound hides nobody. A newcomer learns a member that refuted a thousand times.
#[test]
fn newcomer_learns_a_member_far_ahead() {
    let mut options = Options::lan();
    options.max_incarnation_jump = 16;
    let mut net = Net::cluster(4, &options, 9);
    for round in 0..1_000 {
        let now = net.now;
        net.with(2, |m| m.handle_message(now, addr(1), Message::Suspect(suspect(2, round + 1, 1))));
    }
    net.run(secs(5));
    let ahead = net.host(2).machine.local().incarnation.value();
    assert!(ahead > 1_000);
    net.start(9, addr(9), options, 1);
    net.join(9, 1);
    assert!(net.run_until(secs(10), |net| net.all_see(5)));
    let known = |net: &Net, at| net.host(at).machine.member(&2).map(|m| m.incarnation.value());
    assert!(net.run_until(secs(60), |net| (1..=4).chain([9]).all(|at| known(net, at) >= Some(ahead))));
    net.crash(2);
    assert!(net.run_until(secs(60), |net| net.all_see(4)), "and its death");
}

/// D-01: a member that is known far behind is asked itself, and then believed.
#[test]
fn jump_is_believed_when_the_node_itself_confirms_it() {
    let mut options = quiet();
    options.max_incarnation_jump = 16;
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.hear(3, Message::Alive(alive(2, 5_000)));
    let request = solo.requests.first().cloned().expect("a question to the node itself");
    assert_eq!((request.to, request.kind), (addr(2), StreamRequestKind::PushPull { join: false }));
    solo.merge(Some(request.id), vec![state_of(2, 5_001, State::Alive)]);
    assert_eq!(solo.member(2).unwrap().incarnation, inc(5_001));
}

/// Wall-clock incarnations: a member that restarts an hour later is an hour ahead, and that is plausible.
#[test]
fn restart_is_plausible_by_the_clock() {
    let mut options = quiet();
    options.max_incarnation_jump = 100;
    let mut solo = Solo::with_members(options, [2]);
    solo.advance(secs(3_600));
    solo.hear(2, Message::Alive(alive(2, 3_650)));
    assert_eq!(solo.member(2).unwrap().incarnation, inc(3_650));
}

/// W-12 forged MAX, W-13, F-11: a forged accusation can't exhaust us by a packet; at the end of all incarnations it is said.
#[test]
fn forged_accusation_can_not_exhaust_our_incarnations() {
    let mut solo = Solo::new(quiet());
    solo.hear(3, Message::Suspect(suspect(ME, u32::MAX, 3)));
    solo.hear(3, Message::Dead(dead(ME, u32::MAX - 1, 3)));
    assert_eq!(solo.incarnation(), 1);
    assert_eq!(solo.machine.stats().rejected(RejectReason::IncarnationJump), 2);
}

/// W-08, F-11: saturation is a typed event, never a wrap.
#[test]
fn exhausted_incarnation_is_reported() {
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(ME, addr(ME)).with_incarnation(inc(u32::MAX - 1));
    let mut machine = crate::solo::endpoint(Instant::START, local, quiet(), &Framing::new(), rng).unwrap();
    while machine.poll_event().is_some() {}
    machine.handle_message(Instant::START, addr(2), Message::Suspect(suspect(ME, u32::MAX - 1, 2)));
    assert_eq!(machine.local().incarnation, inc(u32::MAX));
    machine.handle_message(Instant::START, addr(2), Message::Suspect(suspect(ME, u32::MAX, 2)));
    assert_eq!(machine.local().incarnation, inc(u32::MAX));
    let events: Vec<_> = std::iter::from_fn(|| machine.poll_event()).collect();
    assert!(events.contains(&Event::IncarnationExhausted));
    assert_eq!(machine.update_meta(Instant::START, "x".into()), Err(CommandError::IncarnationExhausted));
}

/// Bytes and work for each peer are bounded; other peers do not pay for it.
#[test]
fn flood_of_one_peer_is_cut_and_counted() {
    let mut options = quiet();
    options.max_peer_messages = 100;
    options.max_peer_bytes = 10_000;
    let mut solo = Solo::with_members(options, [2, 3]);
    let ping = |seq| {
        Message::Ping(memberlist_proto::types::Ping {
            seq: memberlist_proto::types::SequenceNumber(seq),
            target: Some(ME),
            source: Some(node(2)),
        })
    };
    for seq in 0..1_000 {
        solo.hear(2, ping(seq));
    }
    assert!((99..=100).contains(&solo.acks().len()), "{}", solo.acks().len());
    assert!(solo.machine.stats().rejected(RejectReason::PeerBudget) >= 900);
    solo.clear();
    solo.hear(3, ping(1));
    assert_eq!(solo.acks().len(), 1);
    assert!(solo.machine.admit_packet(solo.now, &addr(2), 9_000));
    assert!(!solo.machine.admit_packet(solo.now, &addr(2), 9_000));
    assert!(solo.machine.admit_packet(solo.now, &addr(3), 9_000));
    solo.advance(secs(1));
    assert!(solo.machine.admit_packet(solo.now, &addr(2), 9_000));
}

/// P-16, Q16: metadata over the limit is an error here and a counted refusal from elsewhere.
#[test]
fn metadata_over_the_limit_is_an_error_not_a_crash() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let big = Meta::new(vec![0u8; 513]);
    assert!(
        matches!(solo.machine.update_meta(solo.now, big.clone()), Err(CommandError::Meta(e)) if e.limit == 512)
    );
    let mut heavy = alive(3, 1);
    heavy.meta = big.clone();
    solo.hear(3, Message::Alive(heavy));
    assert_eq!(solo.state(3), None);
    assert_eq!(solo.machine.stats().rejected(RejectReason::MetaTooLarge), 1);
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let local = LocalNode::new(ME, addr(ME)).with_meta(big);
    let made = crate::solo::endpoint(Instant::START, local, quiet(), &Framing::new(), rng);
    assert!(matches!(made, Err(CreateError::Node(CommandError::Meta(_)))));
}

/// 9.4 TestMemberlist_delegateMeta_Update; Q17
#[test]
fn metadata_change_raises_the_incarnation_and_is_reported() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.machine.update_meta(solo.now, Meta::new("v2")).unwrap();
    solo.drain();
    assert_eq!((solo.incarnation(), solo.machine.local().meta), (2, Meta::new("v2")));
    assert_eq!(names(&solo.events), ["updated"]);
}

/// Q25: a name so long that no ping to it fits is not admitted, nor accepted as our own.
#[test]
fn name_that_fits_no_packet_is_refused() {
    type Named = Endpoint<String, u16, NativeWire>;
    let mut options = quiet();
    options.packet_size = 512;
    options.max_meta_size = 64;
    let make = |name: String| {
        let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
        let local = LocalNode::new(name, 1);
        Named::new(Instant::START, local, options.clone(), &Framing::new(), NativeWire, rng)
    };
    assert!(make(String::new()).is_err(), "an empty name is none");
    assert!(make("x".repeat(256)).is_err());
    let mut machine = make("me".into()).unwrap();
    let long = "y".repeat(250);
    let node = memberlist_proto::types::Node::new(long, 2);
    let versions = Some(Default::default());
    let alive = memberlist_proto::types::Alive {
        incarnation: inc(1),
        node,
        meta: Meta::EMPTY,
        versions,
        layers: Default::default(),
    };
    machine.handle_message(Instant::START, 2, Message::Alive(alive.clone()));
    // 250 bytes of name still fit a ping of 512 bytes; with a smaller packet they do not.
    assert_eq!(machine.num_members(), 2);
}

/// F-54, bounded: events that nobody fetches are dropped and counted.
#[test]
fn unfetched_events_are_bounded() {
    let mut options = quiet();
    options.max_events = 10;
    let mut machine = machine(ME, options, 1);
    for n in 0..100u32 {
        machine.handle_message(Instant::START, addr(2), Message::User(n.to_string().into()));
    }
    assert_eq!(machine.stats().events_dropped, 91);
}

/// F-58: options change at run time, or the field that can't is named.
#[test]
fn options_change_at_run_time_or_name_the_field() {
    let mut solo = Solo::with_members(quiet(), [2]);
    let mut options = quiet();
    options.probe_interval = ms(2_000);
    solo.machine.set_options(solo.now, options.clone()).unwrap();
    assert_eq!(solo.machine.options().probe_interval, secs(2));
    options.packet_size = 9_000;
    let error = solo.machine.set_options(solo.now, options.clone()).unwrap_err();
    assert!(error.to_string().contains("packet_size"), "{error}");
    options.packet_size = 1_400;
    options.probe_timeout = secs(5);
    let error = solo.machine.set_options(solo.now, options).unwrap_err();
    assert!(error.to_string().contains("probe_timeout"), "{error}");
}
