//! What a few nodes say while they find each other, lose one and part.

use crate::bytes_of_peers::world::StreamMsg;
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    Endpoint, Instant, JoinOptions, LocalNode, Options, StreamFailure, StreamRequestKind,
};
use memberlist_types::{Framing, NativeWire, Ping, PushPull, StreamMessage, Wire};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
use std::net::SocketAddr;

type Node = Endpoint<String, SocketAddr, NativeWire>;

fn address(n: usize) -> SocketAddr {
    match n {
        2 => "[2001:db8::2]:7946".parse().unwrap(),
        n => SocketAddr::from(([10, 0, 0, n as u8], 7946)),
    }
}

fn node(n: usize) -> Node {
    let local = LocalNode::new(format!("node-{n}"), address(n))
        .with_meta(format!("role=cache;zone={n}").into_bytes().into());
    let rng = Box::new(Pcg64Mcg::seed_from_u64(n as u64));
    Endpoint::new(Instant::START, local, Options::local(), &Framing::new(), NativeWire, rng).unwrap()
}

/// Packets as lists of messages, and messages of streams. Of those that look alike, the first.
pub(super) fn cluster() -> (Vec<Vec<Bytes>>, Vec<StreamMsg>) {
    let mut nodes: Vec<Node> = (0..4).map(node).collect();
    let (mut packets, mut frames) = (Vec::new(), Vec::new());
    let mut kinds = std::collections::BTreeSet::new();
    for tick in 0..3_000u64 {
        let now = Instant::START + Duration::from_millis(10 * tick);
        match tick {
            0 => (1..4).for_each(|n| drop(nodes[n].join(now, vec![address(0)], JoinOptions::default()))),
            500 => drop(nodes[1].broadcast(now, None, "to all".into())),
            600 => drop(nodes[2].update_meta(now, "role=store".into())),
            700 => drop(nodes[3].set_ack_payload("rtt".into())),
            800 => drop(nodes[0].send(now, address(1), "to one".into())),
            2_500 => drop(nodes[1].leave(now)),
            _ => {}
        }
        // The fourth falls silent.
        let running = if tick < 1_000 { 4 } else { 3 };
        for n in 0..running {
            nodes[n].handle_timeout(now);
            while let Some(transmit) = nodes[n].poll_transmit() {
                let kind: Vec<u8> = transmit.messages.iter().filter_map(|m| m.first().copied()).collect();
                if kinds.insert(kind) {
                    packets.push(transmit.messages.to_vec());
                }
                let to = (0..running).find(|to| address(*to) == transmit.to);
                let packet = wire().encode_packet(&Framing::new(), &transmit.messages).unwrap();
                let mut heard = Vec::new();
                wire().decode_packet(&Framing::new(), packet, &mut |m| heard.push(m.unwrap())).unwrap();
                for message in heard {
                    if let Some(to) = to {
                        nodes[to].handle_message(now, address(n), message);
                    }
                }
            }
            while let Some(request) = nodes[n].poll_request() {
                let to = (0..running).find(|to| address(*to) == request.to);
                let join = match request.kind {
                    StreamRequestKind::PushPull { join } => join,
                    StreamRequestKind::Ping { target, seq } => {
                        frames.push(StreamMessage::Ping(Ping { seq, target: Some(target), source: None }));
                        nodes[n].handle_stream_failure(now, request.id, StreamFailure::TimedOut);
                        continue;
                    }
                    _ => continue,
                };
                let Some(to) = to else {
                    nodes[n].handle_stream_failure(now, request.id, StreamFailure::TimedOut);
                    continue;
                };
                let (ours, theirs) = (nodes[n].local_states(), nodes[to].local_states());
                for (join, states) in [(join, &ours), (false, &theirs)] {
                    frames.push(StreamMessage::PushPull(PushPull {
                        join,
                        states: states.clone(),
                        user: Bytes::new(),
                    }));
                }
                let _ = nodes[to].handle_push_pull(now, None, ours);
                let _ = nodes[n].handle_push_pull(now, Some(request.id), theirs);
            }
            while nodes[n].poll_event().is_some() {}
        }
    }
    frames.truncate(20);
    (packets, frames)
}

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}
