use super::*;

#[test]
fn first_difference_of_texts_is_found() {
    assert_eq!(first_difference("", ""), None);
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
    assert_eq!(first_difference("a\nb\n", "a\nb"), Some(3));
    assert_eq!(first_difference("a", "a\n"), Some(2));
    assert_eq!(first_difference("", "a"), Some(1));
}

fn args(what: &str, directory: &std::path::Path) -> Args {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let line = ["lifeguard", what, "--threads", "2", "--directory", directory.to_str().unwrap()];
    <Line as clap::Parser>::try_parse_from(line).map(|line| line.args).unwrap()
}

#[test]
fn written_tables_hold_until_a_count_or_the_document_is_changed() {
    let all = [Series {
        configuration: crate::lifeguard::Configuration::named("lifeguard-stall").unwrap(),
        extent: campaign::Extent { every: usize::MAX, threshold: 0, latency: 2 },
    }];
    let directory = std::env::temp_dir().join(format!("memberlist-sim-command-{}", std::process::id()));
    args("--write", &directory).write(&all).unwrap();
    let mut check = args("--check", &directory);
    check.every = Some(1);
    assert_eq!(check.check(&all).unwrap(), Verdict::Holds);

    let document = directory.join("LIFEGUARD.md");
    let text = fs::read_to_string(&document).unwrap();
    fs::write(&document, text.replace("| Lifeguard ", "| Lifequard ")).unwrap();
    assert_eq!(check.check(&all).unwrap(), Verdict::Fails, "another text");
    args("--render", &directory).save_tables(&check.load().unwrap()).unwrap();
    assert_eq!(fs::read_to_string(&document).unwrap(), text);

    let counts = directory.join("data/lifeguard-interval.csv");
    let changed = fs::read_to_string(&counts)
        .unwrap()
        .replace("lifeguard-stall,1,128,1,0,0,", "lifeguard-stall,1,128,1,0,1,");
    fs::write(&counts, changed).unwrap();
    args("--render", &directory).save_tables(&check.load().unwrap()).unwrap();
    assert_eq!(check.check(&all).unwrap(), Verdict::Fails, "another count");

    // What is missing is run again, what is there stays.
    let lines = fs::read_to_string(directory.join("data/lifeguard-latency.csv")).unwrap();
    let fewer: Vec<&str> = lines.lines().take(2).collect();
    fs::write(directory.join("data/lifeguard-latency.csv"), fewer.join("\n") + "\n").unwrap();
    let mut go_on = args("--write", &directory);
    go_on.go_on = true;
    go_on.write(&all).unwrap();
    assert_eq!(fs::read_to_string(directory.join("data/lifeguard-latency.csv")).unwrap(), lines);
    assert!(fs::read_to_string(&counts).unwrap().contains("lifeguard-stall,1,128,1,0,1,"), "it stays");

    fs::remove_file(&counts).unwrap();
    assert!(check.check(&all).is_err());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn unknown_configuration_is_refused_and_the_known_are_named() {
    let mut args = args("--check", std::path::Path::new("nowhere"));
    args.only = vec!["swim".into(), "swam".into()];
    let Err(failure) = run(&args) else { panic!("no such configuration") };
    let text = format!("{failure:?}");
    assert!(text.contains("swam") && text.contains("lifeguard-stall-a2-b6"), "{text}");
}
