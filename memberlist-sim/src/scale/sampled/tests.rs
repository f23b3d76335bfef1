use super::*;
use crate::Step;
use memberlist_proto::Event;

#[test]
fn real_nodes_among_ten_thousand_are_probed_once_a_second_and_accuse_nobody() {
    let mut accusations = 0;
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        accusations += u32::from(matches!(step, Step::Event(Event::Suspected { .. })));
    };
    let mut cluster = Sample::new(1, 10_000, 10).start(record).unwrap();
    // At first each says that it is there.
    cluster.run_for(Duration::from_secs(10));
    let before: Vec<_> =
        cluster.simulation().nodes().map(|node| cluster.simulation().traffic(node)).collect();
    cluster.run_for(Duration::from_secs(60));
    for (node, before) in cluster.simulation().nodes().zip(before) {
        assert_eq!(cluster.simulation().endpoint(node).unwrap().num_members(), 10_000);
        let traffic = cluster.simulation().traffic(node);
        let (sent, received) =
            (traffic.packets_sent - before.packets_sent, traffic.packets_received - before.packets_received);
        assert!((90..=155).contains(&sent), "{traffic:?}");
        assert!(sent.abs_diff(received) <= 3, "each ping has its ack: {sent}, {received}");
    }
    drop(cluster);
    assert_eq!(accusations, 0);
}

#[test]
fn crash_of_a_counted_member_is_found_by_the_crowd_and_told_to_the_real_nodes() {
    let mut cluster = Sample::new(2, 2_000, 5).start(()).unwrap();
    cluster.run_for(Duration::from_secs(3));
    let victim = NodeIndex(1_999);
    cluster.crash(victim);
    let found = |cluster: &Sampled<()>| cluster.simulation().count_agree(1_999);
    assert!(cluster.run_until(Duration::from_secs(60), found));
    assert!(cluster.declared(victim).unwrap() < cluster.now());
    cluster.run_for(Duration::from_secs(10));
    assert!(cluster.informed(victim) > 0.999, "{}", cluster.informed(victim));
}

#[test]
fn crash_of_a_real_node_is_found_too() {
    let mut cluster = Sample::new(2, 2_000, 5).start(()).unwrap();
    cluster.run_for(Duration::from_secs(3));
    cluster.crash(NodeIndex(3));
    let found = |cluster: &Sampled<()>| cluster.simulation().count_agree(1_999);
    assert!(cluster.run_until(Duration::from_secs(60), found));
}

#[test]
fn broadcast_of_a_real_node_reaches_the_crowd_and_the_other_real_nodes() {
    let mut heard = 0;
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        heard += u32::from(matches!(step, Step::Event(Event::User { .. })));
    };
    let mut cluster = Sample::new(4, 2_000, 20).start(record).unwrap();
    cluster.run_for(Duration::from_secs(1));
    assert!(cluster.informed(NodeIndex(0)) < 0.001);
    cluster.broadcast(NodeIndex(0), Bytes::from_static(b"news")).unwrap().unwrap();
    cluster.run_for(Duration::from_secs(5));
    assert!(cluster.informed(NodeIndex(0)) > 0.999);
    drop(cluster);
    assert_eq!(heard, 19);
}

#[test]
fn accused_member_of_the_crowd_refutes_and_nobody_dies() {
    let mut deaths = 0;
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        deaths += u32::from(matches!(step, Step::Event(Event::Failed { .. })));
    };
    let mut cluster = Sample::new(5, 2_000, 5).with_loss(0.1).start(record).unwrap();
    cluster.run_for(Duration::from_secs(40));
    let suspected = cluster.simulation().endpoint(NodeIndex(0)).unwrap().stats().suspect_accepted;
    assert!(suspected > 10, "a tenth lost leads to suspicions: {suspected}");
    drop(cluster);
    assert_eq!(deaths, 0);
}

#[test]
fn whatever_is_switched_off_does_not_happen() {
    let mut sample = Sample::new(6, 1_000, 3).with_loss(1e-9);
    sample.options.probe_interval = Duration::ZERO;
    sample.options.push_pull_interval = Duration::ZERO;
    sample.options.gossip_interval = Duration::ZERO;
    let mut cluster = sample.start(()).unwrap();
    cluster.crash(NodeIndex(999));
    cluster.run_for(Duration::from_secs(5));
    assert!(
        cluster.simulation().nodes().all(|node| cluster.simulation().traffic(node) == Default::default())
    );
    let mut alone = Sample::new(7, 3, 3).start(()).unwrap();
    alone.run_for(Duration::from_secs(5));
    assert!(alone.simulation().views_are_true());
}
