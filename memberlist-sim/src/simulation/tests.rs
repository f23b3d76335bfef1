use super::*;
use crate::{Action, Latency, Link, Restart, State, StreamStep, Verdict};
use memberlist_proto::Event;

mod faithful;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn formed(seed: u64, n: usize) -> Simulation {
    let mut cluster = Simulation::new(seed, Network::lan());
    cluster.form(n, &Options::lan()).unwrap();
    cluster
}

/// All steps as text: the simplest trace.
fn trace(seed: u64) -> String {
    let mut text = String::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
        use core::fmt::Write;
        writeln!(text, "{} {node} {step:?}", at.as_nanos()).unwrap();
    };
    let link = Link::new(Latency::uniform(Duration::from_millis(1), Duration::from_millis(20)));
    let mut cluster =
        Simulation::with_observer(seed, Network::new(link.with_loss(0.05).with_duplicate(0.01)), record);
    cluster.form(5, &Options::lan()).unwrap();
    let sixth = cluster.spawn(&Options::lan()).unwrap();
    cluster.join(sixth, &[NodeIndex(0)]).unwrap();
    cluster.after(seconds(3), |cluster| cluster.crash(NodeIndex(2)));
    cluster.run_for(seconds(30));
    drop(cluster);
    text
}

#[test]
fn same_seed_gives_the_same_steps_and_another_seed_others() {
    let once = trace(1);
    assert!(once.len() > 100_000, "much happens");
    assert!(once == trace(1));
    assert!(once != trace(2));
}

#[test]
fn formed_cluster_is_quiet_and_probes_once_a_second() {
    let mut cluster = formed(3, 20);
    assert!(cluster.views_are_true());
    cluster.run_for(seconds(60));
    assert!(cluster.views_are_true());
    for node in cluster.nodes() {
        let sent = cluster.traffic(node).packets_sent;
        assert!((100..=140).contains(&sent), "a ping and on average an ack each second: {sent}");
    }
}

#[test]
fn nodes_that_join_one_seed_become_one_cluster() {
    let mut cluster = Simulation::new(5, Network::lan());
    for _ in 0..40 {
        cluster.spawn(&Options::lan()).unwrap();
    }
    for node in 1..40 {
        cluster.join(NodeIndex(node), &[NodeIndex(0)]).unwrap();
    }
    assert!(cluster.run_until(seconds(20), Simulation::views_are_true));
}

#[test]
fn crashed_node_is_found_by_all_and_comes_back_at_either_address() {
    for (seed, at) in [(1, Restart::SameAddress), (2, Restart::NewAddress)] {
        let mut cluster = formed(seed, 10);
        cluster.run_for(seconds(3));
        cluster.crash(NodeIndex(4));
        assert!(!cluster.is_up(NodeIndex(4)));
        assert!(cluster.run_until(seconds(30), |cluster| cluster.count_agree(9)), "found");
        cluster.restart(NodeIndex(4), at).unwrap();
        cluster.join(NodeIndex(4), &[NodeIndex(0)]).unwrap();
        assert!(cluster.run_until(seconds(30), Simulation::views_are_true), "back");
    }
}

#[test]
fn machine_that_vanishes_answers_no_dial_and_one_that_runs_refuses() {
    for (vanish, at_least) in [(false, 0.0), (true, 10.0)] {
        let mut failed = Vec::new();
        let record = |at: Instant, _: NodeIndex, step: &Step<'_>| {
            if matches!(step, Step::Stream(StreamStep::Failed(_))) {
                failed.push(at.since(Instant::START).as_secs_f64());
            }
        };
        let mut cluster = Simulation::with_observer(1, Network::lan(), record);
        cluster.spawn(&Options::lan()).unwrap();
        cluster.spawn(&Options::lan()).unwrap();
        if vanish {
            cluster.vanish(NodeIndex(1))
        } else {
            cluster.crash(NodeIndex(1))
        }
        cluster.join(NodeIndex(0), &[NodeIndex(1)]).unwrap();
        cluster.run_for(seconds(11));
        drop(cluster);
        let first = *failed.first().unwrap();
        assert!(first >= at_least && first < at_least + 0.1, "{first}");
    }
}

#[test]
fn paused_process_reads_what_waited_before_its_timers_and_accuses_nobody() {
    let mut accusations = Vec::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if let Step::Event(Event::Suspected { member, .. }) = step {
            accusations.push((at, node, member.node.id));
        }
    };
    let mut cluster = Simulation::with_observer(9, Network::lan(), record);
    cluster.form(8, &Options::lan()).unwrap();
    cluster.run_for(seconds(2));
    cluster.pause(NodeIndex(0), seconds(3));
    cluster.run_for(seconds(20));
    assert!(cluster.views_are_true());
    drop(cluster);
    assert!(accusations.iter().all(|(_, _, of)| *of == Name(NodeIndex(0))), "{accusations:?}");
}

