use crate::harness::*;
use bytes::Bytes;
use memberlist_core::{
    BroadcastOutcome, CommandError, CompositeDelegate, Error, Event, Node as Named, StreamFailure, Transport,
    delegate::NodeDelegate, memory::MemoryNetwork,
};
use smol_str::SmolStr;
use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

/// The next user message.
async fn message(
    events: &mut memberlist_core::Events<smol_str::SmolStr, std::net::SocketAddr>,
) -> (Bytes, bool) {
    loop {
        if let Event::User { payload, reliable, .. } = soon(events.recv()).await.unwrap() {
            return (payload, reliable);
        }
    }
}

/// TestTransport_Send, TestMemberlist_SendTo
#[tokio::test(start_paused = true)]
async fn messages_arrive_best_effort_and_reliably_both_ways() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let (mut at_a, mut at_b) = (nodes[0].events(), nodes[1].events());
    nodes[0].send(&address(2), "packet").await.unwrap();
    assert_eq!(message(&mut at_b).await, (Bytes::from("packet"), false));
    nodes[1].send(&address(1), "back").await.unwrap();
    assert_eq!(message(&mut at_a).await, (Bytes::from("back"), false));
    nodes[0].send_reliable(&address(2), "stream").await.unwrap();
    assert_eq!(message(&mut at_b).await, (Bytes::from("stream"), true));
    nodes[0].send_auto(&address(2), "small").await.unwrap();
    assert_eq!(message(&mut at_b).await, (Bytes::from("small"), false));
    let large = vec![7; 300_000];
    nodes[0].send_auto(&address(2), large.clone()).await.unwrap();
    assert_eq!(message(&mut at_b).await, (Bytes::from(large), true));
}

/// P-17
#[tokio::test(start_paused = true)]
async fn a_best_effort_message_over_the_budget_is_an_error() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let most = nodes[0].max_user_payload();
    let mut events = nodes[1].events();
    nodes[0].send(&address(2), vec![1; most]).await.unwrap();
    assert_eq!(message(&mut events).await.0.len(), most);
    let error = nodes[0].send(&address(2), vec![1; most + 1]).await.unwrap_err();
    assert!(
        matches!(error, Error::Command(CommandError::PayloadTooLarge { actual, limit }) if actual == most + 1 && limit == most),
        "{error}"
    );
}

/// TestMemberlist_SendTo: in order, without loss, and in few packets
#[tokio::test(start_paused = true)]
async fn many_messages_at_once_arrive_in_order_and_share_packets() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let mut events = nodes[1].events();
    let sent: Vec<Bytes> = (0..1_000u32).map(|n| Bytes::copy_from_slice(&n.to_be_bytes())).collect();
    let before = nodes[0].stats().packets_sent;
    nodes[0].send_many(&address(2), sent.clone()).await.unwrap();
    for payload in &sent {
        assert_eq!(message(&mut events).await, (payload.clone(), false));
    }
    let packets = nodes[0].stats().packets_sent - before;
    assert!(packets < 20, "{packets} packets");
    nodes[0].send_many(&address(2), Vec::<Bytes>::new()).await.unwrap();
}

/// TestMemberlist_SendTo: one after the other, but faster than the first of them can leave
#[tokio::test(start_paused = true)]
async fn messages_that_wait_share_packets_and_reach_the_delegate_in_order() {
    let network = MemoryNetwork::new(1);
    let (told, mut tellings) = tokio::sync::mpsc::unbounded_channel();
    let listener = CompositeDelegate::<SmolStr, SocketAddr>::new().with_node_delegate(Listener(told));
    let node = node(&network, 1).await;
    let other = node_with(&network, 2, listener, options()).await;
    other.join(address(1)).await.unwrap();
    let before = node.stats().packets_sent;
    for n in 0..1_000u32 {
        node.send(&address(2), n.to_be_bytes().to_vec()).await.unwrap();
    }
    for n in 0..1_000u32 {
        assert_eq!(soon(tellings.recv()).await.unwrap(), n.to_be_bytes()[..]);
    }
    let packets = node.stats().packets_sent - before;
    assert!(packets < 100, "{packets} packets");
}

struct Listener(tokio::sync::mpsc::UnboundedSender<Bytes>);

