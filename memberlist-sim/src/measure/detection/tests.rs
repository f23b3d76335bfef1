use super::*;
use crate::{Addr, Name, Network, Options, Simulation};

const VICTIM: NodeIndex = NodeIndex(3);

fn at(seconds: u64) -> Instant {
    Instant::START + Duration::from_secs(seconds)
}

/// A real report of the failure of node 3.
fn report() -> Event<Name, Addr> {
    let mut report = None;
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        if let Step::Event(event @ Event::Failed { .. }) = step {
            report = Some((*event).clone());
        }
    };
    let mut cluster = Simulation::with_observer(1, Network::lan(), record);
    cluster.form(4, &Options::local()).unwrap();
    cluster.crash(VICTIM);
    cluster.run_for(Duration::from_secs(60));
    drop(cluster);
    report.unwrap()
}

#[test]
fn times_count_from_the_crash_and_each_observer_counts_once() {
    let report = report();
    for crash in [Action::Crashed, Action::Vanished] {
        let mut measure = Detection::default();
        measure.step(at(10), VICTIM, &Step::Action(crash));
        assert_eq!((measure.first(VICTIM), measure.observers(VICTIM)), (None, 0));
        for (second, by) in [(13, 7), (14, 5), (15, 7), (19, 6)] {
            measure.step(at(second), NodeIndex(by), &Step::Event(&report));
        }
        assert_eq!(measure.first(VICTIM), Some(Duration::from_secs(3)));
        assert_eq!(measure.after(VICTIM, 2), Some(Duration::from_secs(4)));
        assert_eq!(measure.after(VICTIM, 3), Some(Duration::from_secs(9)));
        assert_eq!((measure.after(VICTIM, 4), measure.after(VICTIM, 0)), (None, None));
        assert_eq!(measure.observers(VICTIM), 3);
        assert_eq!(measure.first(NodeIndex(7)), None);
    }
}

#[test]
fn reports_of_a_node_that_runs_are_no_detection_and_the_last_crash_counts() {
    let report = report();
    let mut measure = Detection::default();
    measure.step(at(1), NodeIndex(7), &Step::Event(&report));
    measure.step(at(2), VICTIM, &Step::Action(Action::Crashed));
    assert_eq!(measure.observers(VICTIM), 0, "what was said before");
    measure.step(at(4), NodeIndex(7), &Step::Event(&report));
    measure.step(at(5), VICTIM, &Step::Action(Action::Started(Addr::new(VICTIM, 0))));
    measure.step(at(6), NodeIndex(5), &Step::Event(&report));
    assert_eq!(measure.first(VICTIM), None, "it runs again");
    measure.step(at(20), VICTIM, &Step::Action(Action::Crashed));
    measure.step(at(21), NodeIndex(5), &Step::Event(&report));
    assert_eq!(measure.first(VICTIM), Some(Duration::from_secs(1)));
}

#[test]
fn measured_of_a_cluster_the_last_finds_out_soon_after_the_first() {
    let mut cluster = Simulation::with_observer(7, Network::lan(), Detection::default());
    cluster.form(16, &Options::lan()).unwrap();
    cluster.run_for(Duration::from_secs(2));
    cluster.crash(VICTIM);
    assert!(cluster.run_until(Duration::from_secs(60), |cluster| cluster.observer().observers(VICTIM) == 15));
    let found = cluster.into_observer();
    let (first, last) = (found.first(VICTIM).unwrap(), found.after(VICTIM, 15).unwrap());
    // 4 x log10(16) s of suspicion, and a probe that fails before.
    assert!(first >= Duration::from_millis(5_800) && last <= Duration::from_secs(12), "{first:?} {last:?}");
    assert!(last - first < Duration::from_secs(2));
}
