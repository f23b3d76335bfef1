//! Streams of HashiCorp's wire, in pieces of any size.

use super::{
    hashicorp_packet::{Dyn, stripped, wire},
    packet::FACTOR,
    world::{StreamMsg, framing, limits},
};
use allocation_counter::measure;
use bytes::BytesMut;
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{DecodeError, Framing, StreamLimits, StreamMessage};

/// Tables for decompression, and small change.
const SPARE: u64 = 200_000;

/// The first three bytes: how the stream is cut into pieces, the framing of who receives, and the wire; with its highest bit a user message of the rest was
/// sent by a sound node.
///
/// However it is cut, the same comes out; who waits for as much as is said to be missing misses nothing; memory is bounded; what was understood can
/// be said again.
pub fn hashicorp_stream(input: &[u8]) {
    let &[cuts, number, setting, ref bytes @ ..] = input else { return };
    let (ours, framing, limits) = (wire(setting), framing(number), limits(cuts & 0x80 != 0));
    let wire: Dyn<'_> = &ours;
    let stream = match setting & 0x80 {
        0 => bytes.to_vec(),
        _ => {
            let message = StreamMessage::User(bytes.to_vec().into());
            match wire.encode_frame(&framing, &limits, true, &message) {
                Ok(frame) => frame.slice(stripped(&framing)..).to_vec(),
                Err(_) => return,
            }
        }
    };
    let reader = Reader { wire, framing: &framing, limits: &limits };
    let at_once = reader.read(&stream, usize::MAX, false);
    let in_pieces = reader.read(&stream, 1 + usize::from(cuts & 0x7f), false);
    assert_eq!(at_once.0, in_pieces.0, "in pieces of {} bytes", 1 + (cuts & 0x7f));
    // Which limit is found to be exceeded first may depend on how much is there.
    assert_eq!(at_once.1.is_some(), in_pieces.1.is_some(), "{:?}, {:?}", at_once.1, in_pieces.1);
    let patient = reader.read(&stream, 1, true);
    assert_eq!(at_once.0, patient.0, "waiting for what is missing");
    assert!(setting & 0x80 == 0 || !at_once.0.is_empty(), "{:?}", at_once.1);
    at_once.0.iter().for_each(comes_back);
}

struct Reader<'a> {
    wire: Dyn<'a>,
    framing: &'a Framing,
    limits: &'a StreamLimits,
}

impl Reader<'_> {
    /// What comes out, and the error at its end. The first message is the dialer's first one.
    fn read(&self, bytes: &[u8], piece: usize, patient: bool) -> (Vec<StreamMsg>, Option<DecodeError>) {
        let (mut buffer, mut messages, mut wanted) = (BytesMut::new(), Vec::new(), 1);
        let bound = FACTOR * (bytes.len() + self.limits.max_frame) as u64 + SPARE;
        for piece in bytes.chunks(piece.min(bytes.len()).max(1)) {
            buffer.extend_from_slice(piece);
            while buffer.len() >= wanted {
                let (before, first) = (buffer.len(), messages.is_empty());
                let cost = self.wire.decode_cost(self.framing, &buffer);
                let missing = self.wire.missing(self.framing, self.limits, first, &buffer);
                let mut result = Ok(None);
                let info = measure(|| {
                    result = self.wire.decode_frame(self.framing, self.limits, first, &mut buffer);
                });
                assert!(info.bytes_max <= bound, "{} bytes cost {}", bytes.len(), info.bytes_max);
                match result {
                    Ok(Some(message)) => {
                        assert!(buffer.len() < before, "a message of no bytes");
                        assert!(cost > 0 && missing == 0, "{cost}, {missing}");
                        messages.push(message);
                        wanted = 1;
                    }
                    Ok(None) => {
                        assert_eq!(
                            (buffer.len(), cost),
                            (before, 0),
                            "what is not complete is left alone, and costs nothing"
                        );
                        assert!(missing > 0);
                        wanted = if patient { before.saturating_add(missing) } else { before + 1 };
                    }
                    Err(error) => return (messages, Some(error)),
                }
            }
        }
        (messages, None)
    }
}

fn comes_back(message: &StreamMsg) {
    let text = format!("{message} {message:?}");
    if let StreamMessage::Error(_) = message {
        assert!(!text.chars().any(char::is_control), "a peer's words are escaped: {text}");
    }
    let wire: Dyn<'_> = &HashicorpWire::new();
    let limits = StreamLimits::default();
    for framing in [Framing::new(), framing(3)] {
        let frame =
            wire.encode_frame(&framing, &limits, true, message).expect("what was understood can be said");
        let again = wire.decode_frame(&framing, &limits, true, &mut BytesMut::from(&frame[..]));
        assert_eq!(again.as_ref(), Ok(&Some(message.clone())));
    }
}
