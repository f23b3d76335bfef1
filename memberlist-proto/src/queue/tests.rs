use super::*;
use alloc::vec;
use proptest::prelude::*;

fn bytes(len: usize, fill: u8) -> Bytes {
    Bytes::from(vec![fill; len])
}

fn room(bytes: usize, overhead: usize) -> Room {
    Room { bytes, overhead, messages: usize::MAX }
}

fn drain<K: Hash + Eq>(
    queue: &mut Broadcasts<K>,
    mut room: Room,
    limit: u32,
) -> (Vec<Bytes>, Vec<BroadcastId>) {
    let (mut out, mut finished) = (vec![], vec![]);
    queue.fill(&mut room, limit, &mut out, &mut finished);
    (out, finished)
}

fn in_order<K: Hash + Eq>(queue: &Broadcasts<K>) -> Vec<(u32, usize, u64)> {
    let mut ranks = vec![];
    for (place, line) in &queue.lines {
        let number = |index: u32| queue.items[index as usize].as_ref().unwrap().number;
        let mut numbers: Vec<u64> = line.indices(&queue.items).into_iter().map(number).collect();
        numbers.sort_unstable_by_key(|number| Reverse(*number));
        ranks.extend(numbers.into_iter().map(|number| (place.transmits, place.len.0, number)));
    }
    ranks
}

/// 9.8 TestLimitedBroadcastLess, W-26 (with the original's order)
#[test]
fn fewer_transmissions_then_longer_then_newer_comes_first() {
    let mut queue = Broadcasts::new();
    let first =
        |queue: &mut Broadcasts<u8>| drain(queue, Room { bytes: 100, overhead: 0, messages: 1 }, 99).0;
    queue.insert(None, bytes(100, 0), None);
    assert_eq!(first(&mut queue), [bytes(100, 0)]);
    for (len, fill) in [(10, 1), (12, 2), (10, 3)] {
        queue.insert(None, bytes(len, fill), None);
    }
    assert_eq!(first(&mut queue), [bytes(12, 2)], "the longer, but fewer transmissions before all else");
    assert_eq!(first(&mut queue), [bytes(10, 3)], "the newer");
    assert_eq!(first(&mut queue), [bytes(10, 1)]);
    assert_eq!(first(&mut queue), [bytes(100, 0)]);
}

/// 9.8 TestTransmitLimited_Queue
#[test]
fn a_newer_one_with_the_same_key_takes_the_newest_place() {
    let mut queue = Broadcasts::new();
    for key in ["test", "foo", "bar"] {
        assert_eq!(queue.insert(Some(key), bytes(1, 0), None), None);
    }
    assert_eq!(in_order(&queue), [(0, 1, 2), (0, 1, 1), (0, 1, 0)]);
    queue.insert(Some("test"), bytes(1, 1), None);
    assert_eq!(in_order(&queue), [(0, 1, 3), (0, 1, 2), (0, 1, 1)]);
    assert_eq!(drain(&mut queue, room(1, 0), 9).0, [bytes(1, 1)]);
}

/// The news of a thousand joins leaves no memory behind, and the queue goes on as if nothing had been.
#[test]
fn an_empty_queue_gives_its_memory_back() {
    let mut queue = Broadcasts::new();
    for n in 0..1_000_u32 {
        queue.insert(Some(n), bytes(10, 0), None);
    }
    assert_eq!(drain(&mut queue, room(usize::MAX, 0), 1).0.len(), 1_000);
    assert_eq!((queue.items.capacity(), queue.vacant.capacity(), queue.bytes()), (0, 0, 0));
    queue.insert(Some(7), bytes(10, 1), None);
    assert_eq!(drain(&mut queue, room(usize::MAX, 0), 2).0, [bytes(10, 1)]);
    assert_eq!(drain(&mut queue, room(usize::MAX, 0), 2).0, [bytes(10, 1)]);
}

