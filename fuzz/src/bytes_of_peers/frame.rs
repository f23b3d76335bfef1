//! Frames of streams, in pieces of any size.

use super::{
    packet::FACTOR,
    world::{StreamMsg, limits, wire, with_second},
    wrapping::received,
};
use crate::second;
use allocation_counter::measure;
use bytes::{Bytes, BytesMut};
use memberlist_types::{DecodeError, Framing, StreamLimits, StreamMessage};

/// The first three bytes: as [`received`] wants them, and in between how the stream is cut into pieces.
///
/// However it is cut, the same comes out; both decoders see the same; memory is bounded; what was understood can be said again.
pub fn frame(input: &[u8]) {
    let Some((&cuts, input)) = input.split_first() else { return };
    let limits = limits(cuts & 0x80 != 0);
    let Some(received) = received(input, 0xe1, true, limits.max_frame) else { return };
    let framing = &received.framing;

    let at_once = read(framing, &limits, &received.bytes, usize::MAX, received.spare);
    // A frame that is not there as a whole may already be refused, but nothing that is all right may be.
    let in_pieces = read(framing, &limits, &received.bytes, 1 + usize::from(cuts & 0x7f), received.spare);
    assert_eq!(at_once, in_pieces, "in pieces of {} bytes", 1 + (cuts & 0x7f));

    compare_with_second(framing, &limits, &received.bytes);
    for message in &at_once.messages {
        comes_back(message);
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Read {
    pub(super) messages: Vec<StreamMsg>,
    pub(super) error: Option<DecodeError>,
    /// What waits for more.
    pub(super) rest: Bytes,
}

fn read(framing: &Framing, limits: &StreamLimits, bytes: &[u8], piece: usize, spare: u64) -> Read {
    let mut buffer = BytesMut::new();
    let mut messages = Vec::new();
    let bound = FACTOR * bytes.len() as u64 + spare;
    for piece in bytes.chunks(piece.min(bytes.len()).max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            let cost = wire().decode_cost(framing, &buffer);
            let mut result = Ok(None);
            let info = measure(|| result = wire().decode_frame(framing, limits, true, &mut buffer));
            assert!(info.bytes_max <= bound, "{} bytes cost {}", bytes.len(), info.bytes_max);
            match result {
                Ok(Some(message)) => {
                    assert!(buffer.len() < before, "a message of no bytes");
                    assert!(cost > 0, "what is decoded costs something");
                    messages.push(message);
                }
                Ok(None) => {
                    assert_eq!(buffer.len(), before, "what is not complete is left alone");
                    assert_eq!(cost, 0, "and costs nothing");
                    break;
                }
                // What is left of the buffer then is no promise.
                Err(error) => return Read { messages, error: Some(error), rest: Bytes::new() },
            }
        }
    }
    Read { messages, error: None, rest: buffer.freeze() }
}

/// The first frame, as long as it says it is.
fn compare_with_second(framing: &Framing, limits: &StreamLimits, bytes: &[u8]) {
    let Some(&label_len) = bytes.get(1) else { return };
    let header = 2 + usize::from(label_len) + 4;
    let Some(len) = bytes.get(header - 4..header) else { return };
    let len = u32::from_be_bytes(len.try_into().unwrap());
    let Some(frame) = bytes.get(..header.saturating_add(len as usize)) else { return };
    let first = wire().decode_frame(framing, limits, true, &mut BytesMut::from(frame));
    // The second one knows no policy, and has wide limits.
    if matches!(first, Err(DecodeError::Unencrypted | DecodeError::TooLarge { .. })) {
        return;
    }
    if let Some(second) = with_second(framing, |keys, label| second::frame(keys, label, frame)) {
        assert_eq!(first.clone().ok().flatten(), second, "first and second decoder: {first:?}");
    }
}

pub(super) fn comes_back(message: &StreamMsg) {
    let text = format!("{message} {message:?}");
    if let StreamMessage::Error(_) = message {
        assert!(!text.chars().any(char::is_control), "a peer's words are escaped: {text}");
    }
    let (framing, limits) = (Framing::new(), StreamLimits::default());
    let frame =
        wire().encode_frame(&framing, &limits, true, message).expect("what was understood can be said");
    let again = wire().decode_frame(&framing, &limits, true, &mut BytesMut::from(&frame[..]));
    assert_eq!(again, Ok(Some(message.clone())));
}
