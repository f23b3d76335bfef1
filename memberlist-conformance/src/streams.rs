//! Streams: every byte, in order, in both directions, and an end that is noticed.
//!
//! Who opens a stream speaks first: a transport may hand a stream out only when something was said on it.

use crate::{
    Fixture,
    fixture::StreamIn,
    support::{PAUSE, Support, assert_same, pattern},
};
use agnostic::RuntimeLite;
use futures_util::{
    AsyncReadExt, AsyncWriteExt, StreamExt,
    future::{Either, join, join_all, select},
    stream::FuturesUnordered,
};
use memberlist_core::{Transport, TransportError};
use std::{pin::pin, time::Duration};

/// W-52
pub(crate) async fn streams_carry_all_bytes_both_ways<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    for len in [1, 2, 4_096, 70_000, 1 << 20] {
        fixture.echo(&a, &b, &pattern(1, len)).await;
        fixture.echo(&b, &a, &pattern(2, len)).await;
    }
}

/// One side says that it has said all, and still hears the other.
pub(crate) async fn half_closed_stream_still_carries_the_answer<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (mut asker, mut answerer) = fixture.stream(&a, &b, b"question").await;
    fixture.close(&mut asker).await;
    assert_eq!(fixture.read_to_end(&mut answerer).await, b"", "after the question");
    let answer = pattern(3, 300_000);
    let say = async {
        fixture.write(&mut answerer, &answer).await;
        fixture.close(&mut answerer).await;
    };
    let hear = async {
        let heard = fixture.read_to_end(&mut asker).await;
        assert_same("the answer after the asker has closed his side", &heard, &answer);
    };
    join(say, hear).await;
}

/// A stream that was closed in order ends after its last byte, and not before; also if both sides are dropped as soon as they are done.
pub(crate) async fn closed_stream_ends_after_its_last_byte<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    for len in [1, 1_000, 50_000, 400_000] {
        let bytes = pattern(4, len);
        let say = async {
            let mut stream = fixture.open(&a, b.advertise_address()).await;
            fixture.write(&mut stream, &bytes).await;
            fixture.close(&mut stream).await;
        };
        let hear = async {
            let (_, mut stream) = fixture.accept(&b).await;
            let mut heard = Vec::new();
            let mut piece = vec![0; 1_000 + len / 10];
            loop {
                let read = fixture.within("a stream goes on or ends", stream.read(&mut piece)).await;
                match read {
                    Ok(0) => return heard,
                    Ok(read) => heard.extend_from_slice(&piece[..read]),
                    Err(error) => panic!("a stream that was closed in order breaks off: {error}"),
                }
                fixture.pause().await;
            }
        };
        let ((), heard) = join(say, hear).await;
        assert_same("a stream that was closed", &heard, &bytes);
    }
}

/// Both sides speak at the same time, more than fits on the way.
pub(crate) async fn both_directions_flow_at_once<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (one, other) = fixture.stream(&a, &b, b"hello").await;
    let (ours, theirs) = (pattern(5, 700_000), pattern(6, 600_000));
    let side = async |stream, says: &[u8], hears: &[u8]| {
        let (mut reader, mut writer) = AsyncReadExt::split(stream);
        let say = async {
            writer.write_all(says).await?;
            writer.close().await
        };
        let mut heard = Vec::new();
        let both = join(say, reader.read_to_end(&mut heard));
        let (said, ended) = fixture.within("both directions end", both).await;
        said.and(ended).unwrap_or_else(|error| panic!("while both speak: {error}"));
        assert_same("what the other said meanwhile", &heard, hears);
    };
    join(side(one, &ours, &theirs), side(other, &theirs, &ours)).await;
}

/// Who waits on a stream learns that the other side has dropped it, whichever side that is.
pub(crate) async fn dropped_stream_ends_for_the_other_side<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (opener, mut acceptor) = fixture.stream(&a, &b, b"opener goes").await;
    drop(opener);
    fixture.ends("the end of a stream that its opener dropped", &mut acceptor).await;
    let (mut opener, acceptor) = fixture.stream(&a, &b, b"acceptor goes").await;
    drop(acceptor);
    fixture.ends("the end of a stream that its acceptor dropped", &mut opener).await;
    fixture.works(&a, &b).await;
}