/// 9.8 TestTransmitLimited_GetBroadcasts, W-29
#[test]
fn overhead_counts_against_the_room() {
    let queue = || {
        let mut queue = Broadcasts::new();
        for n in 0..4 {
            queue.insert(Some(n), bytes(18, n), None);
        }
        queue
    };
    assert_eq!(drain(&mut queue(), room(80, 2), 9).0.len(), 4);
    assert_eq!(drain(&mut queue(), room(80, 3), 9).0.len(), 3);
}

/// 9.8 TestTransmitLimited_GetBroadcasts_Limit, F-15 (except that ids are never used twice, see Q10).
#[test]
fn each_item_is_handed_out_as_often_as_the_limit_says() {
    let mut queue = Broadcasts::new();
    for n in 0..4 {
        queue.insert(Some(n), bytes(18, n), Some(BroadcastId(n.into())));
    }
    let limit = crate::scale::retransmit_limit(1, 10);
    assert_eq!(limit, 2);
    let mut all = vec![];
    for expected in [3, 3, 2, 0] {
        let (out, finished) = drain(&mut queue, room(80, 3), limit);
        assert_eq!(out.len(), expected);
        all.extend(finished);
    }
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3].map(BroadcastId));
    assert!(queue.is_empty() && queue.keys.is_empty());
    assert_eq!((queue.bytes(), queue.inserted), (0, 4));
}

/// 9.8 TestTransmitLimited_Prune
#[test]
fn pruning_keeps_the_newest_and_tells_of_the_dropped() {
    let mut queue = Broadcasts::new();
    for n in 0..4_u64 {
        queue.insert(Some(n), bytes(5, 0), Some(BroadcastId(n)));
    }
    assert_eq!(queue.prune(2, usize::MAX), [Some(BroadcastId(0)), Some(BroadcastId(1))]);
    assert!(queue.size(&2).is_some() && queue.size(&3).is_some() && queue.size(&0).is_none());
    assert_eq!((queue.len(), queue.bytes()), (2, 10));
    assert_eq!(queue.prune(2, 9), [Some(BroadcastId(2))]);
    assert_eq!(queue.prune(0, 0), [Some(BroadcastId(3))]);
    assert!(Broadcasts::<u8>::new().prune(0, 0).is_empty(), "Q16: a queue that was never used");
}

/// 9.8 TestTransmitLimited_ordering
#[test]
fn the_last_in_order_is_the_most_transmitted() {
    let mut queue = Broadcasts::new();
    // Queued later, each has been handed out as many times less.
    for (n, fills) in [3, 3, 1, 3, 0].into_iter().enumerate() {
        queue.insert(Some(n), bytes(10, 0), None);
        for _ in 0..fills {
            drain(&mut queue, room(1_000, 0), 99);
        }
    }
    let backwards: Vec<_> = in_order(&queue).iter().rev().map(|rank| rank.0).collect();
    assert_eq!(backwards, [10, 7, 4, 3, 0]);
}

/// 9.1 TestMemberlistBroadcast_Invalidates, F-16, W-27
#[test]
fn only_the_same_key_replaces_and_the_replaced_one_is_told() {
    let mut queue = Broadcasts::new();
    assert_eq!(queue.insert(Some("foo"), bytes(3, 1), Some(BroadcastId(1))), None);
    assert_eq!(queue.insert(Some("bar"), bytes(3, 2), Some(BroadcastId(2))), None);
    assert_eq!(queue.insert(None, bytes(3, 3), Some(BroadcastId(3))), None);
    assert_eq!(queue.insert(None, bytes(3, 4), Some(BroadcastId(4))), None);
    assert_eq!(queue.len(), 4);
    assert_eq!(queue.insert(Some("foo"), bytes(5, 5), Some(BroadcastId(5))), Some(BroadcastId(1)));
    assert_eq!((queue.len(), queue.bytes()), (4, 14));
    assert_eq!(queue.remove(&"foo"), Some(Some(BroadcastId(5))));
    assert_eq!(queue.remove(&"foo"), None);
    assert_eq!((queue.len(), queue.bytes()), (3, 9));
}

