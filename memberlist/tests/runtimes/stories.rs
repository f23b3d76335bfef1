use crate::harness::{Over, cluster, end, join, start, until, within};
use memberlist::agnostic::RuntimeLite;
use memberlist::core::Transport;
use memberlist::prelude::*;
use std::collections::BTreeSet;
use std::net::SocketAddr;

type Told = Events<SmolStr, SocketAddr>;

pub(crate) async fn nodes_join_and_see_each_other<O: Over>() {
    let mut nodes = cluster::<O>(5).await;
    let late = start::<O>("late").await;
    let name = format!("localhost:{}", nodes[0].advertise_address().port());
    within::<O, _>(late.join(name.as_str())).await.unwrap();
    nodes.push(late);
    until::<O>("all see the late one", || nodes.iter().all(|node| node.num_members() == 6)).await;
    end::<O>(nodes).await;
}

pub(crate) async fn killed_node_fails_for_all_and_nobody_else_is_suspected<O: Over>() {
    let mut nodes = cluster::<O>(4).await;
    let mut told: Vec<Told> = nodes.iter().skip(1).map(Memberlist::events).collect();
    let killed = nodes.remove(0);
    // As a crash or a pulled cable would: the sockets are gone without a goodbye.
    within::<O, _>(killed.transport().shutdown()).await;
    within::<O, _>(killed.shutdown()).await;
    let only = BTreeSet::from([killed.local_id().clone()]);
    let (mut failed, mut suspected) = (vec![BTreeSet::new(); 3], BTreeSet::new());
    until::<O>("all others see the failure", || {
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
    end::<O>(nodes).await;
}

pub(crate) async fn node_that_leaves_is_left_for_all_and_can_come_back<O: Over>() {
    let nodes = cluster::<O>(3).await;
    let leaver = &nodes[2];
    within::<O, _>(leaver.leave(Duration::from_secs(30))).await.unwrap();
    until::<O>("it is left for all", || {
        nodes[..2].iter().all(|node| node.member(leaver.local_id()).unwrap().state == State::Left)
    })
    .await;
    within::<O, _>(leaver.rejoin()).await.unwrap();
    join::<O>(leaver, nodes[0].advertise_address()).await;
    until::<O>("it is back", || nodes.iter().all(|node| node.num_members() == 3)).await;
    end::<O>(nodes).await;
}

pub(crate) async fn messages_small_and_large_arrive<O: Over>() {
    let nodes = cluster::<O>(2).await;
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
            let next = O::Runtime::timeout_local(Duration::from_millis(500), told.recv());
            if let Ok(Some(Event::User { payload, .. })) = next.await {
                wanted.remove(payload.as_ref());
            }
        }
    };
    within::<O, _>(all).await;
    end::<O>(nodes).await;
}

pub(crate) async fn nothing_is_bound_after_the_end<O: Over>() {
    let free = |address| {
        let (tcp, udp) = O::PORTS;
        let tcp = tcp.then(|| std::net::TcpListener::bind(address));
        let udp = udp.then(|| std::net::UdpSocket::bind(address));
        tcp.is_none_or(|bound| bound.is_ok()) && udp.is_none_or(|bound| bound.is_ok())
    };
    for node in cluster::<O>(3).await {
        let address = node.advertise_address();
        within::<O, _>(node.shutdown()).await;
        assert!(free(address), "at once, not soon");
    }
    // Dropping comes to the same, in the background.
    let node = start::<O>("dropped").await;
    let address = node.advertise_address();
    drop(node);
    until::<O>("the port is free", || free(address)).await;
}

/// Runtimes differ in what dropping a future or a handle does; the node must not.
pub(crate) async fn futures_that_are_dropped_halfway_harm_nobody<O: Over>() {
    let nodes = cluster::<O>(2).await;
    let to = nodes[1].advertise_address();
    for wait in 0..20 {
        let soon = Duration::from_micros(100 * wait);
        let _ = O::Runtime::timeout_local(soon, nodes[0].join(to)).await;
        let _ = O::Runtime::timeout_local(soon, nodes[0].send_reliable(&to, vec![1; 1 << 20])).await;
        let _ = O::Runtime::timeout_local(soon, nodes[0].ping(nodes[1].local_id())).await;
    }
    let mut told = nodes[1].events();
    nodes[0].send_reliable(&to, "whole").await.unwrap();
    loop {
        if let Event::User { payload, .. } = within::<O, _>(told.recv()).await.unwrap()
            && payload == "whole"
        {
            break;
        }
    }
    // Also the shutdown itself.
    let _ = O::Runtime::timeout_local(Duration::ZERO, nodes[0].shutdown()).await;
    end::<O>(nodes).await;
}
