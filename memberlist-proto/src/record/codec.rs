//! How values stand in a recording; see the format in the parent module.

use crate::{BroadcastId, Instant, JoinId, JoinOptions, PingId, RejectReason, RequestId, StreamFailure};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use bytes::{Bytes, BytesMut};
use core::time::Duration;
use memberlist_types::{
    Ack, Address, DecodeError, EncodeError, Framing, Id, Incarnation, Layers, Message, Meta, NativeWire,
    Node, NodeState, Ping, PushPull, SequenceNumber, StreamLimits, StreamMessage, Versions, Wire, WireData,
};

/// A value of a recording.
pub(super) trait Item: Sized {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;
    fn take(input: &mut &[u8]) -> Result<Self, DecodeError>;
}

fn split<'a>(input: &mut &'a [u8], len: usize) -> Result<&'a [u8], DecodeError> {
    let (value, rest) = input.split_at_checked(len).ok_or(DecodeError::Truncated)?;
    *input = rest;
    Ok(value)
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Item for $type {
            fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                out.extend_from_slice(&self.to_le_bytes());
                Ok(())
            }
            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                let (value, rest) = input.split_first_chunk().ok_or(DecodeError::Truncated)?;
                *input = rest;
                Ok(Self::from_le_bytes(*value))
            }
        }
    )*};
}

integers!(u8 u32 u64);

/// Values that stand there as another.
macro_rules! like {
    ($($type:ty: $as:ty, $value:ident => $to:expr, $from:expr;)*) => {$(
        impl Item for $type {
            fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let $value = self;
                <$as>::put(&$to, out)
            }
            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                let $value = <$as>::take(input)?;
                $from
            }
        }
    )*};
}

like! {
    bool: u8, v => u8::from(*v), match v { 0 => Ok(false), 1 => Ok(true), _ => Err(DecodeError::Invalid("flag")) };
    usize: u64, v => *v as u64, Self::try_from(v).map_err(|_| DecodeError::Invalid("size"));
    Duration: u64, v => crate::time::nanos(*v), Ok(Self::from_nanos(v));
    Instant: u64, v => v.as_nanos(), Ok(Self::from_nanos(v));
    RequestId: u64, v => v.0, Ok(Self(v));
    JoinId: u64, v => v.0, Ok(Self(v));
    PingId: u64, v => v.0, Ok(Self(v));
    BroadcastId: u64, v => v.0, Ok(Self(v));
    SequenceNumber: u32, v => v.0, Ok(Self(v));
    Incarnation: u32, v => v.value(), Ok(Self::new(v));
    Layers: u32, v => v.bits(), Ok(Self::from_bits(v));
    Meta: Bytes, v => v.as_bytes().clone(), Ok(Self::new(v));
    String: Bytes, v => Bytes::copy_from_slice(v.as_bytes()),
        Self::from_utf8(v.to_vec()).map_err(|_| DecodeError::Invalid("text"));
    RejectReason: u8, v => *v as u8,
        Self::ALL.get(usize::from(v)).copied().ok_or(DecodeError::Invalid("reason"));
    Ack: Wired<Message<u64, u64>>, v => Wired(Message::Ack(v.clone())),
        match v.0 { Message::Ack(ack) => Ok(ack), _ => Err(DecodeError::Invalid("ack")) };
}

impl Item for Bytes {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        bytes(out, |out| {
            out.extend_from_slice(self);
            Ok(())
        })
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let len = u32::take(input)? as usize;
        split(input, len).map(Self::copy_from_slice)
    }
}

impl<const N: usize> Item for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(self);
        Ok(())
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let (value, rest) = input.split_first_chunk().ok_or(DecodeError::Truncated)?;
        *input = rest;
        Ok(*value)
    }
}

impl Item for Versions {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.to_bytes().put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        <[u8; 6]>::take(input).map(Self::from_bytes)
    }
}

impl<T: Item> Item for Option<T> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.is_some().put(out)?;
        self.as_ref().map_or(Ok(()), |value| value.put(out))
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        if bool::take(input)? { T::take(input).map(Some) } else { Ok(None) }
    }
}

impl<T: Item> Item for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        length(self.len())?.put(out)?;
        self.iter().try_for_each(|value| value.put(out))
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        // Nothing is reserved for a length that was only announced: each item takes bytes of the input.
        (0..u32::take(input)?).map(|_| T::take(input)).collect()
    }
}

fn length(len: usize) -> Result<u32, EncodeError> {
    let limit = u32::MAX as usize;
    u32::try_from(len).map_err(|_| EncodeError::TooLarge { what: "recorded value", actual: len, limit })
}

/// Bytes with their length before them.
fn bytes(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let place = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out)?;
    let len = length(out.len() - place - 4)?.to_le_bytes();
    if let Some(slot) = out.get_mut(place..place + 4) {
        slot.copy_from_slice(&len);
    }
    Ok(())
}

/// A name or an address.
#[derive(Clone, Debug)]
pub(super) struct Data<T>(pub(super) T);