/// Who writes to a peer that has dropped the stream is told, and does not write for ever.
pub(crate) async fn writing_to_a_dropped_stream_fails<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (mut opener, acceptor) = fixture.stream(&a, &b, b"hello").await;
    drop(acceptor);
    let write = async {
        let bytes = pattern(7, 16_384);
        while opener.write_all(&bytes).await.is_ok() && opener.flush().await.is_ok() {
            fixture.pause().await;
        }
    };
    fixture.within("an error when writing to a stream that the peer dropped", write).await;
    fixture.works(&a, &b).await;
}

/// Complaint 26: a reader that takes nothing makes the writer wait, instead of filling the memory.
///
/// 32 MiB can't be written while nobody reads.
pub(crate) async fn reader_that_takes_nothing_holds_the_writer_back<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (mut writer, _reader) = fixture.stream(&a, &b, b"hello").await;
    let bytes = pattern(8, 64 << 10);
    let mut written = 0;
    // Ends when a write stands still for a while. One that is only slow passes for held back: the test may miss the fault, and accuses nobody.
    while let Some(outcome) = fixture.briefly(Duration::from_millis(250), writer.write(&bytes)).await {
        match outcome {
            Ok(more) => written += more,
            Err(error) => panic!("a stream breaks off because nobody reads: {error}"),
        }
        assert!(written < 32 << 20, "{written} bytes were written, and nobody reads them");
    }
    fixture.works(&a, &b).await;
}

/// A slow reader gets everything.
pub(crate) async fn slow_reader_gets_every_byte<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let (mut writer, mut reader) = fixture.stream(&a, &b, b"hello").await;
    let bytes = pattern(9, 3 << 20);
    let say = async {
        fixture.write(&mut writer, &bytes).await;
        fixture.close(&mut writer).await;
    };
    let hear = async {
        let mut heard = Vec::with_capacity(bytes.len());
        let mut piece = vec![0; 40_000];
        for number in 0_usize.. {
            let room = 1 + (number * 7_919) % piece.len();
            match fixture.within("a stream goes on", reader.read(&mut piece[..room])).await {
                Ok(0) => break,
                Ok(read) => heard.extend_from_slice(&piece[..read]),
                Err(error) => panic!("a slow reader is cut off after {} bytes: {error}", heard.len()),
            }
            if number % 16 == 0 {
                crate::fixture::RuntimeIn::<F>::yield_now().await;
            }
        }
        heard
    };
    let ((), heard) = join(say, hear).await;
    assert_same("what a slow reader hears", &heard, &bytes);
}

/// W-52: a hundred streams, all open at the same time, each with its own bytes.
pub(crate) async fn hundred_streams_at_once_are_all_served<F: Fixture>(fixture: &F) {
    const STREAMS: usize = 100;
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let open = join_all((0..STREAMS).map(async |number| {
        let mut stream = fixture.open(&a, b.advertise_address()).await;
        fixture.write(&mut stream, &(number as u32).to_be_bytes()).await;
        stream
    }));
    let accept = async {
        let mut streams = Vec::new();
        while streams.len() < STREAMS {
            let (_, mut stream) = fixture.accept(&b).await;
            let number = fixture.read(&mut stream, 4).await;
            streams.push((number, stream));
        }
        streams
    };
    let (opened, accepted) = join(open, accept).await;
    // All are open now, and each side answers in its own order.
    let ask = join_all(opened.into_iter().enumerate().map(async |(number, mut stream)| {
        fixture.close(&mut stream).await;
        let answer = fixture.read_to_end(&mut stream).await;
        assert_same("the answer on one of many streams", &answer, &pattern(number as u8, 5_000 + number));
    }));
    let answer = join_all(accepted.into_iter().rev().map(async |(number, mut stream)| {
        let number = number.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        assert!(number < STREAMS, "one of many streams begins with the wrong bytes");
        assert_eq!(fixture.read_to_end(&mut stream).await, b"", "nothing more was said");
        fixture.write(&mut stream, &pattern(number as u8, 5_000 + number)).await;
        fixture.close(&mut stream).await;
    }));
    join(ask, answer).await;
    fixture.works(&a, &b).await;
}

