#![allow(clippy::unwrap_used)]

use super::*;
use crate::{Options, members::Lockstep};
use crate::{
    SuspicionReason, event::Evidence, members::RunningSuspicion, scale, suspicion::Suspicion, timer::Timers,
};
use alloc::{collections::BTreeSet, vec};
use memberlist_types::{Layers, Meta, Versions};
use proptest::prelude::*;
use rand_pcg::{Pcg32, rand_core::SeedableRng};

fn profile(meta: u8) -> Profile {
    let meta = if meta == 0 { Meta::EMPTY } else { Meta::new(vec![meta; 3]) };
    Profile { meta, versions: Versions::default(), layers: Layers::BASE }
}

fn inc(value: u32) -> Incarnation {
    Incarnation::new(value)
}

fn learn(store: &mut impl Table<u32, u32>, id: u32, rng: &mut Pcg32) -> MemberKey {
    store.insert(Node::new(id, id), profile(0), inc(1), Instant::START, rng)
}

/// Stores of nodes `0..n` that all know each other.
fn cluster(common: &Common<u32, u32>, n: u32, rng: &mut Pcg32) -> Vec<Shared<u32, u32>> {
    (0..n)
        .map(|me| {
            let mut store = Shared::new(common);
            for other in 0..n {
                learn(&mut store, (me + other) % n, rng);
            }
            store
        })
        .collect()
}

fn refute(store: &mut Shared<u32, u32>, id: u32, to: u32) {
    let key = store.key(&id).unwrap();
    store.get_mut(key).unwrap().incarnation = inc(to);
}

/// Whatever the size of the cluster, whoever agrees with all stores next to nothing: also after a member said something new and
/// all have heard of it.
#[test]
fn agreement_takes_no_memory() {
    let mut rng = Pcg32::seed_from_u64(1);
    let common = Common::new();
    let mut stores = cluster(&common, 300, &mut rng);
    assert_eq!((common.members(), common.versions()), (300, 300));
    let differences =
        |stores: &mut [Shared<u32, u32>]| stores.iter_mut().map(Shared::differences).sum::<usize>();
    assert_eq!(differences(&mut stores), 0);
    let bytes = stores.iter().map(|store| store.known.bytes()).max();
    assert!(bytes <= Some(272), "{bytes:?}");
    for round in 2..5 {
        for id in [7, 8] {
            for (n, store) in stores.iter_mut().enumerate() {
                refute(store, id, round);
                let key = store.key(&id).unwrap();
                store.set_profile(key, profile(round as u8));
                let known = store.get(key).unwrap();
                assert_eq!((known.incarnation, known.meta().len()), (inc(round), 3), "at {n}");
            }
        }
        // The first have said their last before it is clear that all agree.
        differences(&mut stores);
        assert_eq!(differences(&mut stores), 0, "round {round}");
    }
    assert!(stores.iter().all(|store| store.by_id(&7).is_some_and(|r| r.incarnation == inc(4))));
    assert_eq!((stores[0].len(), stores[0].live()), (300, 300));
}

/// What becomes common is no news to whoever has not heard of it: each believes what it was told, for however long.
#[test]
fn nobody_learns_from_the_common_table() {
    let mut rng = Pcg32::seed_from_u64(2);
    let common = Common::new();
    let mut stores = cluster(&common, 50, &mut rng);
    for round in 2..20 {
        for store in &mut stores[..40] {
            refute(store, 3, round);
        }
    }
    for store in &mut stores[..40] {
        store.differences();
    }
    for (n, store) in stores.iter_mut().enumerate() {
        let expected = if n < 40 { 19 } else { 1 };
        assert_eq!(store.by_id(&3).unwrap().incarnation, inc(expected), "{n}, before it went along");
        assert_eq!(store.differences(), usize::from(n >= 40), "{n}");
        assert_eq!(store.by_id(&3).unwrap().incarnation, inc(expected), "{n}, after it went along");
    }
    // A newcomer believes what it is told, too.
    let mut late = Shared::new(&common);
    learn(&mut late, 3, &mut rng);
    assert_eq!(late.by_id(&3).unwrap().incarnation, inc(1));
    assert!(late.by_id(&4).is_none() && late.key(&4).is_none());
}

/// Suspicions and deaths are each node's own; what returns to what all say takes no memory any more.
#[test]
fn suspicions_are_private_and_end_in_agreement() {
    let mut rng = Pcg32::seed_from_u64(3);
    let common = Common::new();
    let mut stores = cluster(&common, 10, &mut rng);
    let later = Instant::from_nanos(5);
    let key = stores[0].key(&4).unwrap();
    stores[0].set_state(key, State::Suspect, later);
    assert_eq!((stores[0].count(State::Suspect), stores[1].count(State::Suspect)), (1, 0));
    assert_eq!(stores[0].get(key).unwrap().changed_at, later);
    assert_eq!(stores[1].by_id(&4).unwrap().state(), State::Alive);
    stores[0].set_state(key, State::Alive, later);
    assert_eq!((stores[0].differences(), stores[0].count(State::Alive)), (0, 10));
    stores[0].set_state(key, State::Dead, later);
    assert_eq!(stores[0].remove(key).unwrap().state(), State::Dead);
    assert!(stores[0].get(key).is_none() && stores[0].key(&4).is_none());
    assert_eq!((stores[0].differences(), stores[0].len(), stores[0].count(State::Dead)), (0, 9, 0));
    let again = learn(&mut stores[0], 4, &mut rng);
    assert!(stores[0].get(key).is_none(), "the key of the forgotten one is stale");
    assert_eq!(stores[0].get(again).unwrap().node.id, 4);
}

