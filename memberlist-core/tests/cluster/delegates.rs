use crate::harness::*;
use bytes::Bytes;
use memberlist_core::{
    Event, FailureReason, JoinError, Member, Meta, Node as Named, StreamFailure, WeakMemberlist,
    delegate::*,
    memory::MemoryNetwork,
    proto::{self, RejectReason},
    types::{Alive, NodeState},
};
use smol_str::SmolStr;
use std::{
    collections::BTreeSet,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

type Parts = CompositeDelegate<SmolStr, SocketAddr>;

/// Refuses, and counts how often it was asked.
#[derive(Clone, Default)]
struct Refuse(Arc<AtomicUsize>);

impl AliveDelegate<SmolStr, SocketAddr> for Refuse {
    async fn notify_alive(&self, _: &Alive<SmolStr, SocketAddr>) -> Result<(), Refusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err("not you".into())
    }
}

impl MergeDelegate<SmolStr, SocketAddr> for Refuse {
    async fn notify_merge(&self, _: &[NodeState<SmolStr, SocketAddr>]) -> Result<(), Refusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err("other cluster".into())
    }
}

/// TestMemberlist_Join_Cancel: the accepting side says no, and the joiner learns why
#[tokio::test(start_paused = true)]
async fn a_merge_refused_by_the_accepting_side_fails_the_join_on_both() {
    let network = MemoryNetwork::new(1);
    let refuse = Refuse::default();
    let a = node_with(&network, 1, Parts::new().with_merge_delegate(refuse.clone()), options()).await;
    let b = node(&network, 2).await;
    let error = b.join(address(1)).await.unwrap_err();
    let failure = error.report().unwrap().results().next().unwrap().outcome.clone().unwrap_err();
    assert_eq!(failure, StreamFailure::Refused("other cluster".into()));
    assert_eq!((a.num_members(), b.num_members()), (1, 1));
    assert_eq!(refuse.0.load(Ordering::Relaxed), 1);
    assert_eq!(a.stats().protocol.rejected(RejectReason::Delegate), 1);
}

/// TestMemberlist_Join_Cancel: the joining side says no
#[tokio::test(start_paused = true)]
async fn a_merge_refused_by_the_joiner_fails_the_join() {
    let network = MemoryNetwork::new(1);
    let refuse = Refuse::default();
    let a = node(&network, 1).await;
    let b = node_with(&network, 2, Parts::new().with_merge_delegate(refuse.clone()), options()).await;
    let error = b.join(address(1)).await.unwrap_err();
    assert!(matches!(&error, JoinError::NoneReached(_)), "{error}");
    let failure = error.report().unwrap().results().next().unwrap().outcome.clone().unwrap_err();
    assert_eq!(failure, StreamFailure::MergeRefused("other cluster".into()));
    assert_eq!((b.num_members(), refuse.0.load(Ordering::Relaxed)), (1, 1));
    drop(a);
}

/// TestMemberlist_Join_Cancel_Passive
#[tokio::test(start_paused = true)]
async fn nodes_that_the_alive_delegate_refuses_are_not_added_though_the_exchange_succeeds() {
    let network = MemoryNetwork::new(1);
    let (at_a, at_b) = (Refuse::default(), Refuse::default());
    let a = node_with(&network, 1, Parts::new().with_alive_delegate(at_a.clone()), options()).await;
    let b = node_with(&network, 2, Parts::new().with_alive_delegate(at_b.clone()), options()).await;
    b.join(address(1)).await.unwrap();
    // Gossip does not bring them in either.
    tokio::time::sleep(ms(3_000)).await;
    assert_eq!((a.num_members(), b.num_members()), (1, 1));
    assert!(at_a.0.load(Ordering::Relaxed) >= 1 && at_b.0.load(Ordering::Relaxed) >= 1);
}

/// An alive delegate that accepts slowly.
struct Slow;

impl AliveDelegate<SmolStr, SocketAddr> for Slow {
    async fn notify_alive(&self, _: &Alive<SmolStr, SocketAddr>) -> Result<(), Refusal> {
        tokio::time::sleep(ms(50)).await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_alive_delegate_delays_news_and_not_probing() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 3).await;
    let slow = node_with(&network, 4, Parts::new().with_alive_delegate(Slow), options()).await;
    slow.join(address(1)).await.unwrap();
    let mut events = nodes[0].events();
    for n in 0..100 {
        let _ = nodes[0].update_meta(format!("{n}")).await.unwrap();
        tokio::time::sleep(ms(10)).await;
    }
    eventually("the last news got through", || {
        slow.member(&name(1)).is_some_and(|member| member.meta == Meta::new("99"))
    })
    .await;
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::Suspected { .. } | Event::Failed { .. }), "{event:?}");
    }
    assert_eq!(slow.num_members(), 4);
}

