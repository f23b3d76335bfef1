//! Who lives, refutes, and wins.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, dice::Dice, partition, truth::Truth};
use crate::{Flight, NodeIndex, Options, Step, Verdict, random};
use core::time::Duration;
use memberlist_proto::{Event, Instant};
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

pub(super) const PROPERTY: Property = Property {
    name: "refutation_wins",
    promise: "a node that lives, but was paused, blocked, slow or badly connected, is in the end alive for all, at a higher incarnation than any accusation; an accusation that is refuted in time never becomes a death, and a short stall (`bounds::harmless_stall`) kills nobody whom gossip reaches",
    check,
    judge: Some(judge),
};

/// Runs in which somebody was accused, so that there was something to refute.
pub(super) const ACCUSED: &str = "somebody was accused";

/// Runs in which somebody was declared dead for a short stall.
pub(super) const KILLED: &str = "a short stall killed";

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let n = dice.size(2, 0.01);
    let network = dice.prompt_network(&options);
    let mut cluster = case.cluster(network);
    let seen: Rc<RefCell<Seen>> = Rc::default();
    cluster.observer_mut().claim(refuted_is_no_death(Rc::clone(&seen)));
    cluster.formed(n, &options)?;
    cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 10))?;
    let many = if dice.chance(0.6) { 1 } else { dice.number(1, (n as u64 / 4).max(1)) as usize };
    let living = cluster.living();
    let victims = dice.nodes(&living, many);
    let harmless = bounds::harmless_stall(&options, n);
    let short = !harmless.is_zero() && dice.chance(0.5);
    let most = if short { harmless } else { options.probe_interval * 60 };
    let time = dice.time(if short { most / 2 } else { options.probe_interval }, most);
    stall(&mut cluster, &mut dice, &options, &victims, time, short)?;
    let killed = f64::from(u8::from(short && !seen.borrow().deaths.is_empty()));
    let sure = short && bounds::transmissions(&options, n) >= 8;
    let ended = cluster.now();
    partition::agree(&mut cluster, &options, bounds::healing(&options, n, 0))?;
    for ((by, of), at) in &seen.borrow().accused {
        believed_above(&cluster, *by, *of, *at)?;
    }
    let some = f64::from(u8::from(!seen.borrow().accused.is_empty()));
    let took = cluster.now().since(ended).as_secs_f64();
    let mut figures = vec![(ACCUSED, some), ("seconds until refuted", took)];
    if sure {
        figures.push((KILLED, killed));
    }
    Ok(cluster.facts(&figures))
}

/// Who has heard of the accusation holds the accused one at a higher incarnation. (Whom neither that nor the refutation has reached never
/// doubted it.)
fn believed_above(cluster: &Cluster, by: NodeIndex, of: NodeIndex, at: u32) -> Result<(), Broken> {
    let Some(endpoint) = cluster.endpoint(by) else { return Ok(()) };
    let member = endpoint.member(&crate::Name(of));
    if member.as_ref().is_some_and(|member| member.incarnation.value() > at) {
        return Ok(());
    }
    Err(cluster.broken(Some(by), format!("{} was accused at {at}, and is now {member:?}", crate::Name(of))))
}

