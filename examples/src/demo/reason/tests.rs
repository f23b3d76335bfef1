use super::*;

fn names(names: &[&str]) -> Vec<SmolStr> {
    names.iter().map(SmolStr::new).collect()
}

#[test]
fn durations_are_told_in_a_unit_that_fits() {
    assert_eq!(seconds(Duration::from_micros(420)), "0.4 ms");
    assert_eq!(seconds(Duration::from_micros(10_999)), "10 ms");
    assert_eq!(seconds(Duration::from_micros(4_003_400)), "4.003 s");
}

#[test]
fn a_probe_names_its_helpers_by_what_they_said() {
    let helpers = [
        ("n2".into(), HelperAnswer::Nack),
        ("n4".into(), HelperAnswer::Silent),
        ("n5".into(), HelperAnswer::Nack),
    ];
    assert_eq!(
        probe(Duration::from_secs(1), &helpers, true),
        "in 1.000 s, nor did n2 and n5, n4 said nothing, and the ping on a stream failed"
    );
    assert_eq!(probe(Duration::from_millis(500), &[], false), "in 500 ms");
}

#[test]
fn a_verdict_says_who_on_what_evidence_who_confirmed_and_how_well_the_judge_was() {
    let why = Some((Duration::from_millis(4_001), "accused by n2".to_owned()));
    assert_eq!(
        verdict(&"n1".into(), why, &names(&["n4", "n5"]), 0),
        "declared by n1, suspected here for 4.001 s: accused by n2; confirmed by n4 and n5; local health 0 (well)"
    );
    let heard = verdict(&"n2".into(), None, &[], 2);
    assert!(
        heard.contains("without a suspicion here; nobody else accused it; local health 2 (unwell"),
        "{heard}"
    );
}

#[test]
fn names_are_listed_as_one_says_them() {
    assert_eq!(list(&[]), "");
    assert_eq!(list(&names(&["a"])), "a");
    assert_eq!(list(&names(&["a", "b"])), "a and b");
    assert_eq!(list(&names(&["a", "b", "c"])), "a, b and c");
}
