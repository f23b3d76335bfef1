//! Packets that travel on a stream: `memberlist-net` where UDP is blocked.

use crate::{options::MAX_PACKET, packet_stream as wire};
use bytes::Bytes;
use futures_util::{AsyncRead, FutureExt, io::Cursor};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

/// A stream that gives a few bytes at a time.
struct Slow<'a>(Cursor<&'a [u8]>, usize);

impl AsyncRead for Slow<'_> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let most = self.1.min(buf.len());
        Pin::new(&mut self.0).poll_read(cx, &mut buf[..most])
    }
}

/// The first byte says how many bytes come at a time. What was read is what would have been written.
pub fn packet_stream(input: &[u8]) {
    let Some((&piece, bytes)) = input.split_first() else { return };
    let (port, packets, ended) = read(Slow(Cursor::new(bytes), 1 + usize::from(piece)));
    let at_once = read(Slow(Cursor::new(bytes), usize::MAX));
    assert_eq!((port, packets.clone(), ended), at_once, "the pieces make no difference");
    let Some(port) = port else { return assert!(packets.is_empty()) };
    let mut again = wire::preamble(port).to_vec();
    for packet in &packets {
        assert!((1..=MAX_PACKET).contains(&packet.len()));
        wire::append(&mut again, packet);
    }
    assert!(bytes.starts_with(&again));
    assert_eq!(ended, again.len() == bytes.len(), "in good order exactly if nothing is left");
}

/// The opener's port, the packets, and whether the stream ended in good order.
fn read(mut stream: Slow<'_>) -> (Option<u16>, Vec<Bytes>, bool) {
    let course = async {
        let mut packets = Vec::new();
        let Ok(port) = wire::read_preamble(&mut stream).await else { return (None, packets, false) };
        loop {
            let packet = match wire::read_length(&mut stream).await {
                Ok(Some(len)) => wire::read_packet(&mut stream, len).await,
                Ok(None) => return (Some(port), packets, true),
                Err(_) => return (Some(port), packets, false),
            };
            match packet {
                Ok(packet) => packets.push(packet),
                Err(_) => return (Some(port), packets, false),
            }
        }
    };
    course.now_or_never().expect("it never waits")
}
