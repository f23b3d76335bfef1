//! The dead stay dead, whatever old packets and old views say.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, dice::Dice, partition, truth::Truth};
use crate::{Action, Addr, Flight, Medium, Name, NodeIndex, Options, Restart, Step, Verdict, random};
use core::time::Duration;
use memberlist_proto::{
    Event, Instant,
    types::{Message, NodeState},
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

pub(super) const PROPERTY: Property = Property {
    name: "dead_stay_dead",
    promise: "who has seen the end of a node (its death or departure, at its last incarnation) never has it for a member again unless a process of it was started, whatever is delayed by minutes, doubled, reordered or said again",
    check,
    judge: Some(judge),
};

/// How often something old was said again.
pub(super) const REPLAYED: &str = "old messages said again";

type Recorded = (Addr, Message<Name, Addr>);

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let n = dice.size(3, 0.005);
    let link = dice.prompt_link(&options).with_duplicate(dice.real(0.0, 0.3));
    let mut cluster = case.cluster(crate::Network::new(link));
    let recorded: Rc<RefCell<Vec<Recorded>>> = Rc::default();
    cluster.observer_mut().claim(no_resurrection());
    cluster.observer_mut().claim(recorder(Rc::clone(&recorded), dice.number(1, 20)));
    cluster.formed(n, &options)?;
    let mut late = random::generator(dice.number(0, u64::MAX - 1), "late packets", 0);
    let (share, longest) = (dice.real(0.0, 0.1), dice.number(1, 300));
    let rule = cluster.network_mut().add_rule(move |flight: &Flight<'_>| {
        if flight.medium == Medium::Packet && random::chance(&mut late, share) {
            Verdict::Delay(Duration::from_millis(random::below(&mut late, longest * 1_000)))
        } else {
            Verdict::Pass
        }
    });
    let mut views: Vec<Vec<NodeState<Name, Addr>>> = Vec::new();
    let mut replayed = 0;
    for _ in 0..dice.number(5, 30) {
        // Others may end in the meantime, but this one is there to join through.
        end_or_begin(&mut cluster, &mut dice)?;
        cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 15))?;
        replayed += replay(&mut cluster, &mut dice, &recorded.borrow(), &mut views)?;
    }
    cluster.network_mut().remove_rule(rule);
    cluster.pass(Duration::from_secs(longest))?;
    settle(&mut cluster, &options)?;
    Ok(cluster.facts(&[(REPLAYED, replayed as f64)]))
}

/// With the last old packet gone, also those who came later, and believed old news of nodes that they had never met, find the truth.
fn settle(cluster: &mut Cluster, options: &Options) -> Result<(), Broken> {
    let all = cluster.len();
    let gone = all - cluster.living().len();
    partition::agree(cluster, options, bounds::convergence(options, all, gone))
}

/// Somebody crashes, leaves and ends, comes back, or is new.
fn end_or_begin(cluster: &mut Cluster, dice: &mut Dice) -> Result<(), Broken> {
    const ANCHOR: NodeIndex = NodeIndex(0);
    let others: Vec<NodeIndex> = cluster.living().into_iter().filter(|node| *node != ANCHOR).collect();
    match (dice.number(0, 7), dice.pick(&others)) {
        (0..=2, Some(node)) if others.len() > 1 => cluster.crash(node),
        (3, Some(node)) if others.len() > 1 => {
            cluster.leave(node);
            cluster
                .after(dice.time(Duration::ZERO, Duration::from_secs(5)), move |cluster| cluster.crash(node));
        }
        (4, _) => {
            let down: Vec<NodeIndex> = cluster.nodes().filter(|node| !cluster.is_up(*node)).collect();
            if let Some(node) = dice.pick(&down) {
                let at = if dice.chance(0.5) { Restart::SameAddress } else { Restart::NewAddress };
                cluster.reborn(node, at, &[ANCHOR])?;
            }
        }
        (5, _) if cluster.len() < 100 => {
            let options = cluster.endpoint(ANCHOR).map(|endpoint| endpoint.options().clone());
            if let Some(options) = options {
                let newcomer = cluster.born(&options)?;
                cluster.enter(newcomer, &[ANCHOR])?;
            }
        }
        (6, Some(node)) => super::quiet::change_meta(cluster, dice, node, 10)?,
        _ => {}
    }
    cluster.sound()
}

