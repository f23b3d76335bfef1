use super::*;
use alloc::{vec, vec::Vec};
use proptest::prelude::*;
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

fn rng(seed: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed)
}

#[test]
fn numbers_are_spread_evenly() {
    let mut rng = rng(1);
    let mut counts = [0_u32; 7];
    for _ in 0..70_000 {
        counts[below(&mut rng, 7)] += 1;
    }
    // Standard deviation 93: five of them.
    assert!(counts.iter().all(|n| (9_537..=10_463).contains(n)), "{counts:?}");
}

/// Of four draws of the generator two would make a multiple of three, if all were taken.
#[test]
fn a_range_that_does_not_divide_the_generators_favours_no_number() {
    let mut rng = rng(2);
    let multiples = (0..10_000).filter(|_| below_u64(&mut rng, 3 << 62).is_multiple_of(3)).count();
    // Five standard deviations.
    assert!((3_097..=3_569).contains(&multiples), "{multiples}");
}

/// 9.8 TestShuffleNodes
#[test]
fn every_order_comes_up_equally_often() {
    let mut rng = rng(3);
    let mut counts = alloc::collections::BTreeMap::new();
    for _ in 0..24_000 {
        let mut items = [0, 1, 2, 3];
        shuffle(&mut rng, &mut items);
        *counts.entry(items).or_insert(0_u32) += 1;
    }
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|n| (840..=1_160).contains(n)), "{counts:?}");
}

/// 9.8 TestRandomOffset, TestRandomOffset_Zero
#[test]
fn draws_do_not_collide_and_nothing_comes_of_nothing() {
    let mut rng = rng(4);
    let mut drawn: Vec<_> = (0..100).map(|_| stagger(&mut rng, Duration::from_secs(1 << 30))).collect();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 100);
    assert_eq!(below(&mut rng, 0), 0);
    assert_eq!(stagger(&mut rng, Duration::ZERO), Duration::ZERO);
    assert_eq!(jitter(&mut rng, Duration::ZERO), Duration::ZERO);
    shuffle::<u8>(&mut rng, &mut []);
}

proptest! {
    #[test]
    fn durations_stay_in_their_range_and_repeat_with_the_seed(seed in any::<u64>(), d in any::<u64>()) {
        let duration = Duration::from_nanos(d);
        let drawn = |mut rng: Pcg64Mcg| (jitter(&mut rng, duration), stagger(&mut rng, duration));
        let (jitter, stagger) = drawn(rng(seed));
        prop_assert_eq!((jitter, stagger), drawn(rng(seed)));
        prop_assert!(stagger < duration || d == 0);
        let top = d.saturating_add(d / 2);
        prop_assert!(jitter >= duration / 2 && jitter.as_nanos() as u64 <= top);
        let mut items = vec![1, 2, 3, 4, 5, 6, 7];
        shuffle(&mut rng(seed), &mut items);
        items.sort_unstable();
        prop_assert_eq!(items, vec![1, 2, 3, 4, 5, 6, 7]);
    }
}
