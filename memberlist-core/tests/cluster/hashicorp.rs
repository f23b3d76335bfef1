//! Whole nodes that speak HashiCorp's wire, over every framing that it has.

use crate::{
    encryption::{key, ring},
    harness::{Net, address, eventually, ms, name, options, soon},
};
use agnostic::tokio::TokioRuntime;
use bytes::Bytes;
use memberlist_core::{
    Builder, CompositeDelegate, Error, Event, JoinError, Memberlist, Options, State, VoidDelegate,
    delegate::NodeDelegate,
    memory::MemoryNetwork,
    proto::{RejectReason, StreamFailure},
    types::{
        ChecksumAlgorithm, Compression, CompressionAlgorithm, EncodeError, EncryptionAlgorithm, Framing,
        Label, Meta, NativeWire, SecretKey, Wire,
    },
};
use memberlist_hashicorp::HashicorpWire;
use smol_str::SmolStr;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Hands over a state, and keeps those of the others.
#[derive(Clone)]
struct States {
    own: Bytes,
    seen: Arc<Mutex<Vec<Bytes>>>,
}

impl NodeDelegate<SocketAddr> for States {
    async fn local_state(&self, _join: bool) -> Bytes {
        self.own.clone()
    }

    async fn merge_remote_state(&self, state: Bytes, _join: bool) {
        self.seen.lock().unwrap().push(state);
    }
}

type Go<D = VoidDelegate<SmolStr, SocketAddr>> = Memberlist<Net, D, HashicorpWire>;

async fn go(network: &MemoryNetwork, n: u8, wire: HashicorpWire, options: Options) -> Go {
    let transport = network.bind::<TokioRuntime>(address(n)).unwrap();
    Builder::new(name(n), transport).with_wire(wire).with_options(options).start().await.unwrap()
}

fn framing(label: &str, key: Option<&SecretKey>) -> Framing {
    Framing::new().with_label(Label::new(label).unwrap()).with_keyring(key.map(|key| ring(&[key])))
}

/// All nodes see so many members, all alive.
async fn all_see(nodes: &[Go], members: usize) {
    let sees = |node: &Go| {
        let all = node.members();
        all.len() == members && all.iter().all(|member| member.state == State::Alive)
    };
    eventually("all see each other", || nodes.iter().all(sees)).await;
}

/// G-16, TestMemberlist_Join_with_Labels_and_Encryption: joining, messages of every kind, new metadata, a failure, a departure and a return, over each
/// framing that the Go library has.
#[tokio::test(start_paused = true)]
async fn clusters_that_speak_the_go_wire_live_a_whole_life_over_every_framing() {
    let long = "x".repeat(255);
    for label in ["", "foo", &long] {
        for keyed in [None, Some(key(1))] {
            for compression in [false, true] {
                let wire = HashicorpWire::new().with_compression(compression);
                live(wire, framing(label, keyed.as_ref())).await;
            }
        }
    }
}

async fn live(wire: HashicorpWire, framing: Framing) {
    let network = MemoryNetwork::new(1);
    let start = |n| go(&network, n, wire, options().with_framing(framing.clone()));
    let mut nodes = vec![start(1).await];
    for n in 2..=5 {
        nodes.push(start(n).await);
        nodes.last().unwrap().join(address(1)).await.unwrap();
    }
    all_see(&nodes, 5).await;

    let mut events = nodes[1].events();
    let most = nodes[0].max_user_payload();
    let long = Bytes::from(vec![7; 300_000]);
    nodes[0].send(&address(2), vec![3; most]).await.unwrap();
    nodes[0].send_reliable(&address(2), long.clone()).await.unwrap();
    let mut wanted = vec![Bytes::from(vec![3; most]), long];
    soon(async {
        while !wanted.is_empty() {
            if let Event::User { payload, .. } = events.recv().await.unwrap() {
                wanted.retain(|wanted| *wanted != payload);
            }
        }
    })
    .await;

    let meta = Meta::new("role=web");
    nodes[2].update_meta(meta.clone()).await.unwrap();
    let knows = |node: &Go| node.member(&name(3)).is_some_and(|member| member.meta == meta);
    eventually("all know the metadata", || nodes.iter().all(knows)).await;
    soon(nodes[0].ping(&name(2))).await.unwrap();

    // It vanishes: no goodbye, no answer.
    network.partition(&[address(5)], &[1, 2, 3, 4].map(address));
    let rest = &nodes[..4];
    eventually("it is found dead", || {
        rest.iter().all(|node| node.known().iter().all(|m| m.node.id != name(5) || m.state == State::Dead))
    })
    .await;
    network.heal();
    all_see(&nodes, 5).await;

    let left = nodes.pop().unwrap();
    left.leave(Duration::from_secs(10)).await.unwrap();
    let is_left = |node: &Go| {
        node.known().iter().all(|member| member.node.id != name(5) || member.state == State::Left)
    };
    eventually("all know that it left", || nodes.iter().all(is_left)).await;
    left.shutdown().await;
    nodes.push(start(5).await);
    nodes[4].join(address(2)).await.unwrap();
    all_see(&nodes, 5).await;
    for node in &nodes {
        assert_eq!(node.stats().decode_rejections, 0, "{:?}", node.stats());
        node.shutdown().await;
    }
}

