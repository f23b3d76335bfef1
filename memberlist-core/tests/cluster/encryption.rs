//! Encrypted clusters: who may join, how a running cluster becomes one, and how its keys change.

use crate::{harness::*, wrapped::Wrapped};
use memberlist_core::{
    Builder, Event, JoinError, Memberlist, Options,
    memory::MemoryNetwork,
    proto::{RejectReason, StreamFailure},
    types::{
        EncryptionAlgorithm, EncryptionPolicy, Framing, Keyring, Label, Message, NativeWire, Protection,
        SecretKey, Wire,
    },
};
use smol_str::SmolStr;
use std::net::SocketAddr;

pub(crate) fn key(first: u8) -> SecretKey {
    key_of(EncryptionAlgorithm::Aes256Gcm, first)
}

fn key_of(algorithm: EncryptionAlgorithm, first: u8) -> SecretKey {
    SecretKey::new(algorithm, &vec![first; algorithm.key_len()]).unwrap()
}

pub(crate) fn ring(keys: &[&SecretKey]) -> Keyring {
    keys.iter().fold(Keyring::new().unwrap(), |ring, key| ring.with_key(key))
}

fn framing(label: &str) -> Framing {
    Framing::new().with_label(Label::new(label).unwrap())
}

/// A node of the cluster `prod` with this keyring, if any.
pub(crate) fn with(keyring: Option<Keyring>) -> Options {
    options().with_framing(framing("prod").with_keyring(keyring))
}

/// A node with these keys.
pub(crate) fn keyed(keys: &[&SecretKey]) -> Options {
    with(Some(ring(keys)))
}

fn keyring(node: &Node) -> &Keyring {
    node.options().framing.keyring.as_ref().unwrap()
}

async fn cluster_of(network: &MemoryNetwork, n: u8, options: impl Fn() -> Options) -> Vec<Node> {
    let mut nodes = vec![node_with(network, 1, Void::new(), options()).await];
    for n in 2..=n {
        let joiner = node_with(network, n, Void::new(), options()).await;
        joiner.join(address(1)).await.unwrap();
        nodes.push(joiner);
    }
    see_each_other(&nodes).await;
    nodes
}

/// Where the layers begin in a packet of the cluster `prod`.
const HEADER: usize = 2 + 4;

fn is_encrypted(packet: &[u8]) -> bool {
    packet[HEADER] >> 4 == 3
}

fn packet_of(framing: &Framing, payload: &'static str) -> bytes::Bytes {
    let wire: &dyn Wire<SmolStr, SocketAddr> = &NativeWire;
    let mut message = Vec::new();
    wire.encode_message(&Message::User(payload.into()), &mut message).unwrap();
    wire.encode_packet(framing, &[message.into()]).unwrap()
}

type Events = memberlist_core::Events<SmolStr, SocketAddr>;

fn taken(events: &mut Events) -> Vec<Event<SmolStr, SocketAddr>> {
    std::iter::from_fn(|| events.try_recv()).collect()
}

fn rejections(events: &mut Events) -> Vec<(RejectReason, Option<SocketAddr>)> {
    let rejected = |event| match event {
        Event::Rejected(rejection) => Some((rejection.reason, rejection.from)),
        _ => None,
    };
    taken(events).into_iter().filter_map(rejected).collect()
}

/// Why the join of one address failed.
fn failure<U: std::fmt::Display>(error: &JoinError<U, SocketAddr>) -> StreamFailure {
    let JoinError::NoneReached(report) = error else { panic!("{error}") };
    let result = report.results().next().unwrap();
    result.outcome.clone().unwrap_err()
}

async fn failed_join(joiner: &Node) -> (StreamFailure, String) {
    let error = soon(joiner.join(address(1))).await.unwrap_err();
    (failure(&error), error.to_string())
}

