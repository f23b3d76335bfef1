use crate::harness::{cluster, end, join, start, until, within};
use memberlist::agnostic::Runtime;
use memberlist::core::Transport;
use memberlist::prelude::*;
use std::collections::BTreeSet;
use std::net::SocketAddr;

type Told = Events<SmolStr, SocketAddr>;

pub(crate) async fn nodes_join_and_see_each_other<R: Runtime>() {
    let mut nodes = cluster::<R>(5, NetOptions::new()).await;
    let late = start::<R>("late", NetOptions::new()).await;
    let name = format!("localhost:{}", nodes[0].advertise_address().port());
    within::<R, _>(late.join(name.as_str())).await.unwrap();
    nodes.push(late);
    until::<R>("all see the late one", || nodes.iter().all(|node| node.num_members() == 6)).await;
    end(nodes).await;
}

async fn one_is_killed<R: Runtime>(net: NetOptions) {
    let mut nodes = cluster::<R>(4, net).await;
    let mut told: Vec<Told> = nodes.iter().skip(1).map(Memberlist::events).collect();
    let killed = nodes.remove(0);
    // As a crash or a pulled cable would: the sockets are gone without a goodbye.
    within::<R, _>(killed.transport().shutdown()).await;
    within::<R, _>(killed.shutdown()).await;
    let only = BTreeSet::from([killed.local_id().clone()]);
    let (mut failed, mut suspected) = (vec![BTreeSet::new(); 3], BTreeSet::new());
    until::<R>("all others see the failure", || {
        for (told, failed) in told.iter_mut().zip(&mut failed) {
            while let Some(event) = told.try_recv() {
                match event {
                    Event::Failed { member, .. } => drop(failed.insert(member.node.id.clone())),
                    Event::Suspected { member, .. } => drop(suspected.insert(member.node.id.clone())),
                    Event::Lagged(_) => panic!("events were lost"),
                    _ => {}
                }
            }
        }
        failed.iter().all(|failed| !failed.is_empty())
    })
    .await;
    assert!(failed.iter().all(|failed| *failed == only), "{failed:?}");
    assert!(suspected.is_subset(&only), "{suspected:?}");
    assert!(nodes.iter().all(|node| node.member(killed.local_id()).unwrap().state == State::Dead));
    end(nodes).await;
}

pub(crate) async fn killed_node_fails_for_all_and_nobody_else_is_suspected<R: Runtime>() {
    one_is_killed::<R>(NetOptions::new()).await;
}

pub(crate) async fn cluster_without_udp_finds_its_dead<R: Runtime>() {
    one_is_killed::<R>(NetOptions::new().with_streams_only(true)).await;
}

pub(crate) async fn node_that_leaves_is_left_for_all_and_can_come_back<R: Runtime>() {
    let nodes = cluster::<R>(3, NetOptions::new()).await;
    let leaver = &nodes[2];
    within::<R, _>(leaver.leave(Duration::from_secs(30))).await.unwrap();
    until::<R>("it is left for all", || {
        nodes[..2].iter().all(|node| node.member(leaver.local_id()).unwrap().state == State::Left)
    })
    .await;
    within::<R, _>(leaver.rejoin()).await.unwrap();
    join(leaver, nodes[0].advertise_address()).await;
    until::<R>("it is back", || nodes.iter().all(|node| node.num_members() == 3)).await;
    end(nodes).await;
}

pub(crate) async fn messages_small_and_large_arrive<R: Runtime>() {
    let nodes = cluster::<R>(2, NetOptions::new()).await;
    let mut told = nodes[1].events();
    let to = nodes[1].advertise_address();
    let large = vec![3; 3 << 20];
    nodes[0].send_reliable(&to, large.clone()).await.unwrap();
    drop(nodes[0].broadcast("to all").unwrap());
    let mut wanted: BTreeSet<Vec<u8>> = [large, b"small".to_vec(), b"to all".to_vec()].into_iter().collect();
    let all = async {
        while !wanted.is_empty() {
            // A packet may be lost, though hardly ever on loopback.
            nodes[0].send(&to, "small").await.unwrap();
            let next = R::timeout_local(Duration::from_millis(500), told.recv());
            if let Ok(Some(Event::User { payload, .. })) = next.await {
                wanted.remove(payload.as_ref());
            }
        }
    };
    within::<R, _>(all).await;
    end(nodes).await;
}

pub(crate) async fn nothing_is_bound_after_the_end<R: Runtime>() {
    for streams_only in [false, true] {
        let nodes = cluster::<R>(3, NetOptions::new().with_streams_only(streams_only)).await;
        for node in nodes {
            let address = node.advertise_address();
            within::<R, _>(node.shutdown()).await;
            // At once, not soon.
            std::net::TcpListener::bind(address).unwrap();
            std::net::UdpSocket::bind(address).unwrap();
        }
        // Dropping comes to the same, in the background.
        let node = start::<R>("dropped", NetOptions::new()).await;
        let address = node.advertise_address();
        drop(node);
        until::<R>("the port is free", || {
            std::net::TcpListener::bind(address).is_ok() && std::net::UdpSocket::bind(address).is_ok()
        })
        .await;
    }
}

/// Runtimes differ in what dropping a future or a handle does; the node must not.
pub(crate) async fn futures_that_are_dropped_halfway_harm_nobody<R: Runtime>() {
    let nodes = cluster::<R>(2, NetOptions::new()).await;
    let to = nodes[1].advertise_address();
    for wait in 0..20 {
        let soon = Duration::from_micros(100 * wait);
        let _ = R::timeout_local(soon, nodes[0].join(to)).await;
        let _ = R::timeout_local(soon, nodes[0].send_reliable(&to, vec![1; 1 << 20])).await;
        let _ = R::timeout_local(soon, nodes[0].ping(nodes[1].local_id())).await;
    }
    let mut told = nodes[1].events();
    nodes[0].send_reliable(&to, "whole").await.unwrap();
    loop {
        if let Event::User { payload, .. } = within::<R, _>(told.recv()).await.unwrap()
            && payload == "whole"
        {
            break;
        }
    }
    // Also the shutdown itself.
    let _ = R::timeout_local(Duration::ZERO, nodes[0].shutdown()).await;
    end(nodes).await;
}
