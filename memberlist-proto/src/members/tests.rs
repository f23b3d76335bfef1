use super::*;
use crate::Instant;
use alloc::{collections::BTreeSet, string::String, vec, vec::Vec};
use memberlist_types::{Incarnation, Layers, Meta, Node, State, Versions};
use rand_pcg::{Pcg32, rand_core::SeedableRng};

fn table(n: usize, rng: &mut Pcg32) -> Dense<u32, u32> {
    let mut members = Dense::new();
    for id in 0..n {
        add(&mut members, id as u32, rng);
    }
    members
}

fn add(members: &mut Dense<u32, u32>, id: u32, rng: &mut Pcg32) -> MemberKey {
    let profile = Profile { meta: Meta::EMPTY, versions: Versions::default(), layers: Layers::BASE };
    members.insert(Node::new(id, id), profile, Incarnation::new(1), Instant::START, rng)
}

fn round(members: &mut Dense<u32, u32>, n: usize, rng: &mut Pcg32) -> Vec<u32> {
    (0..n)
        .filter_map(|_| {
            let key = members.next_probe(rng, |_| true)?;
            Some(members.get(key)?.node.id)
        })
        .collect()
}

/// F-01: each round probes each member exactly once.
#[test]
fn a_round_visits_each_member_exactly_once() {
    let mut rng = Pcg32::seed_from_u64(1);
    let mut members = table(50, &mut rng);
    round(&mut members, 50, &mut rng);
    for _ in 0..20 {
        let seen: BTreeSet<u32> = round(&mut members, 50, &mut rng).into_iter().collect();
        assert_eq!(seen.len(), 50);
    }
}

/// Where nearly all are gone, a turn is not spent on nobody.
#[test]
fn the_only_one_who_can_be_probed_always_is() {
    for seed in 0..200 {
        let mut rng = Pcg32::seed_from_u64(seed);
        let mut members = table(6, &mut rng);
        for turn in 0..20 {
            let next = members.next_probe(&mut rng, |record| record.node.id == 3);
            assert_eq!(next, members.key(&3), "seed {seed}, turn {turn}");
        }
    }
}

/// F-01: two successive rounds differ in order for at least 99 of 100 seeds.
#[test]
fn successive_rounds_differ_in_order() {
    let differing = (0..100)
        .filter(|seed| {
            let mut rng = Pcg32::seed_from_u64(*seed);
            let mut members = table(8, &mut rng);
            let first = round(&mut members, 8, &mut rng);
            first != round(&mut members, 8, &mut rng)
        })
        .count();
    assert!(differing >= 99, "only {differing} of 100 seeds differ");
}

/// F-01: joins and removals in mid-round cost nobody its turn, and give nobody a second one.
#[test]
fn churn_never_skips_or_repeats_a_member_within_a_round() {
    for seed in 0..50 {
        let mut rng = Pcg32::seed_from_u64(seed);
        let mut members = table(20, &mut rng);
        round(&mut members, 20, &mut rng);
        let mut seen = round(&mut members, 10, &mut rng);
        let removed: Vec<u32> = (0..20).filter(|id| id % 3 == 0).collect();
        for id in &removed {
            let key = members.key(id).unwrap();
            members.remove(key);
        }
        add(&mut members, 100, &mut rng);
        let expected: BTreeSet<u32> =
            (0..20).filter(|id| !removed.contains(id)).chain([100]).filter(|id| !seen.contains(id)).collect();
        let rest = round(&mut members, expected.len(), &mut rng);
        assert_eq!(rest.iter().copied().collect::<BTreeSet<_>>(), expected, "seed {seed}");
        seen.extend(rest);
        assert_eq!(seen.len(), seen.iter().collect::<BTreeSet<_>>().len());
    }
}

#[test]
fn a_stale_key_finds_nothing() {
    let mut rng = Pcg32::seed_from_u64(1);
    let mut members = table(1, &mut rng);
    let old = members.key(&0).unwrap();
    members.remove(old);
    let new = add(&mut members, 7, &mut rng);
    assert!(members.get(old).is_none());
    assert_eq!(members.get(new).unwrap().node.id, 7);
}

