use super::*;

/// `memberlist-sim` replays recordings without this crate: its tests hold the same numbers.
#[test]
fn randomness_of_recorded_nodes_stays_what_it_is() {
    let mut seed: Seed = [0; 32];
    seed.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
    let mut rng = generator(&seed);
    assert_eq!([rng.next_u64(), rng.next_u64()], [870_400_698_630_955_762, 2_231_642_974_005_102_536]);
}
