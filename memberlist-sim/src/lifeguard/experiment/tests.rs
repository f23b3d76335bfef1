use super::*;

fn swim() -> Configuration {
    Configuration::named("swim").unwrap()
}

fn all() -> Configuration {
    Configuration::named("lifeguard-stall").unwrap()
}

const HARD: Point = Point { members: 4, blocked: 16_384, normal: 64 };
/// Small and short, for a build that is not optimised.
const FEW: usize = 24;
const SHORT: Duration = Duration::from_secs(50);

#[test]
fn blocked_members_of_plain_swim_accuse_the_healthy_and_with_lifeguard_and_stall_rules_nobody_is_declared_dead()
 {
    let plain = alternating(3, &swim(), HARD, FEW, SHORT).unwrap();
    assert!(plain.fp > 20 && plain.fp_healthy <= plain.fp && plain.suspicions > 0, "{plain:?}");
    let ours = alternating(3, &all(), HARD, FEW, SHORT).unwrap();
    assert_eq!((ours.fp, ours.fp_healthy), (0, 0), "{ours:?}");
    // Two packets for each member and second, and some gossip; the quiet time before does not count.
    assert!((2_000..=12_000).contains(&ours.load.packets), "{ours:?}");
}

#[test]
fn same_seed_gives_the_same_counts_and_another_seed_others() {
    let point = Point { members: 4, blocked: 2_048, normal: 1_024 };
    let once = alternating(1, &all(), point, FEW, SHORT).unwrap();
    assert_eq!(once, alternating(1, &all(), point, FEW, SHORT).unwrap());
    assert_ne!(once, alternating(2, &all(), point, FEW, SHORT).unwrap());
}

#[test]
fn short_block_does_no_harm_and_a_long_one_does_to_plain_swim() {
    let once = |configuration, seconds| {
        blocked_once(1, &configuration, 2, Duration::from_secs(seconds), FEW).unwrap()
    };
    assert_eq!(once(swim(), 2).fp, 0);
    assert!(once(swim(), 30).fp > 0);
    assert_eq!(once(all(), 30).fp, 0);
}

#[test]
fn crash_is_found_after_the_suspicion_timeout_and_by_all_soon_after() {
    for configuration in [swim(), all()] {
        let found = latency(5, &configuration).unwrap().unwrap();
        // 5 x log10(128) = 10.5 s, after a probe of 1 s.
        assert!(
            found.first > Duration::from_millis(11_500) && found.first < Duration::from_secs(20),
            "{found:?}"
        );
        assert!(found.full >= found.first && found.full < found.first + Duration::from_secs(3), "{found:?}");
    }
}

#[test]
fn members_are_drawn_without_repetition() {
    let mut rng = random::generator(1, "test", 0);
    for members in [0, 1, 32, NODES, NODES + 1] {
        let mut drawn = sample(&mut rng, NODES, members);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), members.min(NODES));
    }
}
