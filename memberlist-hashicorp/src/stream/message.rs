//! Messages on streams, without what is around them.

use super::check_limit;
use crate::{
    identity::{HashicorpAddress, HashicorpName},
    kind, message,
    msgpack::Reader,
};
use alloc::{string::String, vec::Vec};
use bytes::Bytes;
use memberlist_types::{DecodeError, PushPull, StreamLimits, StreamMessage};
use smol_str::SmolStr;

/// As much of an error text as is sent and kept, in bytes.
pub(super) const MAX_ERROR_TEXT: usize = 1024;

/// What a push/pull says before its nodes.
pub(super) struct Announced {
    join: bool,
    pub(super) nodes: usize,
    pub(super) user: usize,
}

pub(super) fn push_pull_header(
    limits: &StreamLimits,
    reader: &mut Reader<'_>,
) -> Result<Announced, DecodeError> {
    let (mut join, mut nodes, mut user) = (false, 0, 0);
    reader.structure(&["Nodes", "UserStateLen", "Join"], |field, reader| {
        match field {
            0 => nodes = reader.int()?,
            1 => user = reader.int()?,
            _ => join = reader.bool()?,
        }
        Ok(())
    })?;
    Ok(Announced {
        join,
        nodes: count("states", nodes, limits.max_states)?,
        user: count("user bytes", user, limits.max_user)?,
    })
}

pub(super) fn user_header(limits: &StreamLimits, reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let mut user = 0;
    reader.structure(&["UserMsgLen"], |_, reader| {
        user = reader.int()?;
        Ok(())
    })?;
    count("user bytes", user, limits.max_user)
}

fn count(what: &'static str, value: i64, limit: usize) -> Result<usize, DecodeError> {
    let value = u64::try_from(value).map_err(|_| DecodeError::Invalid("negative length"))?;
    check_limit(what, value, limit)
}

/// Decodes a message of which it is known that it is whole, and that its nodes have bytes.
pub(super) fn decode<I: HashicorpName, A: HashicorpAddress>(
    limits: &StreamLimits,
    message: &Bytes,
) -> Result<StreamMessage<I, A>, DecodeError> {
    let (&kind, body) = message.split_first().ok_or(DecodeError::Truncated)?;
    Ok(match kind {
        kind::PUSH_PULL => StreamMessage::PushPull(push_pull(limits, message, body)?),
        kind::PING => StreamMessage::Ping(message::decode::ping(body)?),
        kind::ACK => StreamMessage::Ack(message::decode::ack(message, body)?),
        kind::USER => {
            let mut reader = Reader::new(body);
            let user = user_header(limits, &mut reader)?;
            StreamMessage::User(message.slice_ref(reader.take(user)?))
        }
        kind::ERROR => StreamMessage::Error(error(body)?),
        unknown => return Err(DecodeError::UnknownKind(unknown)),
    })
}

fn push_pull<I: HashicorpName, A: HashicorpAddress>(
    limits: &StreamLimits,
    owner: &Bytes,
    body: &[u8],
) -> Result<PushPull<I, A>, DecodeError> {
    let mut reader = Reader::new(body);
    let Announced { join, nodes, user } = push_pull_header(limits, &mut reader)?;
    let mut states = Vec::with_capacity(nodes);
    for _ in 0..nodes {
        // Go admits names and addresses that are none for us, and passes them on to everybody for ever: one such node must not
        // keep us from hearing of all others.
        states.extend(message::decode::RawState::read(&mut reader)?.node_state().ok());
    }
    Ok(PushPull { join, states, user: owner.slice_ref(reader.take(user)?) })
}

/// It is for a human: as much of it as can be shown.
fn error(body: &[u8]) -> Result<SmolStr, DecodeError> {
    let mut text = SmolStr::default();
    Reader::new(body).structure(&["Error"], |_, reader| {
        let bytes = reader.bytes()?;
        let beginning = bytes.get(..MAX_ERROR_TEXT).unwrap_or(&bytes);
        text = SmolStr::new(shortened(&String::from_utf8_lossy(beginning)));
        Ok(())
    })?;
    Ok(text)
}

/// As much of the text as is sent and kept.
pub(super) fn shortened(text: &str) -> &str {
    let end = (0..=MAX_ERROR_TEXT).rev().find_map(|end| text.get(..end));
    if text.len() <= MAX_ERROR_TEXT { text } else { end.unwrap_or_default() }
}
