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
