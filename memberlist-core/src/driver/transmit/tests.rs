use super::*;
use bytes::Bytes;

fn packet(to: u8, probe: Option<u32>) -> Transmit<u8> {
    Transmit {
        to,
        messages: vec![Bytes::from_static(b"x")].into(),
        reads: None,
        probe: probe.map(SequenceNumber),
    }
}

fn lanes(limit: usize) -> Lanes<u8> {
    Lanes { lanes: HashMap::new(), waiting: 0, limit }
}

#[test]
fn a_destination_sends_eight_at_once_and_lets_so_many_wait_in_order() {
    let mut lanes = lanes(10_000);
    for n in 0..SENDS_PER_DESTINATION {
        assert!(lanes.enter(packet(1, Some(n as u32))).is_some());
    }
    for n in 0..WAITING_PER_DESTINATION {
        assert!(lanes.has_room(&1));
        assert!(lanes.enter(packet(1, Some(100 + n as u32))).is_none());
    }
    assert!(!lanes.has_room(&1));
    assert!(lanes.has_room(&2), "others have lanes of their own");
    for n in 0..WAITING_PER_DESTINATION {
        assert_eq!(lanes.leave(&1), Some(packet(1, Some(100 + n as u32))));
    }
    for _ in 0..SENDS_PER_DESTINATION {
        assert_eq!(lanes.leave(&1), None);
    }
    assert!(lanes.lanes.is_empty() && lanes.waiting == 0, "an idle destination costs nothing");
}

#[test]
fn all_waiting_packets_together_are_bounded() {
    let mut lanes = lanes(20);
    let mut waiting = 0;
    for to in 0..10 {
        for _ in 0..SENDS_PER_DESTINATION {
            let _ = lanes.enter(packet(to, None));
        }
        for _ in 0..10 {
            if lanes.has_room(&to) {
                assert!(lanes.enter(packet(to, None)).is_none());
                waiting += 1;
            }
        }
    }
    assert_eq!(waiting, 20);
}
