use crate::ConnectFailure;
use crate::node::Node;
use crate::serve::{Serving, serve};
use agnostic::Runtime;
use futures_util::future::{Either, select};
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
    let connecting = end
        .endpoint
        .connect_with(node.client.clone(), to, &node.tls.server_name.name_for(to.ip()).to_str())
        .map_err(|error| unusable(&error))?;
    let connection = R::timeout(node.options.handshake_timeout, connecting)
        .await
        .map_err(|_elapsed| ConnectFailure::TimedOut)??;
    node.take_up(connection, to, true, None)
}
