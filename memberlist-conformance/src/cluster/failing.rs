//! Probes, suspicions, deaths.

use super::{Cluster, Node, Plain, brisk, calm, ms, state};
use crate::{Fixture, fixture::AddressIn, support::Support};
use memberlist_core::{
    Error, Event, NativeWire, State, SuspicionReason, Transport,
    proto::Evidence,
    types::{Message, Suspect, Wire},
};
use smol_str::SmolStr;

/// 9.6 `TestMemberList_Probe`, `TestMemberList_ProbeNode`: members answer each other's probes, in packets, and stay alive.
pub(crate) async fn members_probe_each_other_and_stay_alive<F: Fixture>(fixture: &F) {
    // Later than that an answer is on no machine.
    let options = || {
        let mut options = calm();
        options.protocol.probe_interval = ms(300);
        options.protocol.probe_timeout = ms(250);
        options
    };
    let nodes = fixture.cluster(3, options).await;
    // A node is probed by others, and probes them; each probe that was neither failed nor saved by a stream was answered by a packet.
    let answered = |node: &Node<F>| {
        let stats = node.stats().protocol;
        stats.probes.saturating_sub(stats.probes_failed + stats.probes_by_stream + 1)
    };
    fixture.eventually("probes are answered", || nodes.iter().all(|node| answered(node) >= 4)).await;
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    fixture.end(nodes).await;
}

/// 9.6 `TestMemberList_Ping`
pub(crate) async fn ping_tells_the_round_trip_time<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    let ping = async {
        // The medium may lose one.
        loop {
            match nodes[0].ping(nodes[1].local_id()).await {
                Ok(took) => return took,
                Err(Error::NoAnswer) => {}
                Err(error) => panic!("a ping: {error}"),
            }
        }
    };
    assert!(!fixture.within("a ping is answered", ping).await.is_zero());
    let unknown = fixture.within("a ping to nobody", nodes[0].ping(&SmolStr::new("nobody"))).await;
    assert!(matches!(unknown, Err(Error::UnknownMember(_))), "a ping to nobody: {unknown:?}");
    fixture.end(nodes).await;
}

/// 9.6 `TestMemberList_ProbeNode_Suspect`: a node that ends without a goodbye is suspected on the evidence of a probe, and then declared
/// dead, in this order.
pub(crate) async fn silent_member_is_suspected_and_then_declared_dead<F: Fixture>(fixture: &F) {
    let mut nodes = fixture.cluster(3, brisk).await;
    let mut events = nodes[0].events();
    let Some(gone) = nodes.pop() else { return };
    fixture.within("a node shuts down", gone.shutdown()).await;
    drop(gone);
    let mut suspicions: Vec<SuspicionReason<SmolStr>> = Vec::new();
    let reason = fixture
        .event(&mut events, "n2 is declared dead", |event| match event {
            Event::Suspected { member, reason } if member.node.id == "n2" => {
                suspicions.push(reason);
                None
            }
            Event::Failed { member, reason } if member.node.id == "n2" => Some(reason),
            Event::Left(member) if member.node.id == "n2" => {
                panic!("it said no goodbye, and is held for left")
            }
            _ => None,
        })
        .await;
    assert!(!suspicions.is_empty(), "declared dead without having been suspected: {reason}");
    let by_hearsay = |evidence: &Evidence<SmolStr>| !matches!(evidence, Evidence::Probe(_));
    assert!(
        !suspicions.iter().all(|reason| reason.accuser == "n0" && by_hearsay(&reason.evidence)),
        "suspected here without a probe: {suspicions:?}"
    );
    fixture
        .eventually("all hold it for dead", || {
            nodes.iter().all(|node| matches!(state::<F, Plain<F>>(node, "n2"), Some(State::Dead)))
        })
        .await;
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    fixture.end(nodes).await;
}

/// 9.7: who is suspected and lives says so, and stays a member.
pub(crate) async fn falsely_suspected_member_refutes<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    let mut events = nodes[0].events();
    let Some(accused) = nodes[0].member(nodes[1].local_id()) else { panic!("n1 is no member") };
    let accuser = fixture.fresh().await;
    let suspect = Suspect {
        incarnation: accused.incarnation,
        node: accused.node.id.clone(),
        from: SmolStr::new("somebody"),
    };
    let packet = packet::<F>(fixture, &Message::Suspect(suspect));
    let accuse = async || {
        if let Err(error) = accuser.send_packet(&nodes[0].advertise_address(), packet.clone()).await {
            panic!("sending an accusation: {error}");
        }
    };
    let recovered = async {
        let mut suspected = false;
        fixture
            .event(&mut events, "n1 refutes", |event| match event {
                Event::Suspected { member, reason } => {
                    assert_eq!((member.node.id.as_str(), reason.accuser.as_str()), ("n1", "somebody"));
                    suspected = true;
                    None
                }
                Event::Recovered { member, .. } => Some(member),
                Event::Failed { member, .. } => panic!("{} lives, and is declared dead", member.node),
                _ => None,
            })
            .await
    };
    let member = fixture.repeating("n1 refutes", accuse, recovered).await;
    assert_eq!(member.node.id, "n1");
    assert!(member.incarnation > accused.incarnation, "a refutation needs a new incarnation");
    assert!(nodes[1].stats().protocol.refutations >= 1);
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    fixture.end(nodes).await;
}

/// 9.7: a node that ended without a word comes back under its name and address, and is a member again.
pub(crate) async fn node_that_died_is_welcome_again<F: Fixture>(fixture: &F) {
    let mut nodes = fixture.cluster(2, brisk).await;
    let Some(gone) = nodes.pop() else { return };
    let mut events = nodes[0].events();
    let (address, before) = (gone.advertise_address(), gone.local_state().incarnation);
    fixture.within("a node shuts down", gone.shutdown()).await;
    drop(gone);
    fixture
        .event(&mut events, "n1 is declared dead", |event| match event {
            Event::Failed { member, .. } => (member.node.id == "n1").then_some(()),
            _ => None,
        })
        .await;
    let again = fixture.again(&address).await;
    let again = fixture.node_on(again, "n1", Plain::<F>::new(), brisk()).await;
    fixture.join(&again, &nodes[0]).await;
    let member = fixture
        .event(&mut events, "n1 is back", |event| match event {
            Event::Joined(member) if member.node.id == "n1" => Some(member),
            _ => None,
        })
        .await;
    assert_eq!(member.node.address, address);
    assert!(member.incarnation > before, "its new life overrules the former one");
    fixture.see_each_other(&[&nodes[0], &again]).await;
    nodes.push(again);
    fixture.end(nodes).await;
}

/// A packet with this message, as a node of the fixture's cluster would send it.
pub(super) fn packet<F: Fixture>(fixture: &F, message: &Message<SmolStr, AddressIn<F>>) -> bytes::Bytes {
    let mut encoded = Vec::new();
    let packet = NativeWire.encode_message(message, &mut encoded).and_then(|()| {
        Wire::<SmolStr, AddressIn<F>>::encode_packet(&NativeWire, &fixture.framing(), &[encoded.into()])
    });
    packet.unwrap_or_else(|error| panic!("a packet can't be made: {error}"))
}
