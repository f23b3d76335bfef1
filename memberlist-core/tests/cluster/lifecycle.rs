use crate::harness::*;
use agnostic::tokio::TokioRuntime;
use bytes::{Bytes, BytesMut};
use memberlist_core::{
    Builder, Error, JoinError, NativeWire, Options,
    delegate::*,
    memory::MemoryNetwork,
    types::{DecodeError, EncodeError, Framing, Message, StreamLimits, StreamMessage, Wire, WireFeatures},
};
use smol_str::SmolStr;
use std::{net::SocketAddr, sync::Arc};
use tokio::runtime::Handle;

/// Holds something whose fate tells when the node's memory is freed.
struct Holds(#[allow(dead_code)] Arc<()>);
impl NodeDelegate<SocketAddr> for Holds {}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// W-31, P-29, Q8: every task has ended, every address is free, all memory is freed
#[tokio::test(start_paused = true)]
async fn a_shutdown_leaves_nothing_behind() {
    let network = MemoryNetwork::new(1);
    assert_eq!(tasks(), 0);
    let held = Arc::new(());
    let weak = Arc::downgrade(&held);
    let delegate = CompositeDelegate::<SmolStr, SocketAddr>::new().with_node_delegate(Holds(held));
    let a = node_with(&network, 1, delegate, options()).await;
    let b = node(&network, 2).await;
    a.join(address(2)).await.unwrap();
    // Something of everything is under way.
    let _idle = network.connect(address(8), address(1)).unwrap();
    let events = a.events();
    network.set_stalled(address(2), true);
    let _broadcast = a.broadcast("on its way").unwrap();
    let mut waiting = vec![];
    for _ in 0..3 {
        let a = a.clone();
        waiting.push(tokio::spawn(async move {
            let _ = a.leave(ms(60_000)).await;
        }));
    }
    tokio::time::sleep(ms(50)).await;
    assert!(tasks() > 10, "{} tasks", tasks());
    a.shutdown().await;
    for waiting in waiting {
        soon(waiting).await.unwrap();
    }
    assert_eq!(network.bound(), [address(2)]);
    network.bind::<TokioRuntime>(address(1)).expect("the address is free again");
    b.shutdown().await;
    assert_eq!(tasks(), 0);
    drop((a, events));
    assert!(weak.upgrade().is_none(), "somebody still holds the node");
}

/// Dropping the last handle does the same in the background
#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_shuts_down() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let clone = node.clone();
    drop(node);
    tokio::time::sleep(ms(100)).await;
    assert_eq!(network.bound(), [address(1)]);
    let weak = clone.downgrade();
    assert!(weak.upgrade().is_some());
    drop(clone);
    eventually("all is gone", || network.bound().is_empty() && tasks() == 0).await;
    assert!(weak.upgrade().is_none());
}

/// W-31
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_concurrent_shutdowns_end() {
    let network = MemoryNetwork::new(1);
    let nodes = [node(&network, 1).await, node(&network, 2).await];
    nodes[1].join(address(1)).await.unwrap();
    let shutdowns: Vec<_> = (0..1_000)
        .map(|n| {
            let node = nodes[n % 2].clone();
            tokio::spawn(async move { node.shutdown().await })
        })
        .collect();
    for shutdown in shutdowns {
        tokio::time::timeout(std::time::Duration::from_secs(30), shutdown).await.expect("it ends").unwrap();
    }
    assert_eq!(network.bound(), []);
    nodes[0].shutdown().await;
}

/// What a caller holds and does not poll holds up nothing
#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_futures_that_nobody_polls() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    network.partition(&[address(1)], &[address(2)]);
    let node = &nodes[0];
    let mut held: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + '_>>> = vec![
        Box::pin(async { drop(node.send_reliable(&address(2), "x").await) }),
        Box::pin(async { drop(node.join(address(2)).await) }),
        Box::pin(async { drop(node.leave(ms(60_000)).await) }),
        Box::pin(async { drop(node.ping(&name(2)).await) }),
    ];
    for future in &mut held {
        assert!(futures_util::poll!(future).is_pending());
    }
    tokio::time::sleep(ms(1)).await;
    soon(node.shutdown()).await;
    drop(held);
    assert_eq!(network.bound(), [address(2)]);
}

