//! Every future may be dropped at any point without losing anything but its own effect.

use crate::{
    Fixture,
    support::{PAUSE, Support, assert_same, pattern, poll_once},
};
use futures_util::{AsyncReadExt, AsyncWriteExt, future::join};
use memberlist_core::Transport;

/// What had arrived when a receive was dropped is there for the next one.
pub(crate) async fn dropped_receives_lose_no_packet<F: Fixture>(fixture: &F) {
    const PACKETS: u32 = 40;
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    fixture.deliver(&a, &b, "the way is open").await;
    let mut resent = 0;
    for number in 0..PACKETS {
        let packet = pattern(number as u8, 200);
        'sent: loop {
            if let Err(error) = a.send_packet(b.advertise_address(), packet.clone().into()).await {
                panic!("packet {number}: {error}");
            }
            // Each look is a future of its own, dropped if it has nothing.
            for _ in 0..60 {
                match poll_once(b.recv_packet()).await.map(|received| fixture.received(received)) {
                    Some(received) if received.data == packet => break 'sent,
                    Some(_) => {}
                    None => fixture.pause().await,
                }
            }
            // The medium may lose one.
            resent += 1;
            assert!(resent < PACKETS / 2, "packets are lost when a receive is dropped: {resent} of {number}");
        }
    }
}

/// A stream that had come when an accept was dropped is there for the next one.
pub(crate) async fn dropped_accepts_lose_no_stream<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    for number in 0..20 {
        let text = pattern(number, 100);
        let ask = async {
            let mut stream = fixture.open(&a, b.advertise_address()).await;
            fixture.write(&mut stream, &text).await;
            fixture.close(&mut stream).await;
            // Kept until the other side has it.
            fixture.ends("the other side is done", &mut stream).await;
        };
        let accept = async {
            let mut stream = loop {
                match poll_once(b.accept_stream()).await {
                    Some(Ok((_, stream))) => break stream,
                    Some(Err(error)) => panic!("accepting streams fails: {error}"),
                    None => fixture.pause().await,
                }
            };
            assert_same("a stream that was accepted late", &fixture.read_to_end(&mut stream).await, &text);
        };
        let both = join(ask, accept);
        fixture.within(&format!("stream {number}, which was there when an accept was dropped"), both).await;
    }
}

/// A read that is dropped takes no bytes with it.
pub(crate) async fn dropped_reads_lose_no_byte<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (mut writer, mut reader) = fixture.stream(&a, &b, b"hello").await;
    let bytes = pattern(1, 3_000);
    let say = async {
        for piece in bytes.chunks(100) {
            fixture.write(&mut writer, piece).await;
            fixture.pause().await;
        }
        fixture.close(&mut writer).await;
    };
    let hear = async {
        let mut heard = Vec::new();
        loop {
            let mut piece = [0; 64];
            match poll_once(reader.read(&mut piece)).await {
                Some(Ok(0)) => return heard,
                Some(Ok(read)) => heard.extend_from_slice(&piece[..read]),
                Some(Err(error)) => panic!("a stream breaks off: {error}"),
                None => fixture.pause().await,
            }
        }
    };
    let ((), heard) = fixture.within("everything is read", join(say, hear)).await;
    assert_same("what reads heard that were dropped again and again", &heard, &bytes);
}

/// Streams whose opening is given up leave nothing behind that would, in the end, keep others from opening.
pub(crate) async fn dropped_opens_leave_nothing_behind<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    for number in 0..300 {
        let open = a.open_stream(b.advertise_address());
        if number % 2 == 0 {
            drop(poll_once(open).await);
        } else {
            drop(fixture.briefly(PAUSE / 10, open).await);
        }
        // Those that did open are taken and dropped.
        while let Some(accepted) = poll_once(b.accept_stream()).await {
            if let Err(error) = accepted {
                panic!("accepting streams fails: {error}");
            }
        }
    }
    // Some may be taken for open until their end is noticed.
    fixture.echo_soon(&a, &b).await;
    fixture.works(&a, &b).await;
}

/// A send that is dropped may or may not have happened; the next one is as if nothing was.
pub(crate) async fn dropped_sends_do_no_harm<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let packet = pattern(2, 1_000);
    for _ in 0..200 {
        drop(poll_once(a.send_packet(b.advertise_address(), packet.clone().into())).await);
    }
    fixture
        .deliver_past(&a, &b, "whole", |other| {
            assert_same("a packet whose send was dropped", &other.data, &packet);
        })
        .await;
    let (mut writer, mut reader) = fixture.stream(&a, &b, b"hello").await;
    // Of a write that was dropped, all or nothing was taken.
    let mut written = Vec::new();
    for number in 0..50 {
        let piece = pattern(number, 500);
        if let Some(Ok(taken)) = poll_once(writer.write(&piece)).await {
            written.extend_from_slice(&piece[..taken]);
        }
    }
    fixture.close(&mut writer).await;
    assert_same("what writes said that were dropped", &fixture.read_to_end(&mut reader).await, &written);
}
