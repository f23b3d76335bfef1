//! Stream frames: one message each, with the length of all that follows in front.

use super::{
    WireData,
    data::node,
    field::{Fields, collect, key, put_bytes, put_uint, uint, uint32},
    frame, layers,
    message::{self, kind},
};
use crate::{
    DecodeError, EncodeError, Framing, NodeState, PushPull, PushPullPart, State, StreamLimits, StreamMessage,
};
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use smol_str::SmolStr;

#[cfg(test)]
mod tests;

/// Bytes of the length field.
const LEN_LEN: usize = 4;

/// Bytes of the smallest entry of a push/pull that can be valid: its key, an id of one byte and an address of one byte, each with its key.
const MIN_STATE: usize = 5;

/// The longest error text that is sent or accepted, in bytes.
const MAX_ERROR_TEXT: usize = 1024;

/// The fields of a push/pull.
const JOIN: u8 = 1;
const COUNT: u8 = 2;
const USER: u8 = 3;
const STATE: u8 = 4;
const CONVERSATION: u8 = 5;
const NUMBER: u8 = 6;
const MORE: u8 = 7;
const ANSWER: u8 = 8;

pub(super) fn encode_frame<I: WireData, A: WireData>(
    framing: &Framing,
    limits: &StreamLimits,
    message: &StreamMessage<I, A>,
) -> Result<Bytes, EncodeError> {
    let mut out = Vec::new();
    let (header, wrapping) = begin(framing, &mut out);
    encode(limits, message, &mut out)?;
    // What receivers would not decompress is not compressed, and then too large.
    let actual = wrapping.compress(&mut out, limits.max_frame);
    put_len(&mut out, header, actual, limits)?;
    wrapping.finish(&mut out)?;
    Ok(out.into())
}

/// The payload is a piece of its own, if nothing is done to it.
pub(super) fn encode_user_frame<I: WireData, A: WireData>(
    framing: &Framing,
    limits: &StreamLimits,
    payload: Bytes,
) -> Result<[Bytes; 2], EncodeError> {
    let mut head = Vec::new();
    let (header, wrapping) = begin(framing, &mut head);
    if payload.is_empty() || !wrapping.leaves_the_body() {
        let frame = encode_frame::<I, A>(framing, limits, &StreamMessage::User(payload))?;
        return Ok([frame, Bytes::new()]);
    }
    check_encode_limit("user bytes", payload.len(), limits.max_user)?;
    message::put_user_key(&mut head, &payload)?;
    let actual = head.len().saturating_add(payload.len());
    put_len(&mut head, header, actual, limits)?;
    wrapping.sum_up(&mut head, &payload);
    Ok([head.into(), payload])
}

/// Puts what stands before the message. Gives where the header ends.
fn begin<'a>(framing: &'a Framing, out: &mut Vec<u8>) -> (usize, layers::Wrapping<'a>) {
    frame::put_header(out, frame::STREAM_MAGIC, framing);
    out.extend_from_slice(&[0; LEN_LEN]);
    (out.len(), layers::Wrapping::begin(framing, out))
}

/// Puts into the header that the frame will have so many bytes, if it may.
fn put_len(out: &mut [u8], header: usize, actual: usize, limits: &StreamLimits) -> Result<(), EncodeError> {
    let limit = limits.max_frame;
    let too_large = EncodeError::TooLarge { what: "frame bytes", actual, limit };
    let Ok(len) = u32::try_from(actual - header) else { return Err(too_large) };
    if actual > limit {
        return Err(too_large);
    }
    if let Some(field) = out.get_mut(header - LEN_LEN..header) {
        field.copy_from_slice(&len.to_be_bytes());
    }
    Ok(())
}

pub(super) fn decode_frame<I: WireData, A: WireData>(
    framing: &Framing,
    limits: &StreamLimits,
    buffer: &mut BytesMut,
) -> Result<Option<StreamMessage<I, A>>, DecodeError> {
    let Some(label_end) = frame::check_header(frame::STREAM_MAGIC, framing, buffer)? else { return Ok(None) };
    let Some((len, visible)) = buffer.get(label_end..).and_then(<[u8]>::split_first_chunk) else {
        return Ok(None);
    };
    let header = label_end + LEN_LEN;
    let total = header as u64 + u64::from(u32::from_be_bytes(*len));
    check_limit("frame bytes", total, limits.max_frame)?;
    // Fits, for it is at most `max_frame`.
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    // Of a whole frame too: what is refused must not depend on how the bytes arrive.
    peek_limits(framing, limits, visible.get(..total - header).unwrap_or(visible))?;
    if buffer.len() < total {
        return Ok(None);
    }
    let frame = buffer.split_to(total).freeze();
    let body = layers::open(framing, &frame, header, limits.max_frame)?;
    let (owner, message) = body.parts(&frame);
    decode(limits, owner, message).map(Some)
}

