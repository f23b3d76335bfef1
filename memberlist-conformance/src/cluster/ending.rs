//! The end of a node: nothing of it is left.

use super::{Cluster, Node, Plain, calm, states};
use crate::{
    Fixture,
    support::{Support, pattern},
};
use memberlist_core::{Error, JoinError, Transport};

/// W-31: when `shutdown` returns the address is free and the delegate is no longer held by anybody but the handle, though something of
/// everything was under way.
pub(crate) async fn shutdown_frees_everything<F: Fixture>(fixture: &F) {
    let other = fixture.node("other", calm()).await;
    let state = states::State::of(pattern(1, 1_000));
    let weak = state.downgrade();
    let node = states::node_with(fixture, "node", &state, calm()).await;
    drop(state);
    fixture.join(&node, &other).await;
    let address = node.advertise_address();
    let peer = fixture.fresh().await;
    let _idle = fixture.open(&peer, &address).await;
    let mut half = fixture.open(&peer, &address).await;
    fixture.write(&mut half, &[0xFF]).await;
    let _broadcast = node.broadcast("on its way");
    let (to, payload) = (other.advertise_address(), pattern(2, 1 << 20));
    let sending = node.send_reliable(&to, payload);
    let shut_down = async {
        fixture.pause().await;
        fixture.within("a node shuts down", node.shutdown()).await;
        // At once, not eventually.
        let again = fixture.again(&address).await;
        again.shutdown().await;
    };
    let (_, ()) = futures_util::future::join(sending, shut_down).await;
    assert!(node.is_shutdown());
    drop(node);
    assert!(!weak.is_held(), "somebody still holds what belonged to the node");
    fixture.end([other]).await;
}

/// Whoever calls a node that has ended is told so.
pub(crate) async fn calls_after_shutdown_say_so<F: Fixture>(fixture: &F) {
    let mut nodes = fixture.cluster(2, calm).await;
    let Some(node) = nodes.pop() else { return };
    let to = nodes[0].advertise_address();
    let ends = futures_util::future::join(node.shutdown(), node.shutdown());
    fixture.within("two shutdowns at once", ends).await;
    assert!(matches!(node.send(&to, "late").await, Err(Error::ShutDown)));
    assert!(matches!(node.send_reliable(&to, "late").await, Err(Error::ShutDown)));
    assert!(matches!(node.ping(nodes[0].local_id()).await, Err(Error::ShutDown)));
    assert!(matches!(node.broadcast("late"), Err(Error::ShutDown)));
    assert!(matches!(node.leave(fixture.patience()).await, Err(Error::ShutDown)));
    assert!(matches!(node.join(fixture.seed(&to)).await, Err(JoinError::ShutDown)));
    let mut events = node.events();
    assert!(fixture.within("the events end", events.recv()).await.is_none());
    fixture.end(nodes).await;
}

/// The last handle that is dropped ends the node, in the background.
pub(crate) async fn dropping_the_last_handle_ends_the_node<F: Fixture>(fixture: &F) {
    let mut nodes = fixture.cluster(2, calm).await;
    let Some(node) = nodes.pop() else { return };
    let (address, events, second) = (node.advertise_address(), node.events(), node.clone());
    drop(node);
    assert!(!second.is_shutdown(), "a handle is left");
    drop((second, events));
    let again = fixture.again_soon(&address).await;
    let again: Node<F> = fixture.node_on(again, "n1", Plain::<F>::new(), calm()).await;
    fixture.join(&again, &nodes[0]).await;
    fixture.see_each_other(&[&nodes[0], &again]).await;
    nodes.push(again);
    fixture.end(nodes).await;
}
