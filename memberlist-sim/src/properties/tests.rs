use super::*;
use crate::NodeIndex;
use case::Cluster;

mod sabotage;

fn checked(name: &str, seed: u64) -> Facts {
    let property = Property::named(name).unwrap();
    let mut case = Case::new(seed).with_largest(16);
    property.check(&mut case).unwrap_or_else(|broken| panic!("{name}, seed {seed}: {broken}"))
}

/// The quick version of what `.ci/sim` does: few seeds and small clusters, but each node's whole table is looked at after every event.
#[test]
fn every_property_holds_for_a_few_seeds() {
    let plan = Plan { seeds: 0..3, largest: 16, checks: Checks::Every, ..Plan::default() };
    let report = run(&plan, |_| {}).unwrap();
    let violations: Vec<String> = report.violations().map(ToString::to_string).collect();
    assert_eq!(violations, [""; 0]);
    assert_eq!(report.lines.len(), ALL.len());
    for line in &report.lines {
        assert_eq!(line.outcomes.len(), 3, "{}", line.property);
    }
}

#[test]
fn invariants_are_checked_after_every_event_in_debug_builds() {
    let usual = if cfg!(debug_assertions) { Checks::Every } else { Checks::Off };
    assert_eq!((Plan::default().checks, Checks::default()), (usual, usual));
}

#[test]
fn same_seed_gives_the_same_facts_however_closely_one_looks() {
    for property in ALL {
        let facts = checked(property.name, 11);
        let mut again = Case::new(11).with_largest(16).with_checks(Checks::Off);
        assert_eq!(property.check(&mut again).unwrap(), facts, "{}", property.name);
    }
}

#[test]
fn names_are_unique_and_promises_are_said() {
    for (place, property) in ALL.iter().enumerate() {
        assert!(ALL.iter().skip(place + 1).all(|other| other.name != property.name));
        assert!(property.promise.len() > 20 && !property.promise.ends_with('.'), "{property:?}");
    }
}

#[test]
fn trace_has_a_line_for_each_step() {
    #[derive(Clone, Default)]
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let trace = Shared::default();
    let mut case = Case::new(3).with_trace(Box::new(trace.clone()));
    let mut cluster = case.cluster(crate::Network::lan());
    cluster.formed(2, &crate::Options::lan()).unwrap();
    cluster.pass(Duration::from_secs(5)).unwrap();
    let text = String::from_utf8(trace.0.lock().unwrap().clone()).unwrap();
    assert!(text.starts_with("0.000000000 0 Action(Started("), "{text}");
    assert!(text.lines().count() > 40);
}

/// What `wrong_views` says of a cluster in which something is wrong.
#[test]
fn wrong_views_are_named() {
    let mut case = Case::new(3);
    let mut cluster: Cluster = case.cluster(crate::Network::lan());
    cluster.formed(3, &crate::Options::lan()).unwrap();
    assert!(cluster.wrong_views().starts_with("0 of 3"));
    cluster.crash(NodeIndex(2));
    let wrong = cluster.wrong_views();
    assert!(wrong.starts_with("2 of 2") && wrong.contains("node-00002"), "{wrong}");
    cluster.restart(NodeIndex(2), crate::Restart::SameAddress).unwrap();
    assert!(cluster.wrong_views().contains("misses"), "{}", cluster.wrong_views());
}
