use super::*;
use crate::{Addr, Network, Options, Simulation};
use core::time::Duration;
use memberlist_proto::Member;

const HEALTHY: NodeIndex = NodeIndex(0);
const BLOCKED: NodeIndex = NodeIndex(1);
const BLOCKED_TOO: NodeIndex = NodeIndex(2);

/// A real report of a failure, to be made one of another member: its parts can't be made outside of the protocol.
fn report() -> (Member<Name, Addr>, FailureReason<Name>) {
    let mut report = None;
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        if let Step::Event(Event::Failed { member, reason }) = step {
            report = Some((member.clone(), reason.clone()));
        }
    };
    let mut cluster = Simulation::with_observer(1, Network::lan(), record);
    cluster.form(4, &Options::local()).unwrap();
    cluster.crash(NodeIndex(3));
    cluster.run_for(Duration::from_secs(60));
    drop(cluster);
    report.unwrap()
}

fn failed(of: NodeIndex) -> Event<Name, Addr> {
    let (mut member, reason) = report();
    member.node.id = Name(of);
    Event::Failed { member, reason }
}

fn counted(steps: &[(NodeIndex, Step<'_>)]) -> FalsePositives {
    let mut measure = FalsePositives::default();
    for (second, (node, step)) in steps.iter().enumerate() {
        measure.step(Instant::START + Duration::from_secs(second as u64), *node, step);
    }
    measure
}

#[test]
fn failure_of_a_member_without_fault_counts_at_each_observer_and_apart_at_healthy_ones() {
    let (healthy, other) = (failed(HEALTHY), failed(NodeIndex(9)));
    let block = || Step::Action(Action::Blocked(Duration::from_secs(1)));
    let measure = counted(&[
        (BLOCKED, block()),
        (BLOCKED, Step::Event(&healthy)),
        (BLOCKED, Step::Event(&other)),
        (NodeIndex(5), Step::Event(&healthy)),
        (NodeIndex(6), Step::Event(&healthy)),
        (NodeIndex(7), Step::Event(&other)),
    ]);
    assert_eq!((measure.all(), measure.at_healthy()), (5, 3));
    assert_eq!(measure.suspicions(), 0);
    let first: Vec<_> = measure.first().iter().map(|each| (each.at.as_nanos(), each.by, each.of)).collect();
    assert_eq!(first[0], (1_000_000_000, BLOCKED, HEALTHY));
    assert_eq!(first[4], (5_000_000_000, NodeIndex(7), NodeIndex(9)));
    assert_eq!(first.len(), 5);
}

#[test]
fn failure_of_a_member_with_a_fault_is_no_false_positive_even_when_the_fault_is_over() {
    let (one, two) = (failed(BLOCKED), failed(BLOCKED_TOO));
    for fault in [
        Action::Blocked(Duration::from_millis(1)),
        Action::Paused(Duration::from_millis(1)),
        Action::Crashed,
        Action::Vanished,
        Action::Leave,
        Action::Processing(Duration::from_secs(1)),
        Action::Clock(100),
    ] {
        let measure = counted(&[
            (BLOCKED, Step::Action(fault)),
            (BLOCKED, Step::Action(Action::Command)),
            (HEALTHY, Step::Event(&one)),
            (BLOCKED_TOO, Step::Event(&one)),
            (HEALTHY, Step::Event(&two)),
        ]);
        assert_eq!((measure.all(), measure.at_healthy()), (1, 1), "{fault:?}");
    }
}

#[test]
fn starting_joining_and_commands_are_no_faults() {
    let one = failed(BLOCKED);
    for deed in [Action::Started(Addr::new(BLOCKED, 0)), Action::Join, Action::Rejoin, Action::Command] {
        let measure = counted(&[(BLOCKED, Step::Action(deed)), (HEALTHY, Step::Event(&one))]);
        assert_eq!(measure.all(), 1, "{deed:?}");
        assert!(!measure.is_faulty(BLOCKED));
    }
}

#[test]
fn fault_after_the_report_does_not_excuse_it() {
    let one = failed(BLOCKED);
    let measure = counted(&[(HEALTHY, Step::Event(&one)), (BLOCKED, Step::Action(Action::Crashed))]);
    assert_eq!(measure.all(), 1);
}

#[test]
fn suspicions_of_members_without_fault_are_counted_and_others_not() {
    let mut measure = FalsePositives::default();
    let mut events = Vec::new();
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        if let Step::Event(event @ Event::Suspected { .. }) = step {
            events.push((*event).clone());
        }
    };
    let mut cluster = Simulation::with_observer(1, Network::lan(), record);
    cluster.form(4, &Options::local()).unwrap();
    cluster.crash(NodeIndex(3));
    cluster.run_for(Duration::from_secs(60));
    drop(cluster);
    assert!(events.len() >= 3, "each of the others");
    for event in &events {
        measure.step(Instant::START, HEALTHY, &Step::Event(event));
    }
    assert_eq!(measure.suspicions(), events.len() as u64);
    measure.step(Instant::START, NodeIndex(3), &Step::Action(Action::Crashed));
    for event in &events {
        measure.step(Instant::START, HEALTHY, &Step::Event(event));
    }
    assert_eq!((measure.suspicions(), measure.all()), (events.len() as u64, 0));
}

#[test]
fn details_are_kept_of_the_first_and_all_are_counted() {
    let one = failed(BLOCKED);
    let steps: Vec<_> = (0..200).map(|_| (HEALTHY, Step::Event(&one))).collect();
    let measure = counted(&steps);
    assert_eq!((measure.all(), measure.first().len()), (200, KEPT));
}
