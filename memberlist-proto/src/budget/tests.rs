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
    // When the flood is over, newcomers find less and less of it.
    for n in 0..100 {
        assert!(budget.admit_message(at(2_000 + n), &(200_000 + n as u32)));
    }
    assert!(budget.peers.len() >= 3 && budget.index.len() == budget.peers.len());
    assert!(budget.admit_message(at(9_000), &1) && budget.admit_message(at(9_000), &2));
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
    /// In no span does a source get more than its rate times the span, plus one second's worth; the table is the list of
    /// the latest sources, in order, without some that were silent for long; and if it has room for all, each is judged as if it was the
    /// only one.
    #[test]
    fn the_rate_holds_and_the_latest_are_remembered(
        calls in proptest::collection::vec((0..24_u8, prop_oneof![0..400_u64, 0..10_u64], 1..700_usize), 1..300),
        rate in 500..2_000_u64,
        max_peers in 1..28_usize,
    ) {
        let mut budget = PeerBudget::new(rate, 0, max_peers);
        let mut alone = PeerBudget::new(rate, 0, 1);
        let (mut now, mut admitted) = (0, 0);
        let mut latest: Vec<(u8, u64)> = alloc::vec![];
        let mut each: Vec<_> = (0..24).map(|_| PeerBudget::new(rate, 0, 1)).collect();
        for (from, after, bytes) in calls {
            now += after;
            let verdict = budget.admit_bytes(at(now), &from, bytes);
            let judged_alone = each[usize::from(from)].admit_bytes(at(now), &from, bytes);
            prop_assert!(verdict == judged_alone || max_peers < each.len());
            latest.retain(|(seen, _)| *seen != from);
            latest.push((from, now));
            let mut remembered = alloc::vec![];
            let mut next = budget.ends.older;
            while let Some(peer) = budget.peers.get(next as usize) {
                remembered.push(peer.address);
                prop_assert_eq!(budget.find(&peer.address), Some(next));
                next = peer.link.newer;
            }
            prop_assert!(remembered.len() <= max_peers && !remembered.is_empty());
            prop_assert_eq!(budget.peers.len(), remembered.len());
            prop_assert!(budget.index.is_empty() && remembered.len() <= FEW || budget.index.len() == remembered.len());
            let gone = latest.len() - remembered.len();
            prop_assert!(remembered.iter().eq(latest[gone..].iter().map(|(seen, _)| seen)));
            if alone.admit_bytes(at(now), &0, bytes) { admitted += bytes as u64; }
            // One for the rounding.
            prop_assert!(admitted <= rate + rate * now / 1_000 + 1);
        }
    }
}

/// A source that was silent for a second is like a new one, so nobody's memory is spent on it.
#[test]
fn only_those_who_spoke_within_a_second_take_memory() {
    let mut budget = PeerBudget::new(1_000, 1, 4_096);
    for n in 0..100_000_u64 {
        assert!(budget.admit_message(at(n * 10), &(n % 10_000)));
    }
    assert!(budget.peers.len() <= 101, "{} are remembered", budget.peers.len());
    assert_eq!(budget.peers.len(), budget.index.len());
}