impl NodeDelegate<SocketAddr> for Listener {
    async fn notify_message(&self, _from: SocketAddr, message: Bytes) {
        let _ = self.0.send(message);
    }
}

/// P-17, P-26: nothing is sent if one is too large, and whoever waits for room learns of the end
#[tokio::test(start_paused = true)]
async fn many_messages_keep_to_the_limits_and_wait_for_room_until_the_end() {
    let network = MemoryNetwork::new(1);
    let options = options().with_transmit_queue(16usize).with_concurrent_sends(8usize);
    let node = node_with(&network, 1, Void::new(), options).await;
    let most = node.max_user_payload();
    let before = node.stats().packets_sent;
    let error = node.send_many(&address(2), [vec![1; most], vec![1; most + 1]]).await.unwrap_err();
    assert!(matches!(error, Error::Command(CommandError::PayloadTooLarge { .. })), "{error}");
    assert_eq!(node.stats().packets_sent, before);
    network.set_stalled(address(2), true);
    let sender = node.clone();
    let sending = tokio::spawn(async move { sender.send_many(&address(2), vec![vec![1; most]; 100]).await });
    tokio::time::sleep(ms(100)).await;
    assert!(!sending.is_finished(), "eight are on their way and eight wait");
    assert_eq!(node.stats().packets_dropped, 0);
    node.shutdown().await;
    assert!(matches!(soon(sending).await.unwrap(), Err(Error::ShutDown)));
}

/// Q28: checked before dialling
#[tokio::test(start_paused = true)]
async fn a_reliable_message_over_the_limit_is_an_error_before_dialling() {
    let network = MemoryNetwork::new(1);
    let mut options = options();
    options.stream_limits.max_user = 1_000;
    let node = node_with(&network, 1, Void::new(), options).await;
    let error = node.send_reliable(&address(2), vec![1; 1_001]).await.unwrap_err();
    assert!(matches!(error, Error::Encode(_)), "{error}");
    assert_eq!(node.stats().streams_opened, 0);
}

/// W-36
#[tokio::test(start_paused = true)]
async fn a_reliable_message_to_nobody_fails_and_to_a_cut_node_times_out() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let error = nodes[0].send_reliable(&address(9), "hello?").await.unwrap_err();
    assert!(matches!(error, Error::Stream(StreamFailure::Unreachable(_))), "{error}");
    network.partition(&[address(1)], &[address(2)]);
    let started = tokio::time::Instant::now();
    let error = nodes[0].send_reliable(&address(2), "hello?").await.unwrap_err();
    assert!(matches!(error, Error::Stream(StreamFailure::TimedOut)), "{error}");
    assert_eq!(started.elapsed(), ms(1_000));
}

/// ping on command
#[tokio::test(start_paused = true)]
async fn a_ping_gives_the_round_trip_time_or_no_answer() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    network.set_conditions(memberlist_core::memory::Conditions::perfect().with_delay(ms(5)..ms(5)));
    let rtt = nodes[0].ping(&name(2)).await.unwrap();
    assert!((ms(10)..ms(15)).contains(&rtt), "{rtt:?}");
    let unknown = nodes[0].ping(&name(9)).await.unwrap_err();
    assert!(matches!(&unknown, Error::UnknownMember(id) if id == "n9"), "{unknown}");
    let silent = nodes[0].ping_node(Named::new(name(9), address(9))).await.unwrap_err();
    assert!(matches!(silent, Error::NoAnswer), "{silent}");
    let ourselves = nodes[0].ping(&name(1)).await.unwrap_err();
    assert!(matches!(ourselves, Error::Command(CommandError::Ourselves)), "{ourselves}");
    assert_eq!(nodes[0].health_score(), 0);
}

/// TestMemberlist_UserData (the broadcasts): more than fit one packet
#[tokio::test(start_paused = true)]
async fn two_hundred_and_fifty_six_broadcasts_reach_the_other_node() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let mut events: Vec<_> = nodes[1..].iter().map(|node| node.events()).collect();
    let sent: BTreeSet<Bytes> = (0..256u32).map(|n| Bytes::copy_from_slice(&n.to_be_bytes())).collect();
    let broadcasts: Vec<_> =
        sent.iter().map(|payload| nodes[0].broadcast(payload.clone()).unwrap()).collect();
    for events in &mut events {
        let mut got = BTreeSet::new();
        while got.len() < 256 {
            got.insert(message(events).await.0);
        }
        assert_eq!(got, sent);
    }
    for broadcast in broadcasts {
        assert_eq!(soon(broadcast.finished()).await.unwrap(), BroadcastOutcome::Transmitted);
    }
    assert_eq!(nodes[0].stats().protocol.user_queue, 0);
}

