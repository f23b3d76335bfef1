//! Any message that this wire can express, and any framing.

#![allow(dead_code, clippy::unwrap_used)]

use bytes::Bytes;
use memberlist_hashicorp::{Format0, HashicorpWire};
use memberlist_types::{
    Ack, Alive, ChecksumAlgorithm, Dead, Framing, Incarnation, IndirectPing, Label, Layers, Message, Meta,
    Nack, Node, NodeState, Ping, PushPull, SequenceNumber, State, StreamMessage, Suspect, Versions,
};
use proptest::{collection::vec, option, prelude::*};
use std::net::{IpAddr, SocketAddr};

pub(crate) type Msg = Message<String, SocketAddr>;
pub(crate) type StreamMsg = StreamMessage<String, SocketAddr>;

/// Text of `min` to `max` bytes.
fn text(min: usize, max: usize) -> impl Strategy<Value = String> {
    let any = vec(any::<char>(), min..=max / 4).prop_map(String::from_iter);
    let ascii = vec(proptest::char::range('a', 'z'), min..=max).prop_map(String::from_iter);
    prop_oneof![any, ascii, vec(proptest::char::range('0', '9'), min..=16).prop_map(String::from_iter)]
}

pub(crate) fn id() -> impl Strategy<Value = String> {
    text(1, 255)
}

/// In its canonical form, as any transport hands it out.
fn address() -> impl Strategy<Value = SocketAddr> {
    (any::<IpAddr>(), 1..=u16::MAX).prop_map(|(ip, port)| SocketAddr::new(ip.to_canonical(), port))
}

fn node() -> impl Strategy<Value = Node<String, SocketAddr>> {
    (id(), address()).prop_map(|(id, address)| Node::new(id, address))
}

fn seq() -> impl Strategy<Value = SequenceNumber> {
    any::<u32>().prop_map(SequenceNumber)
}

fn incarnation() -> impl Strategy<Value = Incarnation> {
    prop_oneof![any::<u32>(), 0..300u32].prop_map(Incarnation::new)
}

pub(crate) fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![vec(any::<u8>(), 0..16), vec(any::<u8>(), 0..600), vec(0..3u8, 0..600)].prop_map(Bytes::from)
}

fn meta() -> impl Strategy<Value = Meta> {
    payload().prop_map(Meta::new)
}

/// Node and versions, and the layers that belong to them: bit 24 to a node that reads checksums, bit 25 to an IPv4 address in 16 bytes.
fn member() -> impl Strategy<Value = (Node<String, SocketAddr>, Option<Versions>, Layers)> {
    let versions = prop_oneof![
        Just(Some(Versions::default())),
        option::of(any::<[u8; 6]>().prop_map(Versions::from_bytes))
    ];
    (node(), versions, any::<bool>()).prop_map(|(node, versions, mapped)| {
        let reads_checksum = versions.is_some_and(|versions| versions.protocol_max >= 5);
        let mapped = mapped && node.address.is_ipv4();
        let layers = Layers::from_bits(u32::from(reads_checksum) << 24 | u32::from(mapped) << 25);
        (node, versions, layers)
    })
}

fn ping() -> impl Strategy<Value = Ping<String, SocketAddr>> {
    (seq(), option::of(id()), option::of(node())).prop_map(|(seq, target, source)| Ping {
        seq,
        target,
        source,
    })
}

fn ack() -> impl Strategy<Value = Ack> {
    (seq(), payload()).prop_map(|(seq, payload)| Ack { seq, payload })
}

pub(crate) fn message() -> impl Strategy<Value = Msg> {
    let accusation = || (incarnation(), id(), id());
    prop_oneof![
        ping().prop_map(Message::Ping),
        (seq(), node(), any::<bool>(), option::of(node())).prop_map(|(seq, target, nack, source)| {
            Message::IndirectPing(IndirectPing { seq, target, nack, source })
        }),
        ack().prop_map(Message::Ack),
        seq().prop_map(|seq| Message::Nack(Nack { seq })),
        accusation()
            .prop_map(|(incarnation, node, from)| { Message::Suspect(Suspect { incarnation, node, from }) }),
        accusation().prop_map(|(incarnation, node, from)| Message::Dead(Dead { incarnation, node, from })),
        (incarnation(), member(), meta()).prop_map(|(incarnation, (node, versions, layers), meta)| {
            Message::Alive(Alive { incarnation, node, meta, versions, layers })
        }),
        payload().prop_map(Message::User),
    ]
}

fn node_state() -> impl Strategy<Value = NodeState<String, SocketAddr>> {
    let state = prop_oneof![Just(State::Alive), Just(State::Suspect), Just(State::Dead), Just(State::Left)];
    (member(), meta(), incarnation(), state).prop_map(
        |((node, versions, layers), meta, incarnation, state)| NodeState {
            node,
            meta,
            incarnation,
            state,
            versions,
            layers,
        },
    )
}

pub(crate) fn stream_message() -> impl Strategy<Value = StreamMsg> {
    prop_oneof![
        3 => (any::<bool>(), vec(node_state(), 0..12), payload())
            .prop_map(|(join, states, user)| StreamMessage::PushPull(PushPull { join, states, user })),
        1 => ping().prop_map(StreamMessage::Ping),
        1 => ack().prop_map(StreamMessage::Ack),
        1 => payload().prop_map(StreamMessage::User),
        1 => text(0, 1024).prop_map(|text| StreamMessage::Error(text.into())),
    ]
}

pub(crate) fn wire() -> impl Strategy<Value = HashicorpWire> {
    let format_0 = prop_oneof![Just(Format0::Refuse), Just(Format0::Accept), Just(Format0::Send)];
    (any::<bool>(), format_0).prop_map(|(compression, format_0)| {
        HashicorpWire::new().with_compression(compression).with_format_0(format_0)
    })
}

/// A framing, and perhaps keys.
pub(crate) fn framing() -> impl Strategy<Value = Framing> {
    (prop_oneof![Just(String::new()), text(0, 255)], any::<bool>(), keys()).prop_map(
        |(label, checksum, keys)| {
            let framing = Framing::new()
                .with_label(Label::new(label).unwrap())
                .with_checksum(checksum.then_some(ChecksumAlgorithm::Crc32));
            with_keys(framing, keys)
        },
    )
}

fn keys() -> impl Strategy<Value = (u8, usize)> {
    (0..4u8, 0..3usize)
}

#[cfg(feature = "aes-gcm")]
fn with_keys(framing: Framing, (policy, algorithm): (u8, usize)) -> Framing {
    use memberlist_types::{EncryptionAlgorithm::*, EncryptionPolicy, Keyring, SecretKey};
    let policy = match policy {
        0 => return framing,
        1 => EncryptionPolicy::Accept,
        2 => EncryptionPolicy::Prefer,
        _ => EncryptionPolicy::Require,
    };
    let algorithm = [Aes128Gcm, Aes192Gcm, Aes256Gcm][algorithm];
    let key = SecretKey::new(algorithm, &vec![7; algorithm.key_len()]).unwrap();
    framing.with_keyring(Some(Keyring::with_nonce_start([9; 12]).with_key(&key).with_policy(policy)))
}

#[cfg(not(feature = "aes-gcm"))]
fn with_keys(framing: Framing, _: (u8, usize)) -> Framing {
    framing
}
