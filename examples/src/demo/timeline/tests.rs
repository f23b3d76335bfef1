use super::*;
use memberlist::SmolStr;

fn suspected(observer: &str) -> Sighting {
    Sighting {
        at: Duration::from_millis(7_250),
        observer: observer.into(),
        sight: Sight::Suspected("n3".into()),
        detail: "accused by n1".into(),
    }
}

/// What is said when these observers suspect n3 one after the other, in a cluster of so many nodes.
fn told(nodes: usize) -> Vec<String> {
    let observers: Vec<SmolStr> = (1..=nodes).filter(|n| *n != 3).map(|n| format!("n{n}").into()).collect();
    let mut step = Step::new("suspected", "kill", Duration::ZERO, Duration::from_secs(1));
    for observer in &observers {
        step.expect(observer, Sight::Suspected("n3".into()));
    }
    let tell = |observer: &SmolStr| {
        let sighting = suspected(observer);
        let progress = step.observe(&sighting);
        tell(&step, progress, &sighting, nodes)
    };
    observers.iter().filter_map(tell).collect()
}

#[test]
fn an_entry_begins_with_its_time() {
    assert_eq!(entry(Duration::from_micros(7_250_400), "x"), "    7.250 s  x");
}

#[test]
fn a_long_entry_goes_on_below_its_words() {
    let what = "word ".repeat(60);
    let text = entry(Duration::ZERO, what.trim());
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.len() > 2 && lines.iter().all(|line| line.len() <= WIDTH), "{text}");
    assert!(lines[1..].iter().all(|line| line.starts_with("             word")), "{text}");
    assert_eq!(text.matches("word").count(), 60);
    assert_eq!(entry(Duration::ZERO, &"x".repeat(200)).lines().count(), 1);
}

#[test]
fn of_a_small_cluster_each_observer_is_told() {
    let said = told(4);
    assert_eq!(said[1..], ["n2 suspects n3: accused by n1", "n4 suspects n3: accused by n1"]);
    assert_eq!(said.len(), 3);
}

#[test]
fn of_a_large_cluster_the_first_and_the_last_are_told() {
    assert_eq!(told(50), ["n1 suspects n3: accused by n1", "n50 suspects n3, the last of 49"]);
}

#[test]
fn whoever_has_to_see_several_is_told_of_when_all_are_seen() {
    let join = |n: u16| Sight::Joined(format!("n{n}").into(), ([127, 0, 0, 1], n).into());
    let mut step = Step::new("all see all", "joins", Duration::ZERO, Duration::from_secs(1));
    let said: Vec<_> =
        [(1, 2), (1, 3), (4, 1)].map(|(n, other)| (format!("n{n}").into(), join(other))).into();
    for (observer, sight) in &said {
        step.expect(observer, sight.clone());
    }
    let said: Vec<_> = said
        .into_iter()
        .map(|(observer, sight)| {
            let sighting = Sighting { at: Duration::ZERO, observer, sight, detail: String::new() };
            let progress = step.observe(&sighting);
            tell(&step, progress, &sighting, 4)
        })
        .collect();
    assert_eq!(
        said,
        [None, Some("n1 sees all 2 others".to_owned()), Some("n4 sees n1 at 127.0.0.1:1".to_owned())]
    );
}

#[test]
fn what_makes_no_progress_is_not_told() {
    let step = Step::new("suspected", "kill", Duration::ZERO, Duration::from_secs(1));
    for progress in [Progress::None, Progress::Partial] {
        assert_eq!(tell(&step, progress, &suspected("n1"), 5), None);
    }
}

#[test]
fn an_unawaited_suspicion_is_a_false_alarm_and_an_unawaited_join_is_not() {
    let said = tell_unawaited(&suspected("n1")).unwrap();
    assert_eq!(said, "false alarm: n1 suspects n3: accused by n1");
    let joined = Sight::Joined("n3".into(), "127.0.0.1:1".parse().unwrap());
    assert_eq!(tell_unawaited(&Sighting { sight: joined, ..suspected("n1") }), None);
}
