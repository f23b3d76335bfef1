//! The smallest wire that can hold a conversation: a label byte (in the dialler's first frame alone), a kind, a sequence number.

use super::*;
use core::sync::atomic::{AtomicU32, Ordering};
use memberlist_types::{Message, WireFeatures};

pub(super) const PING: u8 = 1;
pub(super) const ACK: u8 = 2;
/// A message that never ends.
pub(super) const HUGE: u8 = 3;

/// Remembers for each call whether it was said to be the dialler's first frame.
#[derive(Default)]
pub(super) struct ToyWire {
    /// Decimal digits, for want of a lock: 1 for yes, 2 for no.
    flags: AtomicU32,
}

impl ToyWire {
    pub(super) fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }

    fn note(&self, first_by_dialer: bool) {
        let digit = if first_by_dialer { 1 } else { 2 };
        self.flags.store(self.flags().wrapping_mul(10).wrapping_add(digit), Ordering::Relaxed);
    }
}

impl Wire<SmolStr, SocketAddr> for ToyWire {
    fn features(&self) -> WireFeatures {
        WireFeatures::default()
    }

    fn encode_message(&self, _: &Message<SmolStr, SocketAddr>, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        Err(EncodeError::Unsupported("packets"))
    }

    fn packet_overhead(&self, _: &Framing) -> usize {
        0
    }

    fn message_overhead(&self) -> usize {
        0
    }

    fn max_packet_messages(&self) -> usize {
        0
    }

    fn encode_packet(&self, _: &Framing, _: &[Bytes]) -> Result<Bytes, EncodeError> {
        Err(EncodeError::Unsupported("packets"))
    }

    fn decode_packet(
        &self,
        _: &Framing,
        _: Bytes,
        _: &mut dyn FnMut(Result<Message<SmolStr, SocketAddr>, DecodeError>),
    ) -> Result<(), DecodeError> {
        Err(DecodeError::Truncated)
    }

    fn encode_frame(
        &self,
        _: &Framing,
        _: &StreamLimits,
        first_by_dialer: bool,
        message: &Msg,
    ) -> Result<Bytes, EncodeError> {
        self.note(first_by_dialer);
        let (kind, seq) = match message {
            Msg::Ping(ping) => (PING, ping.seq),
            Msg::Ack(ack) => (ACK, ack.seq),
            _ => return Err(EncodeError::Unsupported("more than pings")),
        };
        let bytes = [1, kind, seq.0 as u8];
        Ok(Bytes::copy_from_slice(if first_by_dialer { &bytes } else { &bytes[1..] }))
    }

    fn missing(&self, _: &Framing, _: &StreamLimits, first_by_dialer: bool, buffer: &[u8]) -> usize {
        (usize::from(first_by_dialer) + 2).saturating_sub(buffer.len())
    }

    fn decode_frame(
        &self,
        _: &Framing,
        _: &StreamLimits,
        first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<Msg>, DecodeError> {
        self.note(first_by_dialer);
        let label = usize::from(first_by_dialer);
        let (Some(&kind), Some(&seq)) = (buffer.get(label), buffer.get(label + 1)) else { return Ok(None) };
        let seq = SequenceNumber(seq.into());
        let message = match kind {
            PING => Msg::Ping(Ping { seq, target: Some("b".into()), source: None }),
            ACK => Msg::Ack(Ack { seq, payload: Bytes::new() }),
            HUGE => return Ok(None),
            kind => return Err(DecodeError::UnknownKind(kind)),
        };
        let _ = buffer.split_to(label + 2);
        Ok(Some(message))
    }
}
