use super::*;
use crate::{Options, Restart, Simulation, Step, StreamStep};
use proptest::prelude::*;

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

const fn at(milliseconds: u64) -> Instant {
    Instant::from_nanos(milliseconds * 1_000_000)
}

fn fixed(milliseconds: u64) -> Link {
    Link::new(Latency::Constant(millis(milliseconds)))
}

fn flight(now: Instant, from: u32, to: u32, bytes: &[u8]) -> Flight<'_> {
    Flight { at: now, from: NodeIndex(from), to: NodeIndex(to), medium: Medium::Packet, bytes }
}

fn send(network: &mut Network, milliseconds: u64, from: u32, to: u32) -> Fate {
    network.transit(&flight(at(milliseconds), from, to, &[0; 100]))
}

const fn arrives(milliseconds: u64) -> Fate {
    Fate::Arrives(at(milliseconds))
}

/// The part of 10,000 packets, one each millisecond, that the link loses.
fn lost(network: &mut Network, from: u32, to: u32) -> f64 {
    let lost = (0..10_000).filter(|ms| send(network, *ms, from, to) == Fate::Lost(Loss::Link));
    lost.count() as f64 / 1e4
}

#[track_caller]
fn near(value: f64, expected: f64, by: f64) {
    assert!((value - expected).abs() <= by, "{value}, expected {expected}");
}

#[test]
fn zones_have_links_of_their_own_in_each_direction() {
    let mut network = Network::new(fixed(1));
    network.place(NodeIndex(1), Zone(1));
    network.place(NodeIndex(2), Zone(2));
    network.connect(Zone(0), Zone(1), fixed(10));
    network.connect(Zone(1), Zone(0), fixed(20));
    network.connect(Zone(2), Zone(2), fixed(3));
    for (from, to, takes) in [(0, 1, 10), (1, 0, 20), (0, 3, 1), (0, 2, 1), (2, 1, 1), (2, 2, 3)] {
        assert_eq!(send(&mut network, 0, from, to), arrives(takes), "{from} -> {to}");
    }
    network.connect(Zone(0), Zone(1), fixed(11));
    assert_eq!(send(&mut network, 0, 0, 1), arrives(11), "the last word counts");
}

#[test]
fn nodes_that_are_not_placed_are_spread_in_turns() {
    let mut network = Network::two_data_centres();
    network.place(NodeIndex(4), Zone(1));
    let zones: Vec<_> = (0..6).map(|node| network.zone(NodeIndex(node)).0).collect();
    assert_eq!(zones, [0, 1, 0, 1, 1, 1]);
    let Fate::Arrives(near) = send(&mut network, 0, 0, 2) else { panic!("no loss within") };
    let Fate::Arrives(far) = send(&mut network, 0, 0, 1) else { panic!("with this seed") };
    assert!(near <= at(1) && far >= at(5), "{near} {far}");
}

#[test]
fn pair_overrules_its_zones_until_it_is_taken_back() {
    let mut network = Network::new(fixed(1));
    network.connect(Zone(0), Zone(0), fixed(2));
    network.set_pair(NodeIndex(3), NodeIndex(4), Some(fixed(50)));
    assert_eq!(send(&mut network, 0, 3, 4), arrives(50));
    assert_eq!(send(&mut network, 0, 4, 3), arrives(2));
    network.set_pair(NodeIndex(3), NodeIndex(4), Some(fixed(60)));
    assert_eq!(send(&mut network, 0, 3, 4), arrives(60));
    network.set_pair(NodeIndex(3), NodeIndex(4), None);
    assert_eq!(send(&mut network, 0, 3, 4), arrives(2));
}

#[test]
fn flaky_host_loses_in_both_directions_and_others_nothing() {
    let mut network = Network::lan();
    network.set_access(NodeIndex(7), Access { loss_out: 0.3, loss_in: 0.1, ..Access::default() });
    near(lost(&mut network, 7, 1), 0.3, 0.02);
    near(lost(&mut network, 1, 7), 0.1, 0.02);
    near(lost(&mut network, 1, 2), 0.0, 0.0);
}

