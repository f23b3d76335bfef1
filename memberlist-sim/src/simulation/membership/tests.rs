use super::*;
use crate::{Link, Network, NodeIndex, Observer, Options, Restart, Simulation, State, Step};
use core::time::Duration;
use memberlist_proto::{Event, types::NativeWire};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn new<O: Observer, M: Membership>(seed: u64, observer: O) -> Simulation<O, NativeWire, M> {
    let network = Network::new(Link::lan().with_loss(0.05));
    Simulation::with_membership(seed, network, observer, NativeWire)
}

/// A cluster in which everything happens that changes a table; in the end 26 nodes are members.
fn troubled<O: Observer, M: Membership>(cluster: &mut Simulation<O, NativeWire, M>) {
    let options = Options::lan();
    cluster.form(24, &options).unwrap();
    cluster.run_for(secs(3));
    cluster.crash(NodeIndex(3));
    cluster.pause(NodeIndex(4), secs(40));
    cluster.leave(NodeIndex(5));
    cluster.run_for(secs(30));
    for n in 0..3 {
        let new = cluster.spawn(&options).unwrap();
        cluster.join(new, &[NodeIndex(n)]).unwrap();
    }
    cluster.restart(NodeIndex(3), Restart::NewAddress).unwrap();
    cluster.join(NodeIndex(3), &[NodeIndex(0)]).unwrap();
    cluster.command(NodeIndex(9), |endpoint, now| endpoint.update_meta(now, "new".into()).map(|_| ()));
    cluster.run_for(secs(120));
    assert!(cluster.views_are_true());
    let nine = cluster.endpoint(NodeIndex(20)).and_then(|endpoint| endpoint.member(&Name(NodeIndex(9))));
    assert!(nine.is_some_and(|nine| nine.meta.as_ref() == b"new"));
    assert_eq!(cluster.endpoint(NodeIndex(0)).map(|endpoint| endpoint.num_members()), Some(26));
}

/// Whole clusters under every kind of trouble: the stores give the same answers, and each alone ends in the truth.
#[test]
fn both_stores_run_the_same_clusters() {
    for seed in 0..3 {
        troubled::<(), Lockstep<Name, Addr>>(&mut new(seed, ()));
        troubled::<(), Shared<Name, Addr>>(&mut new(seed, ()));
        troubled::<(), Dense<Name, Addr>>(&mut new(seed, ()));
    }
}

#[test]
fn same_seed_gives_the_same_steps_with_the_shared_store() {
    let trace = |seed| {
        let mut text = String::new();
        let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
            use core::fmt::Write;
            if !matches!(step, Step::Handled(_)) {
                writeln!(text, "{at} {node} {step:?}").unwrap();
            }
        };
        troubled::<_, Shared<Name, Addr>>(&mut new(seed, record));
        text
    };
    let once = trace(7);
    assert!(once.len() > 100_000 && once == trace(7));
    assert!(once != trace(8));
}

/// The lock-step store does not change what the endpoints draw, so it shows what users' clusters do.
#[test]
fn lockstep_takes_the_steps_of_the_dense_store() {
    fn events<M: Membership>() -> Vec<String> {
        let mut events = Vec::new();
        let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
            if let Step::Event(event) = step {
                events.push(format!("{at} {node} {event:?}"));
            }
        };
        troubled(&mut new::<_, M>(11, record));
        events
    }
    assert_eq!(events::<Lockstep<Name, Addr>>(), events::<Dense<Name, Addr>>());
}

/// A thousand nodes that all know each other (a million pairs) in a test without optimisation; one that crashes is found by all.
#[test]
fn thousands_share_one_table() {
    let mut failed = 0;
    let count = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        failed += u32::from(
            matches!(step, Step::Event(Event::Failed { member, .. }) if member.node.id == Name(NodeIndex(7))),
        );
    };
    let mut cluster = Simulation::sharing(1, Network::lan(), count);
    cluster.form(1_000, &Options::lan()).unwrap();
    assert!(cluster.count_agree(1_000) && cluster.views_are_true());
    cluster.crash(NodeIndex(7));
    let found = cluster.run_checking(secs(1), secs(60), |cluster| cluster.count_agree(999));
    assert!(found, "somebody still believes in it");
    let believed = |cluster: &Simulation<_, NativeWire, Shared<Name, Addr>>| {
        let endpoint = cluster.endpoint(NodeIndex(999))?;
        Some(endpoint.member(&Name(NodeIndex(7)))?.state)
    };
    assert_eq!(believed(&cluster), Some(State::Dead));
    // Newcomers learn of everybody as ever.
    let new = cluster.spawn(&Options::lan()).unwrap();
    cluster.join(new, &[NodeIndex(0)]).unwrap();
    assert!(cluster.run_checking(secs(1), secs(60), |cluster| cluster.count_agree(1_000)));
    drop(cluster);
    assert_eq!(failed, 999);
}
