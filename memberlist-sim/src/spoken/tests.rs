use super::*;
use crate::{Network, NodeIndex, Observer, Options, Restart, Simulation, Step};
use core::time::Duration;
use memberlist_proto::{Event, Instant, RejectReason};
use std::{cell::RefCell, rc::Rc};

const HASHICORP: Spoken = Spoken::Hashicorp(HashicorpWire::new());

type Cluster<O = ()> = Simulation<O, Spoken>;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const fn understanding(protocol_max: u8) -> Versions {
    Versions {
        protocol_min: 1,
        protocol_max,
        protocol_current: 2,
        delegate_min: 0,
        delegate_max: 0,
        delegate_current: 0,
    }
}

/// Nodes of these kinds, each of which joins the first one of its wire.
fn cluster<O: Observer + 'static>(
    seed: u64,
    network: Network,
    observer: O,
    kinds: &[(Spoken, Versions)],
) -> Cluster<O> {
    let mut cluster = Simulation::with_wire(seed, network, observer, Spoken::Native);
    for (index, (spoken, versions)) in kinds.iter().enumerate() {
        let node = cluster.spawn_speaking(&Options::lan(), *spoken, *versions).unwrap();
        let first = kinds.iter().position(|(other, _)| other == spoken).unwrap();
        if first != index {
            cluster.join(node, &[NodeIndex(first as u32)]).unwrap();
        }
    }
    cluster
}

fn members<O: Observer>(cluster: &Cluster<O>, node: u32) -> Vec<u32> {
    let members = cluster.endpoint(NodeIndex(node)).unwrap().members();
    let mut members: Vec<u32> = members.iter().map(|member| member.node.id.0.0).collect();
    members.sort_unstable();
    members
}

/// G-16: nodes that understand what the Go library does, of each of its versions, are one cluster, and find a crash, a departure and a return.
#[test]
fn nodes_of_every_version_of_the_go_library_are_one_cluster() {
    for seed in 1..=5 {
        let kinds: Vec<_> = (0..15).map(|n| (HASHICORP, understanding(2 + n % 4))).collect();
        let lossy = Network::lossy_wan();
        let mut cluster = cluster(seed, lossy, (), &kinds);
        let joined = cluster.run_until(seconds(60), |cluster| cluster.count_agree(15));
        assert!(joined, "seed {seed}");
        cluster.crash(NodeIndex(3));
        cluster.leave(NodeIndex(4));
        let found = cluster.run_until(seconds(120), |cluster| cluster.count_agree(13));
        assert!(found, "seed {seed}");
        cluster.restart(NodeIndex(3), Restart::SameAddress).unwrap();
        cluster.join(NodeIndex(3), &[NodeIndex(0)]).unwrap();
        assert!(cluster.run_until(seconds(60), |cluster| cluster.count_agree(14)), "seed {seed}");
        let versions = cluster.endpoint(NodeIndex(0)).unwrap().member(&Name(NodeIndex(3))).unwrap().versions;
        assert_eq!(versions, understanding(5), "also after a restart");
    }
}

/// G-17: who speaks the other wire is refused by each side, told so by name, and nobody's view suffers.
#[test]
fn nodes_of_another_wire_are_refused_with_a_reason() {
    type Told = Rc<RefCell<Vec<(u32, RejectReason)>>>;
    let told = Told::default();
    let observer = {
        let told = Rc::clone(&told);
        move |_: Instant, node: NodeIndex, step: &Step<'_>| {
            if let Step::Event(Event::Rejected(rejection)) = step {
                told.borrow_mut().push((node.0, rejection.reason));
            }
        }
    };
    let native = (Spoken::Native, Versions::default());
    let go = (HASHICORP, Versions::default());
    let mut cluster = cluster(7, Network::lan(), observer, &[native, go, native, go, native, go]);
    cluster.run_for(seconds(10));
    assert!(told.borrow().is_empty(), "{told:?}");
    // Each joins through a node of the other kind; a packet finds its way there, too.
    cluster.join(NodeIndex(3), &[NodeIndex(2)]).unwrap();
    cluster.join(NodeIndex(4), &[NodeIndex(5)]).unwrap();
    for (from, to) in [(3, 2), (4, 5)] {
        cluster.command(NodeIndex(from), |endpoint, now| {
            endpoint.send(now, Addr::new(NodeIndex(to), 0), Bytes::from_static(b"hello")).unwrap();
        });
    }
    cluster.run_for(seconds(60));
    for node in 0..6 {
        assert_eq!(members(&cluster, node), if node % 2 == 0 { [0, 2, 4] } else { [1, 3, 5] });
    }
    for node in [2, 5] {
        let stats = cluster.endpoint(NodeIndex(node)).unwrap().stats();
        assert!(stats.rejected(RejectReason::AnotherWire) >= 2, "packet and stream at node {node}");
        assert!(told.borrow().contains(&(node, RejectReason::AnotherWire)));
    }
    assert!(
        told.borrow()
            .iter()
            .all(|(node, reason)| [2, 5].contains(node) && *reason == RejectReason::AnotherWire)
    );
}

/// Over this wire nobody passes on the broadcasts of others: its origin alone hands it out, a limited number of times.
#[test]
fn broadcast_over_the_go_wire_is_a_plain_message() {
    let heard = Rc::new(RefCell::new([0; 5]));
    let observer = {
        let heard = Rc::clone(&heard);
        move |_: Instant, node: NodeIndex, step: &Step<'_>| {
            if let Step::Event(Event::User { payload, .. }) = step {
                assert_eq!(&payload[..], b"news");
                heard.borrow_mut()[node.place()] += 1;
            }
        }
    };
    let mut cluster = cluster(3, Network::lan(), observer, &[(HASHICORP, Versions::default()); 5]);
    assert!(cluster.run_until(seconds(10), |cluster| cluster.count_agree(5)));
    cluster.command(NodeIndex(0), |endpoint, now| {
        endpoint.broadcast(now, None, Bytes::from_static(b"news")).unwrap();
    });
    cluster.run_for(seconds(10));
    let heard = heard.borrow();
    // Handed out `retransmit_mult` x ceil(log10(n + 1)) = 4 times.
    assert_eq!((heard[0], heard.iter().sum::<i32>()), (0, 4), "{heard:?}");
}