#[test]
fn packets_that_are_held_up_are_overtaken() {
    let mut network = Network::new(fixed(5).with_reorder(0.2, Latency::Constant(millis(30))));
    let arrivals: Vec<_> = (0..10_000).map(|ms| send(&mut network, ms, 0, 1)).collect();
    let held = (0..).zip(&arrivals).filter(|(ms, fate)| **fate == arrives(ms + 35)).count();
    let others = (0..).zip(&arrivals).filter(|(ms, fate)| **fate == arrives(ms + 5)).count();
    near(held as f64 / 1e4, 0.2, 0.02);
    assert_eq!(held + others, 10_000);
}

#[test]
fn bursts_lose_their_share_and_come_together() {
    let burst = Burst { good: millis(900), bad: millis(100), loss: 1.0 };
    let mut network = Network::new(fixed(1).with_burst(burst));
    near(burst.share(), 0.1, 1e-12);
    let fates: Vec<_> =
        (0..1_000_000).map(|ms| send(&mut network, ms, 0, 1) == Fate::Lost(Loss::Link)).collect();
    let lost = fates.iter().filter(|lost| **lost).count() as f64;
    near(lost / 1e6, 0.1, 0.01);
    let begins = fates.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
    near(lost / begins, 100.0, 12.0);
}

#[test]
fn burst_after_a_long_silence_is_as_likely_as_on_average() {
    let mut network =
        Network::new(fixed(1).with_burst(Burst { good: millis(30), bad: millis(10), loss: 1.0 }));
    let lost = (0..10_000).filter(|n| send(&mut network, n * 3_600_000, 0, 1) == Fate::Lost(Loss::Link));
    near(lost.count() as f64 / 1e4, 0.25, 0.02);
}

#[test]
fn groups_do_not_reach_each_other_while_the_partition_stands() {
    let mut network = Network::new(fixed(1));
    let groups = vec![vec![NodeIndex(0), NodeIndex(1)], vec![NodeIndex(2)]];
    network.partition(Partition::groups("p", groups).from(at(10)).until(at(20))).unwrap();
    let cut = Fate::Lost(Loss::Rule);
    for (from, to, fate) in [(0, 1, arrives(11)), (0, 2, cut), (2, 0, cut), (0, 9, cut), (8, 9, arrives(11))]
    {
        assert_eq!(send(&mut network, 10, from, to), fate, "{from} -> {to}");
    }
    assert_eq!(send(&mut network, 9, 0, 2), arrives(10));
    assert_eq!(send(&mut network, 19, 0, 2), cut);
    assert_eq!(send(&mut network, 20, 0, 2), arrives(21));
}

#[test]
fn one_way_partition_cuts_one_way_until_it_is_healed() {
    let mut network = Network::new(fixed(1));
    let partition = Partition::one_way("deaf", vec![NodeIndex(0)], vec![NodeIndex(1), NodeIndex(0)]);
    network.partition(partition.clone()).unwrap();
    assert_eq!(send(&mut network, 0, 0, 1), Fate::Lost(Loss::Rule));
    assert_eq!(send(&mut network, 0, 1, 0), arrives(1));
    assert_eq!(send(&mut network, 0, 0, 2), arrives(1));
    assert_eq!(network.partitions().collect::<Vec<_>>(), [&partition]);
    assert!(network.heal("deaf") && !network.heal("deaf"));
    assert_eq!(send(&mut network, 0, 0, 1), arrives(1));
}

