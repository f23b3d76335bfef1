//! Streams that stay open for further reliable messages.

use crate::harness::*;
use bytes::Bytes;
use futures_util::{AsyncReadExt, AsyncWriteExt};
use memberlist_core::{
    Error, Event, Events, NativeWire, Options, StreamFailure, Transport,
    memory::MemoryNetwork,
    types::{Framing, StreamLimits, StreamMessage, Wire},
};
use smol_str::SmolStr;
use std::net::SocketAddr;

/// With no streams but those of messages, once all have joined.
fn quiet() -> Options {
    let mut options = options();
    options.protocol.push_pull_interval = ms(0);
    options.protocol.stream_ping = false;
    options
}

async fn quiet_cluster(network: &MemoryNetwork, n: u8, of: impl Fn(u8) -> Options) -> Vec<Node> {
    let mut nodes = Vec::new();
    for number in 1..=n {
        let node = node_with(network, number, Void::new(), of(number)).await;
        if number > 1 {
            node.join(address(1)).await.unwrap();
        }
        nodes.push(node);
    }
    see_each_other(&nodes).await;
    nodes
}

/// The next reliable message.
pub(crate) async fn message(events: &mut Events<SmolStr, SocketAddr>) -> Bytes {
    loop {
        match soon(events.recv()).await.unwrap() {
            Event::User { payload, reliable: true, .. } => return payload,
            Event::Lagged(lost) => panic!("{lost} lost"),
            _ => {}
        }
    }
}

fn numbered(n: u32) -> Bytes {
    Bytes::copy_from_slice(&n.to_be_bytes())
}

fn frame(payload: &'static str) -> Bytes {
    let message = StreamMessage::<SmolStr, SocketAddr>::User(payload.into());
    NativeWire.encode_frame(&Framing::new(), &StreamLimits::default(), true, &message).unwrap()
}

/// TestTransport_Send
#[tokio::test(start_paused = true)]
async fn messages_to_one_peer_share_a_stream_and_keep_their_order() {
    let network = MemoryNetwork::new(1);
    let nodes = quiet_cluster(&network, 2, |_| quiet()).await;
    let mut events = nodes[1].events();
    let (opened, accepted) = (nodes[0].stats().streams_opened, nodes[1].stats().streams_accepted);
    for n in 0..100 {
        nodes[0].send_reliable(&address(2), numbered(n)).await.unwrap();
    }
    for n in 0..100 {
        assert_eq!(message(&mut events).await, numbered(n));
    }
    assert_eq!(nodes[0].stats().streams_opened, opened + 1);
    assert_eq!(nodes[1].stats().streams_accepted, accepted + 1);
}

/// TestTransport_Send: small and large ones mixed, from many tasks at once
#[tokio::test(start_paused = true)]
async fn messages_from_many_tasks_arrive_once_each() {
    let network = MemoryNetwork::new(1);
    let nodes = quiet_cluster(&network, 2, |_| quiet()).await;
    let mut events = nodes[1].events();
    let opened = nodes[0].stats().streams_opened;
    let size = |n: usize| if n.is_multiple_of(10) { 100_000 + n } else { n };
    let to = address(2);
    let sent = (0..100).map(|n| nodes[0].send_reliable(&to, vec![7; size(n)]));
    for sent in futures_util::future::join_all(sent).await {
        sent.unwrap();
    }
    let mut got = Vec::new();
    while got.len() < 100 {
        got.push(message(&mut events).await.len());
    }
    got.sort_unstable();
    let mut expected: Vec<_> = (0..100).map(size).collect();
    expected.sort_unstable();
    assert_eq!(got, expected);
    assert_eq!(nodes[0].stats().streams_opened, opened + 1);
}

/// TestTransport_Send
#[tokio::test(start_paused = true)]
async fn idle_stream_is_closed_and_the_next_message_has_a_new_one() {
    let network = MemoryNetwork::new(1);
    let nodes = quiet_cluster(&network, 2, |_| quiet()).await;
    let mut events = nodes[1].events();
    let opened = nodes[0].stats().streams_opened;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for n in 0..3 {
        nodes[0].send_reliable(&address(2), numbered(n)).await.unwrap();
        assert_eq!(message(&mut events).await, numbered(n));
        assert!(tasks() > before);
        eventually("both sides have ended it", || tasks() == before).await;
    }
    assert_eq!(nodes[0].stats().streams_opened, opened + 3);
    assert_eq!(nodes[1].stats().streams_failed, 0);
}

