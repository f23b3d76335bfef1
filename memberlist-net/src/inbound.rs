use crate::layer::{Layer, Unopened};
use crate::packet_stream::{PREAMBLE, read_length, read_packet, read_preamble};
use crate::shared::Shared;
use crate::sockets::Stream;
use agnostic::net::TcpStream;
use agnostic::{Runtime, RuntimeLite};
use futures_channel::mpsc;
use futures_util::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use memberlist_core::Packet;
use memberlist_sockets::Slot;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// An ordinary stream that waits to be taken; it counts as pending until then.
pub(crate) struct Arrived<S> {
    pub(crate) from: SocketAddr,
    pub(crate) stream: S,
    pub(crate) _pending: Slot,
}

/// A connection that was let in.
pub(crate) struct Inbound<R: Runtime, L: Layer> {
    pub(crate) tcp: Stream<R>,
    pub(crate) from: SocketAddr,
    pub(crate) slot: Slot,
    pub(crate) layer: Arc<L>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) streams: mpsc::Sender<Arrived<L::Stream<R>>>,
}

/// What an inbound connection turned out to be.
enum Kind {
    Ordinary,
    Packets { port: u16 },
}

impl<R: Runtime, L: Layer> Inbound<R, L> {
    /// Answers its handshake and waits for the first byte, both before the deadline; hands it on if it is an ordinary stream, and
    /// receives its packets if it carries those.
    pub(crate) async fn serve(self) {
        let Self { tcp, from, slot, layer, shared, mut streams } = self;
        let _ = tcp.set_nodelay(true);
        let timeout = shared.options.inbound_timeout;
        // Outlives the deadline, so that failures are counted before the peer sees the connection close.
        let mut opening = pin!(async {
            let mut stream = layer.accept::<R>(tcp).await?;
            let kind = classify::<R, L>(&mut stream).await;
            Ok::<_, Unopened<R>>((stream, kind))
        });
        match R::timeout(timeout, opening.as_mut()).await {
            Ok(Ok((stream, Ok(Kind::Ordinary)))) => {
                // Before, so that whoever takes it finds it counted.
                shared.counters.streams_accepted.add(1);
                if streams.try_send(Arrived { from, stream, _pending: slot }).is_err() {
                    tracing::debug!(%from, "a stream came when nobody takes one any more");
                }
            }
            Ok(Ok((stream, Ok(Kind::Packets { port })))) => {
                drop(slot);
                receive_packets::<R, L>(stream, SocketAddr::new(from.ip(), port), shared).await;
            }
            Ok(Ok((_stream, Err(error)))) => count_failure(&shared, from, &error),
            Ok(Err(Unopened { error, tcp })) => {
                if !shared.handshake_failed_in(from, &error) {
                    count_failure(&shared, from, &error);
                }
                dismiss::<R>(tcp).await;
            }
            Err(_elapsed) => count_failure(&shared, from, &io::ErrorKind::TimedOut.into()),
        }
    }
}

async fn classify<R: Runtime, L: Layer>(stream: &mut L::Stream<R>) -> io::Result<Kind> {
    match L::first_byte::<R>(stream).await? {
        None => Err(io::ErrorKind::UnexpectedEof.into()),
        Some(PREAMBLE) => Ok(Kind::Packets { port: read_preamble(stream).await? }),
        Some(_) => Ok(Kind::Ordinary),
    }
}

/// Closes a connection whose peer was just told why. Closing at once, with bytes unread, would reset it, and the peer might learn of the
/// reset alone.
async fn dismiss<R: Runtime>(mut tcp: Stream<R>) {
    const AT_MOST: Duration = Duration::from_secs(1);
    const BYTES: u64 = 256 * 1024;
    let farewell = async {
        tcp.close().await?;
        let mut rest = tcp.take(BYTES);
        let mut buffer = [0; 1024];
        while rest.read(&mut buffer).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    let _ = R::timeout(AT_MOST, farewell).await;
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
async fn receive_packets<R: Runtime, L: Layer>(stream: L::Stream<R>, from: SocketAddr, shared: Arc<Shared>) {
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

async fn receive_all<R: RuntimeLite>(
    stream: &mut (impl AsyncRead + Unpin + Send),
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
