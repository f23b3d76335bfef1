//! How messages and options read in a log line. What a peer wrote for humans is escaped: it may not forge lines.

use crate::{
    Ack, Alive, ChecksumAlgorithm, Compression, CompressionAlgorithm, Dead, Framing, IndirectPing, Message,
    MessageKind, Meta, Nack, Node, NodeState, Ping, PushPull, PushPullPart, StreamLimits, StreamMessage,
    Suspect, WireFeatures,
};
use core::fmt::{self, Display, Formatter};

impl Display for MessageKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ping => "ping",
            Self::IndirectPing => "indirect ping",
            Self::Ack => "ack",
            Self::Nack => "nack",
            Self::Suspect => "suspect",
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::User => "user",
            Self::Broadcast => "broadcast",
        })
    }
}

impl<I: Display + Eq, A: Display> Display for Message<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ping(message) => message.fmt(f),
            Self::IndirectPing(message) => message.fmt(f),
            Self::Ack(message) => message.fmt(f),
            Self::Nack(message) => message.fmt(f),
            Self::Suspect(message) => message.fmt(f),
            Self::Alive(message) => message.fmt(f),
            Self::Dead(message) => message.fmt(f),
            Self::User(payload) => write!(f, "user message, {} bytes", payload.len()),
            Self::Broadcast(b) => {
                write!(f, "broadcast {} of {}, {} bytes", b.number, b.origin, b.payload.len())
            }
        }
    }
}

impl<I: Display, A: Display> Display for StreamMessage<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::PushPull(message) => message.fmt(f),
            Self::PushPullPart(part) => part.fmt(f),
            Self::Ping(message) => message.fmt(f),
            Self::Ack(message) => message.fmt(f),
            Self::User(payload) => write!(f, "user message, {} bytes", payload.len()),
            Self::Error(text) => write!(f, "error: {}", text.escape_debug()),
        }
    }
}

impl<I: Display, A: Display> Display for Ping<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ping {}", self.seq)?;
        if let Some(target) = &self.target {
            write!(f, " to {target}")?;
        }
        source(f, self.source.as_ref())
    }
}

impl<I: Display, A: Display> Display for IndirectPing<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "indirect ping {} to {}", self.seq, self.target)?;
        source(f, self.source.as_ref())?;
        f.write_str(if self.nack { ", nack wanted" } else { "" })
    }
}

fn source<I: Display, A: Display>(f: &mut Formatter<'_>, source: Option<&Node<I, A>>) -> fmt::Result {
    source.map_or(Ok(()), |source| write!(f, " from {source}"))
}

impl Display for Ack {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ack {}", self.seq)?;
        if self.payload.is_empty() { Ok(()) } else { write!(f, ", {} bytes", self.payload.len()) }
    }
}

impl Display for Nack {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "nack {}", self.seq)
    }
}

impl<I: Display> Display for Suspect<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "suspect {} at incarnation {}, says {}", self.node, self.incarnation, self.from)
    }
}

impl<I: Display, A: Display> Display for Alive<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "alive {} at incarnation {}", self.node, self.incarnation)?;
        if !self.meta.is_empty() {
            write!(f, ", {}", self.meta)?;
        }
        self.versions.map_or(Ok(()), |versions| write!(f, ", {versions}"))
    }
}

impl<I: Display + Eq> Display for Dead<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_leave() {
            write!(f, "left {} at incarnation {}", self.node, self.incarnation)
        } else {
            write!(f, "dead {} at incarnation {}, says {}", self.node, self.incarnation, self.from)
        }
    }
}

impl<I, A> Display for PushPull<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let join = if self.join { " to join" } else { "" };
        write!(f, "push/pull{join}, {} states, {} user bytes", self.states.len(), self.user.len())
    }
}

impl<I, A> Display for PushPullPart<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let more = if self.more { ", more follow" } else { ", the last" };
        write!(f, "part {} of conversation {:x}{more}: {}", self.number, self.conversation, self.piece)
    }
}

impl<I: Display, A: Display> Display for NodeState<I, A> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at incarnation {}", self.state, self.node, self.incarnation)
    }
}

/// Its size: the content is the application's and may be anything.
impl Display for Meta {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of metadata", self.len())
    }
}

impl Display for ChecksumAlgorithm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Crc32 => "crc32",
            #[cfg(feature = "xxhash32")]
            Self::XxHash32 => "xxhash32",
            #[cfg(feature = "xxhash64")]
            Self::XxHash64 => "xxhash64",
            #[cfg(feature = "xxhash3")]
            Self::XxHash3 => "xxhash3",
            #[cfg(feature = "murmur3")]
            Self::Murmur3 => "murmur3",
        })
    }
}

impl Display for CompressionAlgorithm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let _ = &f;
        match *self {
            #[cfg(feature = "snappy")]
            Self::Snappy => f.pad("snappy"),
            #[cfg(feature = "lz4")]
            Self::Lz4 => f.pad("lz4"),
            #[cfg(feature = "zstd")]
            Self::Zstd => f.pad("zstd"),
            #[cfg(feature = "brotli")]
            Self::Brotli => f.pad("brotli"),
        }
    }
}

impl Display for Compression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} over {} bytes", self.algorithm, self.threshold)
    }
}

impl Display for Framing {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.label.is_empty() {
            f.write_str("no label")?;
        } else {
            write!(f, "label {:?}", self.label.as_str())?;
        }
        if self.label_stripped_upstream {
            f.write_str(" (stripped upstream)")?;
        }
        match self.checksum {
            Some(algorithm) => write!(f, ", {algorithm}"),
            None => f.write_str(", no checksum"),
        }?;
        if let Some(compression) = &self.compression {
            write!(f, ", {compression}")?;
        }
        #[cfg(feature = "encryption")]
        if let Some(keyring) = &self.keyring {
            write!(f, ", {keyring}")?;
        }
        if self.secured_below {
            f.write_str(", secured below")?;
        }
        Ok(())
    }
}

impl Display for StreamLimits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { max_frame, max_states, max_user } = self;
        write!(f, "at most {max_frame} bytes a frame, {max_states} states, {max_user} user bytes")
    }
}

impl Display for WireFeatures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { nack, stream_ping, push_pull_parts, message_streams } = *self;
        let all = [
            (nack, "nack"),
            (stream_ping, "stream ping"),
            (push_pull_parts, "push/pull parts"),
            (message_streams, "message streams"),
        ];
        let mut there = all.iter().filter(|(there, _)| *there).map(|(_, name)| *name);
        f.write_str(there.next().unwrap_or("none"))?;
        there.try_for_each(|name| write!(f, ", {name}"))
    }
}
