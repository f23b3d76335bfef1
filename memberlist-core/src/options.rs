use memberlist_proto::OptionsError;
use memberlist_types::{Framing, Incarnation, Layers, Meta, StreamLimits, Versions};
use std::time::Duration;

/// How a memberlist behaves: the protocol's own options, how its bytes are wrapped, and the bounds of the driver.
///
/// Start from a preset and change what you must:
///
/// ```
/// use memberlist_core::{Options, types::{Framing, Label}};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let options = Options::lan()
///     .with_framing(Framing::new().with_label(Label::new("blue")?))
///     .with_meta("zone=a");
/// options.validate()?;
/// # Ok(())
/// # }
/// ```
///
/// With the feature `serde` it is read from files, durations in words (`"500ms"`); what is left out has its default.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Options {
    /// The protocol: intervals, multipliers, limits. `packet_size` is reduced to what the transport can carry. Default: the LAN preset.
    pub protocol: memberlist_proto::Options,
    /// Label, checksum, compression and encryption. Default: no label, crc32 (none where the transport already checks its packets), no compression,
    /// no encryption.
    ///
    /// What is sent to a member is only what that member can read ([`Member::layers`](crate::Member::layers)); to others, crc32 without compression.
    /// Encryption is never left out, except where the transport encrypts (see `always_encrypt`).
    ///
    /// With the feature `encryption` of `memberlist-types`, the keyring stays within reach while the node runs: `node.options().framing.keyring`.
    pub framing: Framing,
    /// Encrypt with the keyring even what the transport encrypts and authenticates itself (packets, streams, or both, see
    /// [`Capabilities`](crate::Capabilities)). Default: false; what is encrypted all the same is understood. Set it alike on all nodes where the keyring's
    /// policy is to require encryption: those without it send in clear over such a transport. So it takes this where some nodes send their packets inside
    /// TLS streams and others beside them: the latter refuse what is not encrypted, wherever it came from, and say so (`RejectReason::Unencrypted`).
    /// Without a keyring it has no effect, and that is told at the start.
    pub always_encrypt: bool,
    /// Which layers of frames this node tells others that it reads. Default: all that are compiled in. For a wire of one's own that
    /// reads less, and for tests.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub layers: Layers,
    /// What a peer may make this node read from one stream.
    pub stream_limits: StreamLimits,
    /// Metadata to start with, unless the delegate has some. Default: none.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub meta: Meta,
    /// Versions of the protocol and of the application.
    pub versions: Versions,
    /// The incarnation to start with. Default `None`: wall-clock seconds, so that a restarted node overrules what others
    /// remember of its former life. Fix it where the clock can't be trusted, or in tests.
    /// It must be given where there is no clock at all (`wasm32-unknown-unknown`: asking for the time ends the program there).
    pub incarnation: Option<Incarnation>,
    /// Streams served at once that peers opened; each holds at most `stream_limits.max_frame` bytes, until
    /// `protocol.stream_timeout` at the latest. When all are taken, the next one waits a second for a place, and is then closed and
    /// counted. Half of them may be nodes that join at the same time and wait a moment for each other (50 ms after the last, 500 ms at most; who joins
    /// alone 20 ms), so that each is told of all. Default 1,024, at least 1. (Each is an open file: a process that may have no more than 1,024 is better off
    /// with 256.)
    pub max_inbound_streams: usize,
    /// Bytes of memory that all streams together take which peers opened: what has arrived, what it is decoded to, and the states until they are
    /// merged. The first 16 KiB of each stream are its own, so that pings and small clusters are served even if strangers have taken all the rest. A stream that
    /// would need more is closed and counted. (What is compressed inside encryption shows its size only when it is there: in this, who has a key is trusted.)
    /// Besides, up to 8 MiB (at most an eighth of this) of large user messages are remembered while streams bring more, to read the next to the
    /// memory of those that the application has dropped. So a payload may be shared with the node for some seconds after it was handed on.
    /// Default 256 MiB, at least three times `stream_limits.max_frame` (a frame, what it decompresses to, and what is made of that).
    pub max_inbound_bytes: usize,
    /// Streams for reliable user messages that stay open, at most: so many to peers (one to each), and so many from peers besides
    /// `max_inbound_streams`. One is closed by its opener when it was idle for five seconds, and given up by its other side when it was for one second while
    /// all are taken. A message for which there is none has a stream of its own, as all have with 0, over a wire that has only one message in a stream
    /// (`WireFeatures::message_streams`), and over a transport whose streams cost little ([`Capabilities::costly_streams`](crate::Capabilities::costly_streams)).
    /// Default 128.
    pub message_streams: usize,
    /// Packets waiting to be sent at most; more are dropped and counted (gossip repeats itself). Default 4,096, at least 16.
    pub transmit_queue: usize,
    /// Packets being sent at once. A destination that blocks (possible where packets travel on streams) holds at most eight of them.
    /// Default 256, at least 8.
    pub concurrent_sends: usize,
    /// A packet that could not be handed to the transport within this time is dropped and counted. Default 2 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub send_timeout: Duration,
    /// Membership events waiting for each listener (the delegate, and each `events()`), at most. A listener that falls behind loses
    /// its oldest and is told how many. Default 16,384, at least 1.
    pub event_queue: usize,
    /// User messages (and states and ping results) waiting for each listener, at most; the oldest make room for the newest.
    /// Default 4,096, at least 1.
    pub data_queue: usize,
    /// Bytes of user messages and states waiting for each listener, at most. Default 64 MiB.
    pub data_queue_bytes: usize,
    /// Signs of life waiting for the alive delegate's decision; the oldest make room for the newest, and are counted. Default 1,024, at least 1.
    pub alive_queue: usize,
    /// A seed's name is looked up again at most so often, after healing through it failed. Default 60 s.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub resolve_interval: Duration,
    /// A name that takes longer to resolve is given up. Default 10 s (LAN), 30 s (WAN), 1 s (local): the stream deadline.
    #[cfg_attr(feature = "serde", serde(with = "humantime_serde"))]
    pub resolve_timeout: Duration,
}

