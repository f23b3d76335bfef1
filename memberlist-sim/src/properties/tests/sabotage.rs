//! Each property can fail: shown a cluster that can't keep its promise, it says so.

use super::*;
use crate::{Flight, Medium, Options, Step, Verdict};
use memberlist_proto::Event;
use truth::Truth;
use watch::Sabotage;

const NO_OPTIONS: fn(&mut Options) = |_| {};
const NO_FAULT: fn(&mut Cluster) = |_| {};

/// The complaints of a property about so many sabotaged situations.
fn complaints(name: &str, seeds: u64, sabotage: Sabotage) -> impl Iterator<Item = String> {
    let property = Property::named(name).unwrap();
    (0..seeds).filter_map(move |seed| {
        let mut case = Case::new(seed).with_largest(12).with_checks(Checks::Every).with_sabotage(sabotage);
        property.check(&mut case).err().map(|broken| broken.what)
    })
}

fn assert_complains(name: &str, sabotage: Sabotage, of: &str) {
    assert!(
        complaints(name, 20, sabotage).any(|what| what.contains(of)),
        "{name} does not complain of `{of}`"
    );
}

/// One node hears no packets, and nobody helps.
fn deafen(cluster: &mut Cluster) {
    cluster.network_mut().add_rule(|flight: &Flight<'_>| {
        if flight.to == NodeIndex(1) && flight.medium == Medium::Packet {
            Verdict::Drop
        } else {
            Verdict::Pass
        }
    });
}

#[test]
fn quiet_without_faults_notices_a_node_that_hears_nothing() {
    let sabotage = Sabotage { options: |options| options.stream_ping = false, cluster: deafen };
    assert_complains("quiet_without_faults", sabotage, "nothing is wrong");
}

#[test]
fn crashes_are_found_notices_that_nobody_probes() {
    let sabotage = Sabotage { options: |options| options.probe_interval = Duration::ZERO, cluster: NO_FAULT };
    assert_complains("crashes_are_found", sabotage, "ago (bound");
}

#[test]
fn crashes_are_found_notices_suspicions_that_last_too_long() {
    let sabotage = Sabotage { options: |options| options.suspicion_mult *= 100, cluster: NO_FAULT };
    assert_complains("crashes_are_found", sabotage, "ago (bound");
}

#[test]
fn crashes_are_found_notices_that_most_are_slower_than_the_model() {
    let slow = Facts { figures: vec![(crash::SLOW, 1.0)], ..Facts::default() };
    let prompt = Facts { figures: vec![(crash::SLOW, 0.0)], ..Facts::default() };
    let runs = |slows: usize| {
        let mut facts = vec![prompt.clone(); 300 - slows];
        facts.extend(vec![slow.clone(); slows]);
        facts
    };
    let property = Property::named("crashes_are_found").unwrap();
    assert!(property.judge(&runs(3)).is_ok());
    assert!(property.judge(&runs(20)).is_err());
}

#[test]
fn partitions_heal_notices_that_healing_is_off() {
    let options = |options: &mut Options| {
        options.healing = false;
        options.gossip_to_the_dead = Duration::from_secs(1);
    };
    assert_complains("partitions_heal", Sabotage { options, cluster: NO_FAULT }, "after the faults ended");
}

#[test]
fn partitions_heal_notices_that_nothing_was_split() {
    let facts = |split| vec![Facts { figures: vec![(partition::SPLIT, split)], ..Facts::default() }; 50];
    let property = Property::named("partitions_heal").unwrap();
    assert!(property.judge(&facts(1.0)).is_ok() && property.judge(&facts(0.0)).is_err());
}

#[test]
fn views_converge_notices_that_healing_is_off() {
    let options = |options: &mut Options| options.healing = false;
    assert_complains("views_converge", Sabotage { options, cluster: NO_FAULT }, "after the faults ended");
}

#[test]
fn views_converge_notices_a_fault_that_does_not_end() {
    let sabotage = Sabotage { options: |options| options.stream_ping = false, cluster: deafen };
    assert!(complaints("views_converge", 6, sabotage).next().is_some());
}

/// A node that nobody hears any more.
fn silence(cluster: &mut Cluster) {
    cluster.network_mut().cut(|from, _| from == NodeIndex(1));
}

#[test]
fn refutation_wins_notices_a_node_that_can_not_refute() {
    let sabotage = Sabotage { options: NO_OPTIONS, cluster: silence };
    assert_complains("refutation_wins", sabotage, "after the faults ended");
}

#[test]
fn refutation_wins_notices_a_death_after_a_refutation() {
    let (_, failed) = accusations();
    let mut claim = refutation::refuted_is_no_death(Default::default());
    let mut see =
        |event: &Event<_, _>| claim(&Truth::default(), Instant::START, NodeIndex(0), &Step::Event(event));
    let Event::Failed { member, .. } = &failed else { panic!("a death") };
    let mut refuted = member.clone();
    refuted.incarnation = refuted.incarnation.next();
    see(&failed).unwrap();
    see(&Event::Recovered { member: refuted, suspected_for: Duration::ZERO }).unwrap();
    assert!(see(&failed).unwrap_err().starts_with("it had refuted"));
}