/// TestMemberlist_Join_with_Labels_and_Encryption, W-41: nothing but who has label and key gets in, and nothing can be read on the way.
#[tokio::test(start_paused = true)]
async fn join_needs_the_label_and_the_key() {
    let network = MemoryNetwork::new(1);
    network.record(10_000);
    let nodes = cluster_of(&network, 3, || keyed(&[&key(1)])).await;
    nodes[0].send(&address(2), "a secret word").await.unwrap();
    nodes[0].update_meta("another secret").await.unwrap();
    eventually("all know it", || {
        nodes.iter().all(|node| &node.member(&name(1)).unwrap().meta.as_bytes()[..] == b"another secret")
    })
    .await;
    let packets = network.recorded();
    assert!(packets.len() > 10);
    for (_, _, packet) in &packets {
        assert!(is_encrypted(packet), "{packet:02x?}");
        assert!(!packet.windows(6).any(|window| window == b"secret"));
    }
    for node in &nodes {
        assert_eq!(
            (node.stats().decode_rejections, node.options().framing.protection()),
            (0, Protection::Required)
        );
    }

    let other_label = options().with_framing(framing("test").with_keyring(Some(ring(&[&key(1)]))));
    let stranger = node_with(&network, 4, Void::new(), other_label).await;
    let (failure, _) = failed_join(&stranger).await;
    assert!(matches!(failure, StreamFailure::Unreachable(_)), "strangers are told nothing: {failure}");
    assert_eq!(nodes[0].stats().decode_rejected("label_mismatch"), 1);
    let other_key = node_with(&network, 5, Void::new(), keyed(&[&key(2)])).await;
    let (failure, _) = failed_join(&other_key).await;
    assert!(matches!(failure, StreamFailure::KeyMismatch(_)), "{failure}");
    assert_eq!((nodes[0].num_members(), stranger.num_members(), other_key.num_members()), (3, 1, 1));
}

/// TestGossip_MismatchedKeys, W-43: whoever joins with other keys than the cluster's, or only one side having any, learns that this is it;
/// both sides count it and tell it as an event.
#[tokio::test(start_paused = true)]
async fn joiner_with_other_keys_is_told_that_they_differ() {
    let prefer = || with(Some(ring(&[&key(2)]).with_policy(EncryptionPolicy::Prefer)));
    let encrypted = || keyed(&[&key(1)]);
    // The cluster, the joiner, what the joiner is told, and what either side says of the other.
    let cases = [
        (
            encrypted(),
            keyed(&[&key(2)]),
            "a key that is not here",
            RejectReason::WrongKey,
            Some(RejectReason::WrongKey),
        ),
        (
            encrypted(),
            with(None),
            "a key that is not here",
            RejectReason::Unencrypted,
            Some(RejectReason::WrongKey),
        ),
        (
            with(None),
            keyed(&[&key(2)]),
            "not encrypted, which is required",
            RejectReason::WrongKey,
            Some(RejectReason::Unencrypted),
        ),
        // Who accepts clear text can read what the other side says of it.
        (with(None), prefer(), "a key that is not here", RejectReason::WrongKey, None),
        (
            encrypted(),
            prefer(),
            "a key that is not here",
            RejectReason::WrongKey,
            Some(RejectReason::WrongKey),
        ),
    ];
    for (n, (theirs, ours, told, their_reason, our_reason)) in cases.into_iter().enumerate() {
        let network = MemoryNetwork::new(1);
        let member = node_with(&network, 1, Void::new(), theirs).await;
        let joiner = node_with(&network, 2, Void::new(), ours).await;
        let (mut member_events, mut joiner_events) = (member.events(), joiner.events());
        let (failure, text) = failed_join(&joiner).await;
        assert!(text.contains(told), "case {n}: {text}");
        match our_reason {
            Some(_) => {
                assert!(matches!(failure, StreamFailure::KeyMismatch(_)), "case {n}: {failure}");
                assert!(text.contains("keys of the peer and ours differ"), "case {n}: {text}");
            }
            None => assert!(matches!(failure, StreamFailure::Refused(_)), "case {n}: {failure}"),
        }
        eventually("the member has noted it", || member.stats().protocol.rejected(their_reason) == 1).await;
        let seen = rejections(&mut member_events);
        assert!(matches!(&seen[..], [(reason, Some(_))] if *reason == their_reason), "case {n}: {seen:?}");
        let seen = rejections(&mut joiner_events);
        let expected: Vec<_> = our_reason.into_iter().map(|reason| (reason, Some(address(1)))).collect();
        assert_eq!(seen, expected, "case {n}");
        assert_eq!((member.num_members(), joiner.num_members()), (1, 1));
        assert_eq!(member.stats().decode_rejections, 1, "case {n}");
    }
}

