use super::*;
use crate::{Network, Options, Simulation};
use core::time::Duration;

#[test]
fn sees_a_cluster_complete_and_a_death_found_and_nobody_else_die() {
    let mut cluster = Simulation::with_observer(1, Network::lan(), Watch::new(8));
    cluster.form(8, &Options::lan()).unwrap();
    assert!(cluster.observer().is_complete());
    cluster.run_for(Duration::from_secs(3));
    cluster.observer_mut().expect_death(NodeIndex(2));
    cluster.crash(NodeIndex(2));
    assert!(cluster.run_until(Duration::from_secs(60), |cluster| cluster.observer().is_found_by_all()));
    let watch = cluster.into_observer();
    assert_eq!(watch.findings().len(), 7);
    assert!(watch.findings().is_sorted());
    assert_eq!((watch.false_deaths, watch.false_suspicions), (0, 0));
    assert!(!watch.is_complete(), "all count one less now");
}

#[test]
fn death_of_a_node_that_is_alive_is_counted_once_for_each_who_believes_it() {
    let mut cluster = Simulation::with_observer(1, Network::lan(), Watch::new(6));
    cluster.form(6, &Options::lan()).unwrap();
    cluster.network_mut().cut(|from, to| (from.0 == 3) != (to.0 == 3));
    cluster.run_for(Duration::from_secs(60));
    let watch = cluster.into_observer();
    assert_eq!(watch.false_deaths, 10, "five others hold it for dead, and it them");
    assert!(watch.false_suspicions >= 10);
}

#[test]
fn sizes_are_counted_until_all_agree() {
    let mut watch = Watch::new(3);
    for (node, members) in [(0, 2), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3), (0, 1)] {
        watch.counts(NodeIndex(node), members);
    }
    assert_eq!(watch.distinct_sizes(), 2, "two and three; the one comes after all had agreed");
    assert!(!watch.is_complete());
}
