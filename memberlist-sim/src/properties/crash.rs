//! Every crash is found by everybody in time.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, truth::Truth};
use crate::{NodeIndex, Step};
use core::time::Duration;
use memberlist_proto::{Event, Instant};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

pub(super) const PROPERTY: Property = Property {
    name: "crashes_are_found",
    promise: "every crash, also of half of the nodes at once, is found by everybody within `bounds::detection`, and nobody else is suspected unless packets are lost",
    check,
    judge: Some(judge),
};

/// Runs in which one node of a healthy cluster crashes that took longer than 99 of 100 should.
pub(super) const SLOW: &str = "beyond the 99th percentile of the model";

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let options = dice.options();
    let n = dice.size(2, 0.02);
    let loss = if dice.chance(0.25) { dice.real(0.0, 0.3) } else { 0.0 };
    let network = crate::Network::new(dice.prompt_link(&options).with_loss(loss));
    let mut cluster = case.cluster(network);
    let news: Rc<RefCell<News>> = Rc::default();
    cluster.observer_mut().claim(only_the_dead_are_suspected(loss, Rc::clone(&news)));
    cluster.formed(n, &options)?;
    cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 20))?;
    let living = cluster.living();
    let crashing = if dice.chance(0.5) { 1 } else { dice.number(1, (n as u64 / 2).max(1)) as usize };
    let crashing = dice.nodes(&living, crashing);
    for node in &crashing {
        if dice.chance(0.5) { cluster.crash(*node) } else { cluster.vanish(*node) }
    }
    let crashed_at = cluster.now();
    // One crash without loss makes nobody doubt its health before all is over.
    let health = if crashing.len() == 1 && loss == 0.0 { 0 } else { options.awareness_max };
    let bound = bounds::detection(&options, n, health);
    let found = |cluster: &Cluster| open(cluster, &crashing).is_none();
    loop {
        if cluster.await_that(options.gossip_interval, options.probe_interval * 4, found)? {
            break;
        }
        // What came late of a dead one starts its clock anew.
        let Some((by, of)) = open(&cluster, &crashing) else { break };
        let last = news.borrow().get(&(by, of)).copied().map_or(crashed_at, |at| at.max(crashed_at));
        if cluster.now().since(last) > bound {
            let believes = cluster.endpoint(by).and_then(|e| e.member(&crate::Name(of)));
            return Err(cluster.broken(
                Some(by),
                format!(
                    "{} crashed {:?} ago (bound {bound:?}), but is believed {believes:?}",
                    crate::Name(of),
                    cluster.now().since(last)
                ),
            ));
        }
    }
    let took = cluster.now().since(crashed_at);
    let mut figures = vec![("seconds until all had found it", took.as_secs_f64())];
    if health == 0 && options.awareness_max > 0 && n > 3 {
        let model = bounds::detection_model(&options, n, 0.99);
        figures.push((SLOW, f64::from(u8::from(took > model))));
    }
    Ok(cluster.facts(&figures))
}

/// The first who still holds one of these for a member, and whom.
fn open(cluster: &Cluster, crashed: &[NodeIndex]) -> Option<(NodeIndex, NodeIndex)> {
    cluster.living().into_iter().find_map(|by| {
        let endpoint = cluster.endpoint(by)?;
        let member =
            |of: &&NodeIndex| endpoint.member(&crate::Name(**of)).is_some_and(|m| !m.state.is_gone());
        crashed.iter().find(member).map(|of| (by, *of))
    })
}

/// When somebody last learned that a node lives after all, at a higher incarnation.
type News = HashMap<(NodeIndex, NodeIndex), Instant>;

fn only_the_dead_are_suspected(
    loss: f64,
    news: Rc<RefCell<News>>,
) -> impl FnMut(&Truth, Instant, NodeIndex, &Step<'_>) -> Result<(), String> {
    move |truth, at, node, step| {
        let Step::Event(event) = step else { return Ok(()) };
        match event {
            Event::Suspected { member, .. } | Event::Failed { member, .. }
                if loss == 0.0 && truth.lives(member.node.id.0) =>
            {
                Err(format!("it runs, and no packet is lost, and yet: {event:?}"))
            }
            Event::Recovered { member, .. } | Event::Joined(member) | Event::Updated { member, .. } => {
                news.borrow_mut().insert((node, member.node.id.0), at);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// One in a hundred may be slow; ten standard deviations more may not.
fn judge(facts: &[Facts]) -> Result<(), String> {
    let slow: Vec<f64> = facts.iter().filter_map(|facts| facts.figure(SLOW)).collect();
    let (runs, count) = (slow.len() as f64, slow.iter().sum::<f64>());
    let most = runs * 0.01 + 4.0 * libm::sqrt(runs * 0.01) + 3.0;
    if count <= most {
        return Ok(());
    }
    Err(format!("{count} of {runs} runs took longer than 99 of 100 should; at most {most:.0} may"))
}
