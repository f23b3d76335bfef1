//! M10: packets through the loopback: one by one, many in one call, and as one large one that the kernel cuts (GSO).

use crate::{Case, Row};
use quinn_udp::{Transmit, UdpSocketState};
use std::{
    io::IoSlice,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
};

const BATCH: usize = 32;

pub(super) fn row() -> Row {
    let mut row = Row::new("M10", "UDP over the loopback: sending, for each packet");
    for size in [64, 1_400] {
        for peers in [1, 3] {
            row.add(move || one_by_one(size, peers));
            row.add(move || many_in_one_call(size, peers));
            row.add(move || segmented(size, peers));
        }
    }
    row
}

/// A sender, and receivers that nobody reads from: what they have no room for is lost at once, which is what a sender alone costs.
fn sockets(peers: usize) -> (UdpSocket, Vec<UdpSocket>, Vec<SocketAddr>) {
    let bind = || UdpSocket::bind("127.0.0.1:0").expect("the loopback has free ports");
    let receivers: Vec<_> = (0..peers).map(|_| bind()).collect();
    let addresses = receivers.iter().map(|it| it.local_addr().expect("it is bound")).collect();
    (bind(), receivers, addresses)
}

fn name(size: usize, peers: usize, how: &str) -> String {
    format!("{size} B to {peers} peer{}, {how}", if peers == 1 { "" } else { "s" })
}

fn one_by_one(size: usize, peers: usize) -> Case {
    let (socket, receivers, addresses) = sockets(peers);
    let payload = vec![7; size];
    let mut next = 0;
    Case::new(name(size, peers, "one by one"), move || {
        next = (next + 1) % receivers.len();
        socket.send_to(&payload, addresses[next]).unwrap_or(0)
    })
}

fn many_in_one_call(size: usize, peers: usize) -> Case {
    use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
    let (socket, receivers, addresses) = sockets(peers);
    let payload = vec![7; size];
    let to: Vec<Option<SockaddrIn>> = (0..BATCH)
        .map(|n| match addresses[n % receivers.len()] {
            SocketAddr::V4(v4) => Some(SockaddrIn::from(v4)),
            SocketAddr::V6(_) => None,
        })
        .collect();
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    Case::new(name(size, peers, "32 with sendmmsg"), move || {
        let slices = vec![[IoSlice::new(&payload)]; BATCH];
        let nothing: [ControlMessage<'_>; 0] = [];
        sendmmsg(socket.as_raw_fd(), &mut headers, &slices, &to, nothing, MsgFlags::empty())
            .map_or(0, Iterator::count)
    })
    .each(BATCH as u64)
}

/// As many in one piece as the kernel takes; one piece for each peer.
fn segmented(size: usize, peers: usize) -> Case {
    let (socket, receivers, addresses) = sockets(peers);
    let state = UdpSocketState::new((&socket).into()).expect("the socket takes its options");
    let segments = BATCH.min(state.max_gso_segments()).min(65_000 / size);
    let payload = vec![7; size * segments];
    let mut next = 0;
    Case::new(name(size, peers, &format!("{segments} in one piece (GSO)")), move || {
        next = (next + 1) % receivers.len();
        let transmit = Transmit {
            destination: addresses[next],
            ecn: None,
            contents: &payload,
            segment_size: Some(size),
            src_ip: None,
        };
        state.try_send((&socket).into(), &transmit).is_ok()
    })
    .each(segments as u64)
}
