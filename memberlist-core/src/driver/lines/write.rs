//! How frames get into a stream.

use bytes::Bytes;
use futures_util::{AsyncWrite, AsyncWriteExt};
use std::io;

/// What is small is copied together up to so many bytes, and written with one call; what is left of a large piece goes from where it is.
const GATHERED: usize = 64 << 10;

/// Writes these frames. On an error, also how many bytes were taken before.
///
/// A frame's head is too small to be written by itself (a packet, and a reader who wakes up for it), so it takes along what fits behind it.
/// `gathered` is memory for that, which is worth being kept.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    frames: &[[Bytes; 2]],
    gathered: &mut Vec<u8>,
) -> Result<(), (usize, io::Error)> {
    let mut taken = 0;
    gathered.clear();
    if let [[alone, rest]] = frames
        && rest.is_empty()
    {
        write_all(stream, alone, &mut taken).await?;
    } else {
        for piece in frames.iter().flatten() {
            let room = GATHERED.saturating_sub(gathered.len());
            let (first, rest) = piece.split_at_checked(room).unwrap_or((piece, &[]));
            gathered.extend_from_slice(first);
            if rest.is_empty() {
                continue;
            }
            write_all(stream, gathered, &mut taken).await?;
            gathered.clear();
            if rest.len() < GATHERED {
                gathered.extend_from_slice(rest);
            } else {
                write_all(stream, rest, &mut taken).await?;
            }
        }
        write_all(stream, gathered, &mut taken).await?;
    }
    stream.flush().await.map_err(|error| (taken, error))
}

/// Counts what was taken.
async fn write_all(
    stream: &mut (impl AsyncWrite + Unpin),
    mut bytes: &[u8],
    taken: &mut usize,
) -> Result<(), (usize, io::Error)> {
    while !bytes.is_empty() {
        match stream.write(bytes).await {
            Ok(0) => return Err((*taken, io::ErrorKind::WriteZero.into())),
            Ok(more) => {
                *taken += more;
                bytes = bytes.get(more..).unwrap_or_default();
            }
            Err(error) => return Err((*taken, error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