/// W-43: packets of those who have no key, or another one, or who encrypt where nobody does. A flood of them is one event a second.
#[tokio::test(start_paused = true)]
async fn packets_of_other_keys_are_refused_by_name() {
    let network = MemoryNetwork::new(1);
    let cases = [
        (keyed(&[&key(1)]), framing("prod"), "unencrypted", RejectReason::Unencrypted),
        (
            keyed(&[&key(1)]),
            framing("prod").with_keyring(Some(ring(&[&key(2)]))),
            "no_key",
            RejectReason::WrongKey,
        ),
        (with(None), framing("prod").with_keyring(Some(ring(&[&key(2)]))), "no_key", RejectReason::WrongKey),
    ];
    for (n, (options, sent, counter, reason)) in (1..).zip(cases) {
        let node = node_with(&network, n, Void::new(), options).await;
        let mut events = node.events();
        for _ in 0..100 {
            network.inject(address(99), address(n), packet_of(&sent, "hello"));
        }
        eventually("all were looked at", || node.stats().decode_rejected(counter) == 100).await;
        assert_eq!(node.stats().decode_rejections, 100);
        assert_eq!(node.stats().protocol.rejected(reason), 100);
        assert_eq!(rejections(&mut events), [(reason, Some(address(99)))], "one event for all");
    }
}

/// An algorithm that is not known here is refused, counted and told by that name.
#[tokio::test(start_paused = true)]
async fn unknown_algorithms_are_a_counted_rejection() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), with(None)).await;
    let mut events = node.events();
    let good = packet_of(&framing("prod").with_checksum(None), "hello");
    for unknown in [0x1d, 0x2d, 0x2e, 0x3a, 0x3c] {
        let mut packet = good.to_vec();
        packet[HEADER] = unknown;
        network.inject(address(99), address(1), packet);
    }
    eventually("all were looked at", || node.stats().decode_rejected("unknown_layer") == 5).await;
    assert_eq!(rejections(&mut events), [(RejectReason::UnknownLayer, Some(address(99)))]);
    assert_eq!(node.stats().protocol.rejected(RejectReason::UnknownLayer), 5);
}

/// Every node says something to every other one in each way there is, until all have heard it.
async fn talk(nodes: &[Node], events: &mut [Events], round: u32) {
    let words = |from: usize, how: &str| format!("{round} {how} of {from}");
    for (from, node) in nodes.iter().enumerate() {
        node.broadcast(words(from, "broadcast")).unwrap();
        for to in (0..nodes.len()).filter(|to| *to != from) {
            let to = nodes[to].advertise_address();
            node.send(&to, words(from, "packet")).await.unwrap();
            node.send_reliable(&to, words(from, "stream")).await.unwrap();
        }
    }
    for (to, events) in events.iter_mut().enumerate() {
        let mut expected: Vec<String> = (0..nodes.len())
            .filter(|from| *from != to)
            .flat_map(|from| ["broadcast", "packet", "stream"].map(|how| words(from, how)))
            .collect();
        soon(async {
            while !expected.is_empty() {
                match events.recv().await.unwrap() {
                    Event::User { payload, .. } => {
                        let heard = String::from_utf8(payload.to_vec()).unwrap();
                        expected.retain(|word| *word != heard);
                    }
                    event => assert!(!is_trouble(&event), "{event:?}"),
                }
            }
        })
        .await;
    }
}

/// What may not happen in a cluster in which only its keys change.
fn is_trouble(event: &Event<SmolStr, SocketAddr>) -> bool {
    !matches!(event, Event::User { .. } | Event::HealthChanged { score: 0 })
}

/// What is done with the keyring of each node.
type Step = fn(&Keyring);

