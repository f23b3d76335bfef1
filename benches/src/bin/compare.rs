//! Whole clusters beside those of others: prints tables, and writes JSON, HTML and `RESULTS.md` if asked. See `--help`.

use clap::Parser;
use memberlist_benches::{
    compare::{
        Task,
        arguments::Arguments,
        page::{self, Everything, Origin},
        process,
        runner::{self, Done, Progress},
        victim, workloads,
    },
    origin, report,
};
use std::{
    error::Error,
    fs,
    path::Path,
    process::{Command, ExitCode},
};

/// The marks around this program's part of the page.
const MARKS: (&str, &str) = ("<!-- macro: begin -->", "<!-- macro: end -->");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    // This program starts itself: for each job, and for each node that is to have a process of its own.
    let done = match words.as_slice() {
        [runner::ARGUMENT, job] => run_job(job),
        [victim::ARGUMENT, name, nodes] => run_victim(name, nodes),
        _ => compare(&Arguments::parse()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run_job(job: &str) -> Result<(), Box<dyn Error>> {
    let outcome = workloads::run(&serde_json::from_str(job)?, &std::env::current_exe()?);
    println!("{}", serde_json::to_string(&outcome)?);
    // Nobody waits for what the contender still does.
    std::process::exit(0)
}

fn run_victim(name: &str, nodes: &str) -> Result<(), Box<dyn Error>> {
    process::allow_files();
    Ok(workloads::run_victim(serde_json::from_str(name)?, serde_json::from_str(nodes)?)?)
}

/// Builds the programs that are one node each, beside this one.
fn build_nodes() -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--quiet", "--bins"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let status = cargo.status().map_err(|error| format!("cargo, which builds the nodes: {error}"))?;
    if status.success() { Ok(()) } else { Err("the nodes can't be built".into()) }
}

/// What an earlier run measured.
fn read(file: &Path) -> Result<Everything, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?)
}

fn compare(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?;
    // First, so that a wrong file is told before anything is measured.
    let added: Vec<Everything> = arguments.add.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    let jobs = arguments.jobs();
    if jobs.iter().any(|job| job.task == Task::Process) {
        build_nodes()?;
    }
    let mut progress = Progress::new(jobs.len());
    let mut done = Vec::with_capacity(jobs.len());
    for job in jobs {
        progress.begin(&job);
        let outcome = runner::run(&program, &job, arguments.limit(&job.task));
        done.push(Done { job, outcome });
    }
    progress.end();
    let mut everything = Everything { origin: Origin { facts: origin::facts("compare") }, done };
    if !arguments.only_added {
        everything.origin.facts.push(("seeds".into(), arguments.seeds().to_string()));
    }
    added.into_iter().for_each(|earlier| everything.add(earlier));
    if page::is_empty(&everything.done) {
        return Err("no job gave a figure".into());
    }
    let report = page::report(&everything.origin, &everything.done);
    print!("{}", report.to_text());
    if let Some(file) = &arguments.json {
        fs::write(file, serde_json::to_string_pretty(&everything)? + "\n")?;
    }
    if let Some(file) = &arguments.html {
        fs::write(file, report.to_html())?;
    }
    if arguments.write {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
        let results = fs::read_to_string(&file)?;
        fs::write(file, report::splice(&results, MARKS, &page::markdown(&report)))?;
    }
    Ok(())
}
