//! Partitions heal by themselves.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, dice::Dice};
use crate::{Flight, Medium, NodeIndex, Options, RuleId, Verdict};
use core::time::Duration;

pub(super) const PROPERTY: Property = Property {
    name: "partitions_heal",
    promise: "after any partition (of two or more groups, of one node, in one direction, of packets or streams alone, or of links that flap), however long, all views are true again within `bounds::healing`",
    check,
    judge: Some(judge),
};

/// Runs in which somebody was lost, so that there was something to heal.
pub(super) const SPLIT: &str = "somebody was lost";

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let n = dice.size(2, 0.01);
    let network = dice.prompt_network(&options);
    let mut cluster = case.cluster(network);
    cluster.formed(n, &options)?;
    cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 5))?;
    let mut split = false;
    for _ in 0..dice.number(1, 3) {
        let rule = cut(&mut cluster, &mut dice);
        let long = options.gossip_to_the_dead * 3 + options.probe_interval * 60;
        let most = if dice.chance(0.5) { long } else { options.probe_interval * 20 };
        cluster.pass(dice.time(options.probe_interval, most))?;
        split |=
            cluster.living().iter().any(|node| cluster.endpoint(*node).is_some_and(|e| e.num_members() < n));
        cluster.network_mut().remove_rule(rule);
        if dice.chance(0.3) {
            cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 10))?;
        }
    }
    let healed = cluster.now();
    agree(&mut cluster, &options, bounds::healing(&options, n, 0))?;
    let took = cluster.now().since(healed).as_secs_f64();
    Ok(cluster.facts(&[(SPLIT, f64::from(u8::from(split))), ("seconds until healed", took)]))
}

/// All views become true within this time, and stay so.
pub(super) fn agree(cluster: &mut Cluster, options: &Options, bound: Duration) -> Result<(), Broken> {
    if !cluster.await_that(options.gossip_interval * 2, bound, Cluster::views_are_true)? {
        let wrong = cluster.wrong_views();
        return Err(
            cluster.broken(None, format!("views are not true {bound:?} after the faults ended: {wrong}"))
        );
    }
    Ok(())
}

/// Cuts a random part of the network.
pub(super) fn cut(cluster: &mut Cluster, dice: &mut Dice) -> RuleId {
    let all: Vec<NodeIndex> = cluster.nodes().collect();
    let groups = if dice.chance(0.3) { dice.number(3, 5) } else { 2 };
    let alone = dice.chance(0.25);
    let group: Vec<u8> = if alone {
        let node = dice.pick(&all);
        all.iter().map(|other| u8::from(Some(*other) == node)).collect()
    } else {
        all.iter().map(|_| dice.number(0, groups - 1) as u8).collect()
    };
    // Only what the first group says to others is lost, or only what it hears.
    let one_way = dice.chance(0.25).then(|| dice.chance(0.5));
    let only = match dice.number(0, 9) {
        0 => Some(Medium::Packet),
        1 => Some(Medium::Stream),
        _ => None,
    };
    let flaps = dice.chance(0.2).then(|| dice.number(200, 20_000) * 1_000_000);
    let of = move |node: NodeIndex| group.get(node.place()).copied().unwrap_or(0);
    cluster.network_mut().add_rule(move |flight: &Flight<'_>| {
        let (from, to) = (of(flight.from), of(flight.to));
        let across = match one_way {
            None => from != to,
            Some(speaks) => from != to && (if speaks { from } else { to }) == 1,
        };
        let closed = flaps.is_none_or(|period| (flight.at.as_nanos() / period).is_multiple_of(2));
        let concerned = only.is_none_or(|medium| medium == flight.medium);
        if across && closed && concerned { Verdict::Drop } else { Verdict::Pass }
    })
}

/// Most partitions must have split something, or nothing was shown.
fn judge(facts: &[Facts]) -> Result<(), String> {
    let split = facts.iter().filter_map(|facts| facts.figure(SPLIT)).sum::<f64>();
    if facts.len() >= 20 && split < 0.4 * facts.len() as f64 {
        return Err(format!("only {split} of {} partitions split anything", facts.len()));
    }
    Ok(())
}
