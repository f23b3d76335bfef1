use crate::packet_stream::{PREAMBLE, read_length, read_packet, read_preamble};
use crate::shared::Shared;
use crate::sockets::{Listener, Stream};
use agnostic::Runtime;
use agnostic::net::{TcpListener, TcpStream};
use futures_channel::mpsc;
use futures_util::FutureExt;
use futures_util::io::BufReader;
use futures_util::stream::{FuturesUnordered, StreamExt};
use memberlist_core::Packet;
use memberlist_sockets::Backoff;
use memberlist_sockets::Signal;
use memberlist_sockets::Slot;
use memberlist_sockets::canonical;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Where connections come from.
pub(crate) trait Acceptor<S>: Send + Sync {
    fn accept(&self) -> impl Future<Output = io::Result<(S, SocketAddr)>> + Send;
}

/// A runtime's listener as an [`Acceptor`].
pub(crate) struct Listening<R: Runtime>(pub(crate) Listener<R>);

impl<R: Runtime> Acceptor<Stream<R>> for Listening<R> {
    fn accept(&self) -> impl Future<Output = io::Result<(Stream<R>, SocketAddr)>> + Send {
        self.0.accept()
    }
}

/// An ordinary stream that waits to be taken; it counts as pending until then.
pub(crate) struct Arrived<R: Runtime> {
    pub(crate) from: SocketAddr,
    pub(crate) stream: Stream<R>,
    pub(crate) _pending: Slot,
}

/// What an inbound connection turned out to be.
enum Kind {
    Ordinary,
    Packets { port: u16 },
}

/// Accepts connections until the signal comes: looks at the allow-list, waits for the first byte, hands ordinary streams on, and gives
/// those that carry packets to `serve_packets`.
pub(crate) async fn accept_connections<R: Runtime>(
    acceptor: impl Acceptor<Stream<R>>,
    shared: Arc<Shared>,
    mut streams: mpsc::Sender<Arrived<R>>,
    closing: Signal,
    serve_packets: impl Fn(Stream<R>, SocketAddr),
) {
    let mut closing = closing.fuse();
    let mut backoff = Backoff::new();
    let mut pending = FuturesUnordered::new();
    let mut next = pin!(accept_after::<R>(&acceptor, None).fuse());
    loop {
        futures_util::select_biased! {
            () = closing => return,
            (from, stream, slot, kind) = pending.select_next_some() => match kind {
                Ok(Ok(Kind::Ordinary)) => hand_on(&shared, &mut streams, Arrived { from, stream, _pending: slot }),
                Ok(Ok(Kind::Packets { port })) => serve_packets(stream, SocketAddr::new(from.ip(), port)),
                Ok(Err(error)) => count_failure(&shared, from, &error),
                Err(_elapsed) => count_failure(&shared, from, &io::ErrorKind::TimedOut.into()),
            },
            accepted = next => {
                let mut delay = None;
                match accepted {
                    Ok((stream, from)) => {
                        backoff.succeeded();
                        if let Some((from, slot)) = admit(&shared, from) {
                            let _ = stream.set_nodelay(true);
                            let timeout = shared.options.inbound_timeout;
                            pending.push(async move {
                                let mut stream = stream;
                                let kind = R::timeout(timeout, classify::<R>(&mut stream)).await;
                                (from, stream, slot, kind)
                            });
                        }
                    }
                    Err(error) => {
                        let wait = backoff.failed();
                        shared.counters.accept_errors.add(1);
                        tracing::warn!(%error, ?wait, "accepting a connection failed");
                        delay = Some(wait);
                    }
                }
                next.set(accept_after::<R>(&acceptor, delay).fuse());
            }
        }
    }
}

async fn accept_after<R: Runtime>(
    acceptor: &impl Acceptor<Stream<R>>,
    delay: Option<Duration>,
) -> io::Result<(Stream<R>, SocketAddr)> {
    if let Some(delay) = delay {
        R::sleep(delay).await;
    }
    acceptor.accept().await
}

/// Whether a new connection may stay; its canonical address and its place among the pending ones if so.
fn admit(shared: &Shared, from: SocketAddr) -> Option<(SocketAddr, Slot)> {
    let from = canonical(from);
    if !shared.is_allowed(&from) {
        shared.counters.connections_refused.add(1);
        tracing::debug!(%from, "connection from outside the allowed networks");
        return None;
    }
    let slot = shared.pending.take(from.ip());
    if slot.is_none() {
        shared.counters.connections_over_limit.add(1);
        tracing::debug!(%from, "too many pending connections");
    }
    Some((from, slot?))
}

async fn classify<R: Runtime>(stream: &mut Stream<R>) -> io::Result<Kind> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if first == [PREAMBLE] {
        Ok(Kind::Packets { port: read_preamble(stream).await? })
    } else {
        Ok(Kind::Ordinary)
    }
}

fn hand_on<R: Runtime>(shared: &Shared, streams: &mut mpsc::Sender<Arrived<R>>, arrived: Arrived<R>) {
    match streams.try_send(arrived) {
        Ok(()) => shared.counters.streams_accepted.add(1),
        Err(_) => shared.counters.connections_over_limit.add(1),
    }
}

fn count_failure(shared: &Shared, from: SocketAddr, error: &io::Error) {
    match error.kind() {
        io::ErrorKind::TimedOut => shared.counters.connections_timed_out.add(1),
        io::ErrorKind::InvalidData => shared.counters.connections_rejected.add(1),
        // Gone by itself: nothing that we did.
        _ => {}
    }
    tracing::debug!(%from, %error, "inbound connection ended");
}

/// Receives the packets of one connection until it ends.
pub(crate) async fn receive_packets<R: Runtime>(stream: Stream<R>, from: SocketAddr, shared: Arc<Shared>) {
    let Some(_slot) = shared.packet_connections.take(from.ip()) else {
        shared.counters.connections_over_limit.add(1);
        return;
    };
    let _known = shared.stream_peer(from);
    let mut stream = BufReader::with_capacity(4 * 1024, stream);
    if let Err(error) = receive_all::<R>(&mut stream, from, &shared).await {
        count_failure(&shared, from, &error);
    }
}

async fn receive_all<R: Runtime>(
    stream: &mut BufReader<Stream<R>>,
    from: SocketAddr,
    shared: &Shared,
) -> io::Result<()> {
    // The opener closes after its own idle time; twice ours leaves room for one that is set longer.
    let idle = shared.options.peer_idle * 2;
    loop {
        let Ok(length) = R::timeout(idle, read_length(stream)).await else {
            return Ok(());
        };
        let Some(len) = length? else {
            return Ok(());
        };
        let data = R::timeout(shared.options.inbound_timeout, read_packet(stream, len))
            .await
            .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        shared.counters.received(data.len());
        shared.counters.packets_dropped_in.add(shared.inbox.push(Packet { from, data }));
    }
}

#[cfg(test)]
mod tests;
