//! Somebody without a key records what living nodes of an encrypted cluster send, and sends it again.

use crate::{
    encryption::{key, keyed, ring},
    harness::*,
};
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{
    Event, State,
    memory::MemoryNetwork,
    types::{Framing, NativeWire, NodeState, PushPull, StreamLimits, StreamMessage, Wire},
};
use rand_core::Rng;
use smol_str::SmolStr;
use std::net::SocketAddr;

type Row = (SmolStr, SocketAddr, u32, State, Bytes);

fn table(node: &Node) -> Vec<Row> {
    let row = |m: memberlist_core::Member<SmolStr, SocketAddr>| {
        (m.node.id, m.node.address, m.incarnation.value(), m.state, m.meta.as_bytes().to_vec().into())
    };
    let mut table: Vec<Row> = node.known().into_iter().map(row).collect();
    table.sort_by(|a, b| a.0.cmp(&b.0));
    table
}

/// The stream of a push/pull that this node could have opened now: what somebody on the way would have recorded of it.
fn push_pull(node: &Node, join: bool) -> Bytes {
    let states = node.known().into_iter().map(|member| NodeState {
        node: member.node,
        meta: member.meta,
        incarnation: member.incarnation,
        state: member.state,
        versions: Some(member.versions),
        layers: member.layers,
    });
    let message = StreamMessage::PushPull(PushPull { join, states: states.collect(), user: Bytes::new() });
    NativeWire.encode_frame(&node.options().framing, &StreamLimits::default(), true, &message).unwrap()
}

/// 4 (encryption): every packet and every push/pull of a cluster with a past (probes, gossip, a departure, a death, a restart at another address, changed
/// metadata), sent again to everyone, from where it came and from elsewhere, changes nothing.
#[tokio::test(start_paused = true)]
async fn nothing_recorded_changes_anything_when_it_is_sent_again() {
    let network = MemoryNetwork::new(1);
    network.record(100_000);
    let options = || keyed(&[&key(1)]);
    let a = node_with(&network, 1, Void::new(), options()).await;
    let mut nodes = vec![a.clone()];
    for n in 2..=6 {
        let node = node_with(&network, n, Void::new(), options()).await;
        node.join(address(1)).await.unwrap();
        nodes.push(node);
    }
    see_each_other(&nodes).await;
    let mut streams = vec![push_pull(&nodes[5], true), push_pull(&nodes[4], false)];
    nodes[1].update_meta("new").await.unwrap();
    tokio::time::sleep(ms(1_000)).await;
    // Six leaves, five dies, four comes back at another address.
    let six = nodes.pop().unwrap();
    six.leave(ms(2_000)).await.unwrap();
    streams.push(push_pull(&six, false));
    six.shutdown().await;
    nodes.pop().unwrap().shutdown().await;
    streams.push(push_pull(&a, false));
    eventually("five is dead", || state(&a, 5) == Some(State::Dead)).await;
    streams.push(push_pull(&a, false));
    nodes.pop().unwrap().shutdown().await;
    tokio::time::sleep(ms(10_000)).await;
    let later = options().with_incarnation(a.local_state().incarnation.saturating_add(1_000));
    let four = named(&network, name(4), 44, Void::new(), later).await;
    four.join(address(1)).await.unwrap();
    nodes.push(four);
    see_each_other(&nodes).await;
    tokio::time::sleep(ms(30_000)).await;
    assert_eq!(
        nodes.iter().map(|node| node.known().len()).collect::<Vec<_>>(),
        [4; 4],
        "the gone are forgotten"
    );

    let packets = network.recorded();
    assert!(packets.len() > 1_000, "{}", packets.len());
    let before: Vec<_> = nodes.iter().map(table).collect();
    let mut events: Vec<_> = nodes.iter().map(Node::events).collect();
    let received = |nodes: &[Node]| nodes.iter().map(|node| node.stats().decode_rejections).sum::<u64>();
    assert_eq!(received(&nodes), 0);
    let mut dice = rand_pcg::Pcg64::new(7, 1);
    let mut below = |n: usize| dice.next_u32() as usize % n;
    for n in 0..6_000 {
        let (from, _, packet) = &packets[below(packets.len())];
        // To those who lived through it. (Four has just started, and can't know who died before.)
        let to = nodes[below(3)].advertise_address();
        let from = if below(3) == 0 { address(99) } else { *from };
        network.inject(from, to, packet.clone());
        if n % 50 == 0 {
            let mut stream = network.connect(address(99), to).unwrap();
            stream.write_all(&streams[below(streams.len())]).await.unwrap();
            stream.close().await.unwrap();
            let mut answer = Vec::new();
            soon(stream.read_to_end(&mut answer)).await.unwrap();
            assert!(!answer.is_empty());
            tokio::time::sleep(ms(20)).await;
            assert_eq!(nodes.iter().map(table).collect::<Vec<_>>(), before, "after {n}");
        }
    }
    tokio::time::sleep(ms(20_000)).await;
    assert_eq!(nodes.iter().map(table).collect::<Vec<_>>(), before);
    assert_eq!(received(&nodes), 0, "they are authentic: it is the protocol that ignores them");
    for events in &mut events {
        while let Some(event) = events.try_recv() {
            let harmless =
                matches!(event, Event::Rejected(_) | Event::Conflict { .. } | Event::HealthChanged { .. });
            assert!(harmless, "{event:?}");
        }
    }
}

/// Nor can it be played to a cluster with another label, or to one that has dropped the key.
#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_of_no_use_once_the_key_is_gone() {
    let network = MemoryNetwork::new(1);
    network.record(1_000);
    let keys = ring(&[&key(1)]);
    let a = node_with(&network, 1, Void::new(), crate::encryption::with(Some(keys.clone()))).await;
    let b = node_with(&network, 2, Void::new(), crate::encryption::with(Some(keys.clone()))).await;
    b.join(address(1)).await.unwrap();
    tokio::time::sleep(ms(1_000)).await;
    let recorded = network.recorded();
    keys.add(&key(2));
    keys.use_key(key(2).id()).unwrap();
    tokio::time::sleep(ms(100)).await;
    keys.remove(key(1).id()).unwrap();
    for (from, to, packet) in &recorded {
        network.inject(*from, *to, packet.clone());
    }
    let refused = || a.stats().decode_rejected("no_key") + b.stats().decode_rejected("no_key");
    eventually("all are refused", || refused() == recorded.len() as u64).await;
    let framing: &Framing = &a.options().framing;
    assert_eq!(framing.keyring.as_ref().unwrap().keys().len(), 1);
}