#[tokio::test(start_paused = true)]
async fn a_keyed_broadcast_takes_the_place_of_its_predecessor() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let first = node.broadcast_keyed("leader", "n1").unwrap();
    let other = node.broadcast_keyed("colour", "blue").unwrap();
    let second = node.broadcast_keyed("leader", "n2").unwrap();
    assert_eq!(soon(first.finished()).await.unwrap(), BroadcastOutcome::Replaced);
    assert!(second.id() > other.id());
    assert_eq!(node.stats().protocol.user_queue, 2);
    let empty = node.broadcast("").unwrap_err();
    assert!(matches!(empty, Error::Command(CommandError::EmptyPayload)), "{empty}");
}

/// P-04: the queue is bounded and says so
#[tokio::test(start_paused = true)]
async fn a_full_queue_of_broadcasts_is_an_error() {
    let network = MemoryNetwork::new(1);
    let mut options = options();
    options.protocol.max_user_broadcasts = 3;
    let node = node_with(&network, 1, Void::new(), options).await;
    let kept: Vec<_> = (0..3).map(|n| node.broadcast(vec![n]).unwrap()).collect();
    let error = node.broadcast("one too many").unwrap_err();
    assert!(matches!(error, Error::Command(CommandError::QueueFull)), "{error}");
    drop(kept);
}

/// Dropping the future ends the sending
#[tokio::test(start_paused = true)]
async fn a_dropped_reliable_message_is_given_up() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let listener: Net = network.bind(address(2)).unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let to = address(2);
    let sending = node.send_reliable(&to, vec![1; 1 << 20]);
    assert!(tokio::time::timeout(ms(10), sending).await.is_err());
    eventually("its task has ended", || tasks() == before).await;
    let (_, mut stream) = listener.accept_stream().await.unwrap();
    let mut got = vec![];
    let _ = futures_util::AsyncReadExt::read_to_end(&mut stream, &mut got).await;
    assert!(got.len() < 1 << 20);
}

#[tokio::test(start_paused = true)]
async fn a_large_message_travels_off_the_worker_and_arrives() {
    let network = MemoryNetwork::new(1);
    let (a, b) = (node(&network, 1).await, node(&network, 2).await);
    let mut events = b.events();
    a.send_reliable(&address(2), vec![3; 8 << 20]).await.unwrap();
    let (payload, _) = tokio::time::timeout(Duration::from_secs(60), message(&mut events)).await.unwrap();
    assert_eq!(payload.len(), 8 << 20);
}

/// P-03: a flood of messages is slowed down, and pushes out neither itself nor the probes
#[tokio::test(start_paused = true)]
async fn a_flood_of_messages_waits_for_room_and_loses_nothing() {
    let network = MemoryNetwork::new(1);
    let small = options().with_transmit_queue(32usize);
    let a = node_with(&network, 1, Void::new(), small).await;
    let b = node_with(&network, 2, Void::new(), options().with_data_queue(100_000usize)).await;
    b.join(address(1)).await.unwrap();
    let mut events = b.events();
    for n in 0..20_000u32 {
        a.send(&address(2), n.to_be_bytes().to_vec()).await.unwrap();
    }
    for n in 0..20_000u32 {
        assert_eq!(message(&mut events).await.0.as_ref(), n.to_be_bytes());
    }
    assert_eq!(a.stats().packets_dropped, 0);
    // Whoever waits for room when the node ends is told.
    let waiting = tokio::spawn({
        let (a, fills_a_packet) = (a.clone(), Bytes::from(vec![1; a.max_user_payload()]));
        async move {
            loop {
                if let Err(error) = a.send(&address(9), fills_a_packet.clone()).await {
                    return error;
                }
            }
        }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    a.shutdown().await;
    assert!(matches!(soon(waiting).await.unwrap(), Error::ShutDown));
}
