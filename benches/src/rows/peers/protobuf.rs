//! The same ping as a protobuf message.

use crate::{Case, crowd::Msg};
use memberlist_proto::types::Message;
use std::hint::black_box;

#[derive(Clone, PartialEq, prost::Message)]
struct Ping {
    #[prost(uint32, tag = "1")]
    seq: u32,
    #[prost(string, tag = "2")]
    target: String,
    #[prost(string, tag = "3")]
    source: String,
    #[prost(fixed32, tag = "4")]
    ip: u32,
    #[prost(uint32, tag = "5")]
    port: u32,
}

fn of(message: &Msg) -> Ping {
    let Message::Ping(ping) = message else { unreachable!("a ping is asked for") };
    let source = ping.source.as_ref().expect("it says who asks");
    let std::net::IpAddr::V4(ip) = source.address.ip() else { unreachable!("the crowd has IPv4") };
    Ping {
        seq: ping.seq.0,
        target: ping.target.as_ref().expect("it says who is asked").to_string(),
        source: source.id.to_string(),
        ip: ip.to_bits(),
        port: source.address.port().into(),
    }
}

pub(in super::super) fn encode(message: &Msg) -> Case {
    let ping = of(message);
    let bytes = prost::Message::encoded_len(&ping);
    let mut out = Vec::with_capacity(64);
    let run = move || {
        out.clear();
        let _ = prost::Message::encode(black_box(&ping), &mut out);
        black_box(&out).len()
    };
    Case::new("ping: encode (prost)", run).bytes(bytes)
}

pub(in super::super) fn decode(message: &Msg) -> Case {
    let bytes = prost::Message::encode_to_vec(&of(message));
    Case::new("ping: decode (prost)", move || {
        <Ping as prost::Message>::decode(black_box(&bytes[..])).map_or(0, |ping| ping.seq)
    })
}