/// F-01: each round probes each member once, in another order each time; churn gives nobody a second turn within a round, and
/// costs nobody more than the rest of one.
#[test]
fn a_round_visits_each_member_exactly_once() {
    for seed in 0..50 {
        let mut rng = Pcg32::seed_from_u64(seed);
        let common = Common::new();
        let mut store = cluster(&common, 40, &mut rng).swap_remove(0);
        // Some whom only others know.
        let mut other = Shared::new(&common);
        for id in 40..60 {
            learn(&mut other, id, &mut rng);
        }
        let mut round = |store: &mut Shared<u32, u32>, n: usize| -> Vec<u32> {
            let mut rng = Pcg32::seed_from_u64(rng.next_u64());
            (0..n)
                .map(|_| {
                    let key = store.next_probe(&mut rng, |_| true).unwrap();
                    store.get(key).unwrap().node.id
                })
                .collect()
        };
        let first = round(&mut store, 40);
        let second = round(&mut store, 40);
        assert_ne!(first, second);
        for order in [&first, &second] {
            assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 40);
        }
        let mut seen = round(&mut store, 20);
        for id in [1, 5, 9] {
            let key = store.key(&id).unwrap();
            store.remove(key);
        }
        let mut draws = Pcg32::seed_from_u64(seed);
        learn(&mut store, 50, &mut draws);
        let rest: BTreeSet<u32> =
            (0..40).filter(|id| !seen.contains(id) && ![1, 5, 9].contains(id)).collect();
        let next = round(&mut store, rest.len());
        let new = next.contains(&50);
        seen.extend(&next);
        assert_eq!(seen.len(), seen.iter().collect::<BTreeSet<_>>().len(), "seed {seed}");
        assert!(next.iter().all(|id| rest.contains(id) || *id == 50));
        // The newcomer had its turn, or has it in the next round.
        let last = round(&mut store, usize::from(new) + 38);
        assert!(new || last.contains(&50));
    }
}

/// The longest that anybody waits for the next turn is two rounds less one.
#[test]
fn nobody_waits_for_longer_than_two_rounds() {
    let mut rng = Pcg32::seed_from_u64(6);
    let common = Common::new();
    let n = 30;
    let mut store = cluster(&common, n, &mut rng).swap_remove(0);
    let mut last = vec![0; n as usize];
    for turn in 1..20_000_usize {
        let key = store.next_probe(&mut rng, |_| true).unwrap();
        let id = store.get(key).unwrap().node.id as usize;
        assert!(turn - last[id] < 2 * n as usize, "{id} waited for {}", turn - last[id]);
        last[id] = turn;
    }
}

#[test]
fn sampling_is_uniform_without_repeats_and_misses_nobody() {
    let mut rng = Pcg32::seed_from_u64(7);
    let common = Common::new();
    for n in [5_u32, 40] {
        let mut store = cluster(&common, 40, &mut rng).swap_remove(0);
        for id in n..40 {
            let key = store.key(&id).unwrap();
            store.remove(key);
        }
        let mut hits = vec![0_u32; n as usize];
        for _ in 0..20_000 {
            let chosen = store.sample(3, &mut rng, |_| true);
            assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), 3);
            for key in chosen {
                hits[store.get(key).unwrap().node.id as usize] += 1;
            }
        }
        let expected = 60_000.0 / f64::from(n);
        assert!(hits.iter().all(|hit| (0.9..1.1).contains(&(f64::from(*hit) / expected))), "{hits:?}");
        for id in 0..n {
            assert_eq!(store.sample(3, &mut rng, |record| record.node.id == id).len(), 1);
        }
    }
    // One who knows three of many.
    let mut lonely = Shared::new(&common);
    for id in [3, 17, 39] {
        learn(&mut lonely, id, &mut rng);
    }
    assert_eq!(lonely.sample(9, &mut rng, |_| true).len(), 3);
}

