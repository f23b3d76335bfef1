//! The format of HashiCorp's library (a map with the names of the fields), as Rust's MessagePack writes it.

use crate::{Case, crowd::Msg};
use memberlist_proto::types::Message;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ping<'a> {
    seq_no: u32,
    node: &'a str,
    #[serde(with = "serde_bytes_like")]
    source_addr: Vec<u8>,
    source_port: u16,
    source_node: &'a str,
}

mod serde_bytes_like {
    use serde::{Deserializer, Serializer, de::Visitor};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Read)
    }
}

fn of(message: &Msg) -> (u32, String, Vec<u8>, u16, String) {
    let Message::Ping(ping) = message else { unreachable!("a ping is asked for") };
    let source = ping.source.as_ref().expect("it says who asks");
    let std::net::IpAddr::V4(ip) = source.address.ip() else { unreachable!("the crowd has IPv4") };
    let target = ping.target.as_ref().expect("it says who is asked").to_string();
    (ping.seq.0, target, ip.octets().to_vec(), source.address.port(), source.id.to_string())
}

fn write(parts: &(u32, String, Vec<u8>, u16, String), out: &mut Vec<u8>) {
    let (seq_no, node, source_addr, source_port, source_node) = parts;
    let (seq_no, source_port) = (*seq_no, *source_port);
    let ping = Ping { seq_no, node, source_addr: source_addr.clone(), source_port, source_node };
    let _ = ping.serialize(&mut rmp_serde::Serializer::new(out).with_struct_map());
}

pub(in super::super) fn encode(message: &Msg) -> Case {
    let parts = of(message);
    let mut out = Vec::with_capacity(128);
    write(&parts, &mut out);
    let bytes = out.len();
    let run = move || {
        out.clear();
        write(black_box(&parts), &mut out);
        black_box(&out).len()
    };
    Case::new("ping: encode (rmp-serde, map)", run).bytes(bytes)
}

pub(in super::super) fn decode(message: &Msg) -> Case {
    let mut out = Vec::new();
    write(&of(message), &mut out);
    Case::new("ping: decode (rmp-serde, map)", move || {
        let ping: Result<Ping<'_>, _> = rmp_serde::from_slice(black_box(&out));
        ping.map_or(0, |ping| ping.seq_no)
    })
}