#[derive(Clone, Default)]
struct Conflicts(Arc<Mutex<Vec<(SmolStr, SmolStr)>>>);

impl ConflictDelegate<SmolStr, SocketAddr> for Conflicts {
    async fn notify_conflict(
        &self,
        existing: &Member<SmolStr, SocketAddr>,
        claimed: &Named<SmolStr, SocketAddr>,
    ) {
        self.0.lock().unwrap().push((existing.node.id.clone(), claimed.id.clone()));
    }
}

/// TestMemberlist_conflictDelegate
#[tokio::test(start_paused = true)]
async fn two_nodes_of_one_name_are_reported() {
    let network = MemoryNetwork::new(1);
    let conflicts = Conflicts::default();
    let delegate = Parts::new().with_conflict_delegate(conflicts.clone());
    let a = named(&network, "twin".into(), 1, delegate, options()).await;
    let b = named(&network, "twin".into(), 2, Void::new(), options()).await;
    let _ = b.join(address(1)).await;
    eventually("the conflict is told", || !conflicts.0.lock().unwrap().is_empty()).await;
    let (existing, claimed) = conflicts.0.lock().unwrap()[0].clone();
    assert_eq!((existing.as_str(), claimed.as_str()), ("twin", "twin"));
    assert_eq!(a.local_state().node.address, address(1));
}

/// A node delegate with a bit of everything.
#[derive(Clone, Default)]
struct App {
    meta: &'static str,
    state: &'static str,
    merged: Arc<Mutex<Vec<(Bytes, bool)>>>,
    messages: Arc<Mutex<BTreeSet<Bytes>>>,
    broadcasts: Arc<Mutex<Vec<Bytes>>>,
}

impl NodeDelegate<SocketAddr> for App {
    fn node_meta(&self, _limit: usize) -> Option<Meta> {
        Some(Meta::new(self.meta))
    }

    async fn notify_message(&self, _from: SocketAddr, message: Bytes) {
        self.messages.lock().unwrap().insert(message);
    }

    async fn local_state(&self, _join: bool) -> Bytes {
        Bytes::from(self.state)
    }

    async fn merge_remote_state(&self, state: Bytes, join: bool) {
        self.merged.lock().unwrap().push((state, join));
    }

    fn broadcast_messages(&self, limit: usize) -> Vec<Bytes> {
        assert!(limit > 0);
        std::mem::take(&mut *self.broadcasts.lock().unwrap())
    }
}

/// TestMemberlist_delegateMeta
#[tokio::test(start_paused = true)]
async fn both_sides_see_the_metadata_of_the_delegates() {
    let network = MemoryNetwork::new(1);
    let app = |meta| App { meta, ..App::default() };
    let a = node_with(&network, 1, Parts::new().with_node_delegate(app("web")), options()).await;
    let b = node_with(&network, 2, Parts::new().with_node_delegate(app("lb")), options()).await;
    b.join(address(1)).await.unwrap();
    for node in [&a, &b] {
        assert_eq!(node.member(&name(1)).unwrap().meta, Meta::new("web"));
        assert_eq!(node.member(&name(2)).unwrap().meta, Meta::new("lb"));
    }
}

/// TestMemberlist_UserData
#[tokio::test(start_paused = true)]
async fn broadcasts_of_the_delegate_arrive_and_states_are_exchanged_both_ways() {
    let network = MemoryNetwork::new(1);
    let (left, right) = (App { state: "left", ..App::default() }, App { state: "right", ..App::default() });
    let sent: BTreeSet<Bytes> = (0..256u32).map(|n| Bytes::copy_from_slice(&n.to_be_bytes())).collect();
    let _a = node_with(&network, 1, Parts::new().with_node_delegate(left.clone()), options()).await;
    let b = node_with(&network, 2, Parts::new().with_node_delegate(right.clone()), options()).await;
    b.join(address(1)).await.unwrap();
    eventually("the states have been exchanged", || {
        *left.merged.lock().unwrap() == [(Bytes::from("right"), true)]
            && *right.merged.lock().unwrap() == [(Bytes::from("left"), true)]
    })
    .await;
    left.broadcasts.lock().unwrap().extend(sent.iter().cloned());
    eventually("all broadcasts arrived", || *right.messages.lock().unwrap() == sent).await;
    eventually("a periodic push/pull says that it is none", || {
        right.merged.lock().unwrap().iter().any(|m| !m.1)
    })
    .await;
}

