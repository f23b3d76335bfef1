//! Tagged fields: one byte of tag and length (more where those are large), then the value.

use super::data::{MAX_LEN, WireData};
use crate::{DecodeError, EncodeError};
use alloc::vec::Vec;

#[cfg(test)]
mod tests;

/// In the low half of a key: the length stands in the next 1, 2 or 4 bytes. Below these it is the length itself.
const LEN_U8: u8 = 13;
const LEN_U16: u8 = 14;
const LEN_U32: u8 = 15;
/// In the high half of a key: the tag stands in the next byte. Below it is the tag itself.
const TAG_U8: u8 = 15;

/// A key as it was read: what follows it, and how many bytes it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) tag: u8,
    /// Bytes of the value.
    pub(super) len: usize,
    /// Bytes of the key itself.
    pub(super) size: usize,
}

/// Reads the key at the front; `None` if it is not complete.
#[inline]
pub(super) fn key(bytes: &[u8]) -> Option<Key> {
    let &first = bytes.first()?;
    let (tag, len) = (first >> 4, first & 0x0f);
    // Nearly all of them are so short.
    if tag < TAG_U8 && len < LEN_U8 {
        return Some(Key { tag, len: usize::from(len), size: 1 });
    }
    long_key(bytes)
}

fn long_key(bytes: &[u8]) -> Option<Key> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut tag = first >> 4;
    if tag == TAG_U8 {
        let (&long, after) = rest.split_first()?;
        (tag, rest) = (long, after);
    }
    let (len, rest) = match first & 0x0f {
        LEN_U8 => rest.split_first_chunk().map(|(len, rest)| (u32::from(u8::from_be_bytes(*len)), rest)),
        LEN_U16 => rest.split_first_chunk().map(|(len, rest)| (u32::from(u16::from_be_bytes(*len)), rest)),
        LEN_U32 => rest.split_first_chunk().map(|(len, rest)| (u32::from_be_bytes(*len), rest)),
        len => Some((u32::from(len), rest)),
    }?;
    Some(Key { tag, len: usize::try_from(len).unwrap_or(usize::MAX), size: bytes.len() - rest.len() })
}

/// The fields of a body, in order.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// Bytes that are not read yet.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next tag and value; `None` at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, DecodeError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = key(self.rest).ok_or(DecodeError::Truncated)?;
        if key.tag == 0 {
            return Err(DecodeError::Invalid("field tag"));
        }
        let end = key.size.checked_add(key.len).ok_or(DecodeError::Truncated)?;
        let value = self.rest.get(key.size..end).ok_or(DecodeError::Truncated)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok(Some((key.tag, value)))
    }
}

/// The values of the tags `1..=N` (`None`: absent; present twice: the last). Higher tags are unknown here and skipped. `N` is below 15.
///
/// Whoever writes them as we do writes them in ascending order, and nearly all are short: these are read in one pass that knows which tag is next,
/// and keeps what it finds in registers. What that pass does not understand, errors too, is left to the slow one, which begins anew.
#[inline(always)]
pub(super) fn collect<const N: usize>(body: &[u8]) -> Result<[Option<&[u8]>; N], DecodeError> {
    let (mut rest, mut values) = (body, [None; N]);
    for (value, tag) in values.iter_mut().zip(1..) {
        *value = take(&mut rest, tag);
    }
    if rest.is_empty() { Ok(values) } else { collect_any(body) }
}

/// The value at the front, if this is its tag and it is short and whole.
#[inline(always)]
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&key, after) = rest.split_first()?;
    let (value, after) = match key ^ tag << 4 {
        len @ ..LEN_U8 => after.split_at_checked(usize::from(len)),
        LEN_U8 => medium(after),
        _ => None,
    }?;
    *rest = after;
    Some(value)
}

/// A value whose length stands in a byte before it, and what is behind it.
#[inline(never)]
fn medium(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&len, after) = bytes.split_first()?;
    after.split_at_checked(usize::from(len))
}

