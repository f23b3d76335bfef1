//! Proof that the data model and the protocol need no `std`: a program without it that links all three crates, and in which
//! two nodes join each other and one finds the other dead. Once with each wire.
//!
//! It fails to link (E0152, a second panic handler) as soon as anything below it pulls `std` in. Its exit code is the number of
//! the step that went wrong, or 0.

#![no_std]
#![no_main]

extern crate alloc;

mod bare;

use alloc::{boxed::Box, string::String, vec, vec::Vec};
use core::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use memberlist_hashicorp::HashicorpWire;
use memberlist_proto::{
    Endpoint, Event, Instant, JoinOptions, LocalNode, Options, StreamFailure, StreamRequestKind,
};
use memberlist_types::{Framing, NativeWire, Wire};
use rand_core::SeedableRng;

type Node<W> = Endpoint<String, SocketAddr, W>;

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn start<W: Wire<String, SocketAddr> + Copy>(wire: W, name: &str, port: u16) -> Option<Node<W>> {
    let local = LocalNode::new(name.into(), address(port));
    let rng = Box::new(rand_pcg::Pcg64Mcg::seed_from_u64(u64::from(port)));
    Node::new(Instant::START, local, Options::local(), &Framing::new(), wire, rng).ok()
}

/// Carries out what `from` asks for, packets through the wire's bytes; with no `peer` nothing arrives.
fn carry<W: Wire<String, SocketAddr>>(
    now: Instant,
    wire: &W,
    from: &mut Node<W>,
    mut peer: Option<&mut Node<W>>,
) -> Option<()> {
    let framing = Framing::new();
    let sender = from.local().node.address;
    while let Some(transmit) = from.poll_transmit() {
        let packet = wire.encode_packet(&framing, &transmit.messages).ok()?;
        let Some(peer) = peer.as_deref_mut() else { continue };
        let mut messages = Vec::new();
        wire.decode_packet(&framing, packet, &mut |message| messages.push(message)).ok()?;
        for message in messages {
            peer.handle_message(now, sender, message.ok()?);
        }
    }
    while let Some(request) = from.poll_request() {
        match (request.kind, peer.as_deref_mut()) {
            (StreamRequestKind::PushPull { .. }, Some(peer)) => {
                let answer = peer.local_states();
                peer.handle_push_pull(now, None, from.local_states()).ok()?;
                from.handle_push_pull(now, Some(request.id), answer).ok()?;
            }
            _ => from.handle_stream_failure(now, request.id, StreamFailure::TimedOut),
        }
    }
    Some(())
}

fn run<W: Wire<String, SocketAddr> + Copy>(wire: W) -> i32 {
    let (Some(mut a), Some(mut b)) = (start(wire, "a", 1), start(wire, "b", 2)) else { return 1 };
    let mut now = Instant::START;
    if b.join(now, vec![address(1)], JoinOptions::default()).is_err() {
        return 2;
    }
    let mut failed = false;
    for tick in 0..6_000 {
        // After ten seconds `b` falls silent.
        let together = tick < 1_000;
        a.handle_timeout(now);
        if carry(now, &wire, &mut a, together.then_some(&mut b)).is_none() {
            return 3;
        }
        if together {
            b.handle_timeout(now);
            if carry(now, &wire, &mut b, Some(&mut a)).is_none() {
                return 4;
            }
            if tick > 100 && (a.num_members(), b.num_members()) != (2, 2) {
                return 5;
            }
        }
        while let Some(event) = a.poll_event() {
            if let Event::Failed { member, .. } = event {
                if together || member.node.id != "b" {
                    return 6;
                }
                failed = true;
            }
        }
        now = now + Duration::from_millis(10);
    }
    if !failed || a.num_members() != 1 {
        return 7;
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    match run(NativeWire) {
        0 => match run(HashicorpWire::new()) {
            0 => 0,
            step => 10 + step,
        },
        step => step,
    }
}
