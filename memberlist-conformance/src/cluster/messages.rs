//! Messages of the application.

use super::{Cluster, Node, calm};
use crate::{
    Fixture,
    support::{Support, assert_same, pattern},
};
use bytes::Bytes;
use futures_util::future::join_all;
use memberlist_core::{Error, Event};
use std::collections::BTreeSet;

/// 9.4 `TestMemberlist_SendTo`: best effort, both ways, from one byte to all that fits a packet, and the sender is named.
pub(crate) async fn small_messages_travel_both_ways<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    for (from, to) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
        for len in [1, 100, from.max_user_payload()] {
            let payload = Bytes::from(pattern(len as u8, len));
            let mut events = to.events();
            let send = async || {
                if let Err(error) = from.send(&to.advertise_address(), payload.clone()).await {
                    panic!("a message of {len} bytes: {error}");
                }
            };
            let hear = fixture.event(&mut events, "a message arrives", |event| match event {
                Event::User { from, payload: heard, reliable } if heard == payload => Some((from, reliable)),
                _ => None,
            });
            let heard = fixture.repeating("a message arrives", send, hear).await;
            assert_eq!(heard, (from.advertise_address(), false), "who sent it, and how");
        }
        let too_large = from.send(&to.advertise_address(), vec![1; from.max_user_payload() + 1]).await;
        assert!(matches!(too_large, Err(Error::Command(_))), "a message over the limit: {too_large:?}");
    }
    fixture.end(nodes).await;
}

/// 9.4 `TestTransport_Send`: reliable messages arrive whole and once, however large.
pub(crate) async fn large_messages_travel_both_ways<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    for (from, to) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
        let mut events = to.events();
        // Large ones follow large ones and small ones, shorter and longer ones.
        for len in [1, 1_400, 70_000, 3 << 20, 5, 3 << 20, (3 << 20) + 999, 1 << 20, 40_000, 1] {
            let payload = pattern(len as u8, len);
            let address = to.advertise_address();
            let sent = from.send_reliable(&address, payload.clone());
            if let Err(error) = fixture.within("a large message is sent", sent).await {
                panic!("a message of {len} bytes: {error}");
            }
            let heard = fixture.event(&mut events, "a large message arrives", user).await;
            assert_same("a large message", &heard, &payload);
        }
    }
    let limit = nodes[0].options().stream_limits.max_user;
    let too_large = nodes[0].send_reliable(&nodes[1].advertise_address(), vec![0; limit + 1]).await;
    assert!(matches!(too_large, Err(Error::Encode(_))), "a message over the limit: {too_large:?}");
    fixture.end(nodes).await;
}

/// What fits a packet goes as one, the rest on a stream.
pub(crate) async fn messages_take_the_way_that_fits<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    let mut events = nodes[1].events();
    let to = nodes[1].advertise_address();
    for (len, expected) in [(nodes[0].max_user_payload(), false), (nodes[0].max_user_payload() + 1, true)] {
        let payload = Bytes::from(pattern(3, len));
        let send = async || {
            if let Err(error) = nodes[0].send_auto(&to, payload.clone()).await {
                panic!("a message of {len} bytes: {error}");
            }
        };
        let hear = fixture.event(&mut events, "a message arrives", |event| match event {
            Event::User { payload: heard, reliable, .. } if heard == payload => Some(reliable),
            _ => None,
        });
        let reliable = fixture.repeating("a message arrives", send, hear).await;
        assert_eq!(reliable, expected, "whether {len} bytes went on a stream");
    }
    fixture.end(nodes).await;
}

/// W-52: a hundred streams at once between two nodes.
pub(crate) async fn hundred_large_messages_at_once_all_arrive<F: Fixture>(fixture: &F) {
    let options = || calm().with_max_inbound_streams(128_usize);
    let nodes = fixture.cluster(2, options).await;
    let mut events = nodes[1].events();
    let to = nodes[1].advertise_address();
    let payload = |number: usize| [&[number as u8][..], &pattern(number as u8, 5_000 + number)].concat();
    let sent = join_all((0..100).map(|number| nodes[0].send_reliable(&to, payload(number)))).await;
    for (number, sent) in sent.into_iter().enumerate() {
        sent.unwrap_or_else(|error| panic!("message {number} of many: {error}"));
    }
    let mut heard = BTreeSet::new();
    while heard.len() < 100 {
        let message = fixture.event(&mut events, "all messages arrive", user).await;
        let number = message.first().copied().map_or(0, usize::from);
        assert_same(&format!("message {number} of many"), &message, &payload(number));
        assert!(heard.insert(number), "message {number} of many arrives twice");
    }
    fixture.end(nodes).await;
}

/// 9.4 `TestMemberlist_UserData`: broadcasts reach every member, once.
pub(crate) async fn broadcasts_reach_every_member_once<F: Fixture>(fixture: &F) {
    const EACH: usize = 20;
    let nodes = fixture.cluster(4, calm).await;
    let mut listeners: Vec<_> = nodes.iter().map(|node: &Node<F>| node.events()).collect();
    let mut said = BTreeSet::new();
    for (at, node) in nodes.iter().enumerate() {
        for number in 0..EACH {
            let text = format!("{at} says {number}");
            if let Err(error) = node.broadcast(text.clone()) {
                panic!("a broadcast: {error}");
            }
            said.insert((at, Bytes::from(text)));
        }
    }
    for (at, events) in listeners.iter_mut().enumerate() {
        let mut heard = BTreeSet::new();
        while heard.len() < EACH * (nodes.len() - 1) {
            let message = fixture.event(events, "all broadcasts arrive", user).await;
            let said = said.iter().find(|(_, text)| *text == message);
            let Some((from, _)) = said else { panic!("a broadcast that nobody made: {message:?}") };
            assert_ne!(*from, at, "one's own broadcast comes back");
            assert!(heard.insert(message.clone()), "{message:?} arrives twice");
        }
    }
    fixture.end(nodes).await;
}

fn user<I, A>(event: Event<I, A>) -> Option<Bytes> {
    match event {
        Event::User { payload, .. } => Some(payload),
        _ => None,
    }
}