/// TestMemberlist_Join_with_Labels, over this wire
#[tokio::test(start_paused = true)]
async fn another_label_or_key_keeps_a_node_out_and_is_told() {
    let network = MemoryNetwork::new(1);
    let ours = framing("blue", Some(&key(1)));
    let node = go(&network, 1, HashicorpWire::new(), options().with_framing(ours.clone())).await;
    let cases = [
        (framing("red", Some(&key(1))), None),
        (framing("", Some(&key(1))), None),
        (framing("blue", Some(&key(2))), Some(RejectReason::WrongKey)),
        (framing("blue", None), Some(RejectReason::Unencrypted)),
    ];
    for (n, (theirs, reason)) in (2..).zip(cases) {
        let mut events = node.events();
        let stranger = go(&network, n, HashicorpWire::new(), options().with_framing(theirs)).await;
        let error = soon(stranger.join(address(1))).await.unwrap_err();
        let JoinError::NoneReached(report) = &error else { panic!("{error}") };
        let failure = report.results().next().unwrap().outcome.clone().unwrap_err();
        match reason {
            // Who has the wrong label is answered with nothing at all.
            None => assert!(matches!(failure, StreamFailure::Unreachable(_)), "{failure}"),
            Some(_) => assert!(matches!(failure, StreamFailure::KeyMismatch(_)), "{failure}"),
        }
        assert_eq!((node.num_members(), stranger.num_members()), (1, 1));
        let told: Vec<_> = std::iter::from_fn(|| events.try_recv())
            .filter_map(|event| match event {
                Event::Rejected(rejection) => Some(rejection.reason),
                _ => None,
            })
            .collect();
        assert_eq!(told, reason.into_iter().collect::<Vec<_>>());
        stranger.shutdown().await;
        tokio::time::sleep(ms(1_100)).await;
    }
}

/// G-17: a node of each wire among those of the other.
#[tokio::test(start_paused = true)]
async fn nodes_of_two_wires_refuse_each_other_and_say_why() {
    let network = MemoryNetwork::new(1);
    let theirs = go(&network, 1, HashicorpWire::new(), options()).await;
    let ours = crate::harness::node(&network, 2).await;
    soon(ours.join(address(1))).await.unwrap_err();
    soon(theirs.join(address(2))).await.unwrap_err();
    theirs.send(&address(2), "hello").await.unwrap();
    ours.send(&address(1), "hello").await.unwrap();
    let count = |rejected: u64| rejected >= 2;
    eventually("both know why", || {
        count(theirs.stats().protocol.rejected(RejectReason::AnotherWire))
            && count(ours.stats().protocol.rejected(RejectReason::AnotherWire))
    })
    .await;
    assert_eq!((theirs.num_members(), ours.num_members()), (1, 1));
}

/// The application's state travels both ways, of any size that the limits allow, whether it can be compressed or not.
#[tokio::test(start_paused = true)]
async fn application_state_travels_both_ways_in_one_frame() {
    let noise: Vec<u8> = (0..500_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for compression in [false, true] {
        let network = MemoryNetwork::new(1);
        let states = [Bytes::from(noise.clone()), Bytes::from(vec![b'y'; 2_000_000])]
            .map(|own| States { own, seen: Arc::default() });
        let mut nodes = Vec::new();
        for (n, own) in (1..).zip(&states) {
            let transport = network.bind::<TokioRuntime>(address(n)).unwrap();
            let delegate = CompositeDelegate::<SmolStr, SocketAddr>::new().with_node_delegate(own.clone());
            let builder = Builder::new(name(n), transport)
                .with_delegate(delegate)
                .with_wire(HashicorpWire::new().with_compression(compression))
                .with_options(options());
            nodes.push(builder.start().await.unwrap());
        }
        nodes[1].join(address(1)).await.unwrap();
        let got = |at: usize, from: usize| states[at].seen.lock().unwrap().contains(&states[from].own);
        eventually("both have the other's", || got(0, 1) && got(1, 0)).await;
    }
}

/// What the wire can't say is refused by name, before anything starts.
#[tokio::test(start_paused = true)]
async fn framing_that_the_wire_does_not_have_is_refused_at_the_start() {
    let network = MemoryNetwork::new(1);
    let lz4 = Framing::new().with_compression(Some(Compression::new(CompressionAlgorithm::Lz4)));
    let chacha = SecretKey::new(EncryptionAlgorithm::ChaCha20Poly1305, &[1; 32]).unwrap();
    let chacha = Framing::new().with_keyring(Some(ring(&[&chacha])));
    let murmur = Framing::new().with_checksum(Some(ChecksumAlgorithm::Murmur3));
    for framing in [lz4, chacha, murmur] {
        // The native wire takes all of them.
        assert_eq!(Wire::<SmolStr, SocketAddr>::check_framing(&NativeWire, &framing), Ok(()));
        let transport = network.bind::<TokioRuntime>(address(1)).unwrap();
        let builder = Builder::new(name(1), transport)
            .with_wire(HashicorpWire::new())
            .with_options(options().with_framing(framing));
        let error = builder.start().await.unwrap_err();
        assert!(matches!(error, Error::Framing(EncodeError::Unsupported(_))), "{error}");
    }
}