/// Complaint 26: who does not read his stream holds up nobody else's, nor packets; shown with two.
pub(crate) async fn stalled_streams_hold_up_no_other<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let mut stalled = Vec::new();
    for _ in 0..2 {
        let (mut writer, reader) = fixture.stream(&a, &b, b"hello").await;
        let bytes = pattern(10, 64 << 10);
        let mut written = 0;
        while written < 8 << 20 {
            match fixture.briefly(PAUSE * 20, writer.write(&bytes)).await {
                Some(Ok(more)) => written += more,
                _ => break,
            }
        }
        stalled.push((writer, reader));
    }
    fixture.works(&a, &b).await;
    fixture.echo(&a, &b, &pattern(11, 200_000)).await;
    drop(stalled);
    fixture.works(&a, &b).await;
}

/// Two peers open streams to each other in the same moment.
pub(crate) async fn both_sides_may_open_at_once<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    for round in 0..5 {
        let (there, back) = (pattern(round, 3_000), pattern(round, 4_000));
        join(fixture.echo(&a, &b, &there), fixture.echo(&b, &a, &back)).await;
    }
}

/// Streams that say nothing and go disturb nobody.
pub(crate) async fn streams_without_a_word_disturb_nobody<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    let mut held = Vec::new();
    for number in 0..40 {
        let stream = fixture.open(&a, b.advertise_address()).await;
        if number % 4 == 0 {
            held.push(stream);
        }
    }
    let (there, back) = (b"works".to_vec(), pattern(12, 10_000));
    // What is accepted here may be one of those that say nothing, so all are listened to.
    let serve = async {
        let listen = async |mut stream: StreamIn<F>| {
            if !matches!(stream.read(&mut [0]).await, Ok(1)) {
                return false;
            }
            assert_eq!(fixture.read_to_end(&mut stream).await, &there[1..]);
            fixture.write(&mut stream, &back).await;
            fixture.close(&mut stream).await;
            true
        };
        let mut listening = FuturesUnordered::new();
        loop {
            match select(pin!(fixture.accept(&b)), listening.next()).await {
                Either::Left(((_, stream), _)) => listening.push(listen(stream)),
                Either::Right((Some(true), _)) => return,
                Either::Right((Some(false), _)) => {}
                Either::Right((None, accept)) => {
                    let (_, stream) = accept.await;
                    listening.push(listen(stream));
                }
            }
        }
    };
    let ask = async {
        let mut stream = fixture.open(&a, b.advertise_address()).await;
        fixture.write(&mut stream, &there).await;
        fixture.close(&mut stream).await;
        assert_same("the answer", &fixture.read_to_end(&mut stream).await, &back);
    };
    join(serve, ask).await;
    drop(held);
}

/// 9.6 `TestMemberlist_FailedRemote`: nobody there is the peer's failure, and no stream.
///
/// A transport that has no way to learn it may go on trying: deadlines are the caller's.
pub(crate) async fn stream_to_nobody_is_the_peers_failure<F: Fixture>(fixture: &F) {
    let (a, gone) = (fixture.fresh().await, fixture.fresh().await);
    fixture.echo(&a, &gone, b"are you there?").await;
    let address = gone.advertise_address().clone();
    fixture.within("a shutdown", gone.shutdown()).await;
    drop(gone);
    match fixture.briefly(Duration::from_millis(500), a.open_stream(&address)).await {
        None => {}
        Some(Err(error)) => {
            assert!(error.is_remote(), "nobody is there, and it is held for our own failure: {error}");
            assert!(!error.is_closed(), "nobody is there, and it is held for our own end: {error}");
        }
        Some(Ok(mut stream)) => {
            // Perhaps it is only told with the first bytes.
            let talk = async {
                let said = async {
                    stream.write_all(b"hello?").await?;
                    stream.flush().await
                };
                said.await.is_ok() && stream.read_exact(&mut [0]).await.is_ok()
            };
            let answered = fixture.within("the end of a stream to nobody", talk).await;
            assert!(!answered, "nobody is there, and somebody answers");
        }
    }
    let other = fixture.fresh().await;
    fixture.works(&a, &other).await;
}

/// Who comes back at the same address is reached again, by the first stream that is opened or soon after.
pub(crate) async fn streams_reach_a_peer_that_came_back<F: Fixture>(fixture: &F) {
    let (a, b) = (fixture.fresh().await, fixture.fresh().await);
    fixture.echo(&a, &b, b"before").await;
    let address = b.advertise_address().clone();
    fixture.within("a shutdown", b.shutdown()).await;
    drop(b);
    let b = fixture.again(&address).await;
    fixture.echo_soon(&a, &b).await;
    fixture.works(&a, &b).await;
}