/// A shutdown whose caller gives up still happens, and others may wait for it
#[tokio::test(start_paused = true)]
async fn an_abandoned_shutdown_goes_on() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let mut shutdown = Box::pin(node.shutdown());
    assert!(futures_util::poll!(&mut shutdown).is_pending());
    drop(shutdown);
    soon(node.shutdown()).await;
    assert_eq!(network.bound(), []);
}

/// W-31: every waiter is resumed
#[tokio::test(start_paused = true)]
async fn a_shutdown_resumes_whoever_waits_and_commands_after_it_are_refused() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    network.partition(&[address(1)], &[address(2)]);
    let node = nodes[0].clone();
    let leave = tokio::spawn(async move { node.leave(ms(600_000)).await });
    let node = nodes[0].clone();
    let ping = tokio::spawn(async move { node.ping(&name(2)).await });
    let node = nodes[1].clone();
    let join = tokio::spawn(async move { node.join(address(1)).await });
    let node = nodes[1].clone();
    let send = tokio::spawn(async move { node.send_reliable(&address(1), "late").await });
    let broadcast = nodes[1].broadcast("late").unwrap();
    tokio::time::sleep(ms(3)).await;
    nodes[0].shutdown().await;
    nodes[1].shutdown().await;
    assert!(matches!(soon(leave).await.unwrap(), Err(Error::ShutDown)));
    assert!(matches!(soon(ping).await.unwrap(), Err(Error::ShutDown)));
    assert!(matches!(soon(join).await.unwrap(), Err(JoinError::ShutDown)));
    assert!(matches!(soon(send).await.unwrap(), Err(Error::ShutDown)));
    assert!(matches!(soon(broadcast.finished()).await, Err(Error::ShutDown)));

    let node = &nodes[0];
    assert!(node.is_shutdown());
    assert!(matches!(node.broadcast("x"), Err(Error::ShutDown)));
    assert!(matches!(node.send(&address(2), "x").await, Err(Error::ShutDown)));
    assert!(matches!(node.send_reliable(&address(2), "x").await, Err(Error::ShutDown)));
    assert!(matches!(node.update_meta("x").await, Err(Error::ShutDown)));
    assert!(matches!(node.leave(ms(1)).await, Err(Error::ShutDown)));
    assert!(matches!(node.rejoin().await, Err(Error::ShutDown)));
    assert!(matches!(node.join(address(2)).await, Err(JoinError::ShutDown)));
    // What was known stays readable.
    assert!(node.member(&name(2)).is_some());
}

/// TestMemberList_CreateShutdown
#[tokio::test(start_paused = true)]
async fn a_node_can_be_made_and_ended_again_and_again_at_one_address() {
    let network = MemoryNetwork::new(1);
    for _ in 0..20 {
        node(&network, 1).await.shutdown().await;
    }
    assert_eq!(tasks(), 0);
}

/// Q16: what can't be is refused by name, and the transport is closed
#[tokio::test(start_paused = true)]
async fn options_that_cannot_be_are_refused_by_name_and_close_the_transport() {
    let network = MemoryNetwork::new(1);
    let mut protocol = options();
    protocol.protocol.awareness_max = 0;
    for (bad, field) in
        [(options().with_max_inbound_streams(0usize), "max_inbound_streams"), (protocol, "awareness_max")]
    {
        let transport = network.bind::<TokioRuntime>(address(1)).unwrap();
        let error = Builder::new(name(1), transport).with_options(bad).start().await.expect_err("refused");
        let named = match &error {
            Error::Options(error) | Error::Create(memberlist_core::proto::CreateError::Options(error)) => {
                error.field
            }
            other => panic!("{other}"),
        };
        assert_eq!(named, field);
        assert_eq!(network.bound(), []);
    }
}

