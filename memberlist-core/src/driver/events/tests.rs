use super::*;
use crate::{Events, Options, machine::JoinWaiter, queue};
use futures_channel::oneshot;
use memberlist_proto::{
    BroadcastId, BroadcastOutcome, Endpoint, Instant, JoinId, JoinResult, LocalNode, Member, PingId,
};
use memberlist_types::{Incarnation, NativeWire};
use smol_str::SmolStr;
use std::net::SocketAddr;

type Us = Machine<SmolStr, SocketAddr, NativeWire>;

fn address() -> SocketAddr {
    ([10, 0, 0, 1], 1).into()
}

/// A machine, what its subscriber hears, and the queues of its delegate.
#[allow(clippy::type_complexity)]
fn machine() -> (
    Us,
    Events<SmolStr, SocketAddr>,
    queue::Receiver<Event<SmolStr, SocketAddr>>,
    queue::Receiver<Data<SmolStr, SocketAddr>>,
) {
    let options = Options::lan();
    let endpoint = Endpoint::new(
        Instant::START,
        LocalNode::new("a".into(), address()),
        options.protocol.clone(),
        &options.framing,
        NativeWire,
        Box::new(rand_pcg::Pcg64Dxsm::new(1, 1)),
    )
    .unwrap();
    let (events, delegate_events) = queue::channel(options.bounds());
    let (data, delegate_data) = queue::channel(options.bounds());
    let mut machine = Machine::new(endpoint.into(), events, data, true);
    let subscriber = machine.subscribe(&options);
    (machine, subscriber, delegate_events, delegate_data)
}

/// W-35: each membership event reaches the subscribers and the delegate, as itself
#[test]
fn every_membership_event_reaches_subscribers_and_delegate() {
    let (mut machine, mut subscriber, mut delegate, _data) = machine();
    let counters = Counters::default();
    let member: Member<SmolStr, SocketAddr> = machine.endpoint.local();
    let node = member.node.clone();
    let suspected_for = Duration::from_secs(1);
    let incarnation = Incarnation::new(7);
    let pairs = [
        (Output::Joined(member.clone()), Event::Joined(member.clone())),
        (Output::Left(member.clone()), Event::Left(member.clone())),
        (
            Output::Updated { member: member.clone(), previous: member.clone() },
            Event::Updated { member: member.clone(), previous: member.clone() },
        ),
        (
            Output::Recovered { member: member.clone(), suspected_for },
            Event::Recovered { member: member.clone(), suspected_for },
        ),
        (Output::Removed(member.clone()), Event::Removed(member.clone())),
        (
            Output::Conflict { existing: member.clone(), claimed: node.clone() },
            Event::Conflict { existing: member, claimed: node.clone() },
        ),
        (Output::Refuted { incarnation, accuser: None }, Event::Refuted { incarnation, accuser: None }),
        (Output::IncarnationExhausted, Event::IncarnationExhausted),
        (Output::HealthChanged { score: 3 }, Event::HealthChanged { score: 3 }),
        (Output::ProbeAborted { node: node.clone() }, Event::ProbeAborted { node }),
        (Output::Idle, Event::Idle),
        (Output::Active, Event::Active),
    ];
    for (output, event) in pairs {
        machine.on_event(output, &counters);
        assert_eq!(subscriber.try_recv().as_ref(), Some(&event));
        assert_eq!(delegate.try_recv(), Some(Ok(event)));
    }
    assert_eq!((subscriber.try_recv(), delegate.try_recv()), (None, None));
}

/// W-35: what ends a command goes to whoever waits for it, and to nobody else
#[test]
fn the_end_of_a_command_goes_to_its_waiter_alone() {
    let (mut machine, mut subscriber, mut delegate, mut data) = machine();
    let counters = Counters::default();
    let node = machine.endpoint.local().node;

    let (sender, mut ping) = oneshot::channel();
    machine.waiters.pings.insert(PingId(1), sender);
    let rtt = Duration::from_millis(3);
    let (payload, command) = (Bytes::from_static(b"p"), Some(PingId(1)));
    machine.on_event(Output::PingCompleted { node: node.clone(), rtt, payload, command }, &counters);
    assert_eq!(ping.try_recv(), Ok(Some(Some(rtt))));
    assert!(matches!(data.try_recv(), Some(Ok(Data::Ping(told, _, _))) if told == node));

    let (sender, mut ping) = oneshot::channel();
    machine.waiters.pings.insert(PingId(2), sender);
    machine.on_event(Output::PingFailed { node, command: PingId(2) }, &counters);
    assert_eq!(ping.try_recv(), Ok(Some(None)));

    let (finished, mut join) = oneshot::channel();
    machine.waiters.joins.insert(JoinId(1), JoinWaiter { results: Vec::new(), finished });
    let result = JoinResult { address: address(), attempts: 2, outcome: Ok(rtt) };
    machine.on_event(Output::JoinProgress { id: JoinId(1), result: result.clone() }, &counters);
    assert_eq!(join.try_recv(), Ok(None));
    machine.on_event(Output::JoinFinished { id: JoinId(1), reached: 1 }, &counters);
    assert_eq!(join.try_recv(), Ok(Some(vec![result])));

    let (sender, mut leave) = oneshot::channel();
    machine.waiters.leaves.push(sender);
    machine.on_event(Output::LeaveFinished { confirmed: 2 }, &counters);
    assert_eq!((leave.try_recv(), machine.left), (Ok(Some(2)), Some(2)));

    let (sender, mut broadcast) = oneshot::channel();
    machine.waiters.broadcasts.insert(BroadcastId(1), sender);
    let outcome = BroadcastOutcome::Replaced;
    machine.on_event(Output::BroadcastFinished { id: BroadcastId(1), outcome }, &counters);
    assert_eq!(broadcast.try_recv(), Ok(Some(outcome)));

    assert!(machine.waiters.pings.is_empty() && machine.waiters.joins.is_empty());
    assert!(machine.waiters.broadcasts.is_empty() && machine.waiters.leaves.is_empty());
    assert_eq!((subscriber.try_recv(), delegate.try_recv()), (None, None));
}

#[test]
fn a_subscriber_that_is_gone_is_forgotten() {
    let (mut machine, subscriber, _events, _data) = machine();
    drop(subscriber);
    machine.on_event(Output::Idle, &Counters::default());
    assert!(machine.sink.subscribers.is_empty());
}