/// 9.1 TestMemberlistBroadcast_Message
#[test]
fn the_payload_comes_out_as_it_went_in_and_shares_its_bytes() {
    let payload = Bytes::from(vec![1, 2, 3]);
    let mut queue = Broadcasts::new();
    queue.insert(Some("test"), payload.clone(), None);
    for _ in 0..3 {
        let (out, _) = drain(&mut queue, room(1400, 2), 4);
        assert_eq!(out, vec![payload.clone()]);
        assert_eq!(out[0].as_ptr(), payload.as_ptr());
    }
}

/// Q10, complaint 5: replacing the only item, then one of equal length.
#[test]
fn an_id_is_never_used_twice() {
    let mut queue = Broadcasts::new();
    queue.insert(Some("a"), bytes(4, 1), None);
    queue.insert(Some("a"), bytes(4, 2), None);
    for (n, key) in ["b", "c", "d"].iter().enumerate() {
        queue.insert(Some(key), bytes(4, 3), None);
        assert_eq!(queue.len(), n + 2);
    }
    let (out, _) = drain(&mut queue, room(1400, 2), 1);
    assert_eq!(out.len(), 4);
    assert!(out.contains(&bytes(4, 2)));
}

/// F-18
#[test]
fn what_does_not_fit_stays_and_blocks_nothing() {
    let mut queue = Broadcasts::new();
    queue.insert(Some(0), bytes(2_000, 0), None);
    for n in 1..20 {
        queue.insert(Some(n), bytes(30, 1), None);
    }
    for left in [1_u32, 1, 1] {
        let (out, _) = drain(&mut queue, room(1_400, 2), 4);
        assert_eq!((out.len(), left), (19, 1));
    }
    assert_eq!(in_order(&queue)[0], (0, 2_000, 0), "still first in line");
    assert_eq!(drain(&mut queue, room(2_002, 2), 4).0, [bytes(2_000, 0)]);
}

/// W-29, Q6, complaint 6: by bytes, and by count because a wire's count field has an end.
#[test]
fn the_number_of_messages_is_limited_too() {
    let mut queue = Broadcasts::new();
    for n in 0..300 {
        queue.insert(Some(n), bytes(1, 0), None);
    }
    let (out, _) = drain(&mut queue, Room { bytes: 100_000, overhead: 2, messages: 255 }, 4);
    assert_eq!(out.len(), 255);
    assert!(drain(&mut queue, Room { bytes: 100_000, overhead: 2, messages: 0 }, 4).0.is_empty());
    assert!(drain(&mut queue, room(1, 2), 4).0.is_empty());
}

#[test]
fn a_room_knows_what_fits() {
    let mut room = Room { bytes: 10, overhead: 2, messages: 2 };
    assert_eq!(room.longest(), Some(8));
    room.take(3);
    assert_eq!(room, Room { bytes: 5, overhead: 2, messages: 1 });
    room.take(usize::MAX);
    assert_eq!(room, Room { bytes: 0, overhead: 2, messages: 0 });
    assert_eq!(room.longest(), None);
    assert_eq!(Room { bytes: 1, overhead: 2, messages: 1 }.longest(), None);
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Option<u8>, usize),
    Fill(usize, usize),
    Remove(u8),
    Prune(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (proptest::option::weighted(0.7, 0..12_u8), prop_oneof![0..60_usize, 20..22_usize]).prop_map(|(k, l)| Step::Insert(k, l)),
        4 => (0..200_usize, 0..12_usize).prop_map(|(b, m)| Step::Fill(b, m)),
        1 => (0..12_u8).prop_map(Step::Remove),
        1 => (0..10_usize, 0..400_usize).prop_map(|(n, b)| Step::Prune(n, b)),
    ]
}

type Naked = (u32, Reverse<usize>, Reverse<u64>, Option<u8>);

