//! Streams on which reliable messages go to one peer after the other.
//!
//! A message to a peer waits in the peer's line until the line's task has written what came before; what waits then goes out together. The
//! stream stays open for a while.
//!
//! No message is sent twice: it goes on another stream only if not one byte of it was taken by the first, as when the peer has ended its
//! direction to say that it wants no more on this stream, or has restarted. If a write fails or takes too long in the midst, what was in it may or may
//! not have arrived, and its senders are told so.

use super::{exchange::unreachable, requests::open};
use crate::{
    AddressOf, Delegate, Error, Transport, metrics,
    shared::Shared,
    stats::add,
    sync::{Signal, lock},
};
use agnostic::RuntimeLite;
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::{
    AsyncWriteExt,
    future::{Either, select},
    io::AsyncRead,
};
use memberlist_proto::{Instant, StreamFailure};
use memberlist_types::{Address, Wire};
use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use write::write;

mod write;

/// A line that was idle for so long is closed. Its other side waits three times as long.
const IDLE: Duration = Duration::from_secs(5);
/// Messages that wait in one line; further ones have streams of their own.
const MAX_WAITING: usize = 1_024;
/// … and their bytes, unless it is one alone.
const MAX_BYTES: usize = 64 << 20;
/// Messages that are written together are so many bytes at most; a larger one goes alone.
const TOGETHER: usize = 64 << 10;

/// A message on its way.
pub(crate) struct Outbound {
    /// In two pieces, the second of which may be empty.
    pub(crate) frame: [Bytes; 2],
    pub(crate) until: Instant,
    pub(crate) done: oneshot::Sender<Result<(), Error>>,
}

impl Outbound {
    /// Bytes of the frame.
    fn len(&self) -> usize {
        self.frame.iter().map(Bytes::len).sum()
    }
}

/// All lines of a node.
pub(crate) struct Lines<A> {
    lines: Mutex<HashMap<A, Arc<Line>>>,
    limit: usize,
}

/// What waits for one peer.
#[derive(Default)]
pub(crate) struct Line {
    inner: Mutex<Queue>,
    filled: Signal,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Outbound>,
    bytes: usize,
    /// Its task waits for messages.
    idle: bool,
    /// Its task ends, or has ended.
    closed: bool,
}

/// What became of a message that shall enter a line.
pub(crate) enum Entered {
    /// It waits.
    Waits,
    /// It waits in a new line, which needs its task: [`run`].
    First(Task),
    /// There is no room: it needs a stream of its own.
    NoRoom(Outbound),
}

impl<A: Address> Lines<A> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { lines: Mutex::new(HashMap::new()), limit }
    }

    pub(crate) fn enter(&self, to: &A, mut message: Outbound) -> Entered {
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.get(to) {
            match line.push(message) {
                Ok(()) => return Entered::Waits,
                Err((message, true)) => return Entered::NoRoom(message),
                // Its task ends.
                Err((back, false)) => message = back,
            }
        }
        if lines.len() >= self.limit && !lines.contains_key(to) {
            let idle =
                lines.iter().find(|(_, line)| line.close_if_idle()).map(|(address, _)| address.clone());
            let Some(idle) = idle else { return Entered::NoRoom(message) };
            lines.remove(&idle);
        }
        let line = Arc::new(Line::default());
        if let Err((message, _)) = line.push(message) {
            return Entered::NoRoom(message);
        }
        lines.insert(to.clone(), Arc::clone(&line));
        Entered::First(Task(line))
    }

    fn remove(&self, to: &A, line: &Arc<Line>) {
        let mut lines = lock(&self.lines);
        if lines.get(to).is_some_and(|there| Arc::ptr_eq(there, line)) {
            lines.remove(to);
        }
    }
}

impl Line {
    /// Gives the message back if it can't wait here, and whether the line is still open.
    fn push(&self, message: Outbound) -> Result<(), (Outbound, bool)> {
        let mut queue = lock(&self.inner);
        let bytes = queue.bytes.saturating_add(message.len());
        let full = !queue.messages.is_empty() && (queue.messages.len() >= MAX_WAITING || bytes > MAX_BYTES);
        if queue.closed || full {
            return Err((message, !queue.closed));
        }
        queue.bytes = bytes;
        queue.messages.push_back(message);
        drop(queue);
        self.filled.set();
        Ok(())
    }

    /// Closes it if nothing is on its way.
    fn close_if_idle(&self) -> bool {
        let mut queue = lock(&self.inner);
        if !queue.idle || !queue.messages.is_empty() {
            return false;
        }
        queue.closed = true;
        drop(queue);
        self.filled.set();
        true
    }

    fn close_if_empty(&self) -> bool {
        let mut queue = lock(&self.inner);
        queue.closed |= queue.messages.is_empty();
        queue.closed
    }