#[test]
fn refutation_wins_notices_that_short_stalls_kill() {
    let facts = |killed| {
        let figures = vec![(refutation::ACCUSED, 1.0), (refutation::KILLED, killed)];
        vec![Facts { figures, ..Facts::default() }; 100]
    };
    let property = Property::named("refutation_wins").unwrap();
    assert!(property.judge(&facts(0.0)).is_ok() && property.judge(&facts(1.0)).is_err());
    let nobody = vec![Facts { figures: vec![(refutation::ACCUSED, 0.0)], ..Facts::default() }; 100];
    assert!(property.judge(&nobody).unwrap_err().contains("anybody accused"));
}

/// That somebody was suspected, and that it was declared dead, as a cluster reports it.
fn accusations() -> (Event<crate::Name, crate::Addr>, Event<crate::Name, crate::Addr>) {
    let mut events = Vec::new();
    let record = |_: Instant, node: NodeIndex, step: &Step<'_>| {
        if let (NodeIndex(0), Step::Event(event @ (Event::Suspected { .. } | Event::Failed { .. }))) =
            (node, step)
        {
            events.push((*event).clone());
        }
    };
    let mut cluster = crate::Simulation::with_observer(1, crate::Network::lan(), record);
    cluster.form(3, &Options::lan()).unwrap();
    cluster.crash(NodeIndex(2));
    cluster.run_for(Duration::from_secs(60));
    drop(cluster);
    (events[0].clone(), events[1].clone())
}

#[test]
fn dead_stay_dead_notices_a_resurrection() {
    let (_, failed) = accusations();
    let Event::Failed { member, .. } = &failed else { panic!("a death") };
    let of = member.node.id.0;
    let truth = || {
        let mut truth = Truth::default();
        for node in 0..3 {
            let started = Step::Action(crate::Action::Started(crate::Addr::new(NodeIndex(node), 0)));
            truth.step(Instant::START, NodeIndex(node), &started);
        }
        truth.step(Instant::START, of, &Step::Action(crate::Action::Crashed));
        truth
    };
    let joined = Event::Joined(member.clone());
    let mut claim = resurrection::no_resurrection();
    let mut see = |truth: &Truth, step: &Step<'_>| claim(truth, Instant::START, NodeIndex(0), step);
    see(&truth(), &Step::Event(&joined)).unwrap();
    see(&truth(), &Step::Event(&failed)).unwrap();
    assert!(see(&truth(), &Step::Event(&joined)).unwrap_err().contains("had seen the end"));
    // A new process of the node may return, and a new process of the observer may believe what it likes.
    let mut alive = truth();
    alive.step(Instant::START, of, &Step::Action(crate::Action::Started(crate::Addr::new(of, 1))));
    see(&alive, &Step::Event(&joined)).unwrap();
    see(&truth(), &Step::Action(crate::Action::Started(crate::Addr::new(NodeIndex(0), 0)))).unwrap();
    see(&truth(), &Step::Event(&joined)).unwrap();
}

#[test]
fn dead_stay_dead_notices_that_nothing_was_said_again() {
    let facts = vec![Facts { figures: vec![(resurrection::REPLAYED, 0.0)], ..Facts::default() }; 5];
    assert!(Property::named("dead_stay_dead").unwrap().judge(&facts).is_err());
}

#[test]
fn departures_notice_one_who_does_not_hear_them() {
    // Neither departures nor what sets right who missed one are heard, nor are push/pulls.
    let cluster = |cluster: &mut Cluster| {
        cluster.network_mut().cut(|from, to| (from == NodeIndex(1)) != (to == NodeIndex(1)));
    };
    let sabotage = Sabotage { options: |options| options.stall_rules = false, cluster };
    assert_complains("departures_are_no_failures", sabotage, "the other has left");
}

#[test]
fn departures_notice_that_mistakes_are_frequent() {
    let facts =
        |mistaken| vec![Facts { figures: vec![(departure::MISTAKEN, mistaken)], ..Facts::default() }; 100];
    let property = Property::named("departures_are_no_failures").unwrap();
    assert!(property.judge(&facts(0.0)).is_ok() && property.judge(&facts(1.0)).is_err());
}

#[test]
fn limits_hold_notices_a_queue_that_is_too_short() {
    let sabotage = Sabotage { options: |options| options.max_user_broadcasts = 1, cluster: NO_FAULT };
    assert_complains("limits_hold", sabotage, "a broadcast was refused");
}

#[test]
fn invariants_are_checked_in_every_property() {
    let sabotage = Sabotage { options: NO_OPTIONS, cluster: |cluster| cluster.observer_mut().spoil() };
    for property in ALL {
        let complaint = complaints(property.name, 1, sabotage).next();
        assert!(
            complaint.as_ref().is_some_and(|what| what.starts_with("19:")),
            "{}: {complaint:?}",
            property.name
        );
    }
}
