use crate::{
    Address, DecodeError, EncodeError, Framing, Id, Message, StreamLimits, StreamMessage, Wire, WireFeatures,
};
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};

/// Something that the native wire can carry as a node's id or address.
///
/// An id or address has at most 255 encoded bytes.
pub trait WireData: Sized {
    /// How many bytes [`encode`](WireData::encode) appends.
    fn encoded_len(&self) -> usize;

    /// Appends the bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// From exactly the bytes that `encode` wrote.
    ///
    /// # Errors
    /// If they are none of this type.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// The native wire: compact, length-prefixed, forward and backward compatible. `WIRE.md` specifies every byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeWire;

impl<I: Id + WireData, A: Address + WireData> Wire<I, A> for NativeWire {
    fn features(&self) -> WireFeatures {
        WireFeatures::default()
    }

    fn encode_message(&self, _message: &Message<I, A>, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("anything yet"))
    }

    fn packet_overhead(&self, _framing: &Framing) -> usize {
        0
    }

    fn message_overhead(&self) -> usize {
        2
    }

    fn max_packet_messages(&self) -> usize {
        255
    }

    fn encode_packet(&self, _framing: &Framing, _messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        Err(EncodeError::Unsupported("anything yet"))
    }

    fn decode_packet(
        &self,
        _framing: &Framing,
        _packet: Bytes,
        _sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError> {
        Err(DecodeError::Invalid("anything yet"))
    }

    fn encode_frame(
        &self,
        _framing: &Framing,
        _limits: &StreamLimits,
        _first_by_dialer: bool,
        _message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError> {
        Err(EncodeError::Unsupported("anything yet"))
    }

    fn decode_frame(
        &self,
        _framing: &Framing,
        _limits: &StreamLimits,
        _first_by_dialer: bool,
        _buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
        Err(DecodeError::Invalid("anything yet"))
    }
}
