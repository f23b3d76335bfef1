//! What a connection's task does: it takes what the peer sends, sends what travels on streams, watches whether the peer answers, and
//! ends the connection in good order.

use crate::error::Goodbye;
use crate::link::{Link, Look, Note};
use crate::node::Node;
use crate::{ConnectFailure, QuicStream};
use agnostic::Runtime;
use bytes::Bytes;
use futures_channel::mpsc;
use futures_util::FutureExt;
use futures_util::future::{Either, Fuse, join3, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use memberlist_sockets::Slot;
use quinn::{ConnectionError, ReadError, RecvStream};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A stream that waits to be taken.
pub(crate) struct Arrived {
    pub(crate) from: SocketAddr,
    pub(crate) stream: QuicStream,
    pub(crate) _pending: Slot,
}

/// A connection that has been taken up, and what it is told.
pub(crate) struct Serving {
    pub(crate) link: Arc<Link>,
    pub(crate) notes: mpsc::UnboundedReceiver<Note>,
    /// Its place among the connections from its IP address.
    pub(crate) _slot: Option<Slot>,
}

/// Serves a connection until it is lost, or the transport is closing.
pub(crate) async fn serve<R: Runtime>(node: Arc<Node<R>>, serving: Serving) {
    let Serving { link, notes, _slot } = serving;
    let lost = {
        let receiving = pin!(receive(&node, &link));
        let sending = pin!(send(&node, &link, notes));
        let serving = select(receiving, sending);
        let ending = pin!(flush(&node, &link));
        match select(serving, ending).await {
            Either::Left((Either::Left((lost, _)), _)) => Some(lost),
            _ => None,
        }
    };

    node.pool.remove(&link);
    match lost {
        Some(error) => conclude(&node, &link, error),
        None => say_goodbye(&node, &link).await,
    }
}

/// Waits for the end of the transport, and then until all has left.
async fn flush<R: Runtime>(node: &Node<R>, link: &Link) {
    node.tasks.closing().await;
    let began = Instant::now();
    while !link.has_flushed() && began.elapsed() < node.options.close_timeout {
        R::sleep(Duration::from_millis(1)).await;
    }
}

/// Closes the connection, and waits until the peer has been told: when the transport has ended nothing is sent any more, and a peer that
/// waits on a stream would wait until the connection's idle timeout.
async fn say_goodbye<R: Runtime>(node: &Node<R>, link: &Link) {
    /// A millisecond apart. However late we are ourselves, the task that sends it shall have had its turns.
    const LOOKS: usize = 50;
    /// However long streams may take to be acknowledged.
    const AT_MOST: Duration = Duration::from_secs(5);
    if link.is_closed() {
        // The peer was first.
        return;
    }
    let before = link.sent();
    link.close(Goodbye::Shutdown);
    // What leaves from now on is the goodbye. What left meanwhile may have been that, or anything; then the wait is a short one.
    let closed = link.sent();
    let limit = if closed == before { node.options.close_timeout.min(AT_MOST) } else { Duration::ZERO };
    let began = Instant::now();
    let mut looks = 0;
    while link.sent() == closed && (looks < LOOKS || began.elapsed() < limit) {
        R::sleep(Duration::from_millis(1)).await;
        looks += 1;
    }
}

/// A connection has been lost: what was not answered goes out once more, over a new one.
fn conclude<R: Runtime>(node: &Arc<Node<R>>, link: &Link, error: ConnectionError) {
    tracing::debug!(peer = %link.address, %error, "connection ended");
    if matches!(&error, ConnectionError::ApplicationClosed(close) if close.error_code == Goodbye::Shutdown.code())
        || error == ConnectionError::LocallyClosed
    {
        return;
    }
    let failure = ConnectFailure::from(error);
    if !failure.is_remote() {
        node.count_failure(link.address, &failure);
        // The handshake looks complete to the caller before the peer has judged the caller's certificate. Who calls and refuses us
        // then has only ended its own call: strangers must not have us keep a note for each.
        if link.dialled {
            node.pool.refused(link.address, failure);
        }
        return;
    }
    for packet in link.take_unanswered() {
        if node.send(link.address, packet).is_err() {
            node.counters.packets_dropped_out.add(1);
        }
    }
}

/// Takes what the peer sends, until the connection is lost.
async fn receive<R: Runtime>(node: &Arc<Node<R>>, link: &Arc<Link>) -> ConnectionError {
    let (lost, _, _) = join3(datagrams(node, link), packet_streams(node, link), streams(node, link)).await;
    lost
}

async fn datagrams<R: Runtime>(node: &Node<R>, link: &Link) -> ConnectionError {
    loop {
        match link.connection.read_datagram().await {
            // Somebody wants to know whether we live.
            Ok(data) if data.is_empty() => link.heard(),
            Ok(data) => {
                link.heard();
                node.receive(link.address, data);
            }
            Err(lost) => return lost,
        }
    }
}

async fn packet_streams<R: Runtime>(node: &Node<R>, link: &Link) -> ConnectionError {
    let mut reading = FuturesUnordered::new();
    loop {
        futures_util::select_biased! {
            () = reading.select_next_some() => {}
            stream = link.connection.accept_uni().fuse() => match stream {
                Ok(stream) => reading.push(packet_stream(node, link, stream)),
                Err(lost) => return lost,
            },
        }
    }
}

async fn packet_stream<R: Runtime>(node: &Node<R>, link: &Link, mut stream: RecvStream) {
    let read = read_packet(&mut stream, node.options.max_packet);
    match R::timeout(node.options.packet_timeout, read).await {
        Ok(Ok(Some(data))) => {
            link.heard();
            node.receive(link.address, data.into());
        }
        failed => {
            node.counters.packets_rejected.add(1);
            tracing::debug!(from = %link.address, ?failed, "packet on a stream refused");
        }
    }
}

/// A whole packet, `None` if it is too large. Copied in order as it comes: pieces that are kept hold the datagrams that carried them, and
/// a peer that sends a byte at a time would make us hold a thousand times what it may send.
async fn read_packet(stream: &mut RecvStream, max: usize) -> Result<Option<Vec<u8>>, ReadError> {
    let mut packet = Vec::new();
    while let Some(chunk) = stream.read_chunk(max + 1 - packet.len(), true).await? {
        packet.extend_from_slice(&chunk.bytes);
        if packet.len() > max {
            return Ok(None);
        }
    }
    Ok(Some(packet))
}

async fn streams<R: Runtime>(node: &Node<R>, link: &Arc<Link>) -> ConnectionError {
    loop {
        let stream = match link.connection.accept_bi().await {
            Ok(stream) => QuicStream::new(stream, Arc::clone(link)),
            Err(lost) => return lost,
        };
        link.heard();
        let from = link.address;
        let Some(pending) = node.pending.take(from.ip()) else {
            node.counters.streams_over_limit.add(1);
            tracing::debug!(%from, "too many streams wait");
            stream.refuse();
            continue;
        };
        if node.streams.unbounded_send(Arrived { from, stream, _pending: pending }).is_ok() {
            node.counters.streams_accepted.add(1);
        }
    }
}

/// Does what is noted for the connection; never ends.
async fn send<R: Runtime>(node: &Arc<Node<R>>, link: &Arc<Link>, mut notes: mpsc::UnboundedReceiver<Note>) {
    let mut finishing = FuturesUnordered::new();
    let mut watch = pin!(Fuse::terminated());
    loop {
        futures_util::select_biased! {
            () = finishing.select_next_some() => link.finished(),
            note = notes.select_next_some() => match note {
                Note::Watch => watch.set(pause::<R>(link.patience()).fuse()),
                Note::Packet(data) => finishing.push(send_large(node, link, data).boxed()),
                Note::Linger(acknowledged) => finishing.push(acknowledged.map(|_| ()).boxed()),
            },
            () = watch => match link.look() {
                Look::Answered => {}
                Look::Wait(left) => watch.set(pause::<R>(left).fuse()),
                Look::Silent(packets) => {
                    let unanswered = packets.len();
                    if node.doubt(link, packets).is_err() {
                        node.counters.packets_dropped_out.add(unanswered);
                    }
                }
            },
        }
    }
}

async fn pause<R: Runtime>(time: Duration) {
    R::sleep(time).await;
}

/// Sends a packet that no datagram can carry, and waits until it is acknowledged.
async fn send_large<R: Runtime>(node: &Node<R>, link: &Link, data: Bytes) {
    let sending = async {
        let mut stream = link.connection.open_uni().await.ok()?;
        stream.write_chunk(data).await.ok()?;
        stream.finish().ok()?;
        stream.stopped().await.ok()
    };
    let sent = R::timeout(node.options.packet_timeout, sending).await;
    link.large_done();
    if !matches!(sent, Ok(Some(_))) {
        tracing::debug!(to = %link.address, "packet on a stream was not acknowledged");
    }
}
