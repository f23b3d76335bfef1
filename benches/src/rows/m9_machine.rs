//! M9: one event of the machine: a packet's message in, what it asks for out.

use super::{
    m6_merge::{Machine, settled},
    peers,
};
use crate::{
    Case, Row,
    crowd::{INCARNATION, Msg, alive, encoded, node, ping, wire},
};
use bytes::Bytes;
use memberlist_proto::{
    Instant,
    types::{Ack, Framing, Message},
};
use std::{hint::black_box, time::Duration};

const SIZE: u32 = 10_000;

pub(super) fn row() -> Row {
    let mut row = Row::new("M9", "One event of the machine: a message in, the outputs drained");
    row.add(|| ping_in(SIZE, 1).without_allocations());
    row.add(|| ping_in(100, 100).without_allocations());
    row.add(|| ping_in(SIZE, SIZE).targets(1_000.0, 250.0).without_allocations());
    row.add(|| ping_in(100_000, 100_000).without_allocations());
    row.add(|| alive_in(SIZE).without_allocations());
    row.add(|| probe(SIZE).without_allocations());
    row.add(|| busy(SIZE));
    row.add(|| packet(SIZE));
    row.add(|| peers::machine::packet(SIZE).peer());
    row.add(|| memory(SIZE));
    row.add(|| memory(100_000));
    row
}

/// Numbers below `of`, none twice in a row, far from each other in memory.
pub(super) fn scattered(of: u32) -> impl FnMut() -> u32 {
    let mut at = 0u32;
    move || {
        at = (at + 7_919) % of;
        at
    }
}

pub(super) fn drain(machine: &mut Machine) -> usize {
    let mut outputs = 0;
    while let Some(event) = machine.poll_event() {
        black_box(event);
        outputs += 1;
    }
    while let Some(transmit) = machine.poll_transmit() {
        black_box(transmit);
        outputs += 1;
    }
    while let Some(request) = machine.poll_request() {
        black_box(request);
        outputs += 1;
    }
    outputs + usize::from(machine.poll_timeout().is_some())
}

/// Pings by `askers` of the members in turn; of many, hardly anything of the next one is in a cache.
pub(super) fn ping_in(size: u32, askers: u32) -> Case {
    let mut machine = settled(size);
    let own = machine.local().node.id;
    let pings: Vec<(std::net::SocketAddr, Msg)> =
        (0..askers).map(|n| (node(n).address, ping(n, &own))).collect();
    let (mut next, mut now) = (scattered(askers), Instant::START);
    let run = move || {
        let (from, ping) = &pings[next() as usize];
        now += Duration::from_nanos(100);
        machine.handle_message(now, *from, ping.clone());
        drain(&mut machine)
    };
    Case::new(format!("ping in, ack out: {askers} of {size} members in turn"), run)
}

/// What is known already, from everybody.
pub(super) fn alive_in(size: u32) -> Case {
    let mut machine = settled(size);
    let messages: Vec<(std::net::SocketAddr, Msg)> =
        (0..size).map(|n| (node(n).address, alive(n, INCARNATION))).collect();
    let (mut next, mut other) = (scattered(size), scattered(size - 1));
    Case::new(format!("known sign of life in: {size} members in turn"), move || {
        let ((from, _), (_, message)) = (&messages[next() as usize], &messages[other() as usize]);
        machine.handle_message(Instant::START, *from, message.clone());
        drain(&mut machine)
    })
}

/// A whole probe: its timer, the ping out, the ack in. (Without the push/pull that is due once in some hundred of them.)
pub(super) fn probe(size: u32) -> Case {
    let mut machine = settled(size);
    let mut options = machine.options().clone();
    options.push_pull_interval = Duration::ZERO;
    machine.set_options(Instant::START, options).expect("the options are right");
    Case::new(format!("timer, ping out, ack in: {size} members in turn"), move || {
        let Some(due) = machine.poll_timeout() else { return 0 };
        machine.handle_timeout(due);
        let mut outputs = 0;
        while let Some(transmit) = machine.poll_transmit() {
            outputs += 1;
            if let Some(seq) = transmit.probe {
                machine.handle_message(due, transmit.to, Message::Ack(Ack { seq, payload: Bytes::new() }));
            }
        }
        outputs + drain(&mut machine)
    })
}

/// With so much to tell that each packet is filled.
fn busy(size: u32) -> Case {
    let mut machine = settled(size);
    let own = machine.local().node.id;
    let mut incarnation = INCARNATION;
    let pings: Vec<(std::net::SocketAddr, Msg)> =
        (0..size).map(|n| (node(n).address, ping(n, &own))).collect();
    let mut next = scattered(size);
    Case::staged(format!("ping in, ack out with 1,400 B of news: {size} members in turn"), move |meter, n| {
        for _ in 0..n {
            if machine.stats().membership_queue < 100 {
                incarnation = incarnation.next();
                (0..size).for_each(|n| {
                    machine.handle_message(Instant::START, node(n).address, alive(n, incarnation))
                });
                drain(&mut machine);
            }
            let (from, ping) = &pings[next() as usize];
            let (from, ping) = (*from, ping.clone());
            meter.time(|| {
                machine.handle_message(Instant::START, from, ping);
                drain(&mut machine)
            });
        }
    })
}

/// From the bytes of the ping to those of the ack.
fn packet(size: u32) -> Case {
    let mut machine = settled(size);
    let own = machine.local().node.id;
    let framing = Framing::new();
    let packets: Vec<(std::net::SocketAddr, Bytes)> = (0..size)
        .map(|n| {
            let packet =
                wire().encode_packet(&framing, &[encoded(&ping(n, &own))]).expect("it is on the wire");
            let _shared = packet.clone();
            (node(n).address, packet)
        })
        .collect();
    let mut next = scattered(size);
    let mut messages = Vec::new();
    Case::new(format!("packet in, packet out (crc32): {size} members in turn"), move || {
        let (from, packet) = &packets[next() as usize];
        let _ = wire().decode_packet(&framing, packet.clone(), &mut |message| messages.extend(message));
        for message in messages.drain(..) {
            machine.handle_message(Instant::START, *from, message);
        }
        let mut bytes = 0;
        while let Some(transmit) = machine.poll_transmit() {
            bytes += wire()
                .encode_packet(&framing, &transmit.messages)
                .map_or(0, |packet| black_box(packet).len());
        }
        bytes
    })
}

/// Memory that a node holds for each member; the names are in it where they are no longer than 23 bytes.
fn memory(size: u32) -> Case {
    let before = crate::counting::count().held;
    let machine = settled(size);
    let held = crate::counting::count().held - before;
    let each = usize::try_from(held).unwrap_or(0) / size as usize;
    Case::new(format!("memory held for each of {size} members, name and address included"), move || {
        black_box(machine.num_members())
    })
    .bytes(each)
    .bytes_within(128)
}
