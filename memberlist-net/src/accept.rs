use crate::shared::Shared;
use crate::sockets::{Listener, Stream};
use agnostic::Runtime;
use agnostic::net::TcpListener;
use futures_util::FutureExt;
use memberlist_sockets::{Backoff, Signal, Slot, canonical};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Connections that are accepted in a row before those that were have their turn: their places among the pending ones are free sooner than
/// many who come at once could take them all.
const IN_A_ROW: u32 = 16;

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

/// Accepts connections until the signal comes, and gives those that may stay to `serve`, with their place among the pending ones.
/// Here nothing is read or written: what a peer does, or leaves undone, is the matter of its own task.
pub(crate) async fn accept_connections<R: Runtime, S>(
    acceptor: impl Acceptor<S>,
    shared: Arc<Shared>,
    closing: Signal,
    serve: impl Fn(S, SocketAddr, Slot),
) {
    let mut closing = closing.fuse();
    let mut backoff = Backoff::new();
    let mut row = 0;
    let mut next = pin!(accept_after::<R, S>(&acceptor, None).fuse());
    loop {
        futures_util::select_biased! {
            () = closing => return,
            accepted = next => {
                let mut delay = None;
                match accepted {
                    Ok((stream, from)) => {
                        backoff.succeeded();
                        if let Some((from, slot)) = admit(&shared, from) {
                            serve(stream, from, slot);
                        }
                        row = (row + 1) % IN_A_ROW;
                        if row == 0 {
                            R::yield_now().await;
                        }
                    }
                    Err(error) => {
                        let wait = backoff.failed();
                        shared.counters.accept_errors.add(1);
                        tracing::warn!(%error, ?wait, "accepting a connection failed");
                        delay = Some(wait);
                    }
                }
                next.set(accept_after::<R, S>(&acceptor, delay).fuse());
            }
        }
    }
}

async fn accept_after<R: Runtime, S>(
    acceptor: &impl Acceptor<S>,
    delay: Option<Duration>,
) -> io::Result<(S, SocketAddr)> {
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

#[cfg(test)]
mod tests;