impl<T: WireData> Item for Data<T> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        bytes(out, |out| {
            self.0.encode(out);
            Ok(())
        })
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let len = u32::take(input)? as usize;
        T::decode(split(input, len)?).map(Self)
    }
}

impl<I: WireData + Clone, A: WireData + Clone> Item for Node<I, A> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Data(self.id.clone()).put(out)?;
        Data(self.address.clone()).put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self::new(Data::take(input)?.0, Data::take(input)?.0))
    }
}

/// Something that the native wire knows how to write.
pub(super) struct Wired<T>(pub(super) T);

impl<I: Id + WireData, A: Address + WireData> Item for Wired<Message<I, A>> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut message = Vec::new();
        NativeWire.encode_message(&self.0, &mut message)?;
        let wire: &dyn Wire<I, A> = &NativeWire;
        wire.encode_packet(&Framing::new(), &[Bytes::from(message)])?.put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let packet = Bytes::take(input)?;
        let mut message = Err(DecodeError::Truncated);
        let mut sink = |decoded| message = decoded;
        NativeWire.decode_packet(&Framing::new(), packet, &mut sink)?;
        message.map(Self)
    }
}

impl<I: Id + WireData, A: Address + WireData> Item for Message<I, A> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Wired(self.clone()).put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Wired::take(input)?.0)
    }
}

impl<I: Id + WireData, A: Address + WireData> Item for Ping<I, A> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Message::Ping(self.clone()).put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match Message::take(input)? {
            Message::Ping(ping) => Ok(ping),
            _ => Err(DecodeError::Invalid("ping")),
        }
    }
}

/// The states of a push/pull.
pub(super) struct States<I, A>(pub(super) Vec<NodeState<I, A>>);

impl<I: Id + WireData, A: Address + WireData> Item for States<I, A> {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let states = PushPull { join: false, states: self.0.clone(), user: Bytes::new() };
        let message = StreamMessage::PushPull(states);
        NativeWire.encode_frame(&Framing::new(), &no_limits(), true, &message)?.put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let mut frame = BytesMut::from(Bytes::take(input)?);
        match NativeWire.decode_frame(&Framing::new(), &no_limits(), true, &mut frame)? {
            Some(StreamMessage::PushPull(states)) => Ok(Self(states.states)),
            _ => Err(DecodeError::Invalid("states")),
        }
    }
}

fn no_limits() -> StreamLimits {
    let all = u32::MAX as usize;
    StreamLimits::default().with_max_frame(all).with_max_states(all)
}

impl Item for JoinOptions {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Self { parallel, attempts, backoff, backoff_max } = self;
        parallel.put(out)?;
        attempts.put(out)?;
        backoff.put(out)?;
        backoff_max.put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            parallel: Item::take(input)?,
            attempts: Item::take(input)?,
            backoff: Item::take(input)?,
            backoff_max: Item::take(input)?,
        })
    }
}

/// What stands for the words of an error that are not in a recording.
const NOT_RECORDED: &str = "(what, is not recorded)";

impl Item for StreamFailure {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Unreachable(why) => {
                out.push(0);
                why.put(out)
            }
            Self::TimedOut => {
                out.push(1);
                Ok(())
            }
            Self::Refused(why) => {
                out.push(2);
                why.put(out)
            }
            Self::Invalid(error) => {
                out.push(3);
                error.put(out)
            }
            Self::KeyMismatch(error) => {
                out.push(4);
                error.put(out)
            }
            Self::MergeRefused(why) => {
                out.push(5);
                why.put(out)
            }
            Self::Cancelled => {
                out.push(6);
                Ok(())
            }
        }
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match u8::take(input)? {
            0 => Self::Unreachable(Item::take(input)?),
            1 => Self::TimedOut,
            2 => Self::Refused(Item::take(input)?),
            3 => Self::Invalid(Item::take(input)?),
            4 => Self::KeyMismatch(Item::take(input)?),
            5 => Self::MergeRefused(Item::take(input)?),
            6 => Self::Cancelled,
            _ => return Err(DecodeError::Invalid("failure")),
        })
    }
}

impl Item for DecodeError {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.reason().to_string().put(out)
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let reason = String::take(input)?;
        Ok(match reason.as_str() {
            "truncated" => Self::Truncated,
            "bad_magic" => Self::BadMagic(0),
            "label_mismatch" => Self::LabelMismatch,
            "checksum_mismatch" => Self::ChecksumMismatch,
            "unknown_layer" => Self::UnknownLayer(0),
            "unencrypted" => Self::Unencrypted,
            "no_key" => Self::NoKey,
            "undecryptable" => Self::Undecryptable,
            "unknown_kind" => Self::UnknownKind(0),
            "too_large" => Self::TooLarge { what: NOT_RECORDED, actual: 0, limit: 0 },
            "invalid" => Self::Invalid(NOT_RECORDED),
            _ => return Err(Self::Invalid("reason of an error")),
        })
    }
}