/// The same in any order and of any length.
#[cold]
#[inline(never)]
fn collect_any<const N: usize>(body: &[u8]) -> Result<[Option<&[u8]>; N], DecodeError> {
    let mut values = [None; N];
    let mut fields = Fields::new(body);
    while let Some((tag, value)) = fields.next()? {
        if let Some(slot) = values.get_mut(usize::from(tag).wrapping_sub(1)) {
            *slot = Some(value);
        }
    }
    Ok(values)
}

/// An integer: big-endian, 0 to 8 bytes; absent is 0.
#[inline]
pub(super) fn uint(value: Option<&[u8]>, name: &'static str) -> Result<u64, DecodeError> {
    let bytes = value.unwrap_or_default();
    if bytes.len() > 8 {
        return Err(DecodeError::Invalid(name));
    }
    Ok(bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// An integer that must fit 32 bits.
#[inline]
pub(super) fn uint32(value: Option<&[u8]>, name: &'static str) -> Result<u32, DecodeError> {
    u32::try_from(uint(value, name)?).map_err(|_| DecodeError::Invalid(name))
}

/// Appends the key of a field in its shortest form.
#[inline]
pub(super) fn put_key(out: &mut Vec<u8>, tag: u8, len: usize, what: &'static str) -> Result<(), EncodeError> {
    match u8::try_from(len) {
        Ok(len) if tag < TAG_U8 && len < LEN_U8 => {
            out.push(tag << 4 | len);
            Ok(())
        }
        _ => put_long_key(out, tag, len, what),
    }
}

fn put_long_key(out: &mut Vec<u8>, tag: u8, len: usize, what: &'static str) -> Result<(), EncodeError> {
    let too_large = |_| EncodeError::TooLarge { what, actual: len, limit: u32::MAX as usize };
    let len32 = u32::try_from(len).map_err(too_large)?;
    let (high, long_tag) = if tag < TAG_U8 { (tag << 4, None) } else { (TAG_U8 << 4, Some(tag)) };
    let [_, _, third, low] = len32.to_be_bytes();
    let (low_half, length): (u8, &[u8]) = match len32 {
        0..=12 => (low, &[]),
        13..=0xff => (LEN_U8, &[low]),
        0x100..=0xffff => (LEN_U16, &[third, low]),
        _ => (LEN_U32, &len32.to_be_bytes()),
    };
    out.push(high | low_half);
    out.extend(long_tag);
    out.extend_from_slice(length);
    Ok(())
}

/// Appends bytes; nothing if they are empty, which is the default.
#[inline]
pub(super) fn put_bytes(
    out: &mut Vec<u8>,
    tag: u8,
    value: &[u8],
    what: &'static str,
) -> Result<(), EncodeError> {
    if !value.is_empty() {
        put_key(out, tag, value.len(), what)?;
        out.extend_from_slice(value);
    }
    Ok(())
}

/// Appends an integer without its leading zero bytes; nothing if it is 0, which is the default.
#[inline]
pub(super) fn put_uint(out: &mut Vec<u8>, tag: u8, value: u64) -> Result<(), EncodeError> {
    let bytes = value.to_be_bytes();
    let zeros = value.leading_zeros() as usize / 8;
    put_bytes(out, tag, bytes.get(zeros..).unwrap_or_default(), "integer")
}

/// Appends an id or address.
#[inline]
pub(super) fn put_data<T: WireData>(
    out: &mut Vec<u8>,
    tag: u8,
    value: &T,
    what: &'static str,
) -> Result<(), EncodeError> {
    let len = value.encoded_len();
    if len == 0 {
        return Err(EncodeError::Unsupported("an empty id or address"));
    }
    if len > MAX_LEN {
        return Err(EncodeError::TooLarge { what, actual: len, limit: MAX_LEN });
    }
    put_key(out, tag, len, what)?;
    let before = out.len();
    value.encode(out);
    // A foreign implementation that miscounts would shift everything behind it.
    if out.len().checked_sub(before) != Some(len) {
        return Err(EncodeError::Unsupported(
            "an id or address that encodes other than its `encoded_len` says",
        ));
    }
    Ok(())
}
