//! Each property can fail: shown a cluster that can't keep its promise, it says so.

use super::*;
use crate::{Flight, Medium, Options, Verdict};
use watch::Sabotage;

const NO_OPTIONS: fn(&mut Options) = |_| {};
const NO_FAULT: fn(&mut Cluster) = |_| {};

/// The complaints of a property about so many sabotaged situations.
fn complaints(name: &str, seeds: u64, sabotage: Sabotage) -> Vec<String> {
    let property = Property::named(name).unwrap();
    let broken = (0..seeds).filter_map(|seed| {
        let mut case = Case::new(seed).with_largest(12).with_sabotage(sabotage);
        property.check(&mut case).err()
    });
    broken.map(|broken| broken.what).collect()
}

fn assert_complains(name: &str, sabotage: Sabotage, of: &str) {
    let complaints = complaints(name, 6, sabotage);
    assert!(complaints.iter().any(|what| what.contains(of)), "{name}: {complaints:#?}");
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
    let complaints = complaints("views_converge", 6, sabotage);
    assert!(!complaints.is_empty());
}

#[test]
fn invariants_are_checked_in_every_property() {
    let sabotage = Sabotage { options: NO_OPTIONS, cluster: |cluster| cluster.observer_mut().spoil() };
    for property in ALL {
        let complaints = complaints(property.name, 1, sabotage);
        assert!(complaints.iter().any(|what| what.starts_with("19:")), "{}: {complaints:?}", property.name);
    }
}