/// The rules once more, word by word, on a plain list.
#[derive(Default)]
struct Naive {
    items: Vec<Naked>,
    next: u64,
}

impl Naive {
    fn fill(
        &mut self,
        mut free: usize,
        overhead: usize,
        mut messages: usize,
        limit: u32,
    ) -> (Vec<u64>, Vec<u64>) {
        self.items.sort_unstable();
        let (mut out, mut finished, mut later) = (vec![], vec![], vec![]);
        let tiers: alloc::collections::BTreeSet<u32> = self.items.iter().map(|item| item.0).collect();
        for tier in tiers {
            while messages > 0 {
                let fitting = |item: &Naked| item.0 == tier && item.1.0 + overhead <= free;
                let Some(at) = self.items.iter().position(fitting) else { break };
                let mut item = self.items.remove(at);
                out.push(item.2.0);
                free -= item.1.0 + overhead;
                messages -= 1;
                item.0 += 1;
                if item.0 >= limit { finished.push(item.2.0) } else { later.push(item) }
            }
        }
        self.items.extend(later);
        (out, finished)
    }
}

proptest! {
    /// F-15, F-16, F-17, F-18, F-42, W-30: the queue does what the rules say, item by item; a replaced item never comes out again.
    #[test]
    fn the_queue_agrees_with_the_rules_on_a_plain_list(
        steps in proptest::collection::vec(step(), 1..120), limit in 1..6_u32, overhead in 0..4_usize,
    ) {
        let mut queue = Broadcasts::new();
        let mut naive = Naive::default();
        for step in steps {
            match step {
                Step::Insert(key, len) => {
                    let id = naive.next;
                    naive.next += 1;
                    let old = naive.items.iter().position(|item| key.is_some() && item.3 == key);
                    let old = old.map(|at| BroadcastId(naive.items.remove(at).2.0));
                    naive.items.push((0, Reverse(len), Reverse(id), key));
                    prop_assert_eq!(queue.insert(key, bytes(len, 0), Some(BroadcastId(id))), old);
                }
                Step::Fill(free, messages) => {
                    let before: Vec<(u32, usize, u64)> = in_order(&queue);
                    let (mut out, mut finished) = (vec![], vec![]);
                    let mut left = Room { bytes: free, overhead, messages };
                    queue.fill(&mut left, limit, &mut out, &mut finished);
                    let (ids, done) = naive.fill(free, overhead, messages, limit);
                    let lens: Vec<_> = ids.iter()
                        .filter_map(|id| before.iter().find(|item| item.2 == *id).map(|item| item.1)).collect();
                    prop_assert_eq!(out.iter().map(Bytes::len).collect::<Vec<_>>(), lens);
                    prop_assert_eq!(finished, done.into_iter().map(BroadcastId).collect::<Vec<_>>());
                    let used: usize = out.iter().map(|p| p.len() + overhead).sum();
                    prop_assert_eq!(used + left.bytes, free);
                    prop_assert_eq!(out.len() + left.messages, messages);
                }
                Step::Remove(key) => {
                    let at = naive.items.iter().position(|item| item.3 == Some(key));
                    let expected = at.map(|at| Some(BroadcastId(naive.items.remove(at).2.0)));
                    prop_assert_eq!(queue.remove(&key), expected);
                }
                Step::Prune(keep, max) => {
                    naive.items.sort_unstable();
                    let mut dropped = vec![];
                    while naive.items.len() > keep || naive.items.iter().map(|i| i.1.0).sum::<usize>() > max {
                        dropped.extend(naive.items.pop().map(|item| Some(BroadcastId(item.2.0))));
                    }
                    prop_assert_eq!(queue.prune(keep, max), dropped);
                }
            }
            naive.items.sort_unstable();
            let expected: Vec<_> = naive.items.iter().map(|i| (i.0, i.1.0, i.2.0)).collect();
            prop_assert_eq!(in_order(&queue), expected);
            prop_assert_eq!(queue.len(), naive.items.len());
            prop_assert_eq!(queue.bytes(), naive.items.iter().map(|i| i.1.0).sum::<usize>());
            for key in 0..12 {
                prop_assert_eq!(queue.size(&key).is_some(), naive.items.iter().any(|i| i.3 == Some(key)));
            }
        }
    }

    /// F-15: with nothing new a queue drains to nothing, each item sent exactly `limit` times.
    #[test]
    fn a_quiet_queue_drains(lens in proptest::collection::vec(1..100_usize, 1..60), limit in 1..9_u32) {
        let mut queue = Broadcasts::<u8>::new();
        for (n, len) in lens.iter().enumerate() {
            queue.insert(None, bytes(*len, n as u8), None);
        }
        let mut sent = vec![0; lens.len()];
        for _ in 0..lens.len() * limit as usize {
            for payload in drain(&mut queue, room(200, 2), limit).0 {
                sent[payload[0] as usize] += 1;
            }
        }
        prop_assert!(queue.is_empty());
        prop_assert_eq!(sent, vec![limit; lens.len()]);
    }
}

