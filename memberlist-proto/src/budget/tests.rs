use super::*;
use proptest::prelude::*;

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

#[test]
fn a_source_may_send_a_seconds_worth_at_once_and_then_at_its_rate() {
    let mut budget = PeerBudget::new(1_000, 0, 10);
    assert!(budget.admit_bytes(at(0), &"a", 600));
    assert!(budget.admit_bytes(at(0), &"a", 400));
    assert!(!budget.admit_bytes(at(0), &"a", 1));
    assert!(budget.admit_bytes(at(0), &"b", 1_000), "each source has its own");
    assert!(!budget.admit_bytes(at(99), &"a", 100));
    assert!(budget.admit_bytes(at(100), &"a", 100), "a refusal costs nothing");
    assert!(!budget.admit_bytes(at(5_000), &"a", 1_001), "silence saves up no more than a second's worth");
    assert!(budget.admit_bytes(at(5_000), &"a", 1_000));
}

#[test]
fn messages_are_counted_apart_from_bytes() {
    let mut budget = PeerBudget::new(100, 3, 10);
    assert!(budget.admit_bytes(at(0), &1, 100));
    for _ in 0..3 {
        assert!(budget.admit_message(at(0), &1));
    }
    assert!(!budget.admit_message(at(333), &1));
    assert!(budget.admit_message(at(334), &1));
}

#[test]
fn zero_is_no_limit_and_remembers_nobody() {
    let mut budget = PeerBudget::new(0, 0, 10);
    for n in 0..1_000 {
        assert!(budget.admit_bytes(at(0), &n, usize::MAX) && budget.admit_message(at(0), &n));
    }
    assert!(budget.peers.is_empty());
    budget.set_rates(0, 1);
    assert!(budget.admit_message(at(0), &1) && !budget.admit_message(at(0), &1));
}

/// The table stays bounded, and a peer that keeps talking keeps its place (and its debt).
#[test]
fn a_flood_of_invented_sources_evicts_the_longest_silent_only() {
    let mut budget = PeerBudget::new(0, 2, 100);
    let talkative = u32::MAX;
    assert!(budget.admit_message(at(0), &talkative) && budget.admit_message(at(0), &talkative));
    for n in 0..100_000 {
        assert!(budget.admit_message(at(0), &n));
        if n % 50 == 0 {
            assert!(!budget.admit_message(at(0), &talkative));
        }
    }
    assert_eq!((budget.peers.len(), budget.index.len()), (100, 100));
    let mut tiny = PeerBudget::new(1, 1, 0);
    assert!(tiny.admit_message(at(0), &1) && tiny.admit_message(at(0), &2));
    assert_eq!(tiny.peers.len(), 1);
}

#[test]
fn extreme_rates_and_times_are_harmless() {
    let mut budget = PeerBudget::new(u64::MAX, u32::MAX, 1);
    assert!(budget.admit_bytes(Instant::NEVER, &0, usize::MAX));
    assert!(budget.admit_message(Instant::NEVER, &0));
    assert!(budget.admit_message(at(0), &1));
    let mut slow = PeerBudget::new(1, 1, 1);
    assert!(!slow.admit_bytes(at(0), &0, usize::MAX));
}

proptest! {
    /// In no span does a source get more than its rate times the span, plus one second's worth; and the table is the list of
    /// the latest sources, in order.
    #[test]
    fn the_rate_holds_and_the_latest_are_remembered(
        calls in proptest::collection::vec((0..8_u8, 0..400_u64, 1..700_usize), 1..200),
        rate in 500..2_000_u64,
        max_peers in 1..6_usize,
    ) {
        let mut budget = PeerBudget::new(rate, 0, max_peers);
        let mut alone = PeerBudget::new(rate, 0, 1);
        let (mut now, mut admitted) = (0, 0);
        let mut latest: Vec<u8> = alloc::vec![];
        for (from, after, bytes) in calls {
            now += after;
            budget.admit_bytes(at(now), &from, bytes);
            latest.retain(|seen| *seen != from);
            latest.push(from);
            if latest.len() > max_peers { latest.remove(0); }
            let mut remembered = alloc::vec![];
            let mut next = budget.ends.older;
            while let Some(peer) = budget.peers.get(next as usize) {
                remembered.push(peer.address);
                prop_assert_eq!(budget.index.get(&peer.address), Some(&next));
                next = peer.link.newer;
            }
            prop_assert_eq!(&remembered, &latest);
            prop_assert_eq!(budget.index.len(), latest.len());
            if alone.admit_bytes(at(now), &0, bytes) { admitted += bytes as u64; }
            // One for the rounding.
            prop_assert!(admitted <= rate + rate * now / 1_000 + 1);
        }
    }
}
