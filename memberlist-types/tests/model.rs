//! The data model's own rules.

use bytes::Bytes;
use memberlist_types::{
    Ack, Dead, DecodeError, Incarnation, Label, LabelTooLong, Message, MessageKind, Meta, Nack,
    SequenceNumber, State, Suspect, Versions,
};

#[test]
fn incarnation_never_wraps() {
    assert_eq!(Incarnation::ZERO.next(), Incarnation::new(1));
    assert_eq!(Incarnation::MAX.next(), Incarnation::MAX);
    assert_eq!(Incarnation::new(u32::MAX - 1).saturating_add(5), Incarnation::MAX);
    assert!(Incarnation::MAX.is_saturated() && !Incarnation::new(u32::MAX - 1).is_saturated());
    assert!(Incarnation::new(2) > Incarnation::new(1));
}

#[test]
fn sequence_number_wraps() {
    assert_eq!(SequenceNumber(u32::MAX).next(), SequenceNumber(0));
}

#[test]
fn states_and_their_numbers_agree() {
    for (number, state) in [State::Alive, State::Suspect, State::Dead, State::Left].into_iter().enumerate() {
        assert_eq!(usize::from(state.value()), number);
        assert_eq!(State::from_value(state.value()), Some(state));
    }
    assert_eq!(State::from_value(4), None);
    assert!(State::Dead.is_gone() && State::Left.is_gone());
    assert!(!State::Alive.is_gone() && !State::Suspect.is_gone());
}

#[test]
fn versions_keep_their_order_on_the_wire() {
    let versions = Versions::from_bytes([1, 2, 3, 4, 5, 6]);
    assert_eq!((versions.protocol_min, versions.protocol_max, versions.protocol_current), (1, 2, 3));
    assert_eq!((versions.delegate_min, versions.delegate_max, versions.delegate_current), (4, 5, 6));
    assert_eq!(versions.to_bytes(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn protocol_range_must_make_sense() {
    assert!(Versions::default().is_valid());
    for (min, max, valid) in [(1, 5, true), (5, 5, true), (0, 5, false), (1, 0, false), (5, 4, false)] {
        let versions = Versions { protocol_min: min, protocol_max: max, ..Versions::default() };
        assert_eq!(versions.is_valid(), valid, "{min}-{max}");
    }
}

#[test]
fn label_has_at_most_255_bytes_not_characters() {
    assert!(Label::new("x".repeat(255)).is_ok());
    assert_eq!(Label::new("ä".repeat(128)), Err(LabelTooLong(256)));
    assert_eq!(Label::try_from("prod").unwrap().as_str(), "prod");
}

#[test]
fn metadata_is_checked_against_the_limit_it_is_given() {
    let meta = Meta::new(vec![0; 512]);
    assert!(meta.check(512).is_ok());
    let error = meta.check(511).unwrap_err();
    assert_eq!((error.actual, error.limit), (512, 511));
    assert!(Meta::EMPTY.check(0).is_ok());
}

#[test]
fn departure_is_a_death_that_the_node_announces_itself() {
    let dead = |node, from| Dead { incarnation: Incarnation::new(1), node, from };
    assert!(dead("a", "a").is_leave());
    assert!(!dead("a", "b").is_leave());
}

#[test]
fn every_message_knows_its_kind() {
    let seq = SequenceNumber(1);
    let suspect = Suspect { incarnation: Incarnation::new(1), node: 1u64, from: 2 };
    let messages: [(Message<u64, u64>, MessageKind); 4] = [
        (Message::Ack(Ack { seq, payload: Bytes::new() }), MessageKind::Ack),
        (Message::Nack(Nack { seq }), MessageKind::Nack),
        (Message::Suspect(suspect), MessageKind::Suspect),
        (Message::User(Bytes::new()), MessageKind::User),
    ];
    for (message, kind) in messages {
        assert_eq!(message.kind(), kind);
    }
}

/// Counters are named after them: they must not change.
#[test]
fn reasons_of_refusals_are_stable() {
    let reasons = [
        (DecodeError::Truncated, "truncated"),
        (DecodeError::BadMagic(0), "bad_magic"),
        (DecodeError::LabelMismatch, "label_mismatch"),
        (DecodeError::ChecksumMismatch, "checksum_mismatch"),
        (DecodeError::UnknownLayer(0), "unknown_layer"),
        (DecodeError::Unencrypted, "unencrypted"),
        (DecodeError::NoKey, "no_key"),
        (DecodeError::Undecryptable, "undecryptable"),
        (DecodeError::UnknownKind(0), "unknown_kind"),
        (DecodeError::TooLarge { what: "states", actual: 2, limit: 1 }, "too_large"),
        (DecodeError::Invalid("state"), "invalid"),
    ];
    for (error, reason) in &reasons {
        assert_eq!(error.reason(), *reason);
    }
    assert_eq!(reasons.map(|(_, reason)| reason), DecodeError::REASONS, "each has its counter");
}
