use crate::{ChecksumAlgorithm, DecodeError, EncodeError, Framing, Layers, Message, StreamMessage, Versions};
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};

/// How messages become packets and stream frames, and back.
///
/// Two wires exist in this project (the native one, and HashiCorp's in the crate `memberlist-hashicorp`); anyone can write a third with the
/// public items of this crate. A wire is stateless: the same input gives the same bytes (but what is encrypted never looks the same twice;
/// for that, the keyring in the [`Framing`] has a state).
///
/// A *packet* is one or more messages that were encoded on their own (so that a broadcast is encoded once and its bytes
/// are reused for every transmission), wrapped by the [`Framing`]. A *stream frame* is one [`StreamMessage`], wrapped.
pub trait Wire<I, A>: Send + Sync + 'static {
    /// What this wire can express.
    fn features(&self) -> WireFeatures;

    /// Looks at the framing that a node is about to start with. The default takes all.
    ///
    /// # Errors
    /// [`EncodeError::Unsupported`] names what this wire can't express.
    fn check_framing(&self, framing: &Framing) -> Result<(), EncodeError> {
        let _ = framing;
        Ok(())
    }

    /// What a node of these versions says of the [`Layers`] that it reads, whatever is compiled into it; `None`: what its options say. The
    /// default, for wires whose messages carry the layers.
    fn layers(&self, versions: Versions) -> Option<Layers> {
        let _ = versions;
        None
    }

    /// What every node reads, instead of a checksum that some don't. Default: crc32. No checksum is longer than another one that it
    /// stands for.
    fn base_checksum(&self) -> Option<ChecksumAlgorithm> {
        Some(ChecksumAlgorithm::Crc32)
    }

    /// Whether a node that says it reads these layers reads this checksum.
    fn reads_checksum(&self, layers: Layers, checksum: ChecksumAlgorithm) -> bool {
        layers.reads_checksum(checksum)
    }

    /// `framing` without what a node with these layers can't read. It never takes more room than `framing`.
    fn readable(&self, framing: &Framing, layers: Layers) -> Framing {
        let checksum = framing.checksum.is_none_or(|checksum| self.reads_checksum(layers, checksum));
        let compression = framing.compression.filter(|it| layers.reads_compression(it.algorithm));
        let checksum = if checksum { framing.checksum } else { self.base_checksum() };
        framing.clone().with_checksum(checksum).with_compression(compression)
    }

    /// Whether every node reads what is sent with this framing, whatever is compiled into it.
    fn is_base(&self, framing: &Framing) -> bool {
        let checksum = framing.checksum.is_none_or(|checksum| self.reads_checksum(Layers::BASE, checksum));
        framing.compression.is_none() && checksum
    }

    /// Appends one encoded message to `out`. On error `out` is unchanged.
    ///
    /// # Errors
    /// If a field is too long, or the wire has no such message.
    fn encode_message(&self, message: &Message<I, A>, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Bytes that a packet costs besides its messages: everything that `framing` and the packet's own header may add, at most.
    fn packet_overhead(&self, framing: &Framing) -> usize;

    /// Bytes that each message in a packet costs besides its own, at most.
    fn message_overhead(&self) -> usize;

    /// How many messages fit one packet at most, whatever their size.
    fn max_packet_messages(&self) -> usize;

    /// Makes one packet of encoded messages. The result has at most
    /// `packet_overhead + Σ (message_overhead + length)` bytes.
    ///
    /// # Errors
    /// If there are no messages, too many, or one is too long for this wire.
    fn encode_packet(&self, framing: &Framing, messages: &[Bytes]) -> Result<Bytes, EncodeError>;

    /// Takes a packet apart. Each message in it is handed to `sink` on its own, in order, so that one bad message
    /// does not cost the good ones.
    ///
    /// # Errors
    /// If the wrapping is bad; `sink` was then not called.
    fn decode_packet(
        &self,
        framing: &Framing,
        packet: Bytes,
        sink: &mut dyn FnMut(Result<Message<I, A>, DecodeError>),
    ) -> Result<(), DecodeError>;

    /// Makes the frame that goes into a stream. `first_by_dialer`: it is the first frame, and its sender opened the stream
    /// (some wires put the label only there).
    ///
    /// # Errors
    /// If it exceeds `limits` or the wire has no such message. Checked before sending, so that the sender learns of it.
    fn encode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        message: &StreamMessage<I, A>,
    ) -> Result<Bytes, EncodeError>;

    /// Makes the frame of a user message in two pieces, which are one frame when the second follows the first on the stream. The second may be the
    /// payload itself or empty: so a wire that sends large payloads as they are need not copy them. The default makes one piece with
    /// [`encode_frame`](Self::encode_frame).
    ///
    /// # Errors
    /// As [`encode_frame`](Self::encode_frame).
    fn encode_user_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        payload: Bytes,
    ) -> Result<[Bytes; 2], EncodeError> {
        let message = StreamMessage::User(payload);
        self.encode_frame(framing, limits, first_by_dialer, &message).map(|frame| [frame, Bytes::new()])
    }

    /// Bytes of the frame at the front of `buffer`, from its first to its last, as soon as they can be told of its beginning.
    ///
    /// Readers use it to collect a large frame where it is decoded; they allocate no faster than bytes arrive, whatever it says. `None`: not
    /// visible yet, or refused anyway. The default, `None` in any case, costs another copy of what arrives.
    fn frame_len(&self, framing: &Framing, buffer: &[u8]) -> Option<usize> {
        let _ = (framing, buffer);
        None
    }

    /// Bytes of memory that [`decode_frame`](Self::decode_frame) would take for the frame at the front of `buffer`, as far as can be seen
    /// from outside: the frame itself, and what it says it decompresses to. 0 if the frame is not complete, or is refused anyway.
    ///
    /// So a large frame is decoded where it may take its time, and only if there is memory for it. The default, for wires that
    /// don't compress, is the length of the buffer.
    fn decode_cost(&self, framing: &Framing, buffer: &[u8]) -> usize {
        let _ = framing;
        buffer.len()
    }

    /// How many bytes are missing at least before [`decode_frame`](Self::decode_frame) can give anything, be it an error, after it gave
    /// `Ok(None)` for this buffer. It is not asked again before they are there.
    ///
    /// A wire whose frames do not begin with their length has to look at a frame from its beginning each time. This saves it from doing so for
    /// every byte that a slow peer sends. The default is 1.
    fn missing(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &[u8],
    ) -> usize {
        let _ = (framing, limits, first_by_dialer, buffer);
        1
    }

    /// Tries to take one frame from the front of `buffer`, which holds what was received on a stream so far.
    ///
    /// `Ok(Some(_))`: a message; its bytes are gone from `buffer`. `Ok(None)`: more bytes are needed, `buffer` is untouched.
    /// Lengths are checked against `limits` as soon as they are visible, before anything is reserved for them.
    ///
    /// # Errors
    /// The stream is unusable from here on.
    fn decode_frame(
        &self,
        framing: &Framing,
        limits: &StreamLimits,
        first_by_dialer: bool,
        buffer: &mut BytesMut,
    ) -> Result<Option<StreamMessage<I, A>>, DecodeError>;
}

