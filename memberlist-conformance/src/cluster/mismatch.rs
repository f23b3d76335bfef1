//! Those who don't belong here: another label, another key, none.

use super::{Cluster, Node, calm, joining::failed_join, ms};
use crate::{Fixture, fixture::AddressIn, support::Support};
use memberlist_core::{
    Event, NativeWire, Options, Transport,
    types::{EncryptionAlgorithm, Framing, Keyring, Label, Message, SecretKey, Wire},
};

fn framed(framing: Framing) -> Options {
    let mut options = calm();
    // Also where the transport is secure: keys can tell clusters apart where certificates don't.
    options.always_encrypt = true;
    // The protocol has no answer for strangers: a join may end only by its deadline.
    options.protocol.stream_timeout = ms(1_500);
    options.with_framing(framing)
}

/// 9.3 `TestMemberlist_Join_with_Labels`: same label joins; another one, or none, is kept out, on streams and in packets, and counted.
pub(crate) async fn other_label_is_kept_out<F: Fixture>(fixture: &F) {
    let labelled = |label: &str| fixture.framing().with_label(Label::new(label).unwrap_or_default());
    same_joins_and_others_do_not(
        fixture,
        || labelled("blue"),
        &[labelled("green"), labelled("")],
        &["label_mismatch"],
    )
    .await;
}

/// 9.5 `TestGossip_MismatchedKeys`, 9.3 `TestMemberlist_Join_with_Labels_and_Encryption`: the same for keys.
pub(crate) async fn other_key_is_kept_out<F: Fixture>(fixture: &F) {
    let keyring = |bytes: [u8; 16]| {
        let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, &bytes);
        let keyring = key.and_then(|key| Ok(Keyring::new()?.with_key(&key)));
        Some(keyring.unwrap_or_else(|error| panic!("no keyring: {error}")))
    };
    let encrypted = |byte| {
        fixture.framing().with_label(Label::new("keys").unwrap_or_default()).with_keyring(keyring([byte; 16]))
    };
    let in_clear = encrypted(1).with_keyring(None);
    same_joins_and_others_do_not(fixture, || encrypted(1), &[encrypted(2), in_clear], &[]).await;
}

async fn same_joins_and_others_do_not<F: Fixture>(
    fixture: &F,
    ours: impl Fn() -> Framing,
    others: &[Framing],
    reasons: &[&str],
) {
    let one = fixture.node("one", framed(ours())).await;
    let other = fixture.node("other", framed(ours())).await;
    fixture.join(&other, &one).await;
    fixture.see_each_other(&[&one, &other]).await;
    let mut events = one.events();
    let mut strangers: Vec<Node<F>> = Vec::new();
    for (number, framing) in others.iter().enumerate() {
        let stranger = fixture.node("stranger", framed(framing.clone())).await;
        let rejected = one.stats().decode_rejections;
        failed_join(fixture, &stranger, &one.advertise_address()).await;
        failed_join(fixture, &one, &stranger.advertise_address()).await;
        assert_eq!(stranger.num_members(), 1, "stranger {number} has joined");
        // Packets, too: each that comes is refused, and counted.
        fixture
            .eventually("a stranger's stream is refused and counted", || {
                one.stats().decode_rejections > rejected
            })
            .await;
        let rejected = one.stats().decode_rejections;
        let packet = user_packet::<F>(framing);
        let send = async || {
            let to = one.advertise_address();
            if let Err(error) = stranger.transport().send_packet(&to, packet.clone()).await {
                panic!("a stranger's packet: {error}");
            }
        };
        let what = "a stranger's packet is refused and counted";
        let refused = fixture.eventually(what, || one.stats().decode_rejections > rejected);
        fixture.repeating(what, send, refused).await;
        strangers.push(stranger);
    }
    for reason in reasons {
        assert!(one.stats().decode_rejected(reason) > 0, "counted, but not as {reason}: {:?}", one.stats());
    }
    // The cluster is what it was, and nothing of what was said was believed.
    fixture.see_each_other(&[&one, &other]).await;
    assert_eq!(one.known().len(), 2, "a stranger is known");
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::User { .. } | Event::Joined(_)), "a stranger was heard: {event:?}");
    }
    fixture.end(strangers.into_iter().chain([one, other])).await;
}

/// A packet with a user message in this framing.
fn user_packet<F: Fixture>(framing: &Framing) -> bytes::Bytes {
    let message = Message::<smol_str::SmolStr, AddressIn<F>>::User("from a stranger".into());
    let mut encoded = Vec::new();
    let packet = NativeWire.encode_message(&message, &mut encoded).and_then(|()| {
        Wire::<smol_str::SmolStr, AddressIn<F>>::encode_packet(&NativeWire, framing, &[encoded.into()])
    });
    packet.unwrap_or_else(|error| panic!("a packet can't be made: {error}"))
}
