use super::*;
use crate::{Latency, Link, Network, Options, Restart, Simulation};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn measured(seed: u64, n: usize, link: Link) -> Simulation<Measures> {
    let measures = Measures::new(n, seconds(100), seconds(20));
    let mut cluster = Simulation::with_observer(seed, Network::new(link), measures);
    cluster.form(n, &Options::lan()).unwrap();
    cluster.observer_mut().begin();
    cluster
}

fn lan() -> Link {
    Link::new(Latency::uniform(Duration::from_micros(200), Duration::from_millis(1)))
}

/// The ruler is measured: what reports add up to is what the endpoints hold, whatever happens.
#[test]
fn views_that_are_followed_by_reports_are_those_of_the_endpoints() {
    let mut agreed = [0, 0];
    for seed in 1..=6 {
        let mut cluster = measured(seed, 12, lan().with_loss(0.1));
        let node = move |place: u64| NodeIndex(((seed + place) % 12) as u32);
        let seeds = [node(7), node(8)];
        cluster.after(seconds(1), move |cluster| cluster.crash(node(0)));
        cluster.after(seconds(2), move |cluster| cluster.leave(node(1)));
        cluster.after(seconds(3), move |cluster| cluster.pause(node(2), seconds(9)));
        cluster.after(seconds(4), move |cluster| cluster.restart(node(3), Restart::NewAddress).unwrap());
        cluster.after(seconds(5), move |cluster| cluster.join(node(3), &seeds).unwrap());
        cluster.after(seconds(20), move |cluster| {
            cluster.restart(node(0), Restart::SameAddress).unwrap();
            cluster.join(node(0), &seeds).unwrap();
            cluster.rejoin(node(1)).unwrap();
            cluster.join(node(1), &seeds).unwrap();
            cluster.vanish(node(4));
        });
        cluster.after(seconds(30), move |cluster| cluster.block(node(5), seconds(20)));
        for _ in 0..2000 {
            cluster.run_for(Duration::from_millis(50));
            let are_true = cluster.views_are_true();
            let wrong = cluster.observer().wrong_views();
            assert_eq!(are_true, wrong == 0, "seed {seed}, {:?}: {wrong} wrong", cluster.now());
            assert_eq!(are_true, cluster.observer().views_true_at(cluster.now()));
            agreed[usize::from(are_true)] += 1;
        }
    }
    assert!(agreed[0] > 1000 && agreed[1] > 1000, "both happen: {agreed:?}");
}

#[test]
fn crash_is_learned_by_each_of_the_others_once() {
    let mut cluster = measured(3, 10, lan());
    cluster.run_for(seconds(5));
    cluster.crash(NodeIndex(4));
    cluster.run_for(seconds(40));
    let measures = cluster.observer();
    let [crash] = measures.changes() else { panic!("{:?}", measures.changes()) };
    assert_eq!(
        (crash.cause, crash.node, crash.observers(), crash.missing),
        (Cause::Crash, NodeIndex(4), 9, 0)
    );
    assert!(crash.learned.is_sorted());
    assert_eq!(crash.first(), Some(crash.learned[0].0));
    assert_eq!(crash.reached(1.0), Some(crash.learned[8].0));
    assert_eq!(crash.reached(0.5), Some(crash.learned[4].0));
    assert_eq!(measures.failures, 9);
    assert!(measures.false_positives().is_empty());
    assert_eq!(measures.detections().count(), 9);
}

#[test]
fn node_that_is_back_before_all_have_found_out_overtakes_its_crash() {
    let mut cluster = measured(3, 10, lan());
    cluster.crash(NodeIndex(4));
    cluster.run_for(seconds(1));
    cluster.restart(NodeIndex(4), Restart::SameAddress).unwrap();
    cluster.join(NodeIndex(4), &[NodeIndex(0)]).unwrap();
    cluster.run_for(seconds(20));
    let measures = cluster.observer();
    assert_eq!(measures.settled(Cause::Crash).count(), 0);
    assert_eq!(measures.changes().iter().filter(|change| change.cause == Cause::Crash).count(), 1);
    assert!(measures.false_positives().is_empty());
}

