//! The same events in foca.

use crate::{Case, crowd::dice};
use foca::{
    AccumulatingRuntime, Codec, Config, Foca, Header, Identity, Member, Message, NoCustomBroadcast,
    PostcardCodec,
};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::{hint::black_box, net::SocketAddr};

/// As a node of the crowd: a name, and an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Node {
    name: smol_str::SmolStr,
    address: SocketAddr,
}

fn named(n: u32) -> Node {
    let node = crate::crowd::node(n);
    Node { name: node.id, address: node.address }
}

impl Identity for Node {
    type Addr = SocketAddr;

    fn renew(&self) -> Option<Self> {
        None
    }

    fn addr(&self) -> SocketAddr {
        self.address
    }

    fn win_addr_conflict(&self, _: &Self) -> bool {
        false
    }
}

type Machine = Foca<Node, PostcardCodec, Pcg64Mcg, NoCustomBroadcast>;

/// From the bytes of a ping to those of the ack.
pub(in super::super) fn packet(size: u32) -> Case {
    let own = named(u32::MAX >> 8);
    let mut config = Config::simple();
    config.max_packet_size = std::num::NonZeroUsize::new(1_400).unwrap_or(config.max_packet_size);
    let mut machine: Machine = Foca::new(own.clone(), config, dice(), PostcardCodec);
    let mut runtime = AccumulatingRuntime::new();
    let members = (0..size).map(|n| Member::alive(named(n)));
    machine.apply_many(members, false, &mut runtime).expect("it takes members");
    while runtime.to_notify().is_some() {}
    while runtime.to_send().is_some() {}
    while runtime.to_schedule().is_some() {}
    let packets: Vec<Vec<u8>> = (0..size)
        .map(|n| {
            let header =
                Header { src: named(n), src_incarnation: 0, dst: own.clone(), message: Message::Ping(7) };
            let mut packet = Vec::new();
            PostcardCodec.encode_header(&header, &mut packet).expect("it is on the wire");
            packet
        })
        .collect();
    let mut at = 0;
    Case::new(format!("packet in, packet out: {size} members in turn (foca, postcard)"), move || {
        at = (at + 7_919) % packets.len();
        let _ = machine.handle_data(&packets[at], &mut runtime);
        let mut bytes = 0;
        while let Some((_, packet)) = runtime.to_send() {
            bytes += black_box(packet).len();
        }
        while runtime.to_notify().is_some() {}
        while runtime.to_schedule().is_some() {}
        bytes
    })
}
