use super::*;
use bytes::Bytes;
use futures_util::FutureExt;
use memberlist_types::Layers;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Wake},
};

const CAPACITY: Capacity = Capacity { bytes: 20, overhead: 2, messages: 4 };

fn packet(to: u8, probe: Option<u32>) -> Transmit<u8> {
    Transmit {
        to,
        messages: vec![Bytes::from_static(b"x")].into(),
        reads: None,
        probe: probe.map(SequenceNumber),
    }
}

fn said(to: u8, message: &'static str) -> Transmit<u8> {
    Transmit { messages: vec![Bytes::from(message)].into(), ..packet(to, None) }
}

fn outgoing(limit: usize) -> (Outgoing<u8>, Counters) {
    (Outgoing::new(limit, CAPACITY), Counters::default())
}

/// What comes out: where to, and what.
fn taken(outgoing: &Outgoing<u8>) -> Vec<(u8, Vec<Bytes>)> {
    std::iter::from_fn(|| outgoing.pop()).map(|packet| (packet.to, packet.messages.to_vec())).collect()
}

#[test]
fn a_full_queue_drops_the_newest_and_names_the_probes_among_them() {
    let (outgoing, counters) = outgoing(2);
    let mut packets = vec![packet(1, None), packet(2, Some(7)), packet(3, None), packet(4, Some(8))];
    assert_eq!(outgoing.push(&mut packets, &counters), [SequenceNumber(8)]);
    assert!(packets.is_empty());
    assert_eq!(counters.snapshot(Default::default()).packets_dropped, 2);
    assert_eq!(std::iter::from_fn(|| outgoing.pop()).map(|packet| packet.to).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn messages_that_wait_for_the_same_destination_share_packets_in_order() {
    let (outgoing, counters) = outgoing(16);
    for (to, message) in [(1, "a"), (2, "b"), (1, "c"), (1, "d"), (2, "e"), (1, "f"), (1, "g")] {
        outgoing.push_messages(&mut vec![said(to, message)], &counters);
    }
    let expected: [(u8, &[&str]); 3] = [(1, &["a", "c", "d", "f"]), (2, &["b", "e"]), (1, &["g"])];
    let taken = taken(&outgoing);
    assert_eq!(taken.len(), expected.len());
    for ((to, messages), (there, what)) in taken.iter().zip(expected) {
        assert!(*to == there && messages == what, "{taken:?}: a packet has room for four");
    }
    assert!(lock(&outgoing.inner).open.is_empty());
}

#[test]
fn packet_is_filled_to_its_bytes_and_not_beyond() {
    let (outgoing, counters) = outgoing(16);
    for message in ["12345678", "12345678", "1"] {
        outgoing.push_messages(&mut vec![said(1, message)], &counters);
    }
    assert_eq!(taken(&outgoing), [(1, vec!["12345678".into(), "12345678".into()]), (1, vec!["1".into()])]);
}

#[test]
fn nothing_joins_a_packet_of_the_protocol_or_one_that_is_gone_or_wrapped_otherwise() {
    let (outgoing, counters) = outgoing(16);
    outgoing.push(&mut vec![packet(1, Some(1))], &counters);
    outgoing.push_messages(&mut vec![said(1, "a")], &counters);
    outgoing.push_messages(&mut vec![Transmit { reads: Some(Layers::BASE), ..said(1, "b") }], &counters);
    assert_eq!(outgoing.pop(), Some(packet(1, Some(1))));
    assert_eq!(outgoing.pop(), Some(said(1, "a")));
    outgoing.push_messages(&mut vec![said(1, "c")], &counters);
    let rest: Vec<_> = taken(&outgoing).into_iter().flat_map(|(_, messages)| messages).collect();
    assert_eq!(rest, ["b", "c"]);
}

#[test]
fn messages_have_half_the_queue_and_what_was_promised_is_not_promised_again() {
    let (outgoing, counters) = outgoing(8);
    let first = outgoing.room(3).now_or_never().unwrap();
    let second = outgoing.room(3).now_or_never().unwrap();
    assert_eq!((first.packets(), second.packets()), (3, 1));
    assert!(outgoing.room(1).now_or_never().is_none());
    drop(second);
    outgoing.push_messages(&mut vec![said(1, "a"), said(2, "b"), said(3, "c")], &counters);
    drop(first);
    assert_eq!(outgoing.room(3).now_or_never().unwrap().packets(), 1);
    outgoing.push_messages(&mut vec![said(4, "d")], &counters);
    assert!(outgoing.room(1).now_or_never().is_none());
    outgoing.pop();
    assert!(outgoing.room(1).now_or_never().is_some());
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn whoever_waits_for_room_is_woken_when_there_is_some_and_when_the_node_ends() {
    let (outgoing, counters) = outgoing(2);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut cx = Context::from_waker(&waker);
    outgoing.push_messages(&mut vec![said(1, "a")], &counters);
    let mut waiting = pin!(outgoing.room(1));
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    outgoing.pop();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    let Poll::Ready(promise) = waiting.as_mut().poll(&mut cx) else { panic!("there is room") };
    let mut second = pin!(outgoing.room(1));
    assert!(second.as_mut().poll(&mut cx).is_pending(), "what was promised is not free");
    drop(promise);
    assert_eq!(woken.0.load(Ordering::Relaxed), 2, "a promise that was not used is room again");
    outgoing.push(&mut vec![packet(1, None), packet(2, None)], &counters);
    assert!(second.as_mut().poll(&mut cx).is_pending());
    outgoing.close();
    assert_eq!(woken.0.load(Ordering::Relaxed), 3);
    assert!(second.as_mut().poll(&mut cx).is_ready());
}