/// Old messages and old views reach somebody again; says how many.
fn replay(
    cluster: &mut Cluster,
    dice: &mut Dice,
    recorded: &[Recorded],
    views: &mut Vec<Vec<NodeState<Name, Addr>>>,
) -> Result<usize, Broken> {
    let living = cluster.living();
    if let Some(node) = dice.pick(&living)
        && let Some(endpoint) = cluster.endpoint(node)
    {
        views.push(endpoint.local_states());
    }
    let mut replayed = 0;
    for _ in 0..dice.number(0, 3) {
        let Some(node) = dice.pick(&living) else { break };
        if dice.chance(0.3) {
            let view =
                views.get(dice.number(0, views.len() as u64 - 1) as usize).cloned().unwrap_or_default();
            replayed += view.len();
            // It may be refused: it need not fit.
            cluster.command(node, |endpoint, now| endpoint.handle_push_pull(now, None, view).ok());
        }
        let count = dice.number(1, 40);
        let some: Vec<Recorded> = (0..count)
            .filter_map(|_| {
                recorded.get(dice.number(0, (recorded.len() as u64).max(1) - 1) as usize).cloned()
            })
            .collect();
        replayed += some.len();
        cluster.command(node, |endpoint, now| {
            for (from, message) in some {
                endpoint.handle_message(now, from, message);
            }
        });
    }
    cluster.sound().map(|()| replayed)
}

/// Keeps one in `every` messages about nodes, as somebody on the way could.
fn recorder(
    recorded: Rc<RefCell<Vec<Recorded>>>,
    every: u64,
) -> impl FnMut(&Truth, Instant, NodeIndex, &Step<'_>) -> Result<(), String> {
    const MOST: usize = 5_000;
    let mut count = 0;
    move |_, _, _, step| {
        if let Step::Message { from, message } = step
            && matches!(message, Message::Alive(_) | Message::Suspect(_) | Message::Dead(_))
        {
            count += 1;
            let mut recorded = recorded.borrow_mut();
            if count % every == 0 && recorded.len() < MOST {
                recorded.push((*from, (*message).clone()));
            }
        }
        Ok(())
    }
}

/// Who has seen the last of a node does not see it again.
pub(super) fn no_resurrection() -> impl FnMut(&Truth, Instant, NodeIndex, &Step<'_>) -> Result<(), String> {
    // At which incarnation each saw the end of each; a new process has seen nothing.
    let mut ends: HashMap<NodeIndex, HashMap<NodeIndex, u32>> = HashMap::new();
    move |truth, _, node, step| {
        match step {
            Step::Action(Action::Started(_)) => drop(ends.remove(&node)),
            Step::Event(Event::Failed { member, .. } | Event::Left(member)) => {
                ends.entry(node).or_default().insert(member.node.id.0, member.incarnation.value());
            }
            Step::Event(event @ Event::Joined(member)) if !truth.lives(member.node.id.0) => {
                let of = member.node.id.0;
                let end = ends.get(&node).and_then(|ends| ends.get(&of)).copied();
                if let (Some(end), Some(being)) = (end, truth.of(of))
                    && end >= being.highest
                {
                    return Err(format!(
                        "it had seen the end of a node that does not run, at {end} (the node never had more than {}), and yet: {event:?}",
                        being.highest
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn judge(facts: &[Facts]) -> Result<(), String> {
    let replayed = facts.iter().filter_map(|facts| facts.figure(REPLAYED)).sum::<f64>();
    if replayed < facts.len() as f64 * 10.0 {
        return Err(format!("only {replayed} messages were said again in {} runs", facts.len()));
    }
    Ok(())
}