type Pings = Arc<Mutex<Vec<(Named<SmolStr, SocketAddr>, Duration, Bytes)>>>;

struct Pinger(&'static str, Pings);

impl PingDelegate<SmolStr, SocketAddr> for Pinger {
    fn ack_payload(&self) -> Bytes {
        Bytes::from(self.0)
    }

    async fn notify_ping_complete(&self, node: &Named<SmolStr, SocketAddr>, rtt: Duration, payload: Bytes) {
        self.1.lock().unwrap().push((node.clone(), rtt, payload));
    }
}

/// TestMemberlist_PingDelegate, F-55
#[tokio::test(start_paused = true)]
async fn an_answered_probe_is_told_with_node_time_and_payload() {
    let network = MemoryNetwork::new(1);
    network.set_conditions(memberlist_core::memory::Conditions::perfect().with_delay(ms(1)..ms(2)));
    let pings = Pings::default();
    let _a = node_with(
        &network,
        1,
        Parts::new().with_ping_delegate(Pinger("whatever", Pings::default())),
        options(),
    )
    .await;
    let b =
        node_with(&network, 2, Parts::new().with_ping_delegate(Pinger("", pings.clone())), options()).await;
    b.join(address(1)).await.unwrap();
    eventually("a probe was answered", || !pings.lock().unwrap().is_empty()).await;
    let (node, rtt, payload) = pings.lock().unwrap()[0].clone();
    assert_eq!(node, Named::new(name(1), address(1)));
    assert!((ms(2)..ms(10)).contains(&rtt), "{rtt:?}");
    assert_eq!(payload, "whatever");
}

type AppNode =
    WeakMemberlist<Net, CompositeDelegate<SmolStr, SocketAddr, Void, Void, CallsBack, Void, CallsBack>>;

/// Calls back into its own node from every method.
#[derive(Clone, Default)]
struct CallsBack {
    node: Arc<OnceLock<AppNode>>,
    seen: Arc<Mutex<Vec<usize>>>,
}

impl CallsBack {
    async fn call(&self) {
        let Some(node) = self.node.get().and_then(AppNode::upgrade) else { return };
        let members = node.members().len();
        let _ = node.local_state();
        let _ = node.broadcast("from a callback");
        let _ = node.update_meta("from a callback").await;
        let _ = node.send(&address(1), "from a callback").await;
        let _ = node.send_reliable(&address(1), "from a callback").await;
        let _ = node.ping(&name(2)).await;
        let _ = node.join(address(2)).await;
        self.seen.lock().unwrap().push(members);
    }
}

impl EventDelegate<SmolStr, SocketAddr> for CallsBack {
    async fn notify_joined(&self, _: &Member<SmolStr, SocketAddr>) {
        self.call().await;
    }

    async fn notify_failed(&self, _: &Member<SmolStr, SocketAddr>, _: &FailureReason<SmolStr>) {
        self.call().await;
    }
}

impl NodeDelegate<SocketAddr> for CallsBack {
    async fn local_state(&self, _: bool) -> Bytes {
        let members = self.node.get().and_then(AppNode::upgrade).map_or(0, |node| node.num_members());
        Bytes::from(vec![members as u8])
    }

    fn broadcast_messages(&self, _: usize) -> Vec<Bytes> {
        let _ = self.node.get().and_then(AppNode::upgrade).map(|node| node.members());
        Vec::new()
    }
}

/// P-02, G-10
#[tokio::test(start_paused = true)]
async fn callbacks_may_call_back_into_the_handle() {
    let network = MemoryNetwork::new(1);
    let back = CallsBack::default();
    let parts = Parts::new().with_event_delegate(back.clone()).with_node_delegate(back.clone());
    let a = node_with(&network, 1, parts, options()).await;
    back.node.set(a.downgrade()).ok().unwrap();
    let b = node(&network, 2).await;
    b.join(address(1)).await.unwrap();
    // Our own joining, and the other's.
    eventually("the joinings were told", || back.seen.lock().unwrap().len() == 2).await;
    b.shutdown().await;
    eventually("the failing was told", || back.seen.lock().unwrap().len() == 3).await;
    a.shutdown().await;
}

/// Never comes back from any method that may take its time.
struct Stuck;

impl EventDelegate<SmolStr, SocketAddr> for Stuck {
    async fn notify_event(&self, _: &Event<SmolStr, SocketAddr>) {
        pending().await
    }
}

impl NodeDelegate<SocketAddr> for Stuck {
    async fn notify_message(&self, _: SocketAddr, _: Bytes) {
        pending().await
    }

    async fn local_state(&self, join: bool) -> Bytes {
        // The joining must succeed; later syncs hang until their deadline.
        if join { Bytes::new() } else { pending().await }
    }
}

impl PingDelegate<SmolStr, SocketAddr> for Stuck {
    async fn notify_ping_complete(&self, _: &Named<SmolStr, SocketAddr>, _: Duration, _: Bytes) {
        pending().await
    }
}

/// P-02, P-03
#[tokio::test(start_paused = true)]
async fn a_callback_that_never_returns_stalls_nothing_but_its_successors() {
    let network = MemoryNetwork::new(1);
    let parts =
        || Parts::new().with_event_delegate(Stuck).with_node_delegate(Stuck).with_ping_delegate(Stuck);
    let a = node_with(&network, 1, parts(), options().with_data_queue(8usize)).await;
    let b = node_with(&network, 2, parts(), options().with_data_queue(8usize)).await;
    b.join(address(1)).await.unwrap();
    let mut events = a.events();
    for n in 0..50u8 {
        b.send(&address(1), vec![n]).await.unwrap();
    }
    let probes = a.stats().protocol.probes;
    tokio::time::sleep(ms(10_000)).await;
    assert!(a.stats().protocol.probes >= probes + 90);
    assert_eq!((a.num_members(), b.num_members()), (2, 2));
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::Suspected { .. } | Event::Failed { .. }), "{event:?}");
    }
    // Of fifty messages the stuck delegate has one and eight wait; of those for `events` eight wait.
    assert!(a.stats().data_dropped >= 41 + 42);
    // It still hears of failures, and a shutdown does not wait for the stuck.
    b.shutdown().await;
    eventually("the failure is seen", || a.num_members() == 1).await;
    soon(a.shutdown()).await;
}

