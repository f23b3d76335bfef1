//! Without faults nobody is ever suspected.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, dice::Dice, truth::Truth};
use crate::{NodeIndex, Options, Step};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{Event, Instant, types::Meta};

pub(super) const PROPERTY: Property = Property {
    name: "quiet_without_faults",
    promise: "without faults nobody who runs is suspected or declared dead, and nobody doubts its own health, while nodes join and change and broadcast",
    check,
    judge: None,
};

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let network = dice.prompt_network(&options);
    let mut cluster = case.cluster(network);
    cluster.observer_mut().claim(nobody_is_suspected);
    let n = dice.size(1, 0.02);
    begin(&mut cluster, &mut dice, &options, n)?;
    let acts = dice.number(0, 30);
    for _ in 0..acts {
        act(&mut cluster, &mut dice, &options)?;
        cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 8))?;
    }
    let at_most = bounds::spread(&options, cluster.len());
    if !cluster.await_that(options.probe_interval, at_most, Cluster::views_are_true)? {
        return Err(
            cluster.broken(None, format!("not all know all after {at_most:?}: {}", cluster.wrong_views()))
        );
    }
    cluster.pass(options.probe_interval * 20)?;
    if !cluster.views_are_true() {
        return Err(cluster.broken(None, format!("it does not stay so: {}", cluster.wrong_views())));
    }
    Ok(cluster.facts(&[]))
}

/// What is claimed of each step. Also used where nothing but other faults can be the reason.
pub(super) fn nobody_is_suspected(
    truth: &Truth,
    _: Instant,
    node: NodeIndex,
    step: &Step<'_>,
) -> Result<(), String> {
    // Who has left does not follow any more what becomes of others.
    let Step::Event(event) = step else { return Ok(()) };
    if !truth.lives(node) {
        return Ok(());
    }
    match event {
        Event::Suspected { .. } | Event::Failed { .. } | Event::Refuted { .. } => {
            Err(format!("nothing is wrong with anybody, and yet: {event:?}"))
        }
        Event::HealthChanged { score } if *score > 0 => {
            Err(format!("nothing is wrong, but the node doubts its health: {score}"))
        }
        _ => Ok(()),
    }
}

/// A cluster that has been there for long, or one that comes up now through one or several seeds.
fn begin(cluster: &mut Cluster, dice: &mut Dice, options: &Options, n: usize) -> Result<(), Broken> {
    if dice.chance(0.6) {
        return cluster.formed(n, options);
    }
    let seeds = dice.number(1, 3).min(n as u64) as usize;
    for _ in 0..n {
        let node = cluster.born(options)?;
        let through: Vec<NodeIndex> = cluster.nodes().take(seeds).collect();
        cluster.enter(node, &through)?;
        if dice.chance(0.5) {
            cluster.pass(dice.time(Duration::ZERO, options.probe_interval))?;
        }
    }
    Ok(())
}

/// Something that users do.
pub(super) fn act(cluster: &mut Cluster, dice: &mut Dice, options: &Options) -> Result<(), Broken> {
    let living = cluster.living();
    let Some(node) = dice.pick(&living) else { return Ok(()) };
    let size = dice.number(0, 200) as usize;
    match dice.number(0, 4) {
        0 if cluster.len() < 300 => {
            let newcomer = cluster.born(options)?;
            // The first node is there all the time: a newcomer can be found by healing, whatever becomes of the other.
            cluster.enter(newcomer, &[NodeIndex(0), node])?;
        }
        0 | 1 => change_meta(cluster, dice, node, size)?,
        2 | 3 => {
            let payload = Bytes::from(vec![b'x'; size + 1]);
            let many = dice.number(1, 20);
            cluster.command(node, |endpoint, now| {
                for _ in 0..many {
                    // A full queue refuses, and says so.
                    let _ = endpoint.broadcast(now, None, payload.clone());
                }
            });
        }
        _ => {
            let to = dice.pick(&living).map(|to| cluster.address(to));
            cluster.command(node, |endpoint, now| {
                to.map(|to| endpoint.send(now, to, Bytes::from_static(b"hello")))
            });
        }
    }
    cluster.sound()
}

pub(super) fn change_meta(
    cluster: &mut Cluster,
    dice: &mut Dice,
    node: NodeIndex,
    size: usize,
) -> Result<(), Broken> {
    let bytes = vec![dice.number(0, 255) as u8; size];
    let changed = cluster.command(node, |endpoint, now| endpoint.update_meta(now, Meta::from(bytes)));
    match changed {
        Some(Err(error)) => Err(cluster.broken(Some(node), format!("legal metadata was refused: {error}"))),
        _ => Ok(()),
    }
}
