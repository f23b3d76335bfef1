use crate::{DEADLINE, Quic, at, bind_as, until, within};
use agnostic::Runtime;
use memberlist_core::delegate::{AliveDelegate, CompositeDelegate, Refusal, VoidDelegate};
use memberlist_core::types::{Alive, Label, NativeWire};
use memberlist_core::{Builder, Event, Memberlist, Options, types::Framing};
use memberlist_quic::{Peers, bears_name};
use smol_str::SmolStr;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

type Plain<R> = Memberlist<Quic<R>, VoidDelegate<SmolStr, SocketAddr>, NativeWire>;

/// Clusters of tests that run at the same time do not meet, whatever port is given to whom.
fn options(label: &str) -> Options {
    let mut options = Options::local().with_framing(Framing::new().with_label(Label::new(label).unwrap()));
    // The machine may be loaded; nothing waits for it when all is well.
    options.protocol.stream_timeout = DEADLINE;
    options
}

async fn start<R: Runtime>(name: &str, address: SocketAddr, label: &str) -> Plain<R> {
    let transport = bind_as::<R>(name, address).await;
    Memberlist::start(SmolStr::new(name), transport, options(label)).await.unwrap()
}

fn sees<R: Runtime>(node: &Plain<R>, members: usize) -> bool {
    node.num_members() == members
}

/// W-52; 9.6: a cluster over QUIC from its first node to its last.
pub(crate) async fn nodes_join_fail_rejoin_and_leave<R: Runtime>(runtime: u8) {
    let label = format!("story-{runtime}");
    let first: Plain<R> = start("n0", at("127.0.0.1:0"), &label).await;
    let seed = first.advertise_address();
    let mut nodes = Vec::new();
    for number in 1..5 {
        let name = format!("n{number}");
        let node = start::<R>(&name, at(&format!("127.86.{runtime}.{number}:0")), &label).await;
        within::<R, _>(node.join(seed)).await.unwrap();
        nodes.push(node);
    }
    until::<R>(|| sees(&first, 5) && nodes.iter().all(|node| sees(node, 5))).await;

    let mut events = first.events();
    within::<R, _>(nodes[0].send_reliable(&seed, vec![7; 1 << 20])).await.unwrap();
    within::<R, _>(nodes[1].send(&seed, "small")).await.unwrap();
    within::<R, _>(first.ping(nodes[3].local_id())).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < 2 {
        if let Event::User { payload, .. } = within::<R, _>(events.recv()).await.unwrap() {
            heard.push(payload.len());
        }
    }
    heard.sort_unstable();
    assert_eq!(heard, [5, 1 << 20]);

    // One goes without a word of leave, and is found out.
    let lost = nodes.pop().unwrap();
    let address = lost.advertise_address();
    within::<R, _>(lost.shutdown()).await;
    until::<R>(|| sees(&first, 4) && nodes.iter().all(|node| sees(node, 4))).await;
    let back = start::<R>("n4", address, &label).await;
    within::<R, _>(back.join(seed)).await.unwrap();
    nodes.push(back);
    until::<R>(|| sees(&first, 5) && nodes.iter().all(|node| sees(node, 5))).await;

    // One leaves.
    let leaver = nodes.remove(0);
    within::<R, _>(leaver.leave(DEADLINE)).await.unwrap();
    until::<R>(|| sees(&first, 4) && nodes.iter().all(|node| sees(node, 4))).await;
    within::<R, _>(leaver.shutdown()).await;

    nodes.push(first);
    for node in nodes {
        let address = node.advertise_address();
        assert_eq!(node.transport().stats().handshakes_untrusted, 0);
        within::<R, _>(node.shutdown()).await;
        UdpSocket::bind(address).unwrap();
    }
}

/// Who answers at a node's address must hold the certificate of that name.
struct NamedByCertificate<R: Runtime> {
    peers: Peers<R>,
    refused: Arc<AtomicUsize>,
}

impl<R: Runtime> AliveDelegate<SmolStr, SocketAddr> for NamedByCertificate<R> {
    async fn notify_alive(&self, peer: &Alive<SmolStr, SocketAddr>) -> Result<(), Refusal> {
        let shown = self.peers.identify(&peer.node.address).await.map_err(|error| error.to_string())?;
        match shown.first() {
            Some(own) if bears_name(own, &peer.node.id) => Ok(()),
            _ => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err("the certificate at this address is another node's".into())
            }
        }
    }
}

/// W-42: the name that a node claims is bound to the certificate that it holds.
pub(crate) async fn nodes_are_who_their_certificates_say<R: Runtime>(runtime: u8) {
    let label = format!("names-{runtime}");
    let transport = bind_as::<R>("guard", at("127.0.0.1:0")).await;
    let refused = Arc::new(AtomicUsize::new(0));
    let delegate = CompositeDelegate::new()
        .with_alive_delegate(NamedByCertificate { peers: transport.peers(), refused: Arc::clone(&refused) });
    let guard = Builder::new(SmolStr::new("guard"), transport)
        .with_delegate(delegate)
        .with_options(options(&label))
        .start()
        .await
        .unwrap();
    let seed = guard.advertise_address();
    let honest = start::<R>("honest", at("127.0.0.1:0"), &label).await;
    within::<R, _>(honest.join(seed)).await.unwrap();
    until::<R>(|| guard.num_members() == 2).await;

    // A certificate of the cluster, and another node's name.
    let transport = bind_as::<R>("mallory", at("127.0.0.1:0")).await;
    let impostor = Memberlist::start(SmolStr::new("alice"), transport, options(&label)).await.unwrap();
    let _ = within::<R, _>(impostor.join(seed)).await;
    // It is refused each time that it is heard of, which is more than once.
    until::<R>(|| refused.load(Ordering::Relaxed) >= 2).await;
    assert_eq!(guard.num_members(), 2);
    assert!(guard.member(&SmolStr::new("alice")).is_none());
    within::<R, _>(impostor.shutdown()).await;
    within::<R, _>(honest.shutdown()).await;
    within::<R, _>(guard.shutdown()).await;
}