/// What a wire can express; the machine uses a feature only if the wire and the peer's versions have it.
///
/// ```
/// use memberlist_types::WireFeatures;
///
/// let features = WireFeatures::default().with_nack(false);
/// assert_eq!(features.to_string(), "stream ping, push/pull parts, message streams");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireFeatures {
    /// Nacks from helpers of an indirect probe.
    pub nack: bool,
    /// Fallback pings on a stream.
    pub stream_ping: bool,
    /// Push/pulls in parts ([`PushPullPart`](crate::PushPullPart)). Without them each is one frame.
    pub push_pull_parts: bool,
    /// Several user messages one after the other on one stream. Each frame is then made and read as the first one by the dialer; the side
    /// that opened the stream ends it. Without them each message has a stream of its own.
    pub message_streams: bool,
}

impl Default for WireFeatures {
    /// Everything.
    fn default() -> Self {
        Self { nack: true, stream_ping: true, push_pull_parts: true, message_streams: true }
    }
}

impl WireFeatures {
    /// With or without nacks.
    #[must_use]
    pub const fn with_nack(mut self, nack: bool) -> Self {
        self.nack = nack;
        self
    }

    /// With or without fallback pings on a stream.
    #[must_use]
    pub const fn with_stream_ping(mut self, stream_ping: bool) -> Self {
        self.stream_ping = stream_ping;
        self
    }

    /// With or without push/pulls in parts.
    #[must_use]
    pub const fn with_push_pull_parts(mut self, push_pull_parts: bool) -> Self {
        self.push_pull_parts = push_pull_parts;
        self
    }

    /// With or without several user messages on one stream.
    #[must_use]
    pub const fn with_message_streams(mut self, message_streams: bool) -> Self {
        self.message_streams = message_streams;
        self
    }
}

/// What a peer may make us read from one stream, and what we don't even send.
///
/// ```
/// use memberlist_types::StreamLimits;
///
/// let small = StreamLimits::default().with_max_frame(1 << 20).with_max_states(1_000);
/// assert_eq!(small.max_states, 1_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct StreamLimits {
    /// Bytes of one frame, and of all the parts of one push/pull together. Default 64 MiB.
    pub max_frame: usize,
    /// Nodes in one push/pull. Default 1,048,576.
    pub max_states: usize,
    /// Bytes of application data in one push/pull or one reliable message. Default 20 MiB.
    pub max_user: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self { max_frame: 64 << 20, max_states: 1 << 20, max_user: 20 << 20 }
    }
}

impl StreamLimits {
    /// With this many bytes per frame.
    #[must_use]
    pub const fn with_max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = bytes;
        self
    }

    /// With this many nodes per push/pull.
    #[must_use]
    pub const fn with_max_states(mut self, states: usize) -> Self {
        self.max_states = states;
        self
    }

    /// With this many bytes of application data.
    #[must_use]
    pub const fn with_max_user(mut self, bytes: usize) -> Self {
        self.max_user = bytes;
        self
    }
}
