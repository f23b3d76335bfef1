use crate::harness::*;
use crate::wrapped::Wrapped;
use bytes::Bytes;
use memberlist_core::{
    Event, Memberlist, Transport,
    memory::{Conditions, MemoryNetwork},
};
use std::sync::atomic::Ordering;
use tokio::sync::watch;

/// W-22 and W-36: our own trouble is no evidence against others
#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_send_suspects_nobody() {
    let network = MemoryNetwork::new(1);
    let mut options = options();
    options.protocol.suspicion_mult = 1_000;
    let a = node_with(&network, 1, Void::new(), options.clone()).await;
    let b = node_with(&network, 2, Void::new(), options).await;
    b.join(address(1)).await.unwrap();
    let mut events = a.events();
    network.set_failing(address(1), true);
    loop {
        match soon(events.recv()).await.unwrap() {
            Event::ProbeAborted { node } => break assert_eq!(node.id, "n2"),
            Event::Suspected { member, .. } => assert_ne!(member.node.id, "n2"),
            _ => {}
        }
    }
    assert!(a.stats().packets_failed > 0);
    assert!(a.stats().transport_errors > 0);
    network.set_failing(address(1), false);
    let failed = a.stats().packets_failed;
    eventually("it goes on as before", || b.member(&name(1)).is_some_and(|n1| !n1.state.is_gone())).await;
    tokio::time::sleep(ms(1_000)).await;
    assert_eq!(a.stats().packets_failed, failed);
}

/// W-54
#[tokio::test(start_paused = true)]
async fn a_lossy_slow_duplicating_reordering_network_costs_nobody_the_membership() {
    let network = MemoryNetwork::new(3);
    let nodes = cluster(&network, 6).await;
    let mut events: Vec<_> = nodes.iter().map(|node| node.events()).collect();
    let bad = Conditions::perfect()
        .with_loss(0.1)
        .with_duplication(0.1)
        .with_reordering(0.2)
        .with_delay(ms(1)..ms(8));
    network.set_conditions(bad);
    tokio::time::sleep(ms(60_000)).await;
    for events in &mut events {
        while let Some(event) = events.try_recv() {
            assert!(!matches!(event, Event::Failed { .. } | Event::Left(_) | Event::Lagged(_)), "{event:?}");
        }
    }
    see_each_other(&nodes).await;
}

/// P-26
#[tokio::test(start_paused = true)]
async fn a_destination_that_blocks_does_not_hold_up_the_others() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 4).await;
    let mut events = nodes[0].events();
    network.set_stalled(address(4), true);
    let before = nodes[0].stats();
    let started = tokio::time::Instant::now();
    // Each fills a packet.
    let message = Bytes::from(vec![1; nodes[0].max_user_payload()]);
    for _ in 0..1_000 {
        nodes[0].send(&address(4), message.clone()).await.unwrap();
        nodes[0].send(&address(2), message.clone()).await.unwrap();
    }
    eventually("the others' packets left", || {
        nodes[0].stats().packets_sent >= before.packets_sent + 1_000
            && nodes[0].stats().packets_dropped >= before.packets_dropped + 800
    })
    .await;
    assert!(started.elapsed() <= ms(50), "{:?}", started.elapsed());
    // The stalled one can't be pinged by packets any more; nobody else is suspected for it.
    tokio::time::sleep(ms(5_000)).await;
    while let Some(event) = events.try_recv() {
        if let Event::Suspected { member, .. } | Event::Failed { member, .. } = event {
            assert_eq!(member.node.id, "n4");
        }
    }
    network.set_stalled(address(4), false);
    see_each_other(&nodes).await;
}

/// P-22: what has arrived is handled before what has run out
#[tokio::test(start_paused = true)]
async fn a_node_that_was_paused_suspects_nobody_for_its_own_sleep() {
    let network = MemoryNetwork::new(1);
    let (wake, awake) = watch::channel(true);
    let transport = Wrapped { awake: Some(awake), ..Wrapped::new(network.bind(address(1)).unwrap()) };
    let mut sleepy = options();
    sleepy.protocol.stream_ping = false;
    sleepy.protocol.push_pull_interval = ms(3_600_000);
    let mut other = sleepy.clone();
    other.protocol.probe_interval = ms(3_600_000);
    let a = Memberlist::start(name(1), transport, sleepy).await.unwrap();
    let b = node_with(&network, 2, Void::new(), other).await;
    b.join(address(1)).await.unwrap();
    let mut events = a.events();
    for _ in 0..50 {
        // It falls asleep with the answer to its ping already in its socket, and wakes three seconds later.
        wake.send(false).unwrap();
        let answered = b.stats().packets_sent;
        while b.stats().packets_sent == answered {
            tokio::time::sleep(ms(1)).await;
        }
        wake.send(true).unwrap();
        tokio::time::advance(ms(3_000)).await;
        tokio::time::sleep(ms(300)).await;
    }
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::Suspected { .. } | Event::Failed { .. }), "{event:?}");
    }
    assert_eq!(a.stats().protocol.probes_failed, 0);
    assert!(a.stats().protocol.probes >= 150);
}

/// A transport that fails to receive is asked again with growing pauses, and the timers go on meanwhile
#[tokio::test(start_paused = true)]
async fn a_failing_receive_backs_off_and_holds_up_no_timer() {
    let network = MemoryNetwork::new(1);
    let transport = Wrapped::new(network.bind(address(1)).unwrap());
    let deaf = transport.deaf.clone();
    let a = Memberlist::start(name(1), transport, options()).await.unwrap();
    let b = node(&network, 2).await;
    b.join(address(1)).await.unwrap();
    let before = a.stats();
    deaf.store(true, Ordering::Relaxed);
    tokio::time::sleep(ms(4_000)).await;
    let failed = a.stats().transport_errors - before.transport_errors;
    assert!((9..=13).contains(&failed), "{failed} failures in four seconds");
    assert!(a.stats().protocol.probes > before.protocol.probes + 2);
    deaf.store(false, Ordering::Relaxed);
    eventually("both are back", || a.num_members() == 2 && b.num_members() == 2).await;
}

/// A node whose transport is gone is dead, and says so
#[tokio::test(start_paused = true)]
async fn a_transport_that_is_closed_underneath_ends_the_node() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    nodes[0].transport().shutdown().await;
    eventually("it is over", || nodes[0].is_shutdown()).await;
    soon(nodes[0].shutdown()).await;
    eventually("the other has seen it", || nodes[1].num_members() == 1).await;
}
