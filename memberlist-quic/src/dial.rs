use crate::ConnectFailure;
use crate::link::Outgoing;
use crate::node::Node;
use crate::serve::{Serving, serve};
use agnostic::Runtime;
use futures_util::future::{Either, select};
use quinn::{Connecting, Connection, ConnectionError};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

/// Opens a connection, hands it to all that waits for it, and serves it.
pub(crate) async fn dial<R: Runtime>(node: Arc<Node<R>>, to: SocketAddr) {
    let outcome = {
        let connecting = pin!(connect(&node, to));
        let closing = pin!(async {
            node.tasks.closing().await;
            // Packets that wait may still leave, if it is quick.
            if node.pool.has_waiting(to) {
                R::sleep(node.options.close_timeout).await;
            }
        });
        match select(connecting, closing).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(ConnectFailure::TimedOut),
        }
    };
    match outcome {
        // In this task: another could not begin if the transport is closing, and what waited must still leave.
        Ok(serving) => serve(node, serving).await,
        Err(failure) => {
            node.count_failure(to, &failure);
            let lost = node.pool.failed(to, &failure);
            node.counters.packets_dropped_out.add(lost);
        }
    }
}

async fn connect<R: Runtime>(node: &Arc<Node<R>>, to: SocketAddr) -> Result<Serving, ConnectFailure> {
    let unusable = |error: &dyn std::fmt::Display| ConnectFailure::Unusable(error.to_string());
    let end = node.end_for(to).ok_or_else(|| unusable(&"no socket of its family"))?;
    let name = node.tls.server_name.name_for(to.ip());
    let connecting = end
        .endpoint
        .connect_with(node.clients.config_for(to), to, &name.to_str())
        .map_err(|error| unusable(&error))?;
    let connection = R::timeout(node.options.handshake_timeout, shake_hands(node, to, connecting))
        .await
        .map_err(|_elapsed| ConnectFailure::TimedOut)??;
    node.take_up(connection, to, true, None)
}

async fn shake_hands<R: Runtime>(
    node: &Node<R>,
    to: SocketAddr,
    connecting: Connecting,
) -> Result<Connection, ConnectionError> {
    if !node.options.early_packets() {
        return connecting.await;
    }
    let (connection, accepted) = match connecting.into_0rtt() {
        Ok(early) => early,
        // A peer that is not known from before.
        Err(connecting) => return connecting.await,
    };
    let mut early = node.pool.take_waiting(to);
    let fits = |packet: &Outgoing| connection.max_datagram_size().is_some_and(|max| packet.data.len() <= max);
    let sent: Vec<bool> = early
        .iter()
        .map(|packet| fits(packet) && connection.send_datagram(packet.data.clone()).is_ok())
        .collect();
    if accepted.await {
        node.counters.connections_zero_rtt.add(1);
        let mut sent = sent.into_iter();
        early.retain(|packet| {
            let arrived = sent.next() == Some(true);
            if arrived {
                node.counters.packets_sent.add(1);
                node.counters.bytes_sent.add(packet.data.len());
            }
            !arrived
        });
    }
    node.counters.packets_dropped_out.add(node.pool.put_back(to, early));
    match connection.close_reason() {
        Some(lost) => Err(lost),
        None => Ok(connection),
    }
}