#[test]
fn blocked_node_holds_what_it_sends_and_reads_later() {
    let mut sent = Vec::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if let (NodeIndex(0), Step::Sent { .. } | Step::Received { .. }) = (node, step) {
            sent.push(at.since(Instant::START).as_millis());
        }
    };
    let mut cluster = Simulation::with_observer(9, Network::lan(), record);
    cluster.form(8, &Options::lan()).unwrap();
    cluster.run_for(seconds(2));
    cluster.block(NodeIndex(0), seconds(2));
    cluster.run_for(seconds(4));
    drop(cluster);
    assert!(sent.iter().all(|at| !(2001..4000).contains(at)), "silent while blocked: {sent:?}");
    assert!(sent.iter().filter(|at| (4000..4010).contains(*at)).count() >= 4, "then all at once: {sent:?}");
}

#[test]
fn cut_node_is_found_and_heals_when_the_cut_ends() {
    let mut cluster = formed(4, 12);
    let cut = cluster.network_mut().cut(|from, to| (from.0 == 3) != (to.0 == 3));
    assert!(cluster.run_until(seconds(120), |cluster| {
        cluster.endpoint(NodeIndex(0)).unwrap().num_members() == 11
            && cluster.endpoint(NodeIndex(3)).unwrap().num_members() == 1
    }));
    assert!(cluster.network_mut().remove_rule(cut));
    assert!(!cluster.network_mut().remove_rule(cut));
    assert!(cluster.run_until(seconds(200), Simulation::views_are_true));
}

#[test]
fn node_that_takes_long_for_each_input_handles_fewer() {
    let mut cluster = formed(4, 10);
    cluster.set_processing(NodeIndex(1), Duration::from_millis(600));
    cluster.run_for(seconds(60));
    let slow = cluster.traffic(NodeIndex(1)).packets_received;
    assert!((80..=101).contains(&slow), "{slow}");
    assert!(cluster.endpoint(NodeIndex(1)).unwrap().stats().probes > 5, "its timers get their turn");
}

#[test]
fn wrong_clock_probes_at_its_own_pace() {
    let mut cluster = formed(4, 10);
    cluster.set_clock(NodeIndex(1), 500_000);
    cluster.set_clock(NodeIndex(2), -500_000);
    cluster.run_for(seconds(100));
    let probes = |node| cluster.endpoint(NodeIndex(node)).unwrap().stats().probes;
    assert!((148..=152).contains(&probes(1)), "{}", probes(1));
    assert!((48..=52).contains(&probes(2)), "{}", probes(2));
    assert!((98..=102).contains(&probes(3)), "{}", probes(3));
}

#[test]
fn rules_delay_and_double_and_drop() {
    let mut arrived = Vec::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if matches!(step, Step::Received { .. }) {
            arrived.push((node, at.since(Instant::START)));
        }
    };
    let mut network = Network::new(Link::new(Latency::Constant(Duration::from_millis(1))));
    network.add_rule(|flight: &Flight<'_>| match (flight.from.0, flight.medium) {
        (0, Medium::Packet) => Verdict::Duplicate,
        (1, Medium::Packet) => Verdict::Delay(Duration::from_millis(50)),
        _ => Verdict::Drop,
    });
    let mut cluster = Simulation::with_observer(1, network, record);
    cluster.form(2, &Options::lan()).unwrap();
    let user = |cluster: &mut Simulation<_>, from, to| {
        cluster.command(NodeIndex(from), |endpoint, now| {
            endpoint.send(now, Addr::new(NodeIndex(to), 0), Bytes::from_static(b"x")).unwrap();
        });
    };
    user(&mut cluster, 0, 1);
    user(&mut cluster, 1, 0);
    cluster.run_for(Duration::from_millis(60));
    drop(cluster);
    let of = |node| {
        arrived.iter().filter(|(to, _)| to.0 == node).map(|(_, at)| at.as_millis()).collect::<Vec<_>>()
    };
    assert!(of(1).starts_with(&[1, 1]), "{arrived:?}");
    assert!(of(0).contains(&51), "{arrived:?}");
}

#[test]
fn leaver_is_held_for_left_by_all() {
    let mut cluster = formed(6, 12);
    cluster.leave(NodeIndex(5));
    cluster.run_for(seconds(3));
    for node in cluster.nodes().filter(|node| node.0 != 5) {
        let member = cluster.endpoint(node).unwrap().member(&Name(NodeIndex(5))).unwrap();
        assert_eq!(member.state, State::Left);
    }
    cluster.rejoin(NodeIndex(5)).unwrap();
    cluster.join(NodeIndex(5), &[NodeIndex(0)]).unwrap();
    assert!(cluster.run_until(seconds(10), Simulation::views_are_true));
}

#[test]
fn actions_are_seen_by_observers() {
    let mut seen = Vec::new();
    let record = |_: Instant, node: NodeIndex, step: &Step<'_>| {
        if let Step::Action(action) = step {
            seen.push((node.0, *action));
        }
    };
    let mut cluster = Simulation::with_observer(1, Network::lan(), record);
    let node = cluster.spawn(&Options::lan()).unwrap();
    cluster.crash(node);
    cluster.crash(node);
    cluster.restart(node, Restart::NewAddress).unwrap();
    drop(cluster);
    let started = |moves| Action::Started(Addr::new(node, moves));
    assert_eq!(seen, [(0, started(0)), (0, Action::Crashed), (0, started(1))]);
}