/// TestTransport_Send: three senders, of whom only one can stay
#[tokio::test(start_paused = true)]
async fn streams_beyond_the_limit_are_given_up_without_losing_a_message() {
    let network = MemoryNetwork::new(1);
    let nodes = quiet_cluster(&network, 4, |_| quiet().with_message_streams(1usize)).await;
    let mut events = nodes[0].events();
    let to = address(1);
    for round in 0..10u32 {
        let sent = nodes[1..].iter().flat_map(|node| (0..20).map(|n| node.send_reliable(&to, numbered(n))));
        for sent in futures_util::future::join_all(sent).await {
            sent.unwrap();
        }
        let mut got = Vec::new();
        while got.len() < 60 {
            got.push(message(&mut events).await);
        }
        got.sort_unstable();
        let expected: Vec<_> = (0..20).flat_map(|n| [numbered(n), numbered(n), numbered(n)]).collect();
        assert_eq!(got, expected, "in round {round}");
        tokio::time::sleep(ms(300 * u64::from(round))).await;
    }
    assert_eq!(nodes[0].stats().streams_failed, 0);
}

/// TestTransport_Send: an idle one makes room for another one
#[tokio::test(start_paused = true)]
async fn idle_stream_is_given_up_when_all_places_are_taken() {
    let network = MemoryNetwork::new(1);
    let _node = node_with(&network, 1, Void::new(), quiet().with_message_streams(1usize)).await;
    let mut first = network.connect(address(11), address(1)).unwrap();
    first.write_all(&frame("stays")).await.unwrap();
    // It is told after a second, and not, as if nobody needed its place, after fifteen.
    let started = tokio::time::Instant::now();
    assert_eq!(soon(first.read(&mut [0])).await.unwrap(), 0);
    assert!((ms(1_000)..ms(1_100)).contains(&started.elapsed()), "{:?}", started.elapsed());
}

/// TestTransport_Send: what is on its way when a stream is given up still counts
#[tokio::test(start_paused = true)]
async fn message_that_crosses_the_giving_up_arrives() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), quiet().with_message_streams(0usize)).await;
    let mut events = node.events();
    let mut stream = network.connect(address(11), address(1)).unwrap();
    stream.write_all(&frame("first")).await.unwrap();
    assert_eq!(message(&mut events).await, "first");
    assert_eq!(soon(stream.read(&mut [0])).await.unwrap(), 0, "no more is wanted");
    stream.write_all(&frame("second")).await.unwrap();
    assert_eq!(message(&mut events).await, "second");
    drop(stream);
    assert_eq!(node.stats().streams_failed, 0);
}

/// W-36: push/pulls have places that no stream of messages keeps
#[tokio::test(start_paused = true)]
async fn streams_of_messages_keep_no_push_pull_from_its_place() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), quiet().with_max_inbound_streams(1usize)).await;
    let mut events = node.events();
    let mut open = Vec::new();
    for n in 0..100 {
        let mut stream = network.connect(address(100 + n), address(1)).unwrap();
        stream.write_all(&frame("stays")).await.unwrap();
        assert_eq!(message(&mut events).await, "stays");
        open.push(stream);
    }
    let joiner = node_with(&network, 2, Void::new(), quiet()).await;
    joiner.join(address(1)).await.unwrap();
    assert_eq!(node.stats().streams_refused, 0);
    for stream in &mut open {
        stream.write_all(&frame("and goes on")).await.unwrap();
        assert_eq!(message(&mut events).await, "and goes on");
    }
}

