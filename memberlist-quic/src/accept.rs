use crate::link::certificates;
use crate::node::Node;
use crate::serve::serve;
use agnostic::Runtime;
use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use memberlist_sockets::{Slot, canonical};
use quinn::{Connecting, Connection, ConnectionError, Incoming};
use std::net::SocketAddr;
use std::sync::Arc;

/// Accepts connections on one socket until the transport is closing.
pub(crate) async fn accept_connections<R: Runtime>(node: Arc<Node<R>>, end: usize) {
    let Some(endpoint) = node.ends.get(end).map(|end| end.endpoint.clone()) else { return };
    let mut closing = node.tasks.closing().fuse();
    let mut handshakes = FuturesUnordered::new();
    loop {
        futures_util::select_biased! {
            () = closing => return,
            () = handshakes.select_next_some() => {}
            incoming = endpoint.accept().fuse() => {
                let Some(incoming) = incoming else {
                    tracing::error!("the QUIC implementation has stopped: its socket is broken");
                    return;
                };
                if let Some(admitted) = admit(&node, incoming) {
                    handshakes.push(shake_hands(&node, admitted));
                }
            }
        }
    }
}

struct Admitted {
    from: SocketAddr,
    connecting: Connecting,
    /// Its place among the handshakes.
    handshake: Slot,
    /// Its place among the connections from its IP address.
    inbound: Slot,
}

/// Whether a peer may begin a handshake.
fn admit<R: Runtime>(node: &Node<R>, incoming: Incoming) -> Option<Admitted> {
    let from = canonical(incoming.remote_address());
    let counters = &node.counters;
    // Who has not shown that the address is its own costs us little: its address may be forged, in which case an answer would go to
    // somebody else. Nor may forgers use up the places of that address.
    let unproven = node.options.max_handshakes.min(node.options.max_per_ip) / 4;
    if !incoming.remote_address_validated() && node.handshakes.used() >= unproven {
        counters.connections_retried.add(1);
        let _ = incoming.retry();
        return None;
    }
    let (Some(handshake), Some(inbound)) = (node.handshakes.take(from.ip()), node.inbound.take(from.ip()))
    else {
        counters.connections_over_limit.add(1);
        tracing::debug!(%from, "too many connections");
        incoming.refuse();
        return None;
    };
    match incoming.accept() {
        Ok(connecting) => Some(Admitted { from, connecting, handshake, inbound }),
        Err(error) => {
            node.count_failure(from, &error.into());
            None
        }
    }
}

async fn shake_hands<R: Runtime>(node: &Arc<Node<R>>, admitted: Admitted) {
    let Admitted { from, connecting, handshake, inbound } = admitted;
    let outcome = match R::timeout(node.options.handshake_timeout, complete(node, from, connecting)).await {
        Ok(Ok(connection)) => node.take_up(connection, from, false, Some(inbound)),
        Ok(Err(error)) => Err(error.into()),
        Err(_elapsed) => Err(crate::ConnectFailure::TimedOut),
    };
    drop(handshake);
    match outcome {
        Ok(serving) => node.spawn(serve(Arc::clone(node), serving)),
        Err(failure) => node.count_failure(from, &failure),
    }
}

/// Waits for the end of the handshake, and takes packets that come before it if they may.
async fn complete<R: Runtime>(
    node: &Node<R>,
    from: SocketAddr,
    connecting: Connecting,
) -> Result<Connection, ConnectionError> {
    if !node.options.early_packets() {
        return connecting.await;
    }
    let (connection, done) = match connecting.into_0rtt() {
        Ok(early) => early,
        Err(connecting) => return connecting.await,
    };
    let mut done = done.fuse();
    let mut early = false;
    loop {
        futures_util::select_biased! {
            _ = done => break,
            datagram = connection.read_datagram().fuse() => {
                let data = datagram?;
                // Who resumes is who it was: the certificates are those of the session that is resumed. Who showed none is nobody.
                let known = certificates(&connection).is_some_and(|certificates| !certificates.is_empty());
                if known && !data.is_empty() {
                    early = true;
                    node.receive(from, data);
                }
            }
        }
    }
    if early {
        node.counters.connections_zero_rtt.add(1);
    }
    match connection.close_reason() {
        Some(lost) => Err(lost),
        None => Ok(connection),
    }
}