mod fair;

/// What one packet got the next gets, too, up to the limit; then what waits comes after it.
#[test]
fn a_repeated_packet_has_the_same_and_then_the_rest() {
    let mut queue = Broadcasts::<u8>::new();
    for name in ["aaaa", "bbb", "cc"] {
        queue.insert(None, Bytes::from(name), None);
    }
    let room = || Room { bytes: 11, overhead: 2, messages: 9 };
    let (mut first, mut second, mut third, mut finished) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    queue.fill(&mut room(), 2, &mut first, &mut finished);
    assert_eq!(first, ["aaaa", "bbb"]);
    let mut again = room();
    queue.repeat(&mut again, 2, &mut second, &mut finished);
    queue.fill(&mut again, 2, &mut second, &mut finished);
    assert_eq!(second, ["aaaa", "bbb"], "the longest of the rest does not fit");
    assert_eq!(queue.len(), 1, "two reached their limit");
    let mut again = room();
    queue.repeat(&mut again, 2, &mut third, &mut finished);
    queue.fill(&mut again, 2, &mut third, &mut finished);
    assert_eq!(third, ["cc"], "and nothing that is gone comes again");
}

/// Whatever was replaced or removed in between is not repeated, also if its place was taken by another.
#[test]
fn a_repeated_packet_has_nothing_that_was_replaced() {
    let mut queue = Broadcasts::new();
    queue.insert(Some(1), Bytes::from("old"), None);
    queue.insert(Some(2), Bytes::from("gone"), None);
    let room = || Room { bytes: 100, overhead: 2, messages: 9 };
    let (mut out, mut finished) = (Vec::new(), Vec::new());
    queue.fill(&mut room(), 4, &mut out, &mut finished);
    queue.insert(Some(1), Bytes::from("new"), None);
    queue.remove(&2);
    queue.insert(Some(3), Bytes::from("other"), None);
    let mut repeated = Vec::new();
    queue.repeat(&mut room(), 4, &mut repeated, &mut finished);
    assert!(repeated.is_empty(), "{repeated:?}");
    queue.fill(&mut room(), 4, &mut repeated, &mut finished);
    assert_eq!(repeated, ["other", "new"]);
}

#[test]
fn queue_that_was_long_gives_its_memory_back_and_works_on() {
    let mut queue = Broadcasts::new();
    for key in 0..1_000 {
        queue.insert(Some(key), bytes(10, 0), None);
    }
    for _ in 0..2 {
        drain(&mut queue, room(20_000, 2), 2);
    }
    assert!(queue.is_empty());
    assert_eq!((queue.bytes(), queue.items.capacity(), queue.vacant.capacity()), (0, 0, 0));
    queue.insert(Some(1), bytes(10, 1), None);
    assert_eq!(drain(&mut queue, room(100, 2), 1).0, [bytes(10, 1)]);
}
