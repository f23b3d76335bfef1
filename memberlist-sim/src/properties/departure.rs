//! Who leaves is never reported as failed.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, truth::Truth};
use crate::{NodeIndex, Step};
use core::time::Duration;
use memberlist_proto::{Event, Instant};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

pub(super) const PROPERTY: Property = Property {
    name: "departures_are_no_failures",
    promise: "who leaves is never reported as failed where no packet is lost, also if its process ends as soon as its departure is complete; under loss, or by those whom a cut kept from hearing it and those whom they tell, hardly ever; every departure becomes complete",
    check,
    judge: Some(judge),
};

/// Runs with loss or a cut in which somebody who could be reached reported a departure as a failure.
pub(super) const MISTAKEN: &str = "mistaken under loss or a cut";

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let n = dice.size(2, 0.02);
    let loss = if dice.chance(0.4) { dice.real(0.0, 0.3) } else { 0.0 };
    let link = dice.prompt_link(&options);
    let mut cluster = case.cluster(crate::Network::new(link.clone().with_loss(loss)));
    let seen: Rc<RefCell<Departures>> = Rc::default();
    cluster.formed(n, &options)?;
    cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 10))?;
    let living = cluster.living();
    let many = if dice.chance(0.5) { 1 } else { dice.number(1, (n as u64 / 3).max(1)) as usize };
    let leavers = dice.nodes(&living, many);
    // Some are cut off meanwhile: nothing is promised of what they believe, but that it ends.
    let rest: Vec<NodeIndex> = living.iter().copied().filter(|node| !leavers.contains(node)).collect();
    let apart = if dice.chance(0.25) { dice.number(0, rest.len() as u64 / 2) as usize } else { 0 };
    let apart: BTreeSet<NodeIndex> = dice.nodes(&rest, apart).into_iter().collect();
    let cut = (!apart.is_empty()).then(|| {
        let apart = apart.clone();
        cluster.network_mut().cut(move |from, to| apart.contains(&from) != apart.contains(&to))
    });
    let hard = loss == 0.0 && apart.is_empty();
    let claim = left_is_not_failed(leavers.clone(), apart.clone(), hard, Rc::clone(&seen));
    cluster.observer_mut().claim(claim);
    let ends: Vec<u64> = leavers.iter().map(|_| dice.number(0, 2)).collect();
    for leaver in &leavers {
        cluster.leave(*leaver);
        if dice.chance(0.5) {
            end_the_finished(
                &mut cluster,
                &leavers,
                &ends,
                &seen,
                dice.time(Duration::ZERO, options.probe_interval),
            )?;
        }
    }
    let bound = bounds::departure(&options, n);
    end_the_finished(&mut cluster, &leavers, &ends, &seen, bound)?;
    if let Some(leaver) = leavers.iter().find(|leaver| !seen.borrow().finished.contains_key(leaver)) {
        return Err(cluster.broken(Some(*leaver), format!("its departure is not complete after {bound:?}")));
    }
    cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 20))?;
    if let Some(cut) = cut {
        cluster.network_mut().remove_rule(cut);
    }
    *cluster.network_mut().link_mut() = link;
    let bound = bounds::convergence(&options, n, leavers.len());
    super::partition::agree(&mut cluster, &options, bound)?;
    let mistaken = f64::from(u8::from(seen.borrow().mistaken > 0));
    let figures = [(MISTAKEN, mistaken)];
    Ok(cluster.facts(if hard { &[] } else { &figures }))
}

/// Lets this much time pass; some processes end as soon as their departure is complete.
fn end_the_finished(
    cluster: &mut Cluster,
    leavers: &[NodeIndex],
    ends: &[u64],
    seen: &Rc<RefCell<Departures>>,
    time: Duration,
) -> Result<(), Broken> {
    let until = cluster.now() + time;
    loop {
        let to_end = |cluster: &Cluster| {
            let seen = seen.borrow();
            let mut due = leavers.iter().zip(ends).filter(|(leaver, how)| {
                **how > 0 && cluster.is_up(**leaver) && seen.finished.contains_key(leaver)
            });
            due.next().map(|(leaver, how)| (*leaver, *how))
        };
        cluster.run_until(until.since(cluster.now()), |cluster| {
            to_end(cluster).is_some() || cluster.observer().broken().is_some()
        });
        cluster.sound()?;
        match to_end(cluster) {
            Some((leaver, 1)) => cluster.crash(leaver),
            Some((leaver, _)) => cluster.vanish(leaver),
            None => return Ok(()),
        }
    }
}

#[derive(Default)]
struct Departures {
    /// By how many each departure was confirmed.
    finished: BTreeMap<NodeIndex, usize>,
    /// Failures reported of those who had left, by others than those who were cut off.
    mistaken: usize,
}

fn left_is_not_failed(
    leavers: Vec<NodeIndex>,
    apart: BTreeSet<NodeIndex>,
    hard: bool,
    seen: Rc<RefCell<Departures>>,
) -> impl FnMut(&Truth, Instant, NodeIndex, &Step<'_>) -> Result<(), String> {
    move |truth, _, node, step| {
        let Step::Event(event) = step else { return Ok(()) };
        match event {
            Event::LeaveFinished { confirmed } => match seen.borrow_mut().finished.insert(node, *confirmed) {
                None => Ok(()),
                Some(_) => Err("its departure is complete for the second time".into()),
            },
            Event::Failed { member, .. }
                if leavers.contains(&member.node.id.0)
                    && truth.of(member.node.id.0).is_some_and(|being| being.left)
                    && truth.lives(node)
                    && !apart.contains(&node) =>
            {
                if hard {
                    return Err(format!("the other has left, and yet: {event:?}"));
                }
                seen.borrow_mut().mistaken += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Where packets are lost, or those who were cut off say that somebody died who had left, some who missed the departure may believe it: in at most
/// two of a hundred runs.
fn judge(facts: &[Facts]) -> Result<(), String> {
    let all: Vec<f64> = facts.iter().filter_map(|facts| facts.figure(MISTAKEN)).collect();
    let (runs, mistaken) = (all.len() as f64, all.iter().sum::<f64>());
    let most = runs * 0.02 + 4.0 * libm::sqrt(runs * 0.02) + 1.0;
    if mistaken <= most {
        return Ok(());
    }
    Err(format!(
        "in {mistaken} of {runs} runs a departure was reported as a failure; at most in {most:.0} it may"
    ))
}
