use super::*;
use crate::properties::Broken;
use memberlist_proto::Instant as SimInstant;

static FINE: Property = Property {
    name: "fine",
    promise: "",
    check: |case| Ok(Facts { figures: vec![("seed", case.seed() as f64)], nodes: 2, ..Facts::default() }),
    judge: None,
};
static WRONG: Property = Property {
    name: "wrong",
    promise: "",
    check: |case| {
        let broken = Broken { at: SimInstant::START, node: Some(crate::NodeIndex(7)), what: "sour".into() };
        if case.seed() == 5 { Err(broken) } else { Ok(Facts::default()) }
    },
    judge: None,
};
static PANICS: Property = Property {
    name: "panics",
    promise: "",
    check: |case| {
        assert!(case.seed() != 6, "no place like {}", case.seed());
        Ok(Facts::default())
    },
    judge: None,
};
static JUDGED: Property = Property {
    name: "judged",
    promise: "",
    check: |case| Ok(Facts { figures: vec![("slow", f64::from(case.seed() > 5))], ..Facts::default() }),
    judge: Some(|facts| {
        let slow = facts.iter().filter_map(|facts| facts.figure("slow")).sum::<f64>();
        if slow > 1.0 { Err(format!("{slow} are slow")) } else { Ok(()) }
    }),
};

fn plan(threads: usize) -> Plan {
    Plan { seeds: 4..8, threads, ..Plan::default() }
}

#[test]
fn results_come_in_the_order_of_seeds_whatever_the_threads() {
    for threads in [1, 2, 5] {
        let report = run_all(&[&FINE, &JUDGED], &plan(threads), |_| {});
        let [fine, judged] = &report.lines[..] else { panic!("two lines") };
        assert_eq!((fine.property, judged.property), ("fine", "judged"));
        let seeds: Vec<_> = fine.outcomes.iter().map(|outcome| outcome.seed).collect();
        assert_eq!(seeds, [4, 5, 6, 7]);
        let figures: Vec<_> = fine.facts().filter_map(|facts| facts.figure("seed")).collect();
        assert_eq!(figures, [4.0, 5.0, 6.0, 7.0]);
    }
}

#[test]
fn violation_names_the_command_that_replays_it() {
    let report = run_all(&[&FINE, &WRONG], &plan(2), |_| {});
    let violations: Vec<String> = report.violations().map(ToString::to_string).collect();
    assert_eq!(
        violations,
        [
            "wrong, seed 5: at 0.000 s, node-00007: sour\n  replay: cargo run --release -p memberlist-sim -- properties --only wrong --seed 5 --check --trace wrong-5.txt"
        ]
    );
}

#[test]
fn panic_is_a_violation_with_its_seed_and_the_others_go_on() {
    let report = run_all(&[&PANICS, &FINE], &plan(2), |_| {});
    let violations: Vec<_> = report.violations().collect();
    let [violation] = violations[..] else { panic!("one violation: {violations:?}") };
    assert_eq!((violation.property, violation.seed), ("panics", Some(6)));
    assert_eq!(violation.what, "panicked: no place like 6");
    assert!(report.lines.iter().all(|line| line.outcomes.len() == 4));
}

#[test]
fn runs_are_judged_together() {
    let report = run_all(&[&JUDGED], &plan(2), |_| {});
    let violations: Vec<String> = report.violations().map(ToString::to_string).collect();
    assert_eq!(violations, ["judged, all seeds together: 2 are slow"]);
    assert!(run_all(&[&JUDGED], &Plan { seeds: 4..7, ..plan(2) }, |_| {}).violations().next().is_none());
}

#[test]
fn table_has_a_line_for_each_property_and_the_sum() {
    let report = run_all(&[&FINE, &WRONG], &plan(1), |_| {}).to_string();
    let lines: Vec<&str> = report.lines().collect();
    assert!(lines[0].starts_with("property") && lines[0].ends_with("failures"), "{report}");
    let cells = |line: usize| lines[line].split_whitespace().collect::<Vec<_>>();
    assert_eq!(cells(1)[..3], ["fine", "4", "8"]);
    assert_eq!((cells(2)[0], cells(2).last().copied()), ("wrong", Some("1")));
    assert_eq!((cells(3)[..3].to_vec(), cells(3).last().copied()), (vec!["all", "8", "8"], Some("1")));
    assert_eq!(lines[4], "fine: seed: mean 5.500, greatest 7.000 (4 runs)");
}

#[test]
fn unknown_property_is_an_error_that_names_the_known() {
    let error = run(&Plan { only: vec!["nonsense".into()], ..plan(1) }, |_| {}).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("`nonsense`") && said.contains("crashes_are_found"), "{said}");
}