#[test]
fn only_a_report_of_a_node_that_runs_and_is_reached_is_false() {
    // A node that loses nearly all that it sends is held for dead, but it runs and is reached.
    let mut cluster = measured(3, 10, lan());
    let cut = cluster.network_mut().cut(|from, _| from.0 == 4);
    cluster.run_for(seconds(100));
    let of_it = |(_, by, of): &&(Instant, NodeIndex, NodeIndex)| of.0 == 4 && by.0 != 4;
    let false_ones = cluster.observer().false_positives().iter().filter(of_it).count();
    assert!(false_ones >= 9, "{false_ones}");
    // It hears no answer to what it does not get out, and holds the others for dead.
    assert!(cluster.observer().false_positives().iter().any(|(_, by, of)| by.0 == 4 && of.0 != 4));
    assert!(cluster.observer().suspicions >= 9);
    assert!(cluster.network_mut().remove_rule(cut));

    // The same is no wonder if it is known to be separated, ...
    let mut cluster = measured(3, 10, lan());
    cluster.network_mut().cut(|from, _| from.0 == 4);
    cluster.observer_mut().separate(Separation {
        of: vec![NodeIndex(4)],
        from: None,
        since: Instant::START,
        until: Instant::START + seconds(60),
    });
    cluster.run_for(seconds(60));
    let measures = cluster.observer();
    assert!(measures.failures >= 9);
    assert_eq!((measures.false_positives().len(), measures.suspicions), (0, 0));

    // ... or does not run.
    let mut cluster = measured(3, 10, lan());
    cluster.pause(NodeIndex(4), seconds(60));
    cluster.run_for(seconds(60));
    assert!(cluster.observer().failures >= 9);
    assert!(cluster.observer().false_positives().is_empty());
}

#[test]
fn leaver_is_learned_by_all_and_never_fails() {
    let mut cluster = measured(6, 12, lan());
    cluster.leave(NodeIndex(5));
    cluster.run_for(seconds(5));
    cluster.crash(NodeIndex(5));
    cluster.run_for(seconds(30));
    let measures = cluster.observer();
    let [leave] = measures.changes() else { panic!("{:?}", measures.changes()) };
    assert_eq!((leave.cause, leave.observers(), leave.missing), (Cause::Leave, 11, 0));
    assert_eq!((measures.failures_of_leavers, measures.failures), (0, 0));
}

#[test]
fn traffic_is_that_which_the_nodes_count() {
    let mut cluster = measured(6, 12, lan().with_loss(0.05));
    cluster.run_for(seconds(50));
    cluster.crash(NodeIndex(3));
    cluster.run_for(seconds(50));
    cluster.observer_mut().finish(Instant::START + seconds(100));
    let measures = cluster.observer();
    let nodes: Vec<_> = cluster.nodes().map(|node| cluster.traffic(node)).collect();
    assert_eq!(measures.packets, nodes.iter().map(|of| of.packets_sent).sum::<u64>());
    assert_eq!(measures.packet_bytes, nodes.iter().map(|of| of.packet_bytes_sent).sum::<u64>());
    assert_eq!(measures.streams, nodes.iter().map(|of| of.streams).sum::<u64>());
    assert_eq!(measures.stream_bytes, nodes.iter().map(|of| of.stream_bytes_sent).sum::<u64>());
    let sent: Vec<_> = nodes.iter().map(|of| of.packet_bytes_sent + of.stream_bytes_sent).collect();
    assert_eq!(measures.bytes_sent, sent);
    assert_eq!(measures.timeline.bytes.iter().sum::<u64>(), sent.iter().sum::<u64>());
    assert_eq!(measures.node_time, seconds(11 * 100 + 50));
    assert_eq!(measures.timeline.running_at(Instant::START + seconds(49)), 12);
    assert_eq!(measures.timeline.running_at(Instant::START + seconds(51)), 11);
}