impl Options {
    /// What each listener's queue holds.
    pub(crate) const fn bounds(&self) -> crate::queue::Bounds {
        crate::queue::Bounds { events: self.event_queue, data: self.data_queue, bytes: self.data_queue_bytes }
    }

    /// For machines on one network. The default.
    #[must_use]
    pub fn lan() -> Self {
        Self::from_protocol(memberlist_proto::Options::lan())
    }

    /// Across the internet.
    #[must_use]
    pub fn wan() -> Self {
        Self::from_protocol(memberlist_proto::Options::wan())
    }

    /// On one machine.
    #[must_use]
    pub fn local() -> Self {
        Self::from_protocol(memberlist_proto::Options::local())
    }

    /// The default bounds around these protocol options.
    #[must_use]
    pub fn from_protocol(protocol: memberlist_proto::Options) -> Self {
        Self {
            resolve_timeout: protocol.stream_timeout,
            protocol,
            framing: Framing::new(),
            always_encrypt: false,
            layers: Layers::compiled_in(),
            stream_limits: StreamLimits::default(),
            meta: Meta::EMPTY,
            versions: Versions::default(),
            incarnation: None,
            max_inbound_streams: 1_024,
            max_inbound_bytes: 256 << 20,
            message_streams: 128,
            transmit_queue: 4_096,
            concurrent_sends: 256,
            send_timeout: Duration::from_secs(2),
            event_queue: 16_384,
            data_queue: 4_096,
            data_queue_bytes: 64 << 20,
            alive_queue: 1_024,
            resolve_interval: Duration::from_secs(60),
        }
    }