#[test]
fn partition_that_makes_no_sense_is_refused_by_field() {
    let mut network = Network::lan();
    let one = || vec![NodeIndex(1)];
    let mut field = |partition| network.partition(partition).unwrap_err().to_string();
    assert_eq!(field(Partition::groups("p", vec![])), "groups: it has no entries");
    assert_eq!(field(Partition::groups("p", vec![one(), one()])), "groups: node 1 stands in it twice");
    assert_eq!(field(Partition::one_way("p", one(), vec![])), "to: it has no entries");
    assert_eq!(field(Partition::groups("p", vec![one()]).until(at(0))), "start: it is more than `end`");
    network.partition(Partition::groups("p", vec![one()])).unwrap();
    let again = network.partition(Partition::groups("p", vec![one()])).unwrap_err();
    assert_eq!(again.problem, Problem::NameTaken("p".into()));
}

/// 128 bytes with headers each: a thousand of them in a second are 128,000 bytes.
const RATE: Bandwidth = Bandwidth { bytes_per_second: 128_000, queue: 1280 };

#[test]
fn egress_makes_packets_wait_and_drops_those_beyond_its_queue() {
    let mut network = Network::new(fixed(1));
    network.set_access(NodeIndex(0), Access { egress: Some(RATE), ..Access::default() });
    for place in 1..=10 {
        assert_eq!(send(&mut network, 0, 0, 1), arrives(place + 1));
    }
    assert_eq!(send(&mut network, 0, 0, 2), Fate::Lost(Loss::Congestion), "ten wait, whoever they are for");
    assert_eq!(send(&mut network, 0, 1, 0), arrives(1), "others are not limited");
    assert_eq!(send(&mut network, 1, 0, 1), arrives(12), "one is through");
    assert_eq!(send(&mut network, 100, 0, 1), arrives(102), "all are through");
}

#[test]
fn pipe_between_zones_is_shared_by_all_that_use_it() {
    let mut network = Network::new(fixed(1));
    network.spread(2);
    network.connect(Zone(0), Zone(1), fixed(5).with_bandwidth(RATE));
    let fates: Vec<_> = (0..12).map(|pair| send(&mut network, 0, pair * 2, pair * 2 + 1)).collect();
    assert_eq!(fates[0], arrives(6));
    assert_eq!(fates[9], arrives(15));
    assert_eq!(fates[10..], [Fate::Lost(Loss::Congestion); 2]);
    assert_eq!(send(&mut network, 0, 0, 2), arrives(1), "within the zone");
    assert_eq!(send(&mut network, 0, 1, 0), arrives(1), "and back");
}

#[test]
fn ingress_is_judged_when_packets_arrive() {
    let mut network = Network::new(fixed(1));
    network.set_common_access(Access { ingress: Some(RATE), ..Access::default() });
    assert_eq!(send(&mut network, 0, 0, 1), arrives(1));
    assert_eq!(network.enter(NodeIndex(1), 100, at(1)), Entry::At(at(2)));
    assert_eq!(network.enter(NodeIndex(1), 100, at(1)), Entry::At(at(3)));
    assert_eq!(network.enter(NodeIndex(2), 100, at(1)), Entry::At(at(2)));
    assert_eq!(network.enter(NodeIndex(1), 2000, at(1)), Entry::Full);
    assert_eq!(
        network.enter(NodeIndex(3), 2000, at(1)),
        Entry::At(at(1) + Duration::from_nanos(15_843_750)),
        "alone it goes"
    );
}