/// Bytes of the frame at the front, if its header is complete.
pub(super) fn frame_len(framing: &Framing, buffer: &[u8]) -> Option<usize> {
    let label_end = frame::check_header(frame::STREAM_MAGIC, framing, buffer).ok()??;
    let (len, _) = buffer.get(label_end..)?.split_first_chunk()?;
    usize::try_from(u32::from_be_bytes(*len)).ok()?.checked_add(label_end + LEN_LEN)
}

/// What decoding the frame at the front takes; 0 if it is not complete.
pub(super) fn decode_cost(framing: &Framing, buffer: &[u8]) -> usize {
    let whole = || {
        let label_end = frame::check_header(frame::STREAM_MAGIC, framing, buffer).ok()??;
        let (len, inside) = buffer.get(label_end..)?.split_first_chunk()?;
        let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
        Some(len.saturating_add(layers::announced(inside.get(..len)?)))
    };
    whole().unwrap_or(0)
}

fn encode<I: WireData, A: WireData>(
    limits: &StreamLimits,
    message: &StreamMessage<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match message {
        StreamMessage::PushPull(push_pull) => put_push_pull(limits, push_pull, out),
        StreamMessage::PushPullPart(part) => put_part(limits, part, out),
        StreamMessage::Ping(ping) => message::put_ping(out, ping),
        StreamMessage::Ack(ack) => message::put_ack(out, ack),
        StreamMessage::User(payload) => {
            check_encode_limit("user bytes", payload.len(), limits.max_user)?;
            message::put_user(out, payload)
        }
        StreamMessage::Error(text) => {
            out.push(kind::ERROR);
            // The text is for a human: the beginning of a long one helps more than its loss.
            put_bytes(out, 1, shortened(text).as_bytes(), "error text bytes")
        }
    }
}

fn decode<I: WireData, A: WireData>(
    limits: &StreamLimits,
    owner: &Bytes,
    message: &[u8],
) -> Result<StreamMessage<I, A>, DecodeError> {
    let (&kind, body) = message.split_first().ok_or(DecodeError::Truncated)?;
    Ok(match kind {
        kind::PUSH_PULL => push_pull(limits, owner, body)?,
        kind::PING => StreamMessage::Ping(message::ping(body)?),
        kind::ACK => StreamMessage::Ack(message::ack(owner, body)?),
        kind::USER => {
            let payload = message::user(owner, body)?;
            check_limit("user bytes", payload.len() as u64, limits.max_user)?;
            StreamMessage::User(payload)
        }
        kind::ERROR => {
            let [text] = collect(body)?;
            let text = text.unwrap_or_default();
            check_limit("error text bytes", text.len() as u64, MAX_ERROR_TEXT)?;
            let text = core::str::from_utf8(text).map_err(|_| DecodeError::Invalid("UTF-8"))?;
            StreamMessage::Error(SmolStr::new(text))
        }
        unknown => return Err(DecodeError::UnknownKind(unknown)),
    })
}

fn put_push_pull<I: WireData, A: WireData>(
    limits: &StreamLimits,
    push_pull: &PushPull<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    check_encode_limit("states", push_pull.states.len(), limits.max_states)?;
    check_encode_limit("user bytes", push_pull.user.len(), limits.max_user)?;
    out.push(kind::PUSH_PULL);
    put_uint(out, JOIN, push_pull.join.into())?;
    put_uint(out, COUNT, push_pull.states.len() as u64)?;
    put_bytes(out, USER, &push_pull.user, "user bytes")?;
    let mut record = Vec::new();
    for state in &push_pull.states {
        record.clear();
        message::put_member(&mut record, &state.node, state.incarnation, &state.meta, state.versions)?;
        put_uint(&mut record, 6, state.state.value().into())?;
        message::put_layers(&mut record, state.layers)?;
        put_bytes(out, STATE, &record, "state bytes")?;
    }
    Ok(())
}

fn put_part<I: WireData, A: WireData>(
    limits: &StreamLimits,
    part: &PushPullPart<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if part.more && part.piece.states.is_empty() && part.piece.user.is_empty() {
        return Err(EncodeError::Unsupported("a part with nothing in it before others"));
    }
    put_push_pull(limits, &part.piece, out)?;
    put_uint(out, CONVERSATION, part.conversation)?;
    put_uint(out, NUMBER, part.number.into())?;
    put_uint(out, MORE, part.more.into())?;
    put_uint(out, ANSWER, part.answer)
}

