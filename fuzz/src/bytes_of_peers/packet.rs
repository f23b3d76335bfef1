//! Packets, whole and with any framing.

use super::{
    world::{LABEL, Msg, framing, wire, with_second},
    wrapping::received,
};
use crate::second;
use allocation_counter::measure;
use bytes::Bytes;
use memberlist_types::{DecodeError, Framing};

/// What the messages of a packet may become when they are decompressed.
const MAX_DECOMPRESSED: usize = 1 << 16;

/// Memory for each byte of input (see `memberlist-types/tests/allocation.rs`).
pub(crate) const FACTOR: u64 = 32;

pub(super) type Outcome = Result<Vec<Result<Msg, DecodeError>>, DecodeError>;

/// Both decoders see the same; memory is bounded; what was understood can be said again, and means the same.
pub fn packet(input: &[u8]) {
    let Some(received) = received(input, 0xd1, false, MAX_DECOMPRESSED) else { return };
    let framing = &received.framing;
    let bytes = Bytes::from(received.bytes);
    let mut seen = Vec::with_capacity(1100);
    let mut result = Ok(());
    let info = measure(|| {
        result = wire().decode_packet(framing, bytes.clone(), &mut |message| seen.push(message));
    });
    let bound = FACTOR * bytes.len() as u64 + received.spare;
    assert!(info.bytes_max <= bound, "{} bytes cost {}", bytes.len(), info.bytes_max);
    assert!(result.is_ok() || seen.is_empty(), "refused as a whole, or message by message");
    let outcome = result.map(|()| seen);

    if !matches!(outcome, Err(DecodeError::Unencrypted)) {
        let second = with_second(framing, |keys, label| second::packet(keys, label, &bytes));
        let first: Option<Vec<_>> =
            outcome.as_ref().ok().map(|all| all.iter().map(|m| m.clone().ok()).collect());
        if let Some(second) = second {
            assert_eq!(first, second, "first and second decoder: {outcome:?}");
        }
    }
    for message in outcome.iter().flatten().flatten() {
        comes_back(message);
    }
    label_may_be_removed_on_the_way(framing, input, &outcome);
}

pub(super) fn decoded(framing: &Framing, packet: Bytes) -> Outcome {
    let mut seen = Vec::new();
    wire().decode_packet(framing, packet, &mut |message| seen.push(message))?;
    Ok(seen)
}

/// What can be understood can be said, alone and in any framing.
pub(super) fn comes_back(message: &Msg) {
    let text = format!("{message} {message:?}");
    assert!(!text.is_empty());
    let mut encoded = Vec::new();
    wire().encode_message(message, &mut encoded).expect("what was understood can be said");
    let packet = wire().encode_packet(&Framing::new(), &[encoded.into()]).expect("it came in a packet");
    assert_eq!(decoded(&Framing::new(), packet), Ok(vec![Ok(message.clone())]));
}

/// What a node with a label reads is also read behind something that takes the label off. (The other way round a checksum may fit only
/// without the label.)
fn label_may_be_removed_on_the_way(receiver: &Framing, input: &[u8], outcome: &Outcome) {
    if receiver.label.as_str() != LABEL || receiver.label_stripped_upstream || outcome.is_err() {
        return;
    }
    let stripped = receiver.clone().with_label_stripped_upstream(true);
    let Some(received) = received(input, 0xd1, false, MAX_DECOMPRESSED) else { return };
    let without = [&received.bytes[..1], &[0], &received.bytes[2 + LABEL.len()..]].concat();
    assert_eq!(&decoded(&stripped, without.into()), outcome, "with {}", framing(input[0]));
}