    /// What is to be written next, without what nobody waits for any more.
    fn take(&self, now: Instant) -> Vec<Outbound> {
        let (mut together, mut bytes) = (Vec::new(), 0);
        let mut queue = lock(&self.inner);
        while let Some(next) = queue.messages.front()
            && (together.is_empty() || bytes + next.len() <= TOGETHER)
            && let Some(message) = queue.messages.pop_front()
        {
            queue.bytes -= message.len();
            if message.done.is_canceled() {
                continue;
            }
            if message.until <= now {
                let _ = message.done.send(Err(StreamFailure::TimedOut.into()));
                continue;
            }
            bytes += message.len();
            together.push(message);
        }
        queue.idle = false;
        together
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            {
                let mut queue = lock(&self.inner);
                if !queue.messages.is_empty() {
                    return Poll::Ready(Next::Messages);
                }
                if queue.closed {
                    return Poll::Ready(Next::Closed);
                }
                queue.idle = true;
            }
            if self.filled.poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// What a line's task has to do.
enum Next {
    Messages,
    /// The line's end: another one needs its place.
    Closed,
    Idle,
    StreamIsOver,
}

/// Ends a line with its task, however that ends: whoever still waits in it learns that the node has shut down.
pub(crate) struct Task(Arc<Line>);

impl Drop for Task {
    fn drop(&mut self) {
        let mut queue = lock(&self.0.inner);
        queue.closed = true;
        let messages = std::mem::take(&mut queue.messages);
        drop(queue);
        drop(messages);
    }
}

/// The task of a line.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>, to: D::Address, task: Task)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let line = &task.0;
    let mut stream: Option<T::Stream> = None;
    let mut gathered = Vec::new();
    loop {
        let next = poll_fn(|cx| match line.poll(cx) {
            Poll::Pending if is_over(&mut stream, cx) => Poll::Ready(Next::StreamIsOver),
            next => next,
        });
        match T::Runtime::timeout(IDLE, next).await.unwrap_or(Next::Idle) {
            Next::Messages => {
                let messages = line.take(shared.clock.now());
                send(&shared, &to, &mut stream, messages, &mut gathered).await;
            }
            Next::Idle if line.close_if_empty() => break,
            Next::Idle => {}
            Next::StreamIsOver => stream = None,
            Next::Closed => break,
        }
    }
    shared.lines.remove(&to, line);
    if let Some(mut stream) = stream {
        let _ = T::Runtime::timeout(shared.options.protocol.stream_timeout, stream.close()).await;
    }
}

/// A message that has a stream of its own.
pub(crate) async fn alone<T, D, W>(shared: Arc<Shared<T, D, W>>, to: D::Address, message: Outbound)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut stream: Option<T::Stream> = None;
    let left = message.until.since(shared.clock.now());
    let Outbound { frame, mut done, .. } = message;
    let sending = pin!(T::Runtime::timeout(left, async {
        deliver(&shared, &to, &mut stream, &[frame], &mut Vec::new()).await?;
        match &mut stream {
            Some(stream) => stream.close().await.map_err(|error| unreachable(&error)),
            None => Ok(()),
        }
    }));
    if let Either::Left((sent, _)) = select(sending, done.cancellation()).await {
        let _ = done.send(sent.unwrap_or(Err(StreamFailure::TimedOut)).map_err(Error::from));
    }
}

/// Writes these messages, and tells their senders what came of it. If none of them waits any more, that is the end of the stream.
async fn send<T, D, W>(
    shared: &Shared<T, D, W>,
    to: &D::Address,
    stream: &mut Option<T::Stream>,
    messages: Vec<Outbound>,
    gathered: &mut Vec<u8>,
) where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let Some(until) = messages.iter().map(|message| message.until).min() else { return };
    let (frames, mut waiting): (Vec<_>, Vec<_>) =
        messages.into_iter().map(|message| (message.frame, message.done)).unzip();
    let left = until.since(shared.clock.now());
    let sent = {
        let sending = pin!(T::Runtime::timeout(left, deliver(shared, to, stream, &frames, gathered)));
        let nobody_waits = poll_fn(|cx| {
            let gone = waiting.iter_mut().all(|done| done.poll_canceled(cx).is_ready());
            if gone { Poll::Ready(()) } else { Poll::Pending }
        });
        match select(sending, nobody_waits).await {
            Either::Left((sent, _)) => sent.unwrap_or(Err(StreamFailure::TimedOut)),
            Either::Right(((), _)) => Err(StreamFailure::Cancelled),
        }
    };
    if sent.is_err() {
        *stream = None;
    }
    for done in waiting {
        let _ = done.send(sent.clone().map_err(Error::from));
    }
}

/// Writes the frames to the stream if it is still open, else to a new one.
async fn deliver<T, D, W>(
    shared: &Shared<T, D, W>,
    to: &D::Address,
    stream: &mut Option<T::Stream>,
    frames: &[[Bytes; 2]],
    gathered: &mut Vec<u8>,
) -> Result<(), StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    if poll_fn(|cx| Poll::Ready(is_over(stream, cx))).await {
        *stream = None;
    }
    let written = match stream {
        Some(open) => write(open, frames, gathered).await,
        None => Err((0, io::ErrorKind::NotConnected.into())),
    };
    let written = match written {
        // Not a byte was taken, so it may go on another stream.
        Err((0, _)) => write(stream.insert(open(shared, to).await?), frames, gathered).await,
        written => written,
    };
    written.map_err(|(_, error)| unreachable(&error))?;
    let bytes = frames.iter().flatten().map(Bytes::len).sum();
    add(&shared.counters.stream_bytes_sent, bytes);
    metrics::stream_sent(bytes);
    Ok(())
}

/// Whether there is a stream, and it is over: a peer says nothing on it, so when there is something to read, that is its end, or a refusal.
fn is_over(stream: &mut Option<impl AsyncRead + Unpin>, cx: &mut Context<'_>) -> bool {
    stream.as_mut().is_some_and(|stream| Pin::new(stream).poll_read(cx, &mut [0]).is_ready())
}

#[cfg(test)]
mod tests;