/// Something keeps the victims from answering for this long, and then it is over. `short`: as the promise for short stalls has it.
fn stall(
    cluster: &mut Cluster,
    dice: &mut Dice,
    options: &Options,
    victims: &[NodeIndex],
    time: Duration,
    short: bool,
) -> Result<(), Broken> {
    match dice.number(0, if short { 1 } else { 4 }) {
        0 => victims.iter().for_each(|node| cluster.pause(*node, time)),
        1 => victims.iter().for_each(|node| cluster.block(*node, time)),
        2 => {
            // Again and again, with a little time in between.
            let pause = dice.time(Duration::from_millis(1), options.probe_interval * 2);
            for _ in 0..dice.number(2, 8) {
                victims.iter().for_each(|node| cluster.block(*node, time / 8));
                cluster.pass(time / 8 + pause)?;
            }
        }
        3 => {
            for node in victims {
                cluster.set_processing(*node, dice.time(Duration::ZERO, options.probe_interval));
            }
            cluster.pass(time)?;
            victims.iter().for_each(|node| cluster.set_processing(*node, Duration::ZERO));
        }
        _ => {
            let (loss, bad) = (dice.real(0.3, 0.95), victims.to_vec());
            let mut rng = random::generator(dice.number(0, u64::MAX - 1), "bad connections", 0);
            let rule = cluster.network_mut().add_rule(move |flight: &Flight<'_>| {
                let concerned = bad.contains(&flight.from) || bad.contains(&flight.to);
                if concerned && random::chance(&mut rng, loss) { Verdict::Drop } else { Verdict::Pass }
            });
            cluster.pass(time)?;
            cluster.network_mut().remove_rule(rule);
            return Ok(());
        }
    }
    // What comes of it shows in the suspicions that it has caused.
    let (shortest, longest, _) = bounds::suspicion(options, cluster.len());
    cluster.pass(time + options.probe_interval + if short { longest } else { shortest })
}

/// What was said so far.
#[derive(Default)]
pub(super) struct Seen {
    /// At which incarnation each node was accused, in whose view.
    accused: BTreeMap<(NodeIndex, NodeIndex), u32>,
    /// Who was declared dead, by whom.
    deaths: Vec<(NodeIndex, String)>,
    /// At which incarnation each has refuted, in whose view.
    refuted: HashMap<(NodeIndex, NodeIndex), u32>,
}

pub(super) fn refuted_is_no_death(
    seen: Rc<RefCell<Seen>>,
) -> impl FnMut(&Truth, Instant, NodeIndex, &Step<'_>) -> Result<(), String> {
    move |_, _, node, step| {
        let Step::Event(event) = step else { return Ok(()) };
        let mut seen = seen.borrow_mut();
        match event {
            Event::Suspected { member, .. } | Event::Failed { member, .. } => {
                let (of, incarnation) = (member.node.id.0, member.incarnation.value());
                let accused = seen.accused.entry((node, of)).or_default();
                *accused = incarnation.max(*accused);
                let refuted = seen.refuted.get(&(node, of)).copied();
                if matches!(event, Event::Failed { .. }) {
                    seen.deaths.push((node, format!("{event:?}")));
                }
                if refuted.is_some_and(|refuted| incarnation < refuted) {
                    return Err(format!("it had refuted at {refuted:?}, and yet: {event:?}"));
                }
            }
            Event::Recovered { member, .. } | Event::Joined(member) => {
                seen.refuted.insert((node, member.node.id.0), member.incarnation.value());
            }
            _ => {}
        }
        Ok(())
    }
}

/// In most runs somebody must have been accused, or nothing was shown. Gossip that hands out each refutation eight times or more by each node still
/// misses one now and then, who then declares a death (and learns better soon): in at most three of a hundred runs.
fn judge(facts: &[Facts]) -> Result<(), String> {
    let accused = facts.iter().filter_map(|facts| facts.figure(ACCUSED)).sum::<f64>();
    if facts.len() >= 20 && accused < 0.4 * facts.len() as f64 {
        return Err(format!("only in {accused} of {} runs was anybody accused", facts.len()));
    }
    let stalls: Vec<f64> = facts.iter().filter_map(|facts| facts.figure(KILLED)).collect();
    let (runs, killed) = (stalls.len() as f64, stalls.iter().sum::<f64>());
    let most = runs * 0.03 + 4.0 * libm::sqrt(runs * 0.03) + 1.0;
    if killed > most {
        return Err(format!(
            "in {killed} of {runs} runs a short stall killed somebody; at most in {most:.0} it may"
        ));
    }
    Ok(())
}
