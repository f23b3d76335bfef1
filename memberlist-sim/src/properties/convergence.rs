//! After any mixture of faults, all views become true.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, dice::Dice, partition, quiet};
use crate::{Latency, NodeIndex, Options, Restart, RuleId};
use core::time::Duration;

pub(super) const PROPERTY: Property = Property {
    name: "views_converge",
    promise: "after any mixture of crashes, restarts, moves, pauses, blocks, slow processing, wrong clocks, loss, duplicates, reordering, partitions, departures, returns and changes, all views are true within `bounds::convergence`, and everything comes to rest",
    check,
    judge: None,
};

/// This one runs all the time at one address, so that there is somebody whom those who come (back) can join through.
const ANCHOR: NodeIndex = NodeIndex(0);

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let n = dice.size(2, 0.005);
    let link = dice.prompt_link(&options);
    let mut cluster = case.cluster(crate::Network::new(link.clone()));
    cluster.formed(n, &options)?;
    let mut cuts = Vec::new();
    for _ in 0..dice.number(3, 30) {
        fault(&mut cluster, &mut dice, &options, &mut cuts)?;
        cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 15))?;
    }
    peace(&mut cluster, &options, link, &cuts)?;
    let ended = cluster.now();
    let all = cluster.len();
    let gone = all - cluster.living().len();
    partition::agree(&mut cluster, &options, bounds::convergence(&options, all, gone))?;
    let took = cluster.now().since(ended).as_secs_f64();
    rest(&mut cluster, &options)?;
    Ok(cluster.facts(&[("seconds until true", took)]))
}

/// How long a node sleeps at most.
const fn longest_sleep(options: &Options) -> Duration {
    Duration::from_nanos(options.probe_interval.as_nanos() as u64 * 40)
}

/// Something goes wrong, or somebody does something.
fn fault(
    cluster: &mut Cluster,
    dice: &mut Dice,
    options: &Options,
    cuts: &mut Vec<RuleId>,
) -> Result<(), Broken> {
    let others: Vec<NodeIndex> = cluster.living().into_iter().filter(|node| *node != ANCHOR).collect();
    let node = dice.pick(&others);
    let time = dice.time(options.probe_timeout / 2, longest_sleep(options));
    match (dice.number(0, 19), node) {
        (0 | 1, Some(node)) => cluster.crash(node),
        (2, Some(node)) => cluster.vanish(node),
        (3, Some(node)) => cluster.reborn(node, Restart::SameAddress, &[ANCHOR])?,
        (4, Some(node)) => cluster.reborn(node, Restart::NewAddress, &[ANCHOR])?,
        (5..=7, _) => {
            let down: Vec<NodeIndex> = cluster.nodes().filter(|node| !cluster.is_up(*node)).collect();
            if let Some(node) = dice.pick(&down) {
                let at = if dice.chance(0.5) { Restart::SameAddress } else { Restart::NewAddress };
                let other = dice.pick(&others).unwrap_or(ANCHOR);
                cluster.reborn(node, at, &[ANCHOR, other])?;
            }
        }
        (8, Some(node)) => cluster.pause(node, time),
        (9, Some(node)) => cluster.block(node, time),
        (10, Some(node)) => cluster.set_processing(node, dice.time(Duration::ZERO, options.probe_timeout)),
        (11, Some(node)) => cluster.set_clock(node, dice.number(0, 400_000) as i32 - 200_000),
        (12, _) => cluster.network_mut().link_mut().loss = dice.real(0.0, 0.3),
        (13, _) => cluster.network_mut().link_mut().duplicate = dice.real(0.0, 0.4),
        (14, _) => {
            let slow = dice.time(Duration::from_millis(1), options.probe_timeout * 2);
            cluster.network_mut().link_mut().latency = Latency::uniform(Duration::ZERO, slow);
        }
        (15, _) => cuts.push(partition::cut(cluster, dice)),
        (16, _) => {
            if let Some(cut) = cuts.pop() {
                cluster.network_mut().remove_rule(cut);
            }
        }
        (17, Some(node)) => cluster.leave(node),
        (18, _) => {
            let left: Vec<NodeIndex> = cluster
                .nodes()
                .filter(|node| cluster.endpoint(*node).is_some_and(memberlist_proto::Endpoint::has_left))
                .collect();
            if let Some(node) = dice.pick(&left) {
                let back = cluster.rejoin(node);
                back.map_err(|error| cluster.broken(Some(node), format!("a return was refused: {error}")))?;
                cluster.enter(node, &[ANCHOR])?;
            }
        }
        _ => quiet::act(cluster, dice, options)?,
    }
    cluster.sound()
}

/// All faults end, and the last sleeper wakes.
fn peace(cluster: &mut Cluster, options: &Options, link: crate::Link, cuts: &[RuleId]) -> Result<(), Broken> {
    *cluster.network_mut().link_mut() = link;
    for cut in cuts {
        cluster.network_mut().remove_rule(*cut);
    }
    for node in cluster.nodes() {
        cluster.set_processing(node, Duration::ZERO);
        cluster.set_clock(node, 0);
    }
    cluster.pass(longest_sleep(options))
}

/// Everything comes to rest: queues are empty, the dead forgotten, everybody healthy, and nobody is suspected any more.
fn rest(cluster: &mut Cluster, options: &Options) -> Result<(), Broken> {
    let all = cluster.len();
    let forgotten = options.gossip_to_the_dead + options.probe_interval * (4 * options.awareness_max + 60);
    let quiet = |cluster: &Cluster| first_restless(cluster).is_none();
    if !cluster.await_that(options.probe_interval, forgotten + bounds::spread(options, all) * 2, quiet)? {
        let (node, what) = first_restless(cluster).unwrap_or((ANCHOR, String::new()));
        return Err(cluster.broken(Some(node), format!("it does not come to rest: {what}")));
    }
    cluster.observer_mut().claim(quiet::nobody_is_suspected);
    cluster.pass(options.probe_interval * 20)?;
    if !cluster.views_are_true() {
        return Err(cluster.broken(None, format!("views do not stay true: {}", cluster.wrong_views())));
    }
    Ok(())
}

fn first_restless(cluster: &Cluster) -> Option<(NodeIndex, String)> {
    if cluster.living().len() < 2 {
        // One who is alone has nobody to tell what is queued, nor to learn from that it is well.
        return None;
    }
    cluster.living().into_iter().find_map(|node| {
        let endpoint = cluster.endpoint(node)?;
        let stats = endpoint.stats();
        let open = (stats.suspects, stats.relays, stats.membership_queue, stats.user_queue);
        let dead = stats.known - stats.members;
        let health = endpoint.health_score();
        let restless = open != (0, 0, 0, 0) || dead > 0 || health > 0;
        restless.then(|| {
            (
                node,
                format!("suspects, relays and queues {open:?}, {dead} dead or left known, health {health}"),
            )
        })
    })
}