/// A whole one, or a part of one.
fn push_pull<I: WireData, A: WireData>(
    limits: &StreamLimits,
    owner: &Bytes,
    body: &[u8],
) -> Result<StreamMessage<I, A>, DecodeError> {
    let mut fields = Fields::new(body);
    let (mut join, mut count, mut user) = (None, 0, Bytes::new());
    let (mut conversation, mut answer, mut number, mut more) = (None, None, None, None);
    let mut states = Vec::new();
    while let Some((tag, value)) = fields.next()? {
        match tag {
            JOIN => join = Some(value),
            COUNT => {
                count = uint(Some(value), "number of states")?;
                check_limit("states", count, limits.max_states)?;
            }
            USER => {
                check_limit("user bytes", value.len() as u64, limits.max_user)?;
                user = owner.slice_ref(value);
            }
            STATE => {
                if states.len() as u64 >= count {
                    return Err(DecodeError::Invalid("number of states"));
                }
                if states.is_empty() {
                    // Announced, but never more than what is still there can hold (this one is read already).
                    let possible = 1 + fields.remaining() / MIN_STATE;
                    states.reserve_exact(usize::try_from(count).unwrap_or(usize::MAX).min(possible));
                }
                states.push(state(value)?);
            }
            CONVERSATION => conversation = Some(value),
            NUMBER => number = Some(value),
            MORE => more = Some(value),
            ANSWER => answer = Some(value),
            _ => {}
        }
    }
    if states.len() as u64 != count {
        return Err(DecodeError::Invalid("number of states"));
    }
    let piece = PushPull { join: uint(join, "join flag")? != 0, states, user };
    let conversation = uint(conversation, "conversation of a part")?;
    let answer = uint(answer, "answer of a part")?;
    let number = uint32(number, "number of a part")?;
    let more = uint(more, "flag of a part")? != 0;
    if more && piece.states.is_empty() && piece.user.is_empty() {
        return Err(DecodeError::Invalid("empty part"));
    }
    Ok(if (conversation, answer, number, more) == (0, 0, 0, false) {
        StreamMessage::PushPull(piece)
    } else {
        StreamMessage::PushPullPart(PushPullPart { conversation, answer, number, more, piece })
    })
}

fn state<I: WireData, A: WireData>(record: &[u8]) -> Result<NodeState<I, A>, DecodeError> {
    let [id, address, incarnation, meta, versions, state, layers] = collect(record)?;
    let state = u8::try_from(uint(state, "state")?).ok().and_then(State::from_value);
    Ok(NodeState {
        node: node(id, "node id", address, "node address")?,
        meta: message::meta(meta),
        incarnation: message::incarnation(incarnation)?,
        state: state.ok_or(DecodeError::Invalid("state"))?,
        versions: message::versions(versions),
        layers: message::layers(layers)?,
    })
}

/// Looks at the first bytes of a frame that may still be arriving, so that one that announces too much is refused before it has been
/// received. Looks at a fixed number of keys, whatever is there.
fn peek_limits(framing: &Framing, limits: &StreamLimits, inner: &[u8]) -> Result<(), DecodeError> {
    const KEYS: usize = 4;
    let body = layers::peek(framing, inner, limits.max_frame)?;
    let Some((&kind, mut rest)) = body.and_then(<[u8]>::split_first) else {
        return Ok(());
    };
    for _ in 0..KEYS {
        let Some(key) = key(rest) else { return Ok(()) };
        match (kind, key.tag) {
            (kind::USER, 1) | (kind::PUSH_PULL, USER) => {
                check_limit("user bytes", key.len as u64, limits.max_user)?;
            }
            (kind::ERROR, 1) => check_limit("error text bytes", key.len as u64, MAX_ERROR_TEXT)?,
            (kind::PUSH_PULL, COUNT) => {
                if let Some(value) = rest.get(key.size..key.size.saturating_add(key.len)) {
                    check_limit("states", uint(Some(value), "number of states")?, limits.max_states)?;
                }
            }
            _ => {}
        }
        let Some(after) = rest.get(key.size.saturating_add(key.len)..) else { return Ok(()) };
        rest = after;
    }
    Ok(())
}

/// As much of the text as is sent.
fn shortened(text: &str) -> &str {
    let end = (0..=MAX_ERROR_TEXT).rev().find_map(|end| text.get(..end));
    if text.len() <= MAX_ERROR_TEXT { text } else { end.unwrap_or_default() }
}

fn check_limit(what: &'static str, actual: u64, limit: usize) -> Result<(), DecodeError> {
    let limit = limit as u64;
    if actual > limit { Err(DecodeError::TooLarge { what, actual, limit }) } else { Ok(()) }
}

fn check_encode_limit(what: &'static str, actual: usize, limit: usize) -> Result<(), EncodeError> {
    if actual > limit { Err(EncodeError::TooLarge { what, actual, limit }) } else { Ok(()) }
}
