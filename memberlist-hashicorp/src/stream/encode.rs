use super::{ENCRYPTED_HEADER, MAX_ENCRYPTED, limited, message::shortened};
use crate::{
    HashicorpWire, compression,
    encryption::Sealing,
    identity::{HashicorpAddress, HashicorpName},
    kind, label, message,
    msgpack::Writer,
    wire::check_layers,
};
use alloc::vec::Vec;
use bytes::Bytes;
use memberlist_types::{EncodeError, Framing, PushPull, StreamLimits, StreamMessage};

/// Q28: what the other side would refuse is refused here, so that the sender learns of it.
pub(crate) fn encode<I: HashicorpName, A: HashicorpAddress>(
    wire: HashicorpWire,
    framing: &Framing,
    limits: &StreamLimits,
    first_by_dialer: bool,
    message: &StreamMessage<I, A>,
) -> Result<Bytes, EncodeError> {
    check_layers(framing)?;
    let mut out = Vec::new();
    if first_by_dialer {
        label::put(framing, &mut out);
    }
    let label = out.len();
    let mut header = [kind::ENCRYPTED, 0, 0, 0, 0];
    let sealing = Sealing::begin(wire, framing, &header, &mut out)?;
    let from = out.len();
    put(&limited(limits), message, &mut out)?;
    compress(wire, limits, from, &mut out);

    let Some(sealing) = sealing else {
        check_limit("frame bytes", out.len(), limits.max_frame)?;
        return Ok(out.into());
    };
    let len = sealing.payload_len(&out);
    check_limit("encrypted bytes", len, MAX_ENCRYPTED)?;
    check_limit("frame bytes", label + ENCRYPTED_HEADER + len, limits.max_frame)?;
    let [_, place @ ..] = &mut header;
    *place = u32::try_from(len).unwrap_or_default().to_be_bytes();
    sealing.finish(framing, &header, &mut out)?;
    Ok(out.into())
}

/// Q12: only if it becomes shorter. What receivers would not decompress is left as it is, and then too long.
fn compress(wire: HashicorpWire, limits: &StreamLimits, from: usize, out: &mut Vec<u8>) {
    let limit = limits.max_frame.min(compression::MAX_FRAME);
    let message = out.get(from..).filter(|message| wire.compression && message.len() <= limit);
    let Some(message) = message else { return };
    if let Some(shorter) = compression::compress(message) {
        out.truncate(from);
        out.extend_from_slice(&shorter);
    }
}

fn put<I: HashicorpName, A: HashicorpAddress>(
    limits: &StreamLimits,
    message: &StreamMessage<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match message {
        StreamMessage::PushPull(push_pull) => put_push_pull(limits, push_pull, out),
        StreamMessage::PushPullPart(_) => Err(EncodeError::Unsupported("push/pulls in parts")),
        StreamMessage::Ping(ping) => message::encode::ping(ping, out),
        StreamMessage::Ack(ack) => message::encode::ack(ack, out),
        StreamMessage::User(payload) => {
            check_limit("user bytes", payload.len(), limits.max_user)?;
            out.push(kind::USER);
            let mut writer = Writer::new(out);
            writer.map(1);
            writer.str("UserMsgLen")?;
            writer.int(int(payload.len()));
            out.extend_from_slice(payload);
            Ok(())
        }
        StreamMessage::Error(text) => {
            out.push(kind::ERROR);
            let mut writer = Writer::new(out);
            writer.map(1);
            writer.str("Error")?;
            writer.str(shortened(text))
        }
        _ => Err(EncodeError::Unsupported("messages of this kind")),
    }
}

fn put_push_pull<I: HashicorpName, A: HashicorpAddress>(
    limits: &StreamLimits,
    push_pull: &PushPull<I, A>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    check_limit("states", push_pull.states.len(), limits.max_states)?;
    check_limit("user bytes", push_pull.user.len(), limits.max_user)?;
    out.push(kind::PUSH_PULL);
    let mut writer = Writer::new(out);
    writer.map(3);
    writer.str("Join")?;
    writer.bool(push_pull.join);
    writer.str("Nodes")?;
    writer.int(int(push_pull.states.len()));
    writer.str("UserStateLen")?;
    writer.int(int(push_pull.user.len()));
    for state in &push_pull.states {
        message::encode::node_state(state, out)?;
    }
    out.extend_from_slice(&push_pull.user);
    Ok(())
}

/// Of a length that is within the limits.
fn int(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

fn check_limit(what: &'static str, actual: usize, limit: usize) -> Result<(), EncodeError> {
    if actual > limit { Err(EncodeError::TooLarge { what, actual, limit }) } else { Ok(()) }
}
