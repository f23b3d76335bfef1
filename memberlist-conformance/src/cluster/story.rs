use super::{Cluster, Node, calm, state, states};
use crate::{
    AddressIn, Fixture,
    support::{Support, assert_same},
};
use bytes::Bytes;
use memberlist_core::{Delegate, Event, State};
use smol_str::SmolStr;

/// The life of a small cluster in one go: join, push/pull, small and large messages both ways, a broadcast, a departure.
///
/// For combinations of many things that need not each be shown the whole suite, such as frames: see [`pairwise`](crate::pairwise()). What is
/// said compresses well, and frames are encrypted also where the transport is secure, so that all of [`Fixture::framing`] is at work.
///
/// # Panics
/// If anything goes wrong.
pub async fn story<F: Fixture>(fixture: &F) {
    let text = |len: usize| Bytes::from(b"to be, or not to be: ".repeat(len / 21 + 1)[..len].to_vec());
    let (one, other) = (states::State::of(text(50).to_vec()), states::State::of(text(80_000).to_vec()));
    let options = || {
        let mut options = calm();
        options.always_encrypt = true;
        // Once, when joining: where cryptography is built without optimisation, more would be a burden.
        options.protocol.push_pull_interval = std::time::Duration::ZERO;
        options
    };
    let a = states::node_with(fixture, "a", &one, options()).await;
    let b = states::node_with(fixture, "b", &other, options()).await;
    fixture.join(&b, &a).await;
    fixture.see_each_other(&[&a, &b]).await;
    fixture
        .eventually("states are exchanged", || {
            one.has_heard(&text(80_000), true) && other.has_heard(&text(50), true)
        })
        .await;
    for (from, to) in [(&a, &b), (&b, &a)] {
        let address = to.advertise_address();
        for len in [20, 1_000] {
            let mut events = to.events();
            let send = async || match from.send(&address, text(len)).await {
                Ok(()) => {}
                Err(error) => panic!("a small message: {error}"),
            };
            let hear = fixture.event(&mut events, "a small message arrives", |event| match event {
                Event::User { payload, reliable: false, .. } => (payload == text(len)).then_some(()),
                _ => None,
            });
            fixture.repeating("a small message arrives", send, hear).await;
        }
        for len in [10, 80_000] {
            let mut events = to.events();
            if let Err(error) =
                fixture.within("a large message", from.send_reliable(&address, text(len))).await
            {
                panic!("a large message: {error}");
            }
            let heard = fixture.event(&mut events, "a large message arrives", |event| match event {
                Event::User { payload, reliable: true, .. } => Some(payload),
                _ => None,
            });
            assert_same("a large message", &heard.await, &text(len));
        }
        let mut events = to.events();
        broadcast(fixture, from, text(700));
        fixture
            .event(&mut events, "a broadcast arrives", |event| match event {
                Event::User { payload, .. } => (payload == text(700)).then_some(()),
                _ => None,
            })
            .await;
    }
    for node in [&a, &b] {
        let stats = node.stats();
        assert_eq!(
            stats.decode_rejections,
            0,
            "{} can't read all that it is sent: {stats:?}",
            node.local_id()
        );
    }
    if let Err(error) = fixture.within("a departure", b.leave(fixture.patience())).await {
        panic!("b can't leave: {error}");
    }
    fixture.eventually("b has left", || state::<F, _>(&a, "b") == Some(State::Left)).await;
    for node in [b, a] {
        fixture.within("a node shuts down", node.shutdown()).await;
    }
}

fn broadcast<F: Fixture, D>(_: &F, from: &Node<F, D>, text: Bytes)
where
    D: Delegate<Id = SmolStr, Address = AddressIn<F>>,
{
    if let Err(error) = from.broadcast(text) {
        panic!("a broadcast: {error}");
    }
}
