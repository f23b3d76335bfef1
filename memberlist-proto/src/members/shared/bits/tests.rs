use super::*;
use alloc::collections::BTreeSet;
use proptest::prelude::*;

#[test]
fn knowing_everybody_takes_next_to_no_memory() {
    let mut bits = Bits::default();
    for n in 0..100_000 {
        bits.insert(n);
    }
    assert!(bits.bytes() <= 1_100, "{} bytes", bits.bytes());
    let mut filled = Bits::default();
    filled.insert(7);
    filled.fill(100_000);
    assert!(filled.iter().eq(bits.iter()) && filled.iter().eq(0..100_000));
    bits.remove(50_000);
    assert!(!bits.contains(50_000) && bits.contains(49_999) && bits.bytes() <= 1_400);
}

proptest! {
    #[test]
    fn it_has_what_a_set_has(steps in proptest::collection::vec((any::<bool>(), 0..5_000_u32), 1..400), from in 0..5_000_usize, end in 0..6_000_usize, fill in 0..5_000_usize) {
        let (mut bits, mut set) = (Bits::default(), BTreeSet::new());
        for (round, (insert, n)) in steps.into_iter().enumerate() {
            if round == 100 {
                bits.fill(fill);
                set.extend(0..fill as u32);
            }
            if insert { bits.insert(n); set.insert(n); } else { bits.remove(n); set.remove(&n); }
            prop_assert_eq!(bits.contains(n), insert);
        }
        prop_assert!(bits.iter().eq(set.iter().copied()));
        prop_assert!(bits.range(from, end).eq(set.iter().copied().filter(|n| (from..end).contains(&(*n as usize)))));
        prop_assert!(set.iter().all(|n| (*n as usize) < bits.span()));
    }
}
