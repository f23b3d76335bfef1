use super::*;
use crate::lifeguard::{Point, experiment::Counts};
use std::collections::BTreeSet;

#[test]
fn every_run_of_the_grid_has_its_own_seed_and_all_configurations_have_the_same() {
    let all = everything();
    let names: BTreeSet<_> = all.iter().map(|series| series.configuration.name().to_owned()).collect();
    assert_eq!(names.len(), all.len(), "each name once");
    let of = |series: &Series| -> Vec<u64> {
        let interval = series.tasks().into_iter().filter(|task| matches!(task.run, Run::Interval(_)));
        interval.map(|task| task.seed).collect()
    };
    let first = of(&all[0]);
    assert_eq!(first.len(), 432);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 432);
    for series in &all {
        let part: Vec<u64> = first.iter().copied().step_by(series.extent.every).collect();
        assert_eq!(of(series), part);
    }
}

#[test]
fn subset_holds_each_kind_of_run_and_another_one_for_each_configuration() {
    let all = everything();
    let mut firsts = BTreeSet::new();
    for (number, series) in all.iter().enumerate() {
        let tasks = subset(series, number, 48);
        let kind = |wanted: fn(&Run) -> bool| tasks.iter().filter(|task| wanted(&task.run)).count();
        assert!(kind(|run| matches!(run, Run::Interval(_))) >= 1);
        assert_eq!(kind(|run| matches!(run, Run::Latency)) > 0, series.extent.latency > 0);
        assert_eq!(kind(|run| matches!(run, Run::Threshold { .. })) > 0, series.extent.threshold > 0);
        firsts.insert(tasks[0].seed);
    }
    assert!(firsts.len() > all.len() / 2);
    assert_eq!(subset(&all[0], 3, 0).len(), all[0].tasks().len(), "no stride: all");
}

#[test]
fn run_that_came_out_otherwise_is_told() {
    let run = Interval {
        configuration: "swim".into(),
        point: Point { members: 1, blocked: 2, normal: 3 },
        repetition: 0,
        counts: Counts { fp: 4, ..Counts::default() },
    };
    let written = Data { interval: vec![run.clone()], ..Data::default() };
    assert_eq!(written.contains(&written), Ok(()));
    assert_eq!(written.contains(&Data::default()), Ok(()));
    let other = Interval { counts: Counts { fp: 5, ..run.counts }, ..run };
    let told = written.contains(&Data { interval: vec![other], ..Data::default() }).unwrap_err();
    assert!(told.contains("swim") && told.contains("fp: 5"), "{told}");
    let crash = Latency { configuration: "swim".into(), repetition: 0, found: None };
    assert!(written.contains(&Data { latency: vec![crash], ..Data::default() }).is_err());
}

#[test]
fn small_series_gives_the_same_data_on_any_number_of_threads() {
    let series = &everything()[0];
    let tasks: Vec<Task> =
        series.tasks().into_iter().filter(|task| matches!(task.run, Run::Latency)).take(3).collect();
    let once = series.run(&tasks, 1, || {}).unwrap();
    assert_eq!(once.latency.len(), 3);
    assert_eq!(once, series.run(&tasks, 2, || {}).unwrap());
}
