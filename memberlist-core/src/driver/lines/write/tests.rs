use super::*;
use futures_util::FutureExt;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Takes at most so many bytes with a call, and in all.
struct Sink {
    at_once: usize,
    room: usize,
    calls: Vec<usize>,
    written: Vec<u8>,
}

impl Sink {
    fn new(at_once: usize, room: usize) -> Self {
        Self { at_once, room, calls: Vec::new(), written: Vec::new() }
    }
}

impl AsyncWrite for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = bytes.len().min(self.at_once).min(self.room - self.written.len());
        self.calls.push(bytes.len());
        self.written.extend_from_slice(&bytes[..taken]);
        if taken == 0 { Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) } else { Poll::Ready(Ok(taken)) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// No two bytes near each other are the same.
fn piece(bytes: usize) -> Bytes {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

fn written(sink: &mut Sink, frames: &[[Bytes; 2]]) -> Result<(), usize> {
    let written = write(sink, frames, &mut vec![7]).now_or_never().expect("the sink never waits");
    written.map_err(|(taken, _)| taken)
}

#[test]
fn pieces_of_any_size_arrive_in_order_however_little_is_taken_at_once() {
    let sizes = [0, 1, 20, GATHERED - 1, GATHERED, GATHERED + 1, 3 * GATHERED];
    for (first, second) in sizes.iter().flat_map(|first| sizes.map(|second| (*first, second))) {
        let frames =
            [[piece(first), piece(second)], [piece(second), Bytes::new()], [piece(20), piece(first)]];
        for (many, at_once) in (1..=3).flat_map(|many| [1_000, usize::MAX].map(|at_once| (many, at_once))) {
            let mut sink = Sink::new(at_once, usize::MAX);
            assert_eq!(written(&mut sink, &frames[..many]), Ok(()));
            assert!(sink.written == frames[..many].concat().concat(), "{first} {second} {many} {at_once}");
        }
    }
}

#[test]
fn small_frames_are_one_call_and_a_head_is_never_alone() {
    let mut sink = Sink::new(usize::MAX, usize::MAX);
    let small = vec![[piece(1_000), Bytes::new()]; 50];
    assert_eq!(written(&mut sink, &small), Ok(()));
    assert_eq!(sink.calls, [50_000]);
    let mut sink = Sink::new(usize::MAX, usize::MAX);
    assert_eq!(written(&mut sink, &[[piece(20), piece(1_000_000)]]), Ok(()));
    assert_eq!(sink.calls, [GATHERED, 1_000_020 - GATHERED]);
    let mut sink = Sink::new(usize::MAX, usize::MAX);
    assert_eq!(written(&mut sink, &[[piece(1_000_000), Bytes::new()]]), Ok(()));
    assert_eq!(sink.calls, [1_000_000]);
}

#[test]
fn an_error_tells_how_much_was_taken_before() {
    let frames = [[piece(20), piece(1_000_000)]];
    for room in [0, 1, GATHERED, GATHERED + 1, 1_000_019] {
        assert_eq!(written(&mut Sink::new(usize::MAX, room), &frames), Err(room));
    }
    assert_eq!(written(&mut Sink::new(usize::MAX, 1_000_020), &frames), Ok(()));
}