/// Panics in every method, and counts the calls.
#[derive(Clone, Default)]
struct Panics {
    events: Arc<AtomicUsize>,
    messages: Arc<AtomicUsize>,
}

impl AliveDelegate<SmolStr, SocketAddr> for Panics {
    async fn notify_alive(&self, peer: &Alive<SmolStr, SocketAddr>) -> Result<(), Refusal> {
        if peer.node.id == "n3" { panic!("on purpose") } else { Ok(()) }
    }
}

impl EventDelegate<SmolStr, SocketAddr> for Panics {
    async fn notify_event(&self, _: &Event<SmolStr, SocketAddr>) {
        self.events.fetch_add(1, Ordering::Relaxed);
        panic!("on purpose")
    }
}

impl NodeDelegate<SocketAddr> for Panics {
    async fn notify_message(&self, _: SocketAddr, _: Bytes) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        panic!("on purpose")
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_delegate_costs_its_own_call_only() {
    let network = MemoryNetwork::new(1);
    let panics = Panics::default();
    let parts = Parts::new()
        .with_alive_delegate(panics.clone())
        .with_event_delegate(panics.clone())
        .with_node_delegate(panics.clone());
    let a = node_with(&network, 1, parts, options()).await;
    let (b, c) = (node(&network, 2).await, node(&network, 3).await);
    b.join(address(1)).await.unwrap();
    c.join(address(1)).await.unwrap();
    b.send(&address(1), "one").await.unwrap();
    b.send(&address(1), "two").await.unwrap();
    eventually("it is called again", || panics.messages.load(Ordering::Relaxed) == 2).await;
    // Two joined: one event each, and the first of the two the node itself.
    eventually("it is called again", || panics.events.load(Ordering::Relaxed) >= 2).await;
    tokio::time::sleep(ms(1_000)).await;
    // A panic is a no.
    assert_eq!(members(&a), ["n1", "n2"]);
    assert!(!a.is_shutdown());
}

/// a delegate's metadata over the limit is an error at creation, and frees the address
#[tokio::test(start_paused = true)]
async fn too_much_metadata_at_creation_is_an_error_and_closes_the_transport() {
    let network = MemoryNetwork::new(1);
    let transport = network.bind::<agnostic::tokio::TokioRuntime>(address(1)).unwrap();
    let started = memberlist_core::Builder::new(name(1), transport)
        .with_options(options().with_meta(vec![0; 513]))
        .start()
        .await;
    let error = started.expect_err("it is refused");
    assert!(matches!(&error, memberlist_core::Error::Create(proto::CreateError::Node(_))), "{error}");
    assert_eq!(network.bound(), []);
}
