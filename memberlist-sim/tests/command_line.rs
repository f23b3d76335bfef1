//! The command line, run as a user runs it.

#![allow(clippy::unwrap_used)]

use std::{
    path::PathBuf,
    process::{Command, Output},
};

fn sim(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memberlist-sim")).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A file of this test alone.
fn file(name: &str, contents: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, contents).unwrap();
    path
}

const SMALL: &str = r#"
about = "Two of eight nodes die"
duration = "30s"
nodes = { count = 8 }
[[fault]]
at = "3s"
do = "crash"
nodes = { random = 2 }
[[expect]]
what = "full_detection"
within = "20s"
"#;

#[test]
fn scenario_that_holds_gives_reports_in_every_form() {
    let scenario = file("holds.toml", SMALL);
    let (json, html) = (file("holds.json", ""), file("holds.html", ""));
    let args = ["run", scenario.to_str().unwrap(), "--seed", "5", "--seeds", "3"];
    let files = ["--json", json.to_str().unwrap(), "--html", html.to_str().unwrap()];
    let output = sim(&[&args[..], &files[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("Two of eight nodes die") && shown.contains("5 to 7"), "{shown}");
    assert!(shown.contains("3 of 3"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colours into a file");

    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(json["holds"], true);
    assert_eq!(json["runs"].as_array().unwrap().len(), 3);
    assert_eq!(json["runs"][0]["seed"], 5);
    assert_eq!(json["runs"][0]["changes"].as_array().unwrap().len(), 2);
    assert!(json["runs"][0]["figures"]["full_detection"].as_f64().unwrap() < 20.0);

    let html = std::fs::read_to_string(html).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg"));
    for outside in ["<script", "<link", "<img", " src=", "url(", "@import"] {
        assert!(!html.contains(outside), "nothing comes from elsewhere: {outside}");
    }
}

#[test]
fn scenario_that_does_not_hold_exits_with_1_and_says_which_seed() {
    let scenario = file("fails.toml", &SMALL.replace("20s", "1ms"));
    let output = sim(&["run", scenario.to_str().unwrap(), "--seed", "9"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.contains("NO") && shown.contains("--seed 9"), "{shown}");
}

#[test]
fn wrong_questions_exit_with_2_and_say_what_is_wrong() {
    let broken = file("broken.toml", &SMALL.replace("random = 2", "random = 9"));
    let broken = broken.to_str().unwrap();
    for (args, said) in [
        (&["run", broken][..], "fault[0].nodes.random`: 9 is not possible: use 1 to 8"),
        (&["run", "partitoin"][..], "did you mean `partition`?"),
        (&["run", "no/such/file.toml"][..], "can't read no/such/file.toml"),
        (&["rum"][..], "unrecognized subcommand"),
        (&["size", "--nodes", "1"][..], "1 is not in"),
        (&["size", "--nodes", "8", "--option", "probe_intervall=1s"][..], "did you mean `probe_interval`?"),
        (&["size", "--nodes", "8", "--option", "probe_timeout=9s"][..], "probe_timeout"),
        (&["size", "--nodes", "8", "--loss", "120%"][..], "less than the whole"),
        (&["replay", broken][..], "broken.toml"),
        (&["compare", "partition"][..], "required"),
    ] {
        let output = sim(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(said), "{args:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn trace_is_stored_stepped_through_and_verified() {
    let scenario = file("traced.toml", SMALL);
    let trace = file("traced.trace", "");
    let trace = trace.to_str().unwrap();
    assert_eq!(sim(&["run", scenario.to_str().unwrap(), "--trace", trace]).status.code(), Some(0));
    let verified = sim(&["replay", trace, "--verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    assert!(text(&verified.stdout).contains("byte for byte"));

    let crashes = text(&sim(&["replay", trace, "--kind", "action", "--containing", "crashed"]).stdout);
    assert_eq!(crashes.lines().count(), 2, "{crashes}");
    assert!(crashes.lines().all(|line| line.starts_with("    3.000000000  node ")), "{crashes}");
    let before = text(&sim(&["replay", trace, "--until", "2s", "--kind", "lost", "--beliefs"]).stdout);
    assert_eq!(before.matches("alive to 8").count(), 8, "{before}");
    // Nobody sits at the terminal: it does not wait.
    let stepped = sim(&["replay", trace, "--step", "--kind", "event", "--containing", "failed"]);
    assert!(text(&stepped.stdout).lines().count() >= 12, "each of six finds both");

    let changed = std::fs::read_to_string(trace).unwrap().replace("seed 1\n", "seed 2\n");
    let changed = file("changed.trace", &changed);
    let parted = sim(&["replay", changed.to_str().unwrap(), "--verify"]);
    assert_eq!(parted.status.code(), Some(1));
    assert!(text(&parted.stdout).contains("they part at step"), "{}", text(&parted.stdout));
}

#[test]
fn comparison_finds_the_difference_that_is_there_and_none_that_is_not() {
    let slow = file("slow.toml", &format!("{SMALL}\n[options]\nprobe_interval = \"2s\"\n"));
    let (usual, json) = (file("usual.toml", SMALL), file("compared.json", ""));
    let (usual, slow, json) = (usual.to_str().unwrap(), slow.to_str().unwrap(), json.to_str().unwrap());
    let significant = |first: &str, second: &str| {
        let output = sim(&["compare", first, second, "--seeds", "8", "--json", json]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let value: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        let figures = value["figures"].as_array().unwrap().clone();
        figures
            .into_iter()
            .filter(|figure| figure["significant"] == true)
            .map(|figure| figure["figure"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(significant(usual, usual), [""; 0]);
    let different = significant(usual, slow);
    assert!(different.iter().any(|figure| figure == "packets_per_node_second"), "{different:?}");
    assert!(different.iter().any(|figure| figure == "detection_median"), "{different:?}");
}

#[test]
fn size_measures_what_the_formulas_expect() {
    let json = file("size.json", "");
    let json = json.to_str().unwrap();
    let output = sim(&["size", "--nodes", "24", "--seeds", "2", "--json", json]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("A cluster of 24 nodes"));
    let value: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    let line = |name: &str| {
        value["lines"].as_array().unwrap().iter().find(|line| line["name"] == name).unwrap().clone()
    };
    let packets = line("packets");
    let (measured, formula) = (packets["median"].as_f64().unwrap(), packets["formula"].as_f64().unwrap());
    assert!((measured / formula - 1.0).abs() < 0.2, "{measured} {formula}");
    assert_eq!(line("false_deaths")["median"].as_f64(), Some(0.0));
    assert!(line("false_deaths")["high"].as_f64().unwrap() > 0.0, "nothing seen is not never");
    assert!(line("join")["median"].as_f64().unwrap() < 10.0);
}

#[test]
fn list_names_what_run_can_play_and_shows_its_file() {
    let list = text(&sim(&["list"]).stdout);
    for name in [
        "partition",
        "rolling-restart",
        "mass-join",
        "mass-crash",
        "gc-pause",
        "lossy-wan",
        "two-data-centres",
    ] {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}: {list}");
    }
    assert!(text(&sim(&["list", "partition"]).stdout).contains("[[fault]]"));
    for command in ["run", "size", "compare", "replay"] {
        let help = sim(&[command, "--help"]);
        assert!(help.status.success() && text(&help.stdout).contains("Examples:"), "{command}");
    }
}