/// TestMemberlist_EncryptedGossipTransition: a running cluster in clear becomes an encrypted one in steps, each on one node after the other, with
/// traffic all the time. Nobody is lost, suspected or refused; and the way back is the same.
#[tokio::test(start_paused = true)]
async fn running_cluster_becomes_encrypted_without_a_suspicion() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster_of(&network, 4, || with(Some(ring(&[]).with_policy(EncryptionPolicy::Accept)))).await;
    let mut events: Vec<_> = nodes.iter().map(Node::events).collect();
    let mut round = 0;
    let last = |network: &MemoryNetwork| {
        network.record(1_000);
        network.clone()
    };
    let steps: [(&str, Step); 6] = [
        ("a key, accepted", |ring| assert!(ring.add(&key(1)))),
        ("preferred", |ring| ring.set_policy(EncryptionPolicy::Prefer)),
        ("required", |ring| ring.set_policy(EncryptionPolicy::Require)),
        ("preferred again", |ring| ring.set_policy(EncryptionPolicy::Prefer)),
        ("accepted again", |ring| ring.set_policy(EncryptionPolicy::Accept)),
        ("required at last, by way of", |ring| ring.set_policy(EncryptionPolicy::Prefer)),
    ];
    for (step, take) in steps {
        for node in &nodes {
            take(keyring(node));
            round += 1;
            talk(&nodes, &mut events, round).await;
            // Long enough for a probe of everybody and a push/pull.
            tokio::time::sleep(ms(3_000)).await;
        }
        let recorded = last(&network);
        tokio::time::sleep(ms(1_000)).await;
        let encrypted = recorded.recorded().iter().filter(|(_, _, packet)| is_encrypted(packet)).count();
        let expected = if step.contains("accepted") { 0 } else { recorded.recorded().len() };
        assert_eq!((step, encrypted), (step, expected));
    }
    for node in &nodes {
        keyring(node).set_policy(EncryptionPolicy::Require);
    }
    for (node, events) in nodes.iter().zip(&mut events) {
        let trouble: Vec<_> = taken(events).into_iter().filter(is_trouble).collect();
        assert!(trouble.is_empty(), "{trouble:?}");
        assert_eq!(node.stats().decode_rejections, 0);
        assert_eq!((node.num_members(), node.stats().protocol.refutations), (4, 0));
    }
    let in_clear = node_with(&network, 5, Void::new(), with(None)).await;
    let (failure, _) = failed_join(&in_clear).await;
    assert!(matches!(failure, StreamFailure::KeyMismatch(_)), "{failure}");
}

/// TestMemberlist_EncryptedGossipTransition, where the nodes were started without a keyring: for the first step each is restarted, one after the other.
/// Nobody but the one that is being restarted is ever missed.
#[tokio::test(start_paused = true)]
async fn cluster_without_keyrings_becomes_encrypted_by_restarts() {
    let network = MemoryNetwork::new(1);
    let mut nodes = cluster_of(&network, 3, || with(None)).await;
    for n in 1..=3 {
        let at = usize::from(n) - 1;
        nodes[at].leave(ms(2_000)).await.unwrap();
        nodes[at].shutdown().await;
        let keys = ring(&[&key(1)]).with_policy(EncryptionPolicy::Accept);
        let later = nodes[at].local_state().incarnation.saturating_add(10);
        nodes[at] = node_with(&network, n, Void::new(), with(Some(keys)).with_incarnation(later)).await;
        nodes[at].join(address(if n == 1 { 2 } else { 1 })).await.unwrap();
        see_each_other(&nodes).await;
    }
    let mut events: Vec<_> = nodes.iter().map(Node::events).collect();
    for (round, policy) in [EncryptionPolicy::Prefer, EncryptionPolicy::Require].into_iter().enumerate() {
        for node in &nodes {
            keyring(node).set_policy(policy);
            talk(&nodes, &mut events, u32::try_from(round).unwrap()).await;
            tokio::time::sleep(ms(3_000)).await;
        }
    }
    for (node, events) in nodes.iter().zip(&mut events) {
        let trouble: Vec<_> = taken(events).into_iter().filter(is_trouble).collect();
        assert!(trouble.is_empty(), "{trouble:?}");
        assert_eq!((node.stats().decode_rejections, node.num_members()), (0, 3));
        assert_eq!(node.options().framing.protection(), Protection::Required);
    }
}

