//! Joining, metadata, and joins that fail.

use super::{Cluster, calm, ms};
use crate::{Fixture, support::Support};
use futures_util::future::join_all;
use memberlist_core::{Event, JoinError, StreamFailure, Transport};
use smol_str::format_smolstr;

/// 9.3 `TestMemberlist_Join`, 9.4 `TestTransport_Join`: all members see all, and are told once of each.
pub(crate) async fn nodes_join_and_see_each_other<F: Fixture>(fixture: &F) {
    let first = fixture.node("n0", calm()).await;
    let mut events = first.events();
    let mut nodes = vec![first];
    for name in ["n1", "n2"] {
        let node = fixture.node(name, calm()).await;
        fixture.join(&node, &nodes[0]).await;
        // Who has joined knows all that the other one knew, and is known to it as soon as it has merged what it was told.
        assert_eq!(node.num_members(), nodes.len() + 1, "members after a join");
        fixture.eventually("the joiner is known", || nodes[0].num_members() == nodes.len() + 1).await;
        nodes.push(node);
    }
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    let mut joined = Vec::new();
    while joined.len() < 2 {
        joined.push(
            fixture
                .event(&mut events, "a node joined", |event| match event {
                    Event::Joined(member) => Some((member.node.id, member.node.address)),
                    _ => None,
                })
                .await,
        );
    }
    joined.sort();
    let expected: Vec<_> =
        nodes[1..].iter().map(|node| (node.local_id().clone(), node.advertise_address())).collect();
    assert_eq!(joined, expected, "who joined, and where they are");
    fixture.end(nodes).await;
}

/// Six at once through one.
pub(crate) async fn nodes_that_join_at_once_all_see_each_other<F: Fixture>(fixture: &F) {
    let first = fixture.node("first", calm()).await;
    let mut nodes = Vec::new();
    for number in 0..6 {
        nodes.push(fixture.node(&format_smolstr!("n{number}"), calm()).await);
    }
    join_all(nodes.iter().map(|node| fixture.join(node, &first))).await;
    nodes.push(first);
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    fixture.end(nodes).await;
}

/// 9.4 `TestMemberlist_delegateMeta`, `TestMemberlist_delegateMeta_Update`
pub(crate) async fn metadata_is_known_to_all_and_so_are_its_changes<F: Fixture>(fixture: &F) {
    let one = fixture.node("one", calm().with_meta("role=one")).await;
    let other = fixture.node("other", calm().with_meta("role=other")).await;
    fixture.join(&other, &one).await;
    let meta = |node: &super::Node<F>, of: &super::Node<F>| {
        node.member(of.local_id()).map(|member| member.meta.as_bytes().to_vec())
    };
    fixture
        .eventually("the metadata is known", || {
            meta(&one, &other).as_deref() == Some(b"role=other")
                && meta(&other, &one).as_deref() == Some(b"role=one")
        })
        .await;
    for (node, text) in [(&one, "role=changed"), (&other, "role=changed, too")] {
        if let Err(error) = fixture.within("new metadata", node.update_meta(text)).await {
            panic!("new metadata: {error}");
        }
    }
    fixture
        .eventually("the new metadata is known", || {
            meta(&one, &other).as_deref() == Some(b"role=changed, too")
                && meta(&other, &one).as_deref() == Some(b"role=changed")
        })
        .await;
    fixture.end([one, other]).await;
}

/// A join to nobody fails, says why, and changes nothing.
pub(crate) async fn join_to_nobody_fails_with_a_reason<F: Fixture>(fixture: &F) {
    let gone = fixture.fresh().await;
    let address = gone.advertise_address().clone();
    fixture.within("a shutdown", gone.shutdown()).await;
    drop(gone);
    let mut options = calm();
    options.protocol.stream_timeout = ms(1_000);
    let node = fixture.node("alone", options).await;
    let failure = failed_join(fixture, &node, &address).await;
    assert!(
        matches!(failure, StreamFailure::Unreachable(_) | StreamFailure::TimedOut),
        "nobody is there, and the join fails with: {failure}"
    );
    assert_eq!(node.num_members(), 1);
    fixture.end([node]).await;
}

/// 9.3 `TestMemberlist_Join_DeadNode`: a peer that takes the stream and never answers costs no more than the deadline.
pub(crate) async fn join_to_a_silent_peer_ends_at_its_deadline<F: Fixture>(fixture: &F) {
    let silent = fixture.fresh().await;
    let mut options = calm();
    options.protocol.stream_timeout = ms(1_000);
    let node = fixture.node("alone", options).await;
    let failure = failed_join(fixture, &node, silent.advertise_address()).await;
    assert_eq!(failure, StreamFailure::TimedOut);
    assert_eq!(node.num_members(), 1);
    // The node is none the worse for it.
    let other = fixture.node("other", calm()).await;
    fixture.join(&other, &node).await;
    fixture.see_each_other(&[&node, &other]).await;
    fixture.end([node, other]).await;
}

/// Joins, which must fail; gives the reason.
pub(super) async fn failed_join<F: Fixture>(
    fixture: &F,
    node: &super::Node<F>,
    address: &crate::AddressIn<F>,
) -> StreamFailure {
    match fixture.within("a join ends", node.join(fixture.seed(address))).await {
        Ok(_) => panic!("a join succeeds that must fail"),
        Err(JoinError::NoneReached(report)) => match report.results().next() {
            Some(result) => match &result.outcome {
                Err(failure) => failure.clone(),
                Ok(_) => panic!("a join fails, and its report says that it did not"),
            },
            None => panic!("a join fails without a reason"),
        },
        Err(other) => panic!("a join fails before it is tried: {other:?}"),
    }
}