    /// Checks that every value is in its range; also done when a memberlist is made.
    ///
    /// # Errors
    /// Names the first field that is not.
    pub fn validate(&self) -> Result<(), OptionsError> {
        self.protocol.validate()?;
        let StreamLimits { max_frame, max_user, .. } = self.stream_limits;
        if max_user >= max_frame {
            let problem = format!(
                "max_user is {max_user}, must be less than max_frame ({max_frame}), which has to hold it"
            );
            return Err(OptionsError { field: "stream_limits", problem });
        }
        let (actual, least) = (self.max_inbound_bytes, max_frame.saturating_mul(3));
        if actual < least {
            let problem =
                format!("is {actual}, must be at least {least}, three times stream_limits.max_frame");
            return Err(OptionsError { field: "max_inbound_bytes", problem });
        }
        let least = [
            ("max_inbound_streams", self.max_inbound_streams, 1),
            ("transmit_queue", self.transmit_queue, 16),
            ("concurrent_sends", self.concurrent_sends, 8),
            ("event_queue", self.event_queue, 1),
            ("data_queue", self.data_queue, 1),
            ("data_queue_bytes", self.data_queue_bytes, 1),
            ("alive_queue", self.alive_queue, 1),
        ];
        for (field, value, least) in least {
            if value < least {
                return Err(OptionsError { field, problem: format!("is {value}, must be at least {least}") });
            }
        }
        for (field, value) in [("send_timeout", self.send_timeout), ("resolve_timeout", self.resolve_timeout)]
        {
            if value.is_zero() {
                return Err(OptionsError { field, problem: "is zero, must be positive".into() });
            }
        }
        Ok(())
    }
}

macro_rules! with {
    ($($(#[$doc:meta])* $name:ident: $field:ident, $type:ty;)*) => {
        impl Options {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, $field: impl Into<$type>) -> Self {
                    self.$field = $field.into();
                    self
                }
            )*
        }
    };
}

with! {
    /// With these protocol options.
    with_protocol: protocol, memberlist_proto::Options;
    /// With this label, checksum, compression and encryption.
    with_framing: framing, Framing;
    /// With (or without) encryption even where the transport encrypts.
    with_always_encrypt: always_encrypt, bool;
    /// As a node that reads these layers.
    with_layers: layers, Layers;
    /// With these limits for streams.
    with_stream_limits: stream_limits, StreamLimits;
    /// With this metadata to start with.
    with_meta: meta, Meta;
    /// With these versions.
    with_versions: versions, Versions;
    /// With this incarnation to start with (`None`: the wall clock's seconds).
    with_incarnation: incarnation, Option<Incarnation>;
    /// With this many inbound streams at once.
    with_max_inbound_streams: max_inbound_streams, usize;
    /// With this many bytes for all inbound streams together.
    with_max_inbound_bytes: max_inbound_bytes, usize;
    /// With this many streams for messages that stay open.
    with_message_streams: message_streams, usize;
    /// With this many packets waiting to be sent.
    with_transmit_queue: transmit_queue, usize;
    /// With this many packets being sent at once.
    with_concurrent_sends: concurrent_sends, usize;
    /// With this time to hand a packet to the transport.
    with_send_timeout: send_timeout, Duration;
    /// With this many membership events waiting per listener.
    with_event_queue: event_queue, usize;
    /// With this many user messages waiting per listener.
    with_data_queue: data_queue, usize;
    /// With this many bytes of user messages waiting per listener.
    with_data_queue_bytes: data_queue_bytes, usize;
    /// With this many signs of life waiting for the alive delegate.
    with_alive_queue: alive_queue, usize;
    /// With this pause between two look-ups of a seed's name.
    with_resolve_interval: resolve_interval, Duration;
    /// With this time to resolve a name.
    with_resolve_timeout: resolve_timeout, Duration;
}

impl Default for Options {
    fn default() -> Self {
        Self::lan()
    }
}

impl From<memberlist_proto::Options> for Options {
    fn from(protocol: memberlist_proto::Options) -> Self {
        Self::from_protocol(protocol)
    }
}

#[cfg(test)]
mod tests;