/// G-14, P-24: keys rotate under traffic: add everywhere, use everywhere, watch the counters, remove everywhere. Whatever goes by packet, by
/// broadcast or by stream meanwhile arrives, and nothing is refused.
#[tokio::test(start_paused = true)]
async fn keys_rotate_under_traffic_without_a_loss() {
    let network = MemoryNetwork::new(1);
    let algorithms = [EncryptionAlgorithm::ChaCha20Poly1305, EncryptionAlgorithm::Aes128Gcm];
    let mut old = key(1);
    let nodes = cluster_of(&network, 4, || keyed(&[&key(1)])).await;
    let mut events: Vec<_> = nodes.iter().map(Node::events).collect();
    let mut round = 0;
    for algorithm in algorithms {
        let new = key_of(algorithm, 7);
        let uses = |node: &Node| {
            let of_old = keyring(node).keys().into_iter().find(|key| key.id == old.id()).unwrap();
            of_old.encrypted + of_old.decrypted
        };
        for node in &nodes {
            assert!(keyring(node).add(&new));
            round += 1;
            talk(&nodes, &mut events, round).await;
        }
        for node in &nodes {
            let before: u64 = nodes.iter().map(uses).sum();
            round += 1;
            talk(&nodes, &mut events, round).await;
            assert!(nodes.iter().map(uses).sum::<u64>() > before, "somebody still uses it");
            keyring(node).use_key(new.id()).unwrap();
        }
        // What was on its way has arrived.
        tokio::time::sleep(ms(1_000)).await;
        let before: Vec<_> = nodes.iter().map(uses).collect();
        for _ in 0..3 {
            round += 1;
            talk(&nodes, &mut events, round).await;
            tokio::time::sleep(ms(3_000)).await;
        }
        assert_eq!(
            nodes.iter().map(uses).collect::<Vec<_>>(),
            before,
            "nobody uses it any more: the operator sees it"
        );
        for node in &nodes {
            keyring(node).remove(old.id()).unwrap();
            round += 1;
            talk(&nodes, &mut events, round).await;
        }
        old = new;
    }
    let late = node_with(&network, 5, Void::new(), keyed(&[&key(1)])).await;
    let (failure, _) = failed_join(&late).await;
    assert!(
        matches!(failure, StreamFailure::KeyMismatch(_)),
        "the first key is of no use any more: {failure}"
    );
    for (node, events) in nodes[1..].iter().zip(&mut events[1..]) {
        let trouble: Vec<_> = taken(events).into_iter().filter(is_trouble).collect();
        assert!(trouble.is_empty(), "{trouble:?}");
        assert_eq!((node.stats().decode_rejections, node.num_members()), (0, 4));
    }
}

async fn over_secure(network: &MemoryNetwork, n: u8, options: Options) -> Memberlist<Wrapped, Void> {
    let mut transport = Wrapped::new(network.bind(address(n)).unwrap());
    transport.capabilities.secure_packets = true;
    transport.capabilities.secure_streams = true;
    Builder::new(name(n), transport).with_options(options).start().await.unwrap()
}

/// What the transport encrypts is not encrypted again, unless that is asked for; who does is understood by who does not.
#[tokio::test(start_paused = true)]
async fn nothing_is_encrypted_twice_unless_that_is_asked_for() {
    let prefer = || with(Some(ring(&[&key(1)]).with_policy(EncryptionPolicy::Prefer)));
    for always in [false, true] {
        let network = MemoryNetwork::new(1);
        let a = over_secure(&network, 1, prefer().with_always_encrypt(always)).await;
        let b = over_secure(&network, 2, prefer()).await;
        network.record(1_000);
        b.join(address(1)).await.unwrap();
        tokio::time::sleep(ms(2_000)).await;
        assert_eq!((a.num_members(), b.num_members()), (2, 2));
        assert!(network.recorded().len() > 10);
        for (from, _, packet) in network.recorded() {
            assert_eq!(is_encrypted(&packet), always && from == address(1), "{from}");
        }
        assert_eq!((a.stats().decode_rejections, b.stats().decode_rejections), (0, 0));
    }
}
