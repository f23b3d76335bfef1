use super::*;
use alloc::collections::BTreeMap;
use proptest::prelude::*;

proptest! {
    /// Few or many, it is a map.
    #[test]
    fn it_has_what_a_map_has(steps in proptest::collection::vec((0..8_u8, 0..24_u32), 1..300)) {
        let (mut pending, mut map) = (Pending::new(), BTreeMap::new());
        for (step, (what, number)) in (0..).zip(steps) {
            let seq = SequenceNumber(number);
            match what {
                0..=3 => {
                    pending.insert(seq, step);
                    map.insert(seq, step);
                }
                4 => {
                    pending.retain(|item| item % 5 != 0);
                    map.retain(|_, item| *item % 5 != 0);
                }
                _ => prop_assert_eq!(pending.remove(&seq), map.remove(&seq)),
            }
            prop_assert_eq!(pending.len(), map.len());
            for seq in (0..24).map(SequenceNumber) {
                prop_assert_eq!(pending.get(&seq), map.get(&seq));
                prop_assert_eq!(pending.get_mut(&seq), map.get_mut(&seq));
            }
        }
    }
}