/// W-02: counts follow every change.
#[test]
fn counts_follow_states() {
    let mut rng = Pcg32::seed_from_u64(1);
    let mut members = table(4, &mut rng);
    let states = [State::Alive, State::Suspect, State::Dead, State::Left];
    for (id, state) in states.into_iter().enumerate() {
        let key = members.key(&(id as u32)).unwrap();
        members.set_state(key, state, Instant::START);
    }
    assert_eq!(states.map(|s| members.count(s)), [1; 4]);
    assert_eq!(members.live(), 2);
    let dead = members.key(&2).unwrap();
    members.remove(dead);
    assert_eq!((members.count(State::Dead), members.len()), (0, 3));
}

/// Small clusters: the only candidate is always found (P-28).
#[test]
fn sampling_never_misses_the_only_candidate() {
    let mut rng = Pcg32::seed_from_u64(3);
    let members = table(1000, &mut rng);
    for target in [0, 500, 999] {
        let chosen = members.sample(3, &mut rng, |r| r.node.id == target);
        assert_eq!(chosen.len(), 1);
    }
}

/// TestKRandomNodes
#[test]
fn sampling_is_uniform_and_without_repeats() {
    let mut rng = Pcg32::seed_from_u64(3);
    for n in [5usize, 40] {
        let members = table(n, &mut rng);
        let mut hits = vec![0u32; n];
        for _ in 0..20_000 {
            let chosen = members.sample(3, &mut rng, |_| true);
            assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), 3);
            for key in chosen {
                hits[members.get(key).unwrap().node.id as usize] += 1;
            }
        }
        let expected = 60_000.0 / n as f64;
        for (id, hit) in hits.iter().enumerate() {
            let ratio = f64::from(*hit) / expected;
            assert!(
                (0.9..1.1).contains(&ratio),
                "{}",
                String::from("member ") + &alloc::format!("{id}: {ratio}")
            );
        }
    }
}

/// A record, its place in the probe order, and its entry in the index, where name and address have four bytes each. Whoever adds
/// a field to all records sees here what it costs a cluster of a hundred thousand.
#[test]
fn a_member_costs_no_more_than_sixty_four_bytes() {
    use core::net::SocketAddr;
    use smol_str::SmolStr;
    assert_eq!(dense::place_size::<u32, u32>(), 48);
    assert_eq!(dense::place_size::<SmolStr, SocketAddr>(), 40 + 24 + 32);
    assert!(record::rare_size::<u32>() <= 48, "{}", record::rare_size::<u32>());
    let mut rng = Pcg32::seed_from_u64(1);
    for n in [100, 897, 10_000, 57_345] {
        let members = table(n, &mut rng);
        let used = members.bytes() as f64 / n as f64;
        assert!(used <= 64.0, "{n} members take {used} bytes each");
    }
}

/// A snapshot is what the table holds when it is taken, whatever came before, and stays that.
#[test]
fn snapshot_is_the_table_of_its_moment_and_does_not_change() {
    let mut rng = Pcg32::seed_from_u64(3);
    let mut members = table(300, &mut rng);
    let listed = |members: &Dense<u32, u32>| {
        let living = members.iter().filter(|record| !record.state().is_gone());
        living
            .map(|record| (record.node.id, record.state().value(), record.incarnation))
            .collect::<BTreeSet<_>>()
    };
    let shown = |snapshot: &Snapshot<u32, u32>| {
        snapshot.iter().map(|it| (it.node.id, it.state.value(), it.incarnation)).collect::<BTreeSet<_>>()
    };
    let mut taken: Vec<(Snapshot<u32, u32>, BTreeSet<_>)> = vec![];
    for step in 0..600_u32 {
        let id = crate::random::below(&mut rng, 900) as u32;
        match (step % 4, members.key(&id)) {
            (_, None) => drop(add(&mut members, id, &mut rng)),
            (0, Some(key)) => drop(members.remove(key)),
            (1, Some(key)) => members.set_state(key, State::Dead, Instant::START),
            (2, Some(key)) => members.set_state(key, State::Suspect, Instant::START),
            (_, Some(key)) => members.get_mut(key).unwrap().incarnation = Incarnation::new(step),
        }
        if step % 7 == 0 {
            let snapshot = members.snapshot();
            assert_eq!(shown(&snapshot), listed(&members));
            assert_eq!((snapshot.len(), snapshot.iter().count()), (members.live(), members.live()));
            taken.push((snapshot, listed(&members)));
        }
    }
    for (snapshot, then) in &taken {
        assert_eq!(shown(snapshot), *then);
    }
}