#[test]
fn whole_description_is_validated_and_the_field_named() {
    let mut network = Network::lossy_wan();
    assert_eq!(network.validate(), Ok(()));
    assert_eq!(Network::wan().validate(), Ok(()));
    assert_eq!(Network::two_data_centres().validate(), Ok(()));
    let field = |network: &Network| network.validate().unwrap_err().to_string();
    network.set_access(NodeIndex(7), Access::flaky(1.5));
    assert_eq!(field(&network), "node 7.loss_out: 1.5 is no probability: it must be from 0.0 to 1.0");
    network.set_common_access(Access::limited(Bandwidth { bytes_per_second: 0, queue: 1 }));
    assert_eq!(field(&network), "access.egress.bytes_per_second: it must be more than 0");
    network.set_pair(NodeIndex(1), NodeIndex(2), Some(fixed(1).with_loss(f64::NAN)));
    assert_eq!(network.validate().unwrap_err().field, "pair 1 -> 2.loss");
    network.connect(Zone(0), Zone(1), Link::new(Latency::LogNormal { median: millis(1), sigma: -1.0 }));
    assert_eq!(field(&network), "zones 0 -> 1.latency.sigma: -1 is not from 0 to 10");
    network.link_mut().burst = Some(Burst { good: millis(1), bad: Duration::ZERO, loss: 0.5 });
    assert_eq!(field(&network), "link.burst.bad: it must be more than 0");
    network.link_mut().reorder = Some(Reorder { probability: 2.0, delay: Latency::Constant(millis(1)) });
    assert_eq!(network.validate().unwrap_err().field, "link.reorder.probability");
}

/// Everything that a run does.
fn steps(network: Network) -> Vec<String> {
    let mut steps = Vec::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| steps.push(format!("{at} {node} {step:?}"));
    let mut cluster = Simulation::with_observer(11, network, record);
    cluster.form(20, &Options::lan()).unwrap();
    let late = cluster.spawn(&Options::lan()).unwrap();
    cluster.join(late, &[NodeIndex(0)]).unwrap();
    cluster.after(millis(3000), |cluster| cluster.crash(NodeIndex(2)));
    cluster.after(millis(9000), |cluster| cluster.restart(NodeIndex(2), Restart::SameAddress).unwrap());
    cluster.after(millis(9000), |cluster| cluster.join(NodeIndex(2), &[NodeIndex(7)]).unwrap());
    cluster.run_for(millis(20_000));
    drop(cluster);
    steps
}

#[test]
fn what_is_there_and_does_nothing_changes_nothing() {
    let mut network = Network::lan();
    network.spread(3);
    network.connect_both(Zone(0), Zone(1), Link::lan());
    network.set_pair(
        NodeIndex(1),
        NodeIndex(2),
        Some(Link::lan().with_reorder(0.0, Latency::Constant(millis(5)))),
    );
    network.set_common_access(Access::default());
    network.link_mut().burst = Some(Burst { good: millis(10), bad: millis(10), loss: 0.0 });
    network.partition(Partition::groups("later", vec![vec![NodeIndex(0)]]).from(at(100_000))).unwrap();
    network.add_rule(|_: &Flight<'_>| Verdict::Pass);
    let plain = steps(Network::lan());
    assert!(plain.len() > 1000 && plain == steps(network));
}

#[test]
fn cluster_heals_by_itself_when_a_partition_ends() {
    let mut network = Network::lan();
    let half = (0..6).map(NodeIndex).collect();
    network.partition(Partition::groups("half", vec![half]).from(at(2000)).until(at(42_000))).unwrap();
    let mut cluster = Simulation::new(4, network);
    cluster.form(12, &Options::lan()).unwrap();
    cluster.run_for(millis(42_000));
    assert!(cluster.count_agree(6), "each half has lost the other");
    assert!(cluster.run_until(millis(200_000), Simulation::views_are_true));
}

#[test]
fn cluster_on_limited_hosts_loses_to_congestion_and_says_so() {
    let (mut out, mut inn) = (0, 0);
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| match step {
        Step::Sent { fate: Fate::Lost(Loss::Congestion), .. } => out += 1,
        Step::Lost { why: Loss::Congestion, .. } => inn += 1,
        _ => {}
    };
    let mut network = Network::lan();
    let slow = Bandwidth { bytes_per_second: 60, queue: 256 };
    network.set_access(NodeIndex(1), Access { egress: Some(slow), ..Access::default() });
    network.set_access(NodeIndex(2), Access { ingress: Some(slow), ..Access::default() });
    let mut cluster = Simulation::with_observer(4, network, record);
    cluster.form(12, &Options::lan()).unwrap();
    cluster.run_for(millis(60_000));
    drop(cluster);
    assert!(out > 10 && inn > 10, "{out} {inn}");
}

#[test]
fn join_through_a_slow_host_takes_as_long_as_its_answer_does() {
    let joined_after = |access| {
        let mut read = Vec::new();
        let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
            if let (200, Step::Stream(StreamStep::Read(_, bytes))) = (node.0, step) {
                read.push((at.since(Instant::START), *bytes));
            }
        };
        let mut network = Network::lan();
        network.set_access(NodeIndex(0), access);
        let mut cluster = Simulation::with_observer(4, network, record);
        cluster.form(200, &Options::lan()).unwrap();
        let late = cluster.spawn(&Options::lan()).unwrap();
        cluster.join(late, &[NodeIndex(0)]).unwrap();
        cluster.run_for(millis(3000));
        drop(cluster);
        read[0]
    };
    let (fast, bytes) = joined_after(Access::default());
    let rate = 10_000;
    let (slow, _) = joined_after(Access { egress: Some(Bandwidth::new(rate)), ..Access::default() });
    let least = Duration::from_secs_f64(bytes as f64 / rate as f64);
    assert!(fast < millis(10) && bytes > 5000, "{fast:?} {bytes}");
    assert!(slow >= least && slow < least + millis(200), "{slow:?} for {bytes} bytes");
}

