//! What is fuzzed, and what must hold: one function in [`targets`] for each target, from bytes. They know nothing of libFuzzer, so
//! that everything that was ever found can be replayed by whatever hands them bytes.
#![allow(dead_code, unreachable_pub)]

mod bytes_of_peers;
mod machine;
mod options;
mod words_of_users;

// The tests' own code, word for word. (Formatted where it belongs.)
#[path = "../../memberlist-proto/tests/machine/invariants.rs"]
mod invariants;
#[path = "../../memberlist-proto/tests/machine/net.rs"]
mod net;
#[path = "../../memberlist-net/src/packet_stream.rs"]
#[rustfmt::skip]
mod packet_stream;
#[path = "../../memberlist-types/tests/second/mod.rs"]
mod second;
#[path = "../../memberlist-proto/tests/machine/solo.rs"]
mod solo;

pub mod seeds;

/// Each takes any bytes, and panics if it finds a fault.
pub mod targets {
    pub use crate::{
        bytes_of_peers::{
            exchange::exchange, frame::frame, hashicorp_packet::hashicorp_packet,
            hashicorp_stream::hashicorp_stream, layers::layers, message::message, packet::packet,
            packet_stream::packet_stream,
        },
        machine::{cluster::cluster, endpoint::endpoint},
        words_of_users::{configuration::configuration, text::text},
    };
}
