//! The same name again: after a restart, at another address, or in two places.

use crate::{net::Net, solo::*};
use memberlist_proto::{
    AddressChange, Options,
    types::{Message, Node, State},
};

/// P-09: restart at the same address with an incarnation of its own making; G-09.
#[test]
fn restarted_node_is_visible_although_others_remember_more_of_it() {
    let mut net = Net::cluster(8, &Options::lan(), 21);
    for round in 0..20 {
        let now = net.now;
        net.with(5, |m| m.handle_message(now, addr(1), Message::Suspect(suspect(5, round + 1, 1))));
    }
    net.run(secs(3));
    net.crash(5);
    net.run(secs(1));
    net.start(5, addr(5), Options::lan(), 1);
    net.join(5, 1);
    let visible = |net: &Net| {
        let own = net.host(5).machine.local().incarnation;
        net.all_see(8) && net.up().all(|h| h.machine.member(&5).is_some_and(|m| m.incarnation == own))
    };
    assert!(net.run_until(secs(40), visible));
}

/// P-07: killed, restarted at another address while others still believe the old one alive.
#[test]
fn restart_at_a_new_address_is_accepted_within_seconds() {
    let mut net = Net::cluster(8, &Options::lan(), 22);
    net.crash(5);
    net.run(ms(100));
    net.start(5, 7_005, Options::lan(), 1_000);
    net.join(5, 1);
    let moved = |net: &Net| {
        net.up()
            .all(|h| h.machine.member(&5).is_some_and(|m| m.node.address == 7_005 && m.state == State::Alive))
    };
    assert!(net.run_until(secs(30), moved));
    net.run(secs(30));
    assert!(moved(&net) && net.all_see(8));
}

/// Q22 and P-07: after a death the name is free at once, with the default.
#[test]
fn dead_name_may_move_at_once() {
    let mut net = Net::cluster(5, &Options::lan(), 23);
    net.crash(5);
    assert!(net.run_until(secs(60), |net| net.all_see(4)));
    net.start(5, 7_005, Options::lan(), 1_000);
    net.join(5, 2);
    assert!(net.run_until(secs(5), |net| net.all_see(5)));
}

/// Two processes of one name: the first stays, both know of the conflict, and nothing flaps.
#[test]
fn clone_of_a_live_node_is_a_conflict_and_does_not_push_it_aside() {
    let mut net = Net::cluster(5, &Options::lan(), 24);
    net.start(5, 7_005, Options::lan(), 1_000);
    net.forget_events();
    net.join_from(7_005, 1);
    net.run(secs(30));
    for id in 1..=4 {
        assert_eq!(net.host(id).machine.member(&5).unwrap().node.address, addr(5), "seen by {id}");
        assert_eq!(net.count(id, "failed"), 0);
    }
    assert!(net.total("conflict") > 0);
}

fn claim(address: u16) -> Msg {
    let mut moved = alive(2, 9);
    moved.node = Node::new(2, address);
    Message::Alive(moved)
}

/// The default is safe: nobody is pushed aside by a message alone.
#[test]
fn moved_address_is_accepted_only_if_the_old_one_is_silent_and_the_new_one_answers() {
    for (old_answers, new_answers, accepted) in
        [(false, true, true), (true, true, false), (false, false, false), (true, false, false)]
    {
        let mut solo = Solo::with_members(quiet(), [2, 3]);
        solo.hear_from(77, claim(77));
        let request = solo.requests.first().cloned().expect("the new address is asked");
        assert_eq!(request.to, 77);
        let (to, ping) = solo.pings().pop().expect("the old address is asked");
        assert_eq!((to, ping.target), (addr(2), Some(2)));
        if new_answers {
            let mut said = state_of(2, 9, State::Alive);
            said.node.address = 77;
            solo.merge(Some(request.id), vec![said]);
        }
        if old_answers {
            solo.ack(2, ping.seq);
        }
        // Meanwhile the regular probes are answered, so that nothing but the claim decides.
        solo.advance_answering(secs(2));
        let expected = if accepted { 77 } else { addr(2) };
        assert_eq!(solo.member(2).unwrap().node.address, expected, "old {old_answers}, new {new_answers}");
    }
}

