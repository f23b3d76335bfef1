//! LZW as Go's `compress/lzw` writes it with literals of 8 bits, least significant bit first; the variant of GIF.
//!
//! Written here, because the bytes are to be Go's own (when exactly the table is cleared is the encoder's choice), and what comes out of a decoder must be
//! bounded by its user.

mod decode;
mod encode;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::of_zeros;

pub(crate) use decode::{decode, decoded_len};
pub(crate) use encode::encode;

/// The code that empties the table.
const CLEAR: u16 = 256;

/// The code that ends the data.
const END: u16 = 257;

/// Bits of a code, at first and at most.
const MIN_WIDTH: u32 = 9;
const MAX_WIDTH: u32 = 12;

/// The code that is never given out by the encoder: it empties the table instead.
const LAST: u16 = (1 << MAX_WIDTH) - 1;
