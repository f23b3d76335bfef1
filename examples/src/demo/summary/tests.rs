use super::*;
use crate::demo::sight::{Sight, Sighting};

fn step(observers: usize, seen: &[u64]) -> Step {
    let sight = Sight::Failed("n9".into());
    let mut step = Step::new("declared dead", "the kill", Duration::from_secs(10), Duration::from_secs(5));
    for n in 1..=observers {
        step.expect(&format!("n{n}").into(), sight.clone());
    }
    for (n, ms) in seen.iter().enumerate() {
        step.observe(&Sighting {
            at: Duration::from_millis(10_000 + ms),
            observer: format!("n{}", n + 1).into(),
            sight: sight.clone(),
            detail: String::new(),
        });
    }
    step
}

#[test]
fn a_step_shows_its_first_median_and_last_time() {
    let lines = render(&[step(4, &[400, 100, 300, 200])], Paint::Plain);
    assert_eq!(lines[1], "declared dead          the kill         0.100 s   0.200 s   0.400 s  4 of 4");
}

#[test]
fn a_step_that_not_all_saw_has_no_time_for_all() {
    let lines = render(&[step(3, &[100, 300]), step(2, &[])], Paint::Plain);
    assert!(lines[1].ends_with("0.100 s   0.100 s         -  2 of 3"), "{}", lines[1]);
    assert!(lines[2].ends_with("-         -         -  0 of 2"), "{}", lines[2]);
}

#[test]
fn the_median_is_the_middle_or_the_lower_of_two() {
    let s = |n: &[u64]| n.iter().map(|n| Duration::from_secs(*n)).collect::<Vec<_>>();
    assert_eq!(median(&[]), None);
    assert_eq!(median(&s(&[1])), Some(Duration::from_secs(1)));
    assert_eq!(median(&s(&[1, 2])), Some(Duration::from_secs(1)));
    assert_eq!(median(&s(&[1, 2, 9])), Some(Duration::from_secs(2)));
}

#[test]
fn every_observer_is_named_with_its_time_in_lines_that_fit() {
    assert_eq!(each(&step(2, &[20, 10])), ["declared dead, after: n2 0.010 s, n1 0.020 s"]);
    let lines = each(&step(49, &(1..=49).collect::<Vec<_>>()));
    assert!(lines.len() > 1 && lines.iter().all(|line| line.len() <= WIDTH), "{lines:#?}");
    assert_eq!(lines.join("").matches(" s").count(), 49);
}
