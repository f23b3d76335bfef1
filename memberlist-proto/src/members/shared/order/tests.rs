use super::*;
use alloc::{collections::BTreeSet, vec, vec::Vec};
use rand_pcg::{Pcg32, rand_core::SeedableRng};

#[test]
fn a_pass_gives_each_place_once() {
    let mut rng = Pcg32::seed_from_u64(1);
    assert_eq!(Pass::new(0, &mut rng).next(), None);
    for span in [1, 2, 3, 7, 64, 65, 1_000, 10_000] {
        let pass: Vec<u32> = Pass::new(span, &mut rng).collect();
        assert_eq!(pass.len(), span);
        assert_eq!(pass.iter().copied().collect::<BTreeSet<_>>(), (0..span as u32).collect());
    }
}

/// Every place comes at every time with the same probability, and so does every place after every other: chi-squared, far out.
#[test]
fn orders_look_drawn() {
    let mut rng = Pcg32::seed_from_u64(2);
    for span in [5_usize, 16, 23] {
        let (mut at, mut after) = (vec![0_u32; span * span], vec![0_u32; span * span]);
        let rounds = 4_000 * span;
        for _ in 0..rounds {
            let pass: Vec<u32> = Pass::new(span, &mut rng).collect();
            for (time, place) in pass.iter().enumerate() {
                at[time * span + *place as usize] += 1;
            }
            for pair in pass.windows(2) {
                after[pair[0] as usize * span + pair[1] as usize] += 1;
            }
        }
        let deviation = |counts: &[u32], expected: f64, skip_diagonal: bool| {
            let cells = counts.iter().enumerate().filter(|(n, _)| !skip_diagonal || n / span != n % span);
            let (mut sum, mut n) = (0.0, 0.0);
            for (_, count) in cells {
                sum += (f64::from(*count) - expected).powi(2) / expected;
                n += 1.0;
            }
            sum / n
        };
        let at = deviation(&at, rounds as f64 / span as f64, false);
        let after = deviation(&after, rounds as f64 / span as f64, true);
        assert!(at < 2.0 && after < 2.0, "{span}: {at} {after}");
    }
}
