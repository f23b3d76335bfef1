//! M6: merging a push/pull, for each member of it.

use crate::{
    Case, Meter, Row,
    crowd::{Addr, Name, node, state, wire},
};
use bytes::{Bytes, BytesMut};
use memberlist_proto::{
    Endpoint, Instant, LocalNode, Options,
    types::{Framing, Incarnation, NativeWire, NodeState, PushPull, StreamLimits, StreamMessage},
};

type States = Vec<NodeState<Name, Addr>>;
/// A node that knows a crowd.
pub(super) type Machine = Endpoint<Name, Addr, NativeWire>;

pub(super) fn row() -> Row {
    let mut row = Row::new("M6", "Merge of a push/pull: for each member");
    for size in [10_000, 100_000] {
        row.add(move || targets(size, unchanged(size)));
        row.add(move || changed(size));
        row.add(move || fresh(size));
        row.add(move || from_wire(size));
        row.add(move || to_wire(size));
    }
    row
}

fn targets(size: u32, case: Case) -> Case {
    if size == 100_000 { case.targets(60.0, 15.0) } else { case }
}

/// A node that knows nobody yet.
pub(super) fn alone() -> Machine {
    let own = node(u32::MAX >> 8);
    let local = LocalNode::new(own.id, own.address).with_incarnation(crate::crowd::INCARNATION);
    let mut options = Options::lan();
    // The cases send more in a moment than a peer may in a second. (0, no limit, would spare us the look at the budget.)
    (options.max_peer_bytes, options.max_peer_messages) = (u64::MAX, u32::MAX);
    let dice = Box::new(crate::crowd::dice());
    Endpoint::new(Instant::START, local, options, &Framing::new(), NativeWire, dice)
        .expect("the options are right")
}

/// A node that knows so many, and has nothing to tell.
pub(super) fn settled(size: u32) -> Machine {
    let mut machine = alone();
    machine.restore(Instant::START, (0..size).map(state).collect()).expect("it has not left");
    while machine.poll_event().is_some() {}
    while machine.poll_transmit().is_some() {}
    machine
}

/// Another node lists them in another order.
fn shuffled(size: u32, change: impl Fn(u32, &mut NodeState<Name, Addr>)) -> States {
    let mut states: States = (0..size)
        .map(|n| {
            let mut state = state(n);
            change(n, &mut state);
            state
        })
        .collect();
    let mut dice = crate::crowd::dice();
    for last in (1..states.len()).rev() {
        let other = rand_core::Rng::next_u32(&mut dice) as usize % (last + 1);
        states.swap(other, last);
    }
    states
}

fn merge(meter: &mut Meter, machine: &mut Machine, states: States) {
    meter.time(|| machine.handle_push_pull(Instant::START, None, states).is_ok());
    while machine.poll_event().is_some() {}
    while machine.poll_transmit().is_some() {}
}

pub(super) fn unchanged(size: u32) -> Case {
    let (mut machine, states) = (settled(size), shuffled(size, |_, _| {}));
    Case::staged(format!("unchanged, of {size}"), move |meter, n| {
        (0..n).for_each(|_| merge(meter, &mut machine, states.clone()));
    })
    .each(size.into())
}

fn changed(size: u32) -> Case {
    let mut machine = settled(size);
    let mut incarnation = crate::crowd::INCARNATION.value();
    Case::staged(format!("1 % changed, of {size}"), move |meter, n| {
        for _ in 0..n {
            incarnation += 1;
            let states = shuffled(size, |n, state| {
                if n % 100 == 0 {
                    state.incarnation = Incarnation::new(incarnation);
                }
            });
            merge(meter, &mut machine, states);
        }
    })
    .each(size.into())
}

fn fresh(size: u32) -> Case {
    let states = shuffled(size, |_, _| {});
    Case::staged(format!("all new, of {size}"), move |meter, n| {
        for _ in 0..n {
            let mut machine = alone();
            merge(meter, &mut machine, states.clone());
        }
    })
    .each(size.into())
}

fn frame(size: u32) -> (StreamMessage<Name, Addr>, Bytes) {
    let states = shuffled(size, |_, _| {});
    let message = StreamMessage::PushPull(PushPull { join: false, states, user: Bytes::new() });
    let frame = wire().encode_frame(&Framing::new(), &StreamLimits::default(), true, &message);
    (message, frame.expect("it is on the wire"))
}

fn from_wire(size: u32) -> Case {
    let (_, frame) = frame(size);
    let mut machine = settled(size);
    Case::staged(format!("unchanged, decoded and merged, of {size}"), move |meter, n| {
        for _ in 0..n {
            let mut received = BytesMut::from(&frame[..]);
            let limits = StreamLimits::default();
            let states = meter.time(|| wire().decode_frame(&Framing::new(), &limits, true, &mut received));
            if let Ok(Some(StreamMessage::PushPull(it))) = states {
                merge(meter, &mut machine, it.states);
            }
        }
    })
    .each(size.into())
}

fn to_wire(size: u32) -> Case {
    let (message, frame) = frame(size);
    let bytes = frame.len() / size as usize;
    Case::new(format!("encoded, of {size}"), move || {
        wire()
            .encode_frame(&Framing::new(), &StreamLimits::default(), true, &message)
            .map_or(0, |frame| frame.len())
    })
    .each(size.into())
    .bytes(bytes)
}
