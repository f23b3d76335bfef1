//! What a simulated node speaks, where not all speak the same.

use crate::{Addr, Name};
use bytes::{Bytes, BytesMut};
use core::net::{IpAddr, Ipv4Addr};
use memberlist_hashicorp::{HashicorpAddress, HashicorpName, HashicorpWire};
use memberlist_types::{
    ChecksumAlgorithm, DecodeError, EncodeError, Framing, Layers, Message, NativeWire, StreamLimits,
    StreamMessage, Versions, Wire, WireData, WireFeatures,
};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// The wire of one node of a simulation whose nodes speak different ones.
///
/// ```
/// use memberlist_sim::{Network, NodeIndex, Options, Simulation, Spoken};
/// use memberlist_hashicorp::HashicorpWire;
/// use memberlist_proto::{RejectReason, types::Versions};
/// use std::time::Duration;
///
/// let mut cluster = Simulation::with_wire(1, Network::lan(), (), Spoken::Native);
/// cluster.form(3, &Options::lan())?;
/// let stranger = Spoken::Hashicorp(HashicorpWire::new());
/// let stranger = cluster.spawn_speaking(&Options::lan(), stranger, Versions::default())?;
/// cluster.join(stranger, &[NodeIndex(0)])?;
/// cluster.run_for(Duration::from_secs(5));
/// assert_eq!(cluster.endpoint(stranger).unwrap().num_members(), 1);
/// let refused = cluster.endpoint(NodeIndex(0)).unwrap().stats().rejected(RejectReason::AnotherWire);
/// assert!(refused > 0, "and it is told why");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spoken {
    /// The native wire.
    Native,
    /// HashiCorp's, with these settings.
    Hashicorp(HashicorpWire),
}

/// Calls the wire that is spoken.
macro_rules! speak {
    ($spoken:expr, $method:ident($($argument:expr),*)) => {
        match $spoken {
            Spoken::Native => Wire::<Name, Addr>::$method(&NativeWire, $($argument),*),
            Spoken::Hashicorp(wire) => Wire::<Name, Addr>::$method(wire, $($argument),*),
        }
    };
}

impl Wire<Name, Addr> for Spoken {
    fn features(&self) -> WireFeatures {
        speak!(self, features())
    }

    fn check_framing(&self, framing: &Framing) -> Result<(), EncodeError> {
        speak!(self, check_framing(framing))
    }

    fn layers(&self, versions: Versions) -> Option<Layers> {
        speak!(self, layers(versions))
    }

    fn base_checksum(&self) -> Option<ChecksumAlgorithm> {
        speak!(self, base_checksum())
    }

    fn reads_checksum(&self, layers: Layers, checksum: ChecksumAlgorithm) -> bool {
        speak!(self, reads_checksum(layers, checksum))
    }

    fn encode_message(&self, message: &Message<Name, Addr>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        speak!(self, encode_message(message, out))
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        speak!(self, packet_overhead(framing))
    }

    fn message_overhead(&self) -> usize {
        speak!(self, message_overhead())
    }

    fn max_packet_messages(&self) -> usize {
        speak!(self, max_packet_messages())
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        speak!(self, encode_packet(framing, messages))
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<Name, Addr>, DecodeError>),
    ) -> Result<(), DecodeError> {
        speak!(self, decode_packet(framing, packet, sink))
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        message: &StreamMessage<Name, Addr>,
    ) -> Result<Bytes, EncodeError> {
        speak!(self, encode_frame(framing, limits, first_by_dialer, message))
    }

    fn decode_cost(&self, framing: &Framing, buffer: &[u8]) -> usize {
        speak!(self, decode_cost(framing, buffer))
    }

    fn missing(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &[u8],
    ) -> usize {
        speak!(self, missing(framing, limits, first_by_dialer, buffer))
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<Name, Addr>>, DecodeError> {
        speak!(self, decode_frame(framing, limits, first_by_dialer, buffer))
    }
}

impl HashicorpName for Name {
    fn to_name(&self) -> Cow<'_, [u8]> {
        let mut name = Vec::with_capacity(self.encoded_len());
        self.encode(&mut name);
        Cow::Owned(name)
    }

    fn from_name(name: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(name)
    }
}

impl HashicorpAddress for Addr {
    fn to_parts(&self) -> (IpAddr, u16) {
        (Ipv4Addr::from_bits(self.bits()).into(), Self::PORT)
    }

    fn from_parts(ip: IpAddr, port: u16) -> Result<Self, DecodeError> {
        match ip {
            IpAddr::V4(ip) if port == Self::PORT => Ok(Self::from_bits(ip.to_bits())),
            _ => Err(DecodeError::Invalid("address of a simulated node")),
        }
    }
}