#[test]
fn stricter_rules_for_a_moved_address_hold() {
    let mut options = quiet();
    options.address_change = AddressChange::AfterLeave;
    let mut solo = Solo::with_members(options.clone(), [2, 3]);
    solo.hear_from(77, claim(77));
    assert!(solo.requests.is_empty());
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.hear_from(77, claim(77));
    assert_eq!(solo.state(2), Some(State::Dead));

    options.address_change = AddressChange::AfterDeath(secs(10));
    let mut solo = Solo::with_members(options, [2, 3]);
    solo.hear(3, Message::Dead(dead(2, 1, 3)));
    solo.advance(secs(9));
    solo.hear_from(77, claim(77));
    assert_eq!(solo.state(2), Some(State::Dead));
    solo.advance(secs(1));
    solo.hear_from(77, claim(77));
    assert_eq!(solo.member(2).unwrap().node.address, 77);
}

/// F-32, F-33: restarts under the same name never multiply: one record a name.
/// D-05, P-07
#[test]
fn hundred_restarts_leave_one_record() {
    let mut net = Net::cluster(4, &Options::lan(), 25);
    for restart in 0..100u16 {
        net.crash(4);
        net.hosts.retain(|_, h| h.up);
        net.start(4, 8_000 + restart, Options::lan(), 1_000 + u32::from(restart));
        net.join(4, 1);
        net.run(secs(2));
    }
    assert!(net.run_until(secs(90), |net| net.all_see(4)));
    assert!(net.up().all(|h| h.machine.known().len() == 4));
}

/// TestMemberlist_Restart_delegateMeta_Update (commented out upstream): a fast restart at the same incarnation, with other
/// metadata.
#[test]
fn new_metadata_after_a_fast_restart_spreads() {
    let mut net = Net::cluster(5, &Options::lan(), 26);
    net.crash(4);
    net.hosts.retain(|_, h| h.up);
    let local = memberlist_proto::LocalNode::new(4, addr(4)).with_meta("v2".into());
    net.start_with(local, Options::lan());
    net.join(4, 1);
    let spread = |net: &Net| net.up().all(|h| h.machine.member(&4).is_some_and(|m| m.meta == "v2".into()));
    assert!(net.run_until(secs(5), spread));
}

/// A member that slept through a restart at another address, at the same incarnation, learns the new address: it must not
/// be kept in its belief by helpers who ping the new one for it.
#[test]
fn sleeper_learns_of_a_restart_at_a_new_address_with_the_same_incarnation() {
    for seed in 0..5 {
        let mut net = Net::cluster(6, &Options::lan(), 70 + seed);
        let own = net.host(5).machine.local().incarnation.value();
        net.cut = Box::new(|a, b, _| a == 3 || b == 3);
        net.crash(5);
        net.hosts.retain(|_, h| h.up);
        net.start(5, 7_005, Options::lan(), own);
        net.join(5, 1);
        net.run(secs(6));
        net.cut = Box::new(|_, _, _| false);
        let moved = |net: &Net| {
            net.all_see(6) && net.up().all(|h| h.machine.member(&5).is_some_and(|m| m.node.address == 7_005))
        };
        assert!(net.run_until(secs(90), moved), "seed {seed}");
    }
}

/// The same incarnation at another address is a claim like a newer one: both addresses are asked.
#[test]
fn claim_of_the_same_incarnation_is_verified() {
    for old_answers in [false, true] {
        let mut solo = Solo::with_members(quiet(), [2, 3]);
        let mut moved = alive(2, 1);
        moved.node.address = 77;
        solo.hear(3, Message::Alive(moved));
        let request = solo.requests.pop().expect("the new address is asked");
        let (_, ping) = solo.pings().pop().expect("the old address is asked");
        let mut said = state_of(2, 1, State::Alive);
        said.node.address = 77;
        solo.merge(Some(request.id), vec![said]);
        if old_answers {
            solo.ack(2, ping.seq);
        }
        solo.advance_answering(secs(2));
        assert_eq!(solo.member(2).unwrap().node.address, if old_answers { addr(2) } else { 77 });
    }
}
