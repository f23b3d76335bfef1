//! Each contender end to end, as small as it can be: in processes of their own, as the program `compare` runs them.

#![cfg(feature = "compare")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use memberlist_benches::compare::{Figure, Job, Manner, Name, Outcome, Quantity, Task, runner};
use std::{path::Path, time::Duration};

fn run(contender: Name, task: Task) -> Outcome {
    let program = Path::new(env!("CARGO_BIN_EXE_compare"));
    runner::run(program, &Job { task, contender, seed: 1 }, Duration::from_secs(task.deadline()))
}

fn figures(contender: Name, task: Task) -> Vec<Figure> {
    match run(contender, task) {
        Outcome::Measured(figures) => figures,
        other => panic!("{contender}, {task}: {other:?}"),
    }
}

fn value(figures: &[Figure], quantity: Quantity) -> f64 {
    figures.iter().find(|figure| figure.quantity == quantity).unwrap().values[0]
}

const PACKETS: Task = Task::Packets { bytes: 64, at_once: 1, sealed: false, millis: 100 };
const STREAMS: Task = Task::Streams { bytes: 1_000, peers: 1, millis: 100 };

/// What all can do that know of members.
fn three_nodes_are_a_cluster(name: Name) {
    assert!(value(&figures(name, Task::Join { nodes: 3 }), Quantity::AllJoined) > 0.0);
    let broadcast = figures(name, Task::Broadcast { nodes: 3, times: 1 });
    assert!(value(&broadcast, Quantity::Last) >= value(&broadcast, Quantity::Delivery));
    assert!(value(&figures(name, Task::Leave { nodes: 3 }), Quantity::Last) > 0.0);
    let memory = figures(name, Task::Memory { nodes: 3, members: 6 });
    assert!(value(&memory, Quantity::Resident) >= 0.0 && value(&memory, Quantity::ResidentMember) >= 0.0);
}

#[test]
fn ours_runs() {
    three_nodes_are_a_cluster(Name::Ours);
    assert!(value(&figures(Name::Ours, PACKETS), Quantity::Rate) > 0.0);
    assert!(value(&figures(Name::Ours, STREAMS), Quantity::Rate) > 0.0);
    let cpu = figures(Name::Ours, Task::Idle { nodes: 3, seconds: 1 });
    assert!(value(&cpu, Quantity::Cpu) > 0.0);
}

#[test]
fn memberlist_0_8_runs() {
    three_nodes_are_a_cluster(Name::Memberlist08);
    assert!(value(&figures(Name::Memberlist08, PACKETS), Quantity::Rate) > 0.0);
    // Its streams come in bursts, with pauses of more than half a second.
    let streams = Task::Streams { bytes: 1_000, peers: 1, millis: 3_000 };
    assert!(value(&figures(Name::Memberlist08, streams), Quantity::Rate) > 0.0);
}

#[test]
fn foca_runs_and_says_what_it_lacks() {
    three_nodes_are_a_cluster(Name::Foca);
    assert!(matches!(run(Name::Foca, PACKETS), Outcome::Lacking(_)));
    assert!(matches!(run(Name::Foca, STREAMS), Outcome::Lacking(_)));
}

#[test]
fn plain_sockets_run() {
    assert!(value(&figures(Name::Plain, PACKETS), Quantity::Rate) > 0.0);
    for name in [Name::Plain, Name::PlainDial] {
        assert!(value(&figures(name, STREAMS), Quantity::Rate) > 0.0);
    }
}

#[test]
fn lost_process_is_found_by_all_however_it_was_lost() {
    for manner in [Manner::Killed, Manner::Stopped, Manner::Blocked] {
        let found = figures(Name::Ours, Task::Detection { nodes: 3, manner });
        // Nobody can be dead before a probe and the shortest suspicion are over.
        assert!(value(&found, Quantity::First) > 4.0, "{manner:?}");
    }
    #[cfg(target_os = "linux")]
    assert!(value(&figures(Name::Ours, Task::Process), Quantity::Resident) > 1e6);
}
