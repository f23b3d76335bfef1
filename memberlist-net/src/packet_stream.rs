//! How packets travel over TCP.
//!
//! A connection that carries packets starts with four bytes: `B5`, a version (`01`), and the port at which its opener is reached
//! (big endian, not 0). Then, for each packet, its length in four bytes (big endian, 1 to 65,507) and its bytes. Packets go from the opener to
//! the acceptor only. Any other first byte makes the connection an ordinary stream, of which nothing is consumed here.

use crate::options::MAX_PACKET;
use bytes::Bytes;
use futures_util::io::{AsyncRead, AsyncReadExt};
use std::io;

/// The first byte of a connection that carries packets.
pub(crate) const PREAMBLE: u8 = 0xB5;
const VERSION: u8 = 1;
const PREAMBLE_LEN: usize = 4;
const LENGTH_LEN: usize = 4;

/// What opens a connection that carries packets.
pub(crate) fn preamble(port: u16) -> [u8; PREAMBLE_LEN] {
    let [high, low] = port.to_be_bytes();
    [PREAMBLE, VERSION, high, low]
}

/// Reads what opens a connection that carries packets; gives the opener's port.
pub(crate) async fn read_preamble(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<u16> {
    let mut bytes = [0; PREAMBLE_LEN];
    stream.read_exact(&mut bytes).await?;
    match bytes {
        [PREAMBLE, VERSION, 0, 0] => Err(invalid("packet connection from port 0".to_owned())),
        [PREAMBLE, VERSION, high, low] => Ok(u16::from_be_bytes([high, low])),
        [_, version, ..] => Err(invalid(format!("packet connection of unknown version {version}"))),
    }
}

/// Appends a packet with its length.
pub(crate) fn append(out: &mut Vec<u8>, packet: &[u8]) {
    debug_assert!(packet.len() <= MAX_PACKET, "send_packet has checked the length");
    let len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(packet);
}

/// Reads a packet's length; `None` if the connection has ended in good order.
pub(crate) async fn read_length(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<usize>> {
    let mut bytes = [0; LENGTH_LEN];
    let first = stream.read(&mut bytes).await?;
    if first == 0 {
        return Ok(None);
    }
    if let Some(rest) = bytes.get_mut(first..) {
        stream.read_exact(rest).await?;
    }
    let len = u32::from_be_bytes(bytes);
    match usize::try_from(len) {
        Ok(len @ 1..=MAX_PACKET) => Ok(Some(len)),
        _ => Err(invalid(format!("packet that claims {len} bytes"))),
    }
}

/// Reads a packet's bytes. Memory is taken as they arrive, not as they are claimed.
pub(crate) async fn read_packet(stream: &mut (impl AsyncRead + Unpin), len: usize) -> io::Result<Bytes> {
    let mut packet = Vec::new();
    stream.take(len as u64).read_to_end(&mut packet).await?;
    if packet.len() < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Bytes::from(packet))
}

fn invalid(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests;
