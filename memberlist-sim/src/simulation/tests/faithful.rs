//! Where a simulated node could differ from a real one.

use super::*;
use memberlist_proto::{
    Exchange,
    types::{Message, Meta, StreamLimits},
};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

const ZERO: NodeIndex = NodeIndex(0);
const ONE: NodeIndex = NodeIndex(1);

fn steady() -> Network {
    Network::new(Link::new(Latency::Constant(millis(1))))
}

fn elapsed(at: Instant) -> Duration {
    at.since(Instant::START)
}

/// Nodes that know only themselves.
fn strangers<O: Observer>(n: usize, network: Network, observer: O) -> Simulation<O> {
    let mut cluster = Simulation::with_observer(1, network, observer);
    for _ in 0..n {
        cluster.spawn(&Options::lan()).unwrap();
    }
    cluster
}

/// When which node saw such a step of a stream.
fn streams(of: fn(&StreamStep) -> bool, seen: &mut Vec<(NodeIndex, Duration)>) -> impl Observer {
    move |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if let Step::Stream(step) = step
            && of(step)
        {
            seen.push((node, elapsed(at)));
        }
    }
}

const fn fails(step: &StreamStep) -> bool {
    matches!(step, StreamStep::Failed(_))
}

#[test]
fn action_that_lets_time_pass_does_not_turn_it_back() {
    let mut cluster = formed(1, 3);
    cluster.after(seconds(1), |cluster| cluster.run_for(seconds(10)));
    cluster.run_for(seconds(2));
    assert_eq!(elapsed(cluster.now()), seconds(11));
}

#[test]
fn condition_that_is_looked_at_without_pause_is_looked_at_after_each_event() {
    let mut cluster = formed(1, 3);
    let mut looks = 0;
    let found = cluster.run_checking(Duration::ZERO, seconds(5), |cluster| {
        looks += 1;
        assert!(looks < 10_000, "time passes");
        cluster.now() >= Instant::START + seconds(3)
    });
    assert!(found && looks > 20);
}

#[test]
fn what_is_asked_of_a_node_that_does_not_run_was_not_done() {
    let mut seen = Vec::new();
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        if let Step::Action(action) = step {
            seen.push(*action);
        }
    };
    let mut cluster = strangers(1, steady(), record);
    cluster.crash(ZERO);
    cluster.leave(ZERO);
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.rejoin(ZERO).unwrap();
    assert!(cluster.command(ZERO, |_, _| ()).is_none());
    drop(cluster);
    assert_eq!(seen, [Action::Started(Addr::new(ZERO, 0)), Action::Crashed]);
}

