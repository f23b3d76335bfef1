//! Which machine and which commit figures are of, and how they were taken.

use std::process::Command;

/// Names and values: machine, commit, compiler, command.
#[must_use]
pub fn facts(program: &str) -> Vec<(String, String)> {
    let command: Vec<String> = std::env::args().skip(1).collect();
    let command =
        format!("cargo run --release -p memberlist-benches --bin {program} -- {}", command.join(" "));
    let facts = [
        ("machine", machine()),
        ("commit", output("git", &["describe", "--always", "--dirty", "--abbrev=12"])),
        ("compiler", output("rustc", &["--version"])),
        ("command", command.trim_end_matches([' ', '-']).to_owned()),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {cores} cores, {}", model.unwrap_or("unknown"), std::env::consts::OS)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| "unknown".into(), |it| String::from_utf8_lossy(&it.stdout).trim().to_owned())
}
