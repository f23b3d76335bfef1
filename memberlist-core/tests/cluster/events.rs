use crate::harness::*;
use futures_util::StreamExt;
use memberlist_core::{Event, memory::MemoryNetwork};
use std::collections::BTreeSet;

/// F-54: Up and Down alternate, Down only after Up, and the log replays to the same set
#[tokio::test(start_paused = true)]
async fn the_log_of_events_is_consistent_and_replays_to_the_members() {
    let network = MemoryNetwork::new(1);
    let observer = node(&network, 1).await;
    let (at_first, mut events) = observer.members_and_events();
    let mut up: BTreeSet<_> = at_first.into_iter().map(|member| member.node.id).collect();
    for round in 0..4u32 {
        let mut others = vec![];
        for n in 2..=4 {
            let start = options().with_incarnation(Some((round * 1_000 + 1).into()));
            let node = node_with(&network, n, Void::new(), start).await;
            node.join(address(1)).await.unwrap();
            others.push(node);
        }
        eventually("they are in", || observer.num_members() == 4).await;
        others[0].leave(ms(10_000)).await.unwrap();
        eventually("it left", || observer.num_members() == 3).await;
        for node in others {
            node.shutdown().await;
        }
        eventually("they are out", || observer.num_members() == 1).await;
    }
    let mut seen = (0, 0, 0);
    while let Some(event) = events.try_recv() {
        match event {
            Event::Joined(member) => {
                assert!(up.insert(member.node.id.clone()), "{} joined twice", member.node);
                seen.0 += 1;
            }
            Event::Left(member) => {
                assert!(up.remove(&member.node.id), "{} left, but was not in", member.node);
                seen.1 += 1;
            }
            Event::Failed { member, .. } => {
                assert!(up.remove(&member.node.id), "{} failed, but was not in", member.node);
                seen.2 += 1;
            }
            Event::Suspected { member, .. } | Event::Recovered { member, .. } => {
                assert!(up.contains(&member.node.id), "{} is no member", member.node);
            }
            Event::Lagged(n) => panic!("{n} events lost"),
            _ => {}
        }
    }
    assert_eq!(seen, (12, 4, 8));
    assert_eq!(up.into_iter().collect::<Vec<_>>(), members(&observer));
}

/// P-02, P-03: a listener that never listens costs itself only, and learns it
#[tokio::test(start_paused = true)]
async fn a_listener_that_falls_behind_loses_data_first_and_is_told() {
    let network = MemoryNetwork::new(1);
    let small = options().with_data_queue(4usize).with_event_queue(100usize);
    let a = node_with(&network, 1, Void::new(), small).await;
    let b = node(&network, 2).await;
    let mut events = a.events();
    b.join(address(1)).await.unwrap();
    for n in 0..20u8 {
        b.send(&address(1), vec![n]).await.unwrap();
    }
    eventually("some were lost", || a.stats().data_dropped >= 16).await;
    tokio::time::sleep(ms(1_000)).await;
    let mut lagged = 0;
    let (mut joined, mut data) = (0, vec![]);
    while let Some(event) = events.try_recv() {
        match event {
            Event::Lagged(n) => lagged += n,
            Event::Joined(_) => joined += 1,
            Event::User { payload, .. } => data.push(payload[0]),
            _ => {}
        }
    }
    assert_eq!((lagged, joined, data), (16, 1, vec![16, 17, 18, 19]));
    assert_eq!(a.stats().events_dropped, 0);
}

/// W-35: it is a stream, and it ends with the node
#[tokio::test(start_paused = true)]
async fn the_stream_of_events_ends_with_the_node() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let events = nodes[0].events();
    nodes[1].leave(ms(10_000)).await.unwrap();
    eventually("it is known", || nodes[0].num_members() == 1).await;
    nodes[0].shutdown().await;
    let told: Vec<_> = soon(events.collect::<Vec<_>>()).await;
    assert!(
        told.iter().any(|event| matches!(event, Event::Left(member) if member.node.id == "n2")),
        "{told:?}"
    );
    assert_eq!(soon(nodes[0].events().recv()).await, None);
}
