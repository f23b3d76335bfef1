//! What is compressed: a struct that names the algorithm, of which there is one, and has the bytes.

use crate::{kind, lzw, msgpack::Reader, msgpack::Writer};
use alloc::{borrow::Cow, vec::Vec};
use memberlist_types::DecodeError;

#[cfg(test)]
mod tests;

/// LZW.
const LZW: u8 = 0;

/// What a packet may become in all. Uncompressed, none is longer: that is what a datagram holds.
pub(crate) const MAX_PACKET: usize = 1 << 16;

/// What a message on a stream may become.
pub(crate) const MAX_FRAME: usize = 40 << 20;

/// Compressed data of more bytes than this are not measured ahead: that would itself take its time.
const MAX_MEASURED: usize = 4 << 20;

/// A message in compressed form; `None` if that is not shorter.
pub(crate) fn compress(message: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    lzw::encode(message, message.len(), &mut data)?;
    let mut out = Vec::with_capacity(data.len() + 16);
    out.push(kind::COMPRESSED);
    let mut writer = Writer::new(&mut out);
    writer.map(2);
    writer.str("Algo").ok()?;
    writer.uint(LZW.into());
    writer.str("Buf").ok()?;
    writer.raw(&data).ok()?;
    (out.len() < message.len()).then_some(out)
}

/// The message in what stands behind the kind. It has at most `limit` bytes.
pub(crate) fn decompress(body: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    lzw::decode(&data(body)?, limit)
}

/// How much memory that takes; 0 if it is refused.
pub(crate) fn cost(body: &[u8], limit: usize) -> usize {
    match data(body) {
        Ok(data) if data.len() > MAX_MEASURED => limit,
        Ok(data) => lzw::decoded_len(&data, limit).unwrap_or(0),
        Err(_) => 0,
    }
}

fn data(body: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    let (mut algorithm, mut data) = (LZW, Cow::default());
    Reader::new(body).structure(&["Algo", "Buf"], |field, reader| {
        match field {
            0 => algorithm = reader.u8()?,
            _ => data = reader.bytes()?,
        }
        Ok(())
    })?;
    if algorithm == LZW { Ok(data) } else { Err(DecodeError::UnknownLayer(algorithm)) }
}
