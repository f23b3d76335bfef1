//! What the transport's allow-list means for the node.

use crate::{harness::*, wrapped::Wrapped};
use memberlist_core::{
    Capabilities, Error, Event, Memberlist, Node as Named, StreamFailure, Transport, memory::MemoryNetwork,
    proto::RejectReason,
};
use smol_str::SmolStr;
use std::net::SocketAddr;

type Guarded = Memberlist<Wrapped, Void>;

async fn guarded(network: &MemoryNetwork, n: u8, allowed: fn(&SocketAddr) -> bool) -> Result<Guarded, Error> {
    let transport = Wrapped { allowed, ..Wrapped::new(network.bind(address(n)).unwrap()) };
    Memberlist::start(name(n), transport, options()).await
}

fn names(node: &Guarded) -> Vec<SmolStr> {
    let mut names: Vec<_> = node.members().into_iter().map(|member| member.node.id).collect();
    names.sort();
    names
}

/// TestMemberlist_JoinDifferentNetworksUniqueMask, TestMemberlist_JoinDifferentNetworksMultiMasks, Q18
#[tokio::test(start_paused = true)]
async fn nodes_outside_the_allowed_networks_never_come_in_by_any_way() {
    let network = MemoryNetwork::new(1);
    let inside = |address: &SocketAddr| *address == self::address(1) || *address == self::address(2);
    let (a, b) = (guarded(&network, 1, inside).await.unwrap(), guarded(&network, 2, inside).await.unwrap());
    b.join(address(1)).await.unwrap();
    // The outsider knows no such list: it dials, and is told of by somebody whom it joined, and sends packets.
    let outsider = node(&network, 3).await;
    outsider.join(address(1)).await.unwrap_err();
    assert_eq!(a.stats().streams_refused, 1);
    let mut events = a.events();
    outsider.send(&address(1), "let me in").await.unwrap();
    eventually("the packet was refused", || {
        a.stats().protocol.rejected(RejectReason::AddressNotAllowed) >= 2
    })
    .await;
    tokio::time::sleep(ms(100)).await;
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::User { .. }), "{event:?}");
    }
    // Somebody inside whose list is open brings it along in a push/pull.
    let open = named(&network, "open".into(), 4, Void::new(), options()).await;
    open.join(address(3)).await.unwrap();
    tokio::time::sleep(ms(5_000)).await;
    assert_eq!((names(&a), names(&b)), (vec![name(1), name(2)], vec![name(1), name(2)]));

    // Nothing is sent there either.
    assert!(matches!(a.send(&address(3), "x").await, Err(Error::AddressNotAllowed(_))));
    assert!(matches!(a.send_reliable(&address(3), "x").await, Err(Error::AddressNotAllowed(_))));
    assert!(matches!(a.ping_node(Named::new(name(3), address(3))).await, Err(Error::AddressNotAllowed(_))));
    let error = a.join(address(3)).await.unwrap_err();
    let failure = error.report().unwrap().results().next().unwrap().outcome.clone().unwrap_err();
    assert!(matches!(failure, StreamFailure::Unreachable(_)), "{failure}");
}

/// A state in a push/pull from an allowed peer about one that is not
#[tokio::test(start_paused = true)]
async fn an_allowed_peer_cannot_bring_a_forbidden_one_along() {
    let network = MemoryNetwork::new(1);
    let middle = node(&network, 2).await;
    let outsider = node(&network, 3).await;
    outsider.join(address(2)).await.unwrap();
    let a = guarded(&network, 1, |address| *address != self::address(3)).await.unwrap();
    a.join(address(2)).await.unwrap();
    tokio::time::sleep(ms(5_000)).await;
    assert_eq!(names(&a), [name(1), name(2)]);
    assert!(a.stats().protocol.rejected(RejectReason::AddressNotAllowed) >= 1);
    drop(middle);
}

/// A node whose own address is not allowed could never be itself
#[tokio::test(start_paused = true)]
async fn a_node_outside_its_own_list_is_refused_at_creation() {
    let network = MemoryNetwork::new(1);
    let error = guarded(&network, 1, |_| false).await.unwrap_err();
    assert!(matches!(error, Error::AddressNotAllowed(_)), "{error}");
    assert_eq!(network.bound(), []);
}

/// The options follow what the transport can do
#[tokio::test(start_paused = true)]
async fn packets_are_no_larger_than_the_transport_carries() {
    let network = MemoryNetwork::new(1);
    let mut transport = Wrapped::new(network.bind(address(1)).unwrap());
    transport.capabilities.max_packet = 900;
    transport.capabilities.checked_packets = true;
    transport.capabilities.distinct_streams = false;
    assert_eq!(Transport::capabilities(&transport).max_packet, 900);
    let node = Memberlist::start(name(1), transport, options()).await.unwrap();
    assert_eq!(node.options().protocol.packet_size, 900);
    assert_eq!(node.options().framing.checksum, None);
    assert!(!node.options().protocol.stream_ping);
    assert!(node.max_user_payload() < 900 && node.max_user_payload() > 800);
    assert_eq!(Capabilities::default().max_packet, 65_507);
}
