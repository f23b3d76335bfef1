use super::*;

const ALLOWED: Duration = Duration::from_secs(5);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn failed(name: &str) -> Sight {
    Sight::Failed(name.into())
}

fn sighting(at: u64, observer: &str, sight: Sight) -> Sighting {
    Sighting { at: ms(at), observer: observer.into(), sight, detail: String::new() }
}

/// n1 and n2 have to declare n3 dead, n2 has to see n4 leave as well.
fn step() -> Step {
    let mut step = Step::new("dead", "kill", ms(1_000), ALLOWED);
    step.expect(&"n1".into(), failed("n3"));
    step.expect(&"n2".into(), failed("n3"));
    step.expect(&"n2".into(), Sight::Left("n4".into()));
    step
}

#[test]
fn a_step_is_complete_when_every_observer_has_seen_everything() {
    let mut step = step();
    assert_eq!((step.observers(), step.is_complete()), (2, false));
    assert_eq!(step.observe(&sighting(1_500, "n2", failed("n3"))), Progress::Partial);
    assert_eq!(step.observe(&sighting(2_000, "n1", failed("n3"))), Progress::Observer { done: 1 });
    assert!(!step.is_complete());
    assert_eq!(
        step.observe(&sighting(3_000, "n2", Sight::Left("n4".into()))),
        Progress::Observer { done: 2 }
    );
    assert!(step.is_complete());
    assert!(step.missing().is_empty());
}

#[test]
fn times_count_from_the_beginning_to_the_last_thing_seen_and_the_quickest_comes_first() {
    let mut step = step();
    step.observe(&sighting(2_000, "n2", failed("n3")));
    step.observe(&sighting(2_500, "n2", Sight::Left("n4".into())));
    step.observe(&sighting(2_200, "n1", failed("n3")));
    assert_eq!(step.times(), [("n1".into(), ms(1_200)), ("n2".into(), ms(1_500))]);
}

#[test]
fn what_is_not_awaited_and_what_was_seen_before_changes_nothing() {
    let mut step = step();
    for other in [
        sighting(1_100, "n1", failed("n4")),
        sighting(1_100, "n1", Sight::Suspected("n3".into())),
        sighting(1_100, "n9", failed("n3")),
    ] {
        assert_eq!(step.observe(&other), Progress::None, "{other:?}");
    }
    step.observe(&sighting(1_200, "n1", failed("n3")));
    assert_eq!(step.observe(&sighting(1_900, "n1", failed("n3"))), Progress::None);
    assert_eq!(step.times(), [("n1".into(), ms(200))]);
}

#[test]
fn what_is_missing_is_told_for_each_observer() {
    let mut step = step();
    step.observe(&sighting(1_200, "n2", failed("n3")));
    assert_eq!(step.missing(), ["n1 has not declared n3 dead", "n2 has not seen n4 leave"]);
}

#[test]
fn joining_at_another_address_is_not_what_was_awaited() {
    let (old, new) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
    let mut step = Step::new("rejoined", "restart", Duration::ZERO, ALLOWED);
    step.expect(&"n1".into(), Sight::Joined("n3".into(), new));
    step.observe(&sighting(1, "n1", Sight::Joined("n3".into(), old)));
    assert!(!step.is_complete());
    assert_eq!(step.missing(), ["n1 has not seen n3 join at 127.0.0.1:2"]);
}

#[test]
fn the_deadline_is_the_beginning_and_what_is_allowed() {
    assert_eq!(step().deadline(), ms(6_000));
}
