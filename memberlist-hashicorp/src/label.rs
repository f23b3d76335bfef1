//! The cluster's name in front of everything: a byte that says so, its length, and it. In streams, only the one who dials writes it, once.

use crate::kind;
use alloc::vec::Vec;
use memberlist_types::{DecodeError, Framing};

#[cfg(test)]
mod tests;

/// Bytes of the label and what stands before it; none without a label.
pub(crate) fn overhead(framing: &Framing) -> usize {
    match framing.label.as_bytes().len() {
        0 => 0,
        len => 2 + len,
    }
}

pub(crate) fn put(framing: &Framing, out: &mut Vec<u8>) {
    let label = framing.label.as_bytes();
    // It is never longer than 255 bytes.
    if let (Ok(len), false) = (u8::try_from(label.len()), label.is_empty()) {
        out.extend_from_slice(&[kind::LABEL, len]);
        out.extend_from_slice(label);
    }
}

/// What [`check`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// The label is right, and this is how many bytes stand before what follows.
    Right(usize),
    /// So many bytes are missing, at least.
    Short(usize),
}

/// Checks the label in front of `bytes`, as far as it is there.
pub(crate) fn check(framing: &Framing, bytes: &[u8]) -> Result<Check, DecodeError> {
    let wanted = framing.label.as_bytes();
    match *bytes {
        [] => Ok(Check::Short(1)),
        [kind::LABEL, ..] if framing.label_stripped_upstream => Err(DecodeError::LabelMismatch),
        [kind::LABEL] => Ok(Check::Short(1)),
        [kind::LABEL, 0, ..] => Err(DecodeError::Invalid("length of a label")),
        [kind::LABEL, len, ref rest @ ..] => {
            // A wrong one is refused with its first wrong byte.
            let there = rest.get(..usize::from(len)).unwrap_or(rest);
            if usize::from(len) != wanted.len() || !wanted.starts_with(there) {
                return Err(DecodeError::LabelMismatch);
            }
            Ok(match wanted.len() - there.len() {
                0 => Check::Right(overhead(framing)),
                missing => Check::Short(missing),
            })
        }
        [first, ..] => match kind::unknown(first) {
            // Another protocol altogether.
            error @ DecodeError::BadMagic(_) => Err(error),
            _ if wanted.is_empty() || framing.label_stripped_upstream => Ok(Check::Right(0)),
            _ => Err(DecodeError::LabelMismatch),
        },
    }
}