#[test]
fn presets_run_and_lose_what_they_say() {
    let mut network = Network::lossy_wan();
    let share = 0.3 / 15.3;
    // One packet each 100 ms, for 1,000,000 packets: over five thousand bursts.
    let lost = (0..1_000_000).filter(|n| send(&mut network, n * 100, 0, 1) == Fate::Lost(Loss::Link));
    near(lost.count() as f64 / 1e6, 0.02 * (1.0 - share) + 0.5 * share, 0.001);
}

proptest! {
    #[test]
    fn pipes_keep_the_order_and_never_pass_more_than_their_rate(
        sizes in prop::collection::vec((0u64..50, 0usize..3000), 1..100),
        rate in 1_000u64..1_000_000,
        queue in 0u64..20_000,
    ) {
        let bandwidth = Bandwidth { bytes_per_second: rate, queue };
        let mut network = Network::new(fixed(0).with_bandwidth(bandwidth));
        let (mut now, mut last, mut passed) = (0, at(0), 0u128);
        for (pause, size) in sizes {
            now += pause;
            let bytes = vec![0; size];
            match network.transit(&flight(at(now), 0, 1, &bytes)) {
                Fate::Arrives(through) => {
                    passed += size as u128 + 28;
                    prop_assert!(through >= last);
                    prop_assert!(through.since(at(0)).as_nanos() * u128::from(rate) >= passed * 1_000_000_000);
                    let waited = through.since(at(now)).as_nanos() * u128::from(rate) / 1_000_000_000;
                    prop_assert!(waited <= u128::from(queue).max(size as u128 + 28) + 100, "{waited}");
                    last = through;
                }
                fate => prop_assert_eq!(fate, Fate::Lost(Loss::Congestion)),
            }
        }
    }

    #[test]
    fn groups_cut_exactly_those_of_different_groups(of in prop::collection::vec(0usize..3, 1..20), from in 0u32..30, to in 0u32..30) {
        let members = |group| (0..).zip(&of).filter(|(_, g)| **g == group).map(|(n, _)| NodeIndex(n)).collect::<Vec<_>>();
        let groups = vec![members(1), members(2)];
        prop_assume!(!groups.concat().is_empty());
        let mut network = Network::lan();
        network.partition(Partition::groups("p", groups)).unwrap();
        let side = |node: u32| of.get(node as usize).copied().unwrap_or(0);
        prop_assert_eq!(send(&mut network, 0, from, to) == Fate::Lost(Loss::Rule), side(from) != side(to));
    }
}