/// TestTransport_Send
#[tokio::test(start_paused = true)]
async fn restarted_peer_gets_the_next_message_on_a_new_stream() {
    let network = MemoryNetwork::new(1);
    let mut nodes = quiet_cluster(&network, 2, |_| quiet()).await;
    nodes[0].send_reliable(&address(2), "before").await.unwrap();
    nodes.pop().unwrap().shutdown().await;
    let again = node_with(&network, 2, Void::new(), quiet()).await;
    let mut events = again.events();
    nodes[0].send_reliable(&address(2), "after").await.unwrap();
    assert_eq!(message(&mut events).await, "after");
    again.shutdown().await;
    let error = nodes[0].send_reliable(&address(2), "nobody").await.unwrap_err();
    assert!(matches!(error, Error::Stream(StreamFailure::Unreachable(_))), "{error}");
}

/// P-26: whoever takes nothing holds up nobody for longer than the deadline, and is then asked again
#[tokio::test(start_paused = true)]
async fn peer_that_takes_nothing_fails_what_waits_and_not_what_comes_after() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), quiet()).await;
    let peer: Net = network.bind(address(2)).unwrap();
    let started = tokio::time::Instant::now();
    let to = address(2);
    let sent = (0..10).map(|_| node.send_reliable(&to, vec![1; 100_000]));
    for sent in futures_util::future::join_all(sent).await {
        assert!(matches!(sent, Err(Error::Stream(StreamFailure::TimedOut))), "{sent:?}");
    }
    assert_eq!(started.elapsed(), ms(1_000));
    let (_, stuck) = soon(peer.accept_stream()).await.unwrap();
    let (sent, next) =
        futures_util::future::join(node.send_reliable(&to, "small"), peer.accept_stream()).await;
    sent.unwrap();
    let mut got = vec![0; frame("small").len()];
    soon(next.unwrap().1.read_exact(&mut got)).await.unwrap();
    assert_eq!(got, frame("small"));
    drop(stuck);
}

/// W-54
#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_stream_learns_of_the_shutdown() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), quiet()).await;
    let _peer: Net = network.bind(address(2)).unwrap();
    let senders: Vec<_> = (0..10)
        .map(|_| {
            let node = node.clone();
            tokio::spawn(async move { node.send_reliable(&address(2), vec![1; 100_000]).await })
        })
        .collect();
    tokio::time::sleep(ms(10)).await;
    node.shutdown().await;
    for sender in senders {
        assert!(matches!(soon(sender).await.unwrap(), Err(Error::ShutDown)));
    }
}

/// W-46: what comes behind a message is judged as a message is
#[tokio::test(start_paused = true)]
async fn nonsense_behind_messages_ends_the_stream_and_costs_none_before_it() {
    let network = MemoryNetwork::new(1);
    let node = node_with(&network, 1, Void::new(), quiet()).await;
    let mut events = node.events();
    let ping = StreamMessage::<SmolStr, SocketAddr>::Ping(memberlist_core::types::Ping {
        seq: memberlist_core::types::SequenceNumber(1),
        target: None,
        source: None,
    });
    let ping = NativeWire.encode_frame(&Framing::new(), &StreamLimits::default(), true, &ping).unwrap();
    for (n, behind) in [&[0xff; 20][..], &ping, &frame("cut")[..6]].into_iter().enumerate() {
        let mut stream = network.connect(address(11), address(1)).unwrap();
        stream.write_all(&[&frame("one")[..], &frame("two"), behind].concat()).await.unwrap();
        stream.close().await.unwrap();
        assert_eq!(message(&mut events).await, "one");
        assert_eq!(message(&mut events).await, "two");
        let _ = soon(stream.read_to_end(&mut Vec::new())).await;
        eventually("it is counted", || node.stats().streams_failed == n as u64 + 1).await;
    }
    // The rest of a message has its deadline, however much came before.
    let mut stream = network.connect(address(11), address(1)).unwrap();
    stream.write_all(&[&frame("one")[..], &frame("slow")[..6]].concat()).await.unwrap();
    assert_eq!(message(&mut events).await, "one");
    let started = tokio::time::Instant::now();
    eventually("it is closed", || node.stats().streams_failed == 4).await;
    assert!((ms(1_000)..ms(1_100)).contains(&started.elapsed()), "{:?}", started.elapsed());
}
