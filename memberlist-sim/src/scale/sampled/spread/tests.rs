use super::*;
use crate::random::generator;

fn habits(members: u64, real: u64) -> Habits {
    Habits {
        others: members - 1,
        real,
        fanout: 3,
        limit: 16,
        interval: 200,
        first: 25,
        rides: 0.0,
        loss: 0.0,
        latency: (1, 1),
    }
}

/// When half, 99 % and all of a thousand know it.
fn times(seed: u64, habits: &Habits, counted: u64) -> [u64; 3] {
    let mut rng = generator(seed, "spread", 0);
    let mut spread = Spread::new();
    spread.learn(0, habits, &mut rng);
    let mut times = [0; 3];
    for now in 0..10_000 {
        spread.tick(now, counted, habits, &mut rng);
        for (time, share) in times.iter_mut().zip([0.5, 0.99, 1.0]) {
            if *time == 0 && spread.knowing() as f64 >= share * counted as f64 {
                *time = now;
            }
        }
    }
    assert!(spread.is_over(), "each hands it out a limited number of times");
    times
}

#[test]
fn all_hear_of_it_within_the_rounds_that_push_gossip_takes() {
    for seed in 0..20 {
        let [half, most, all] = times(seed, &habits(1_000, 0), 1_000);
        // Synchronous rounds of 200 ms would take 5, 7 and 8.2 of them; here the first copy of each is soon.
        assert!((40..=800).contains(&half), "{half}");
        assert!((half..=1_200).contains(&most), "{most}");
        assert!((most..=2_500).contains(&all), "{all}");
    }
}

#[test]
fn loss_takes_longer_but_still_reaches_nearly_all() {
    let lossy = Habits { loss: 0.2, ..habits(1_000, 0) };
    let sum = |habits: &Habits| (0..20).map(|seed| times(seed, habits, 1_000)[1]).sum::<u64>();
    assert!(sum(&lossy) > sum(&habits(1_000, 0)));
}

#[test]
fn real_nodes_get_their_share_of_the_copies() {
    let habits = habits(1_000, 100);
    let mut rng = generator(1, "spread", 0);
    let mut spread = Spread::new();
    spread.learn(0, &habits, &mut rng);
    let mut copies = 0;
    for now in 0..10_000 {
        let reached = spread.tick(now, 900, &habits, &mut rng);
        assert!(reached.real.iter().all(|node| *node < 100));
        copies += reached.real.len();
    }
    assert_eq!(spread.knowing(), 900);
    // 900 members hand it out 16 times each, one copy in ten to a real node.
    assert!((1_200..=1_700).contains(&copies), "{copies}");
}

#[test]
fn whoever_has_newer_news_stops_and_nobody_hears_twice() {
    let habits = habits(100, 0);
    let mut rng = generator(1, "spread", 0);
    let mut spread = Spread::new();
    for _ in 0..100 {
        spread.learn(0, &habits, &mut rng);
    }
    for _ in 0..1_000 {
        spread.replace(100, &mut rng);
        assert!(!spread.reach(0, 100, &habits, &mut rng), "all know it");
    }
    assert!(spread.active() <= 1, "{}", spread.active());
    for now in 0..5_000 {
        assert_eq!(spread.tick(now, 100, &habits, &mut rng).new, 0);
    }
    assert!(spread.is_over());
}
