//! Leaving, and coming back.

use super::{Cluster, Node, Plain, calm, state};
use crate::{Fixture, support::Support};
use memberlist_core::{Event, State};

/// 9.7: who says goodbye is held for left by all, and for failed by nobody.
pub(crate) async fn leaving_member_is_held_for_left<F: Fixture>(fixture: &F) {
    let mut nodes = fixture.cluster(3, calm).await;
    let mut events = nodes[0].events();
    let Some(leaver) = nodes.pop() else { return };
    leave(fixture, &leaver).await;
    assert!(leaver.has_left());
    fixture.within("a node shuts down", leaver.shutdown()).await;
    fixture
        .event(&mut events, "n2 left", |event| match event {
            Event::Left(member) => (member.node.id == "n2").then_some(()),
            Event::Failed { member, .. } => panic!("{} said goodbye, and is held for failed", member.node),
            _ => None,
        })
        .await;
    fixture
        .eventually("all hold it for left", || {
            nodes.iter().all(|node| state::<F, Plain<F>>(node, "n2") == Some(State::Left))
        })
        .await;
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    fixture.end(nodes).await;
}

/// Who has left, but goes on running, may come back.
pub(crate) async fn member_that_left_may_rejoin<F: Fixture>(fixture: &F) {
    let nodes = fixture.cluster(2, calm).await;
    leave(fixture, &nodes[1]).await;
    fixture.eventually("n1 has left", || state::<F, Plain<F>>(&nodes[0], "n1") == Some(State::Left)).await;
    if let Err(error) = fixture.within("coming back", nodes[1].rejoin()).await {
        panic!("n1 can't come back: {error}");
    }
    fixture.see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    fixture.end(nodes).await;
}

/// 9.7: who has left and ended starts anew at the same address, with other metadata.
pub(crate) async fn node_that_left_is_welcome_again<F: Fixture>(fixture: &F) {
    let mut nodes = fixture.cluster(2, calm).await;
    let Some(leaver) = nodes.pop() else { return };
    let address = leaver.advertise_address();
    leave(fixture, &leaver).await;
    fixture.within("a node shuts down", leaver.shutdown()).await;
    drop(leaver);
    let again = fixture.again(&address).await;
    let again = fixture.node_on(again, "n1", Plain::<F>::new(), calm().with_meta("life=2")).await;
    fixture.join(&again, &nodes[0]).await;
    fixture.see_each_other(&[&nodes[0], &again]).await;
    let meta = nodes[0].member(again.local_id()).map(|member| member.meta.as_bytes().to_vec());
    assert_eq!(meta.as_deref(), Some(&b"life=2"[..]));
    nodes.push(again);
    fixture.end(nodes).await;
}

async fn leave<F: Fixture>(fixture: &F, node: &Node<F>) {
    // How many confirm it depends on whether gossip was quicker.
    if let Err(error) = fixture.within("a departure", node.leave(fixture.patience())).await {
        panic!("{} can't leave: {error}", node.local_id());
    }
}
