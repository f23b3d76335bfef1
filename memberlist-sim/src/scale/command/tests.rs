use super::*;
use crate::scale::raw::Figures;

fn args(directory: &std::path::Path) -> Args {
    Args {
        write: false,
        go_on: false,
        render: false,
        check: true,
        machine: false,
        measure: None,
        threads: Some(1),
        directory: directory.to_owned(),
    }
}

#[test]
fn check_fails_on_a_page_that_is_not_what_the_figures_say_before_anything_is_run() {
    let directory = std::env::temp_dir().join(format!("memberlist-scale-{}", std::process::id()));
    let args = args(&directory);
    assert!(run(&args).is_err(), "nothing is there");
    for file in [BOOTSTRAP, QUESTIONS] {
        write_file(&args.data(file), "seed\n").unwrap();
    }
    args.render(&args.load().unwrap()).unwrap();
    let page = fs::read_to_string(args.document()).unwrap();
    assert_eq!(page, tables::render(&args.load().unwrap(), &Figures::default()));
    write_file(&args.document(), &page.replace("foca", "others")).unwrap();
    assert!(matches!(run(&args), Ok(Verdict::Fails)));
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn what_is_written_is_found_again_under_its_run() {
    let all = plan::everything();
    let row = |job: &Job| match *job {
        Job::Bootstrap { nodes, loss, ramp, seed } => [nodes as u64, loss.into(), ramp, seed],
        Job::Questions { members, real, loss, seed } => [members as u64, real as u64, loss.into(), seed],
    };
    let rows = all.iter().map(|job| (*job, row(job).iter().map(u64::to_string).collect()));
    let data = Data::of(rows.collect());
    for job in &all {
        assert_eq!(data.row(job).unwrap(), row(job).map(|value| value.to_string()), "{job:?}");
    }
    assert_eq!(data.row(&Job::Bootstrap { nodes: 3, loss: 0, ramp: 0, seed: 1 }), None);
}

#[test]
fn there_is_no_measurement_beyond_the_last() {
    assert!(machine::measure(1_000).is_err());
}

#[test]
fn short_runs_are_among_all() {
    let all = plan::everything();
    let checked = plan::checked();
    assert!(checked.len() > 10 && checked.len() < all.len() / 2, "{}", checked.len());
    assert!(checked.iter().all(|job| all.contains(job)));
}