#[derive(Clone, Debug)]
enum Step {
    Learn {
        id: u32,
        incarnation: u32,
        meta: u8,
    },
    Renew {
        id: u32,
        incarnation: u32,
    },
    Move {
        id: u32,
        address: u32,
    },
    Profile {
        id: u32,
        meta: u8,
    },
    State {
        id: u32,
        state: State,
    },
    Suspect {
        id: u32,
    },
    Recover {
        id: u32,
    },
    Conflict {
        id: u32,
    },
    Forget {
        id: u32,
    },
    Probe,
    Sample {
        k: usize,
        below: u32,
    },
    /// The store is replaced by a new one, as in a restart.
    Restart,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let id = 0..12_u32;
    let what = prop_oneof![
        6 => (id.clone(), 1..4_u32, 0..3_u8).prop_map(|(id, incarnation, meta)| Step::Learn { id, incarnation, meta }),
        6 => (id.clone(), 1..6_u32).prop_map(|(id, incarnation)| Step::Renew { id, incarnation }),
        1 => (id.clone(), 0..20_u32).prop_map(|(id, address)| Step::Move { id, address }),
        2 => (id.clone(), 0..3_u8).prop_map(|(id, meta)| Step::Profile { id, meta }),
        2 => (id.clone(), prop::sample::select(vec![State::Alive, State::Dead, State::Left]))
            .prop_map(|(id, state)| Step::State { id, state }),
        1 => id.clone().prop_map(|id| Step::Suspect { id }),
        2 => id.clone().prop_map(|id| Step::Recover { id }),
        1 => id.clone().prop_map(|id| Step::Conflict { id }),
        1 => id.prop_map(|id| Step::Forget { id }),
        2 => Just(Step::Probe),
        2 => (0..5_usize, 0..12_u32).prop_map(|(k, below)| Step::Sample { k, below }),
        1 => Just(Step::Restart),
    ];
    (0..5_usize, what)
}

fn take(store: &mut Lockstep<u32, u32>, now: Instant, step: Step, rng: &mut Pcg32) {
    let timer = || Timers::new(Instant::START).insert(Instant::NEVER, ());
    match step {
        Step::Learn { id, incarnation, meta } => {
            if store.key(&id).is_none() {
                let key = store.insert(Node::new(id, id), profile(meta), inc(incarnation), now, rng);
                assert_eq!(store.key(&id), Some(key));
            }
        }
        Step::Renew { id, incarnation } => {
            if let Some(record) = store.key(&id).and_then(|key| store.get_mut(key)) {
                record.incarnation = inc(incarnation);
                record.trusted = record.trusted.max(inc(incarnation / 2));
            }
        }
        Step::Move { id, address } => {
            if let Some(key) = store.key(&id) {
                store.unsettle(key);
                store.get_mut(key).unwrap().node.address = address;
                store.settle(key);
                assert!(store.at_address(&address).any(|record| record.node.id == id));
            }
        }
        Step::Profile { id, meta } => {
            if let Some(key) = store.key(&id) {
                store.set_profile(key, profile(meta));
            }
        }
        Step::State { id, state } => {
            if let Some(key) = store.key(&id) {
                store.set_state(key, state, now);
                if let Some(record) = store.get_mut(key).filter(|record| record.state().is_gone()) {
                    record.set_reaper(timer());
                }
            }
        }
        Step::Suspect { id } => {
            if let Some(key) = store.key(&id) {
                store.set_state(key, State::Suspect, now);
                let timeouts = scale::suspicion_timeouts(&Options::lan(), 9);
                let reason = SuspicionReason { accuser: 1, evidence: Evidence::Accusation, health_score: 0 };
                store.get_mut(key).unwrap().set_suspicion(RunningSuspicion {
                    suspicion: Suspicion::new(now, 1, timeouts),
                    timer: timer(),
                    called: false,
                    reprieved: false,
                    lost_before: Default::default(),
                    reason,
                });
            }
        }
        Step::Recover { id } => {
            if let Some(key) = store.key(&id) {
                let record = store.get_mut(key).unwrap();
                record.take_suspicion();
                record.take_reaper();
                store.set_state(key, State::Alive, now);
            }
        }
        Step::Conflict { id } => {
            if let Some(record) = store.key(&id).and_then(|key| store.get_mut(key)) {
                record.set_conflict_at(now);
            }
        }
        Step::Forget { id } => {
            if let Some(key) = store.key(&id) {
                assert_eq!(store.remove(key).unwrap().node.id, id);
                assert!(store.get(key).is_none() && store.remove(key).is_none());
            }
        }
        Step::Probe => {
            store.next_probe(rng, |record| record.state() == State::Alive);
        }
        Step::Sample { k, below } => {
            store.sample(k, rng, |record| record.node.id < below);
        }
        Step::Restart => {}
    }
}

proptest! {
    /// Whatever five nodes do and believe, each in its own order, the shared store answers as the dense one.
    #[test]
    fn both_stores_answer_alike(steps in proptest::collection::vec(step(), 1..300), addresses in any::<bool>(), seed in any::<u64>()) {
        let mut rng = Pcg32::seed_from_u64(seed);
        let common = Common::new();
        let start = || {
            let mut store = Lockstep::new(&common);
            if addresses {
                store.index_addresses();
            }
            store
        };
        let mut stores: Vec<_> = (0..5).map(|_| start()).collect();
        for (n, (which, mut step)) in steps.into_iter().enumerate() {
            if matches!(step, Step::Restart) {
                stores[which] = start();
            }
            if let (false, Step::Move { id, .. }) = (addresses, &step) {
                step = Step::Renew { id: *id, incarnation: 2 };
            }
            take(&mut stores[which], Instant::from_nanos(n as u64), step, &mut rng);
            if n % 10 == 0 {
                stores.iter().for_each(Lockstep::check);
            }
        }
        stores.iter().for_each(Lockstep::check);
    }
}
