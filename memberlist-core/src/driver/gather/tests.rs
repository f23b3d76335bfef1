use super::*;
use agnostic::tokio::TokioRuntime;
use futures_util::FutureExt;
use memberlist_types::{Incarnation, Layers, Meta, Node, State as Life};
use std::cell::{Cell, RefCell};

type Said = Vec<NodeState<u64, u16>>;

fn gathering(places: usize, deadline: u64) -> Gathering<u64, u16> {
    Gathering::new(places, Duration::from_secs(deadline))
}

fn at(millis: u64) -> Instant {
    Instant::START + Duration::from_millis(millis)
}

fn said(id: u64) -> Said {
    let node = Node::new(id, 1);
    let (incarnation, state) = (Incarnation::new(1), Life::Alive);
    vec![NodeState { node, meta: Meta::EMPTY, incarnation, state, versions: None, layers: Layers::BASE }]
}

/// Waits, by a clock that each look moves on by ten milliseconds; gives how long it took by that.
async fn waits(gathering: &Gathering<u64, u16>, comes: impl Fn(u64) -> bool) -> u64 {
    let clock = Cell::new(1_000);
    let began = Cell::new(true);
    let look = || {
        let now = clock.get();
        if !began.replace(false) {
            clock.set(now + 10);
            if comes(now - 1_000) {
                lock(&gathering.state).last = at(now + 10);
            }
        }
        at(clock.get())
    };
    gathering.wait::<TokioRuntime>(said(1), look, |_| ()).await;
    clock.get() - 1_000
}

#[tokio::test(start_paused = true)]
async fn answer_waits_for_a_moment_without_newcomers_and_not_for_ever() {
    let patient = gathering(64, 10);
    assert_eq!(waits(&patient, |_| false).await, 20);
    let few = waits(&patient, |since| since < 100).await;
    assert!((110..=130).contains(&few), "{few}");
    assert_eq!(waits(&patient, |_| true).await, 500);
    assert_eq!(waits(&gathering(64, 1), |_| true).await, 100);
    let crowded = gathering(64, 10);
    let _other = crowded.enter(at(0), said(2));
    assert_eq!(waits(&crowded, |_| false).await, 50);
}

#[tokio::test(start_paused = true)]
async fn all_are_merged_before_any_is_answered() {
    let (gathering, merged) = (gathering(64, 10), RefCell::new(Vec::new()));
    let one = |id| {
        let merge = |states: Said| merged.borrow_mut().extend(states.into_iter().map(|state| state.node.id));
        let wait = gathering.wait::<TokioRuntime>(said(id), || at(tokio_millis()), merge);
        let merged = &merged;
        async move {
            wait.await;
            merged.borrow().len()
        }
    };
    let seen = futures_util::future::join3(one(1), one(2), one(3)).await;
    assert_eq!(seen, (3, 3, 3));
    assert_eq!(*merged.borrow(), [1, 2, 3]);
}

/// Milliseconds by the paused clock, since some start.
fn tokio_millis() -> u64 {
    thread_local! {
        static START: tokio::time::Instant = tokio::time::Instant::now();
    }
    u64::try_from(START.with(tokio::time::Instant::elapsed).as_millis()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_half_of_the_places_wait_and_nothing_is_held_for_who_is_gone() {
    let (five, merged) = (gathering(5, 10), Cell::new(0));
    let first = five.enter(at(0), said(1)).unwrap();
    let second = five.enter(at(0), said(2)).unwrap();
    let at_once = five.wait::<TokioRuntime>(said(3), || at(0), |_| merged.set(merged.get() + 1));
    assert!(at_once.now_or_never().is_some());
    assert_eq!(merged.get(), 3);
    drop(first);
    let third = five.enter(at(0), said(4)).unwrap();
    drop((second, third));
    assert!(lock(&five.state).said.is_empty());
    assert!(gathering(1, 10).enter(at(0), said(1)).is_none());
}
