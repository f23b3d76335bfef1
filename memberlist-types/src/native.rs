use crate::{
    Address, DecodeError, EncodeError, Framing, Id, Message, StreamLimits, StreamMessage, Wire, WireFeatures,
};
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};

mod data;
mod field;
mod frame;
mod layers;
mod message;
mod packet;
mod stream;

#[cfg(test)]
mod tests;

pub use data::WireData;

/// The native wire: compact, length-prefixed, forward and backward compatible. `WIRE.md` specifies every byte.
///
/// A message is a kind and tagged fields: a field that is unknown is skipped, one that is missing has its default.
/// Payloads are slices of the input (nothing is copied); what outlives the input (ids, addresses, metadata) is copied, so that a
/// member's few bytes of metadata never keep a large buffer alive.
///
/// ```
/// use bytes::Bytes;
/// use core::net::SocketAddr;
/// use memberlist_types::{Framing, Message, NativeWire, Nack, SequenceNumber, Wire};
///
/// // The types of id and address are those of the cluster.
/// fn wire() -> impl Wire<String, SocketAddr> {
///     NativeWire
/// }
///
/// let mut message = Vec::new();
/// wire().encode_message(&Message::Nack(Nack { seq: SequenceNumber(7) }), &mut message)?;
/// let packet = wire().encode_packet(&Framing::new(), &[Bytes::from(message)])?;
///
/// let mut seen = Vec::new();
/// wire().decode_packet(&Framing::new(), packet, &mut |message| seen.push(message)).unwrap();
/// assert_eq!(seen, [Ok(Message::Nack(Nack { seq: SequenceNumber(7) }))]);
/// # Ok::<_, memberlist_types::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NativeWire;

impl<I: Id + WireData, A: Address + WireData> Wire<I, A> for NativeWire {
    fn features(&self) -> WireFeatures {
        WireFeatures::default()
    }

    fn encode_message(&self, message: &Message<I, A>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let before = out.len();
        let result = message::encode(message, out);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        packet::overhead(framing)
    }

    fn message_overhead(&self) -> usize {
        packet::MESSAGE_OVERHEAD
    }

    fn max_packet_messages(&self) -> usize {
        packet::MAX_MESSAGES
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        packet::encode(framing, messages)
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError> {
        packet::decode(framing, &packet, sink)
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        _first_by_dialer: bool,
        message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError> {
        stream::encode_frame(framing, limits, message)
    }

    fn encode_user_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        _first_by_dialer: bool,
        payload: Bytes,
    ) -> Result<[Bytes; 2], EncodeError> {
        stream::encode_user_frame::<I, A>(framing, limits, payload)
    }

    fn frame_len(&self, framing: &Framing, buffer: &[u8]) -> Option<usize> {
        stream::frame_len(framing, buffer)
    }

    fn decode_cost(&self, framing: &Framing, buffer: &[u8]) -> usize {
        stream::decode_cost(framing, buffer)
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        _first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
        stream::decode_frame(framing, limits, buffer)
    }
}
