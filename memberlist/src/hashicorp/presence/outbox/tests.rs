use super::*;

#[test]
fn messages_come_out_in_order_as_far_as_there_is_room() {
    let mut outbox = Outbox::default();
    for text in ["one", "three", "far too long", "four"] {
        assert!(outbox.push(text.into()));
    }
    assert_eq!(outbox.take(9), (vec!["one".into(), "three".into()], 1));
    assert_eq!(outbox.take(9), (vec!["four".into()], 0));
    assert_eq!(outbox.take(9), (vec![], 0));
    assert_eq!(outbox.bytes, 0);
}

#[test]
fn what_waits_is_bounded_in_number_and_bytes() {
    let mut outbox = Outbox::default();
    assert_eq!((0..2 * MAX_MESSAGES).filter(|_| outbox.push("x".into())).count(), MAX_MESSAGES);

    let mut outbox = Outbox::default();
    let large = Bytes::from(vec![0; MAX_BYTES / 4]);
    assert_eq!((0..8).filter(|_| outbox.push(large.clone())).count(), 4);
}