/// The handle can be used from threads that know nothing of the runtime
#[tokio::test(start_paused = true)]
async fn commands_may_come_from_outside_the_runtime() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    let mut events = nodes[1].events();
    let node = nodes[0].clone();
    std::thread::spawn(move || {
        let _ = node.broadcast("from outside").unwrap();
        drop(node.members());
    })
    .join()
    .unwrap();
    loop {
        if let memberlist_core::Event::User { payload, .. } = soon(events.recv()).await.unwrap() {
            break assert_eq!(payload, "from outside");
        }
    }
}

/// P-09: wall-clock seconds, unless fixed
#[tokio::test(start_paused = true)]
async fn the_first_incarnation_is_the_wall_clock_unless_fixed() {
    let network = MemoryNetwork::new(1);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let incarnation = u64::from(node(&network, 1).await.local_state().incarnation.value());
    assert!((now..now + 60).contains(&incarnation), "{incarnation} is not about {now}");
    let fixed = Options::lan().with_incarnation(Some(7.into()));
    let node = node_with(&network, 2, Void::new(), fixed).await;
    assert_eq!(node.local_state().incarnation.value(), 7);
}

/// Every future of the handle can be spawned
#[tokio::test(start_paused = true)]
async fn all_futures_of_the_handle_are_send() {
    fn send<F: Future + Send>(_: F) {}
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let peer = memberlist_core::Node::new(name(2), address(2));
    send(node.join(address(2)));
    send(node.join_many([address(2)], memberlist_core::JoinOptions::default()));
    send(node.leave(ms(1)));
    send(node.rejoin());
    send(node.update_meta("x"));
    send(node.ping(&name(2)));
    send(node.ping_node(peer));
    send(node.send(&address(2), "x"));
    send(node.send_auto(&address(2), "x"));
    send(node.send_reliable(&address(2), "x"));
    send(node.events().recv());
    send(node.shutdown());
    let transport = network.bind::<TokioRuntime>(address(3)).unwrap();
    send(Builder::new(name(3), transport).start());
}

/// A wire that panics on what it decodes.
#[derive(Clone)]
struct Explosive;

impl<I, A> Wire<I, A> for Explosive
where
    NativeWire: Wire<I, A>,
{
    fn features(&self) -> WireFeatures {
        Wire::<I, A>::features(&NativeWire)
    }

    fn encode_message(&self, message: &Message<I, A>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        NativeWire.encode_message(message, out)
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        Wire::<I, A>::packet_overhead(&NativeWire, framing)
    }

    fn message_overhead(&self) -> usize {
        Wire::<I, A>::message_overhead(&NativeWire)
    }

    fn max_packet_messages(&self) -> usize {
        Wire::<I, A>::max_packet_messages(&NativeWire)
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        Wire::<I, A>::encode_packet(&NativeWire, framing, messages)
    }

    fn decode_packet(
        &self,
        _: &Framing,
        _: Bytes,
        _: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError> {
        panic!("on purpose")
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first: bool,
        message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError> {
        NativeWire.encode_frame(framing, limits, first, message)
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
        NativeWire.decode_frame(framing, limits, first, buffer)
    }
}

/// A node whose heart stopped must not go on as a zombie that answers nobody
#[tokio::test(start_paused = true)]
async fn a_node_whose_engine_panics_shuts_down() {
    let network = MemoryNetwork::new(1);
    let transport = network.bind::<TokioRuntime>(address(1)).unwrap();
    let node = Builder::new(name(1), transport).with_wire(Explosive).start().await.unwrap();
    network.inject(address(2), address(1), "boom");
    eventually("it is gone", || node.is_shutdown() && network.bound().is_empty()).await;
    soon(node.shutdown()).await;
    assert_eq!(tasks(), 0);
}
