use crate::{
    encryption,
    identity::{HashicorpAddress, HashicorpName},
    layers, message, packet, stream,
};
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use memberlist_types::{
    Address, ChecksumAlgorithm, DecodeError, EncodeError, Framing, Id, Layers, Message, StreamLimits,
    StreamMessage, Versions, Wire, WireFeatures,
};

/// The wire of HashiCorp's memberlist, and its settings, which are not those of the [`Framing`]: there, `compression` must be `None`, and
/// `checksum` `None` or crc32.
///
/// What each node understands it says with its versions: a checksum goes in front of packets to those whose `protocol_max` is 5 or more.
///
/// ```
/// use core::net::SocketAddr;
/// use memberlist_hashicorp::HashicorpWire;
/// use memberlist_types::{Framing, Message, Nack, SequenceNumber, Wire};
///
/// // The types of id and address are those of the cluster.
/// fn wire() -> impl Wire<String, SocketAddr> {
///     HashicorpWire::new().with_compression(false)
/// }
///
/// let mut message = Vec::new();
/// wire().encode_message(&Message::Nack(Nack { seq: SequenceNumber(42) }), &mut message)?;
/// assert_eq!(message, b"\x0b\x81\xa5SeqNo\x2a");
/// # Ok::<_, memberlist_types::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashicorpWire {
    /// Compress what becomes shorter by it, packets as well as streams. What arrives is decompressed whatever is set here. Default: true, as in Go.
    pub compression: bool,
    /// What to do with encryption format 0. Default: [`Format0::Refuse`].
    pub format_0: Format0,
}

/// What to do with the encryption format of protocol version 1. In it, the text is padded; that alone would be no harm, but which format it is is not
/// authenticated: whoever sits in between can have the end of a text taken for padding, or padding for text. In the format that is used by default
/// there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format0 {
    /// Refuse it. The default: nodes that speak version 2 or later don't send it.
    #[default]
    Refuse,
    /// Accept it, for there are nodes that speak version 1.
    Accept,
    /// Accept it and send it, for there are nodes that understand nothing else.
    Send,
}

impl HashicorpWire {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { compression: true, format_0: Format0::Refuse }
    }

    /// With or without compression of what we send.
    #[must_use]
    pub const fn with_compression(mut self, compression: bool) -> Self {
        self.compression = compression;
        self
    }

    /// With this treatment of encryption format 0.
    #[must_use]
    pub const fn with_format_0(mut self, format_0: Format0) -> Self {
        self.format_0 = format_0;
        self
    }

    #[cfg(feature = "aes-gcm")]
    pub(crate) const fn takes_format_0(self) -> bool {
        matches!(self.format_0, Format0::Accept | Format0::Send)
    }

    #[cfg(feature = "aes-gcm")]
    pub(crate) const fn sends_format_0(self) -> bool {
        matches!(self.format_0, Format0::Send)
    }
}

impl Default for HashicorpWire {
    fn default() -> Self {
        Self::new()
    }
}

/// Refuses layers that there are not.
pub(crate) fn check_layers(framing: &Framing) -> Result<(), EncodeError> {
    if framing.compression.is_some() {
        return Err(EncodeError::Unsupported(
            "compression by the framing: it is a setting of `HashicorpWire`",
        ));
    }
    if framing.checksum.is_some_and(|checksum| checksum != ChecksumAlgorithm::Crc32) {
        return Err(EncodeError::Unsupported("another checksum than crc32"));
    }
    Ok(())
}

impl<I: Id + HashicorpName, A: Address + HashicorpAddress> Wire<I, A> for HashicorpWire {
    fn features(&self) -> WireFeatures {
        // A Go node closes a stream behind its first message.
        WireFeatures::default().with_push_pull_parts(false).with_message_streams(false)
    }

    fn check_framing(&self, framing: &Framing) -> Result<(), EncodeError> {
        check_layers(framing)?;
        encryption::check(framing)
    }

    fn layers(&self, versions: Versions) -> Option<Layers> {
        Some(layers::of(Some(versions)))
    }

    fn base_checksum(&self) -> Option<ChecksumAlgorithm> {
        None
    }

    fn reads_checksum(&self, layers: Layers, checksum: ChecksumAlgorithm) -> bool {
        checksum == ChecksumAlgorithm::Crc32 && layers.contains(layers::READS_CHECKSUM)
    }

    fn encode_message(&self, message: &Message<I, A>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let before = out.len();
        let result = message::encode::message(message, out);
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    fn packet_overhead(&self, framing: &Framing) -> usize {
        packet::overhead(*self, framing)
    }

    fn message_overhead(&self) -> usize {
        crate::compound::PART_OVERHEAD
    }

    fn max_packet_messages(&self) -> usize {
        crate::compound::MAX_PARTS
    }

    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError> {
        packet::encode(*self, framing, messages)
    }

    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError> {
        packet::decode(*self, framing, &packet, sink)
    }

    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError> {
        stream::encode(*self, framing, limits, first_by_dialer, message)
    }

    fn decode_cost(&self, framing: &Framing, buffer: &[u8]) -> usize {
        stream::decode_cost(*self, framing, buffer)
    }

    fn missing(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &[u8],
    ) -> usize {
        stream::missing(*self, framing, limits, first_by_dialer, buffer)
    }

    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
        stream::decode(*self, framing, limits, first_by_dialer, buffer)
    }
}
