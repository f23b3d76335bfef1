//! Bytes that make no sense, from below the transport.

use crate::{
    Fixture, Garbage,
    support::{Support, pattern},
};
use bytes::Bytes;
use memberlist_core::Transport;

/// Beginnings that protocols on sockets answer to, so that garbage gets further than the first byte.
const STARTS: [&[u8]; 7] = [
    b"",
    b"GET / HTTP/1.1\r\n\r\n",
    // TLS: a handshake record; one that claims to be long.
    &[0x16, 3, 1, 0, 40, 1, 0, 0, 36, 3, 3],
    &[0x16, 3, 3, 0xFF, 0xFF],
    // QUIC: a long header with its first packet; a short header.
    &[0xC0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8],
    &[0x40, 1, 2, 3, 4, 5, 6, 7, 8],
    &[0xFF; 8],
];

/// W-55: whatever bytes come from below, those who behave are served on; and nothing of it is handed on from a medium that is secure.
pub(crate) async fn garbage_from_below_disturbs_nobody<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    fixture.works(&a, &b).await;
    for (number, start) in STARTS.iter().enumerate() {
        for len in [0, 1, 40, 1_300] {
            let garbage = Bytes::from([start, &pattern(number as u8, len)[..]].concat());
            fixture.throw(b.advertise_address(), Garbage::Packet(garbage.clone())).await;
            fixture.throw(b.advertise_address(), Garbage::Stream(garbage)).await;
        }
    }
    let secure = b.capabilities().secure_packets;
    fixture
        .deliver_past(&a, &b, "not garbage", |packet| {
            assert!(
                !secure || packet.data.starts_with(b"does it work"),
                "garbage passes for a packet of a peer"
            );
        })
        .await;
    let mut streams = 0;
    // Garbage that looks like a stream is handed on as one where everybody may speak. It ends, as everything.
    while let Some(Ok((_, mut stream))) = fixture.briefly(crate::support::PAUSE * 10, b.accept_stream()).await
    {
        let said = fixture.ends("the end of a stream of garbage", &mut stream).await;
        let secure = b.capabilities().secure_streams;
        assert!(!secure, "{} bytes of garbage pass for a stream of a peer", said.len());
        streams += 1;
    }
    assert!(streams <= STARTS.len() * 4, "{streams} streams of what was thrown");
    fixture.works(&a, &b).await;
}
