//! Queues and tables keep to their limits, whatever comes.

use super::{Broken, Case, Facts, Property, bounds, case::Cluster, dice::Dice, partition};
use crate::{Addr, Name, NodeIndex, Options};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    CommandError,
    types::{Alive, Incarnation, IndirectPing, Layers, Message, Node, SequenceNumber, Versions},
};

pub(super) const PROPERTY: Property = Property {
    name: "limits_hold",
    promise: "queues, tables, relays and packets keep to the limits of the options under floods of broadcasts, of names that nobody has, and of requests; a broadcast is refused only by a full queue, nothing else is dropped, and all is drained afterwards",
    check,
    judge: None,
};

fn check(case: &mut Case) -> Result<Facts, Broken> {
    let mut dice = case.dice(PROPERTY.name);
    let mut options = dice.options();
    let n = dice.size(2, 0.0).min(32);
    // Invented names find room, but not without end.
    let spare = dice.number(0, 64) as usize;
    options.max_members = n + spare;
    options.max_user_broadcasts = dice.number(1, 200) as usize;
    options.max_user_broadcast_bytes = dice.number(200, 20_000) as usize;
    options.max_relays = dice.number(0, 8) as usize;
    options.max_lost_peers = dice.number(0, 8) as usize;
    options.gossip_to_the_dead = dice.time(Duration::ZERO, options.gossip_to_the_dead);
    let link = dice.prompt_link(&options).with_loss(dice.real(0.0, 0.2)).with_duplicate(dice.real(0.0, 0.2));
    let quiet = dice.prompt_link(&options);
    let mut cluster = case.cluster(crate::Network::new(link));
    cluster.formed(n, &options)?;
    let mut invented = 0;
    for _ in 0..dice.number(10, 60) {
        flood(&mut cluster, &mut dice, &options, &mut invented)?;
        cluster.pass(dice.time(Duration::ZERO, options.probe_interval * 2))?;
    }
    *cluster.network_mut().link_mut() = quiet;
    partition::agree(&mut cluster, &options, bounds::convergence(&options, n + spare, spare))?;
    let drained = |cluster: &Cluster| {
        cluster.living().iter().all(|node| {
            cluster.endpoint(*node).map(|endpoint| endpoint.stats()).is_some_and(|stats| {
                (stats.user_queue, stats.user_queue_bytes, stats.relays, stats.membership_queue)
                    == (0, 0, 0, 0)
            })
        })
    };
    // Each broadcast is handed out as often as its limit says, a packet or so in each round.
    let most = options.gossip_interval * (options.max_user_broadcasts as u32 + 100) * 20
        + options.probe_interval * 20;
    if n > 1 && !cluster.await_that(options.probe_interval, most, drained)? {
        return Err(cluster.broken(None, format!("the queues are not drained after {most:?}")));
    }
    Ok(cluster.facts(&[("names invented", f64::from(invented))]))
}

/// Too much of something.
fn flood(
    cluster: &mut Cluster,
    dice: &mut Dice,
    options: &Options,
    invented: &mut u32,
) -> Result<(), Broken> {
    let living = cluster.living();
    let Some(node) = dice.pick(&living) else { return Ok(()) };
    let many = dice.number(1, 300);
    match dice.number(0, 3) {
        0 | 1 => return broadcast(cluster, dice, node, options, many),
        2 => {
            let first = *invented;
            *invented += many as u32;
            cluster.command(node, |endpoint, now| {
                for name in first..first + many as u32 {
                    endpoint.handle_message(now, Addr::new(node, 0), Message::Alive(stranger(name)));
                }
            });
        }
        _ => {
            let other = dice.pick(&living).unwrap_or(node);
            let member = Node::new(Name(other), cluster.address(other));
            cluster.command(node, |endpoint, now| {
                for seq in 0..many as u32 {
                    let target = Node::new(Name(NodeIndex(0)), Addr::new(NodeIndex(0), 0));
                    let source = Some(member.clone());
                    let request = IndirectPing { seq: SequenceNumber(seq), target, nack: true, source };
                    endpoint.handle_message(now, member.address, Message::IndirectPing(request));
                }
            });
        }
    }
    cluster.sound()
}

/// A node that nobody ever started says that it lives.
pub(super) fn stranger(number: u32) -> Alive<Name, Addr> {
    let index = NodeIndex((1 << 20) + number);
    Alive {
        incarnation: Incarnation::new(1),
        node: Node::new(Name(index), Addr::new(index, 0)),
        meta: Bytes::from_static(b"nobody").into(),
        versions: Some(Versions::default()),
        layers: Layers::BASE,
    }
}

/// Broadcasts until the queue is full and beyond: only then are they refused.
fn broadcast(
    cluster: &mut Cluster,
    dice: &mut Dice,
    node: NodeIndex,
    options: &Options,
    many: u64,
) -> Result<(), Broken> {
    for _ in 0..many {
        let payload = Bytes::from(vec![7; dice.number(1, 300) as usize]);
        let size = payload.len();
        let outcome =
            cluster.command(node, |endpoint, now| (endpoint.broadcast(now, None, payload), endpoint.stats()));
        let Some((outcome, stats)) = outcome else { return Ok(()) };
        // A message has less than a hundred bytes beside its payload.
        let full = stats.user_queue >= options.max_user_broadcasts
            || stats.user_queue_bytes + size + 100 > options.max_user_broadcast_bytes;
        match outcome {
            Ok(_) => {}
            Err(CommandError::QueueFull) if full => {}
            Err(error) => {
                return Err(
                    cluster.broken(Some(node), format!("a broadcast was refused ({error}), but: {stats:?}"))
                );
            }
        }
    }
    cluster.sound()
}
