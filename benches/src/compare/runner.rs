//! Runs each job in a process of its own, with a deadline.

use super::{Fault, Job, Outcome};
use serde::{Deserialize, Serialize};
use std::{
    io::Read as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What the program is told so that it does a job, which follows as JSON.
pub const ARGUMENT: &str = "--job";

/// A job, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What was done, by whom.
    #[serde(flatten)]
    pub job: Job,
    /// What came of it.
    pub outcome: Outcome,
}

/// Ends the process with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs one job in a process that is made from `program`, and ends that after `limit`.
#[must_use]
pub fn run(program: &Path, job: &Job, limit: Duration) -> Outcome {
    outcome(program, job, limit).unwrap_or_else(|fault| Outcome::Failed(fault.to_string()))
}

fn outcome(program: &Path, job: &Job, limit: Duration) -> Result<Outcome, Fault> {
    let text = serde_json::to_string(job).map_err(|error| Fault::failed("job", error))?;
    let mut command = Command::new(program);
    command.args([ARGUMENT, &text]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process(command.spawn().map_err(|error| Fault::failed("process", error))?);
    let out = process.0.stdout.take();
    // Read on the side, so that it never waits for us.
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.map_or(Ok(0), |mut out| out.read_to_string(&mut text)).map(|_| text)
    });
    let deadline = Instant::now() + limit;
    let status = loop {
        match process.0.try_wait().map_err(|error| Fault::failed("process", error))? {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                return Err(Fault::Failed(format!("no end after {} s", limit.as_secs())));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let text = reader.join().map_err(|_| Fault::Failed("process: unread".into()))?;
    let text = text.map_err(|error| Fault::failed("process", error))?;
    serde_json::from_str(text.trim()).map_err(|_| Fault::Failed(format!("process: ended with {status}")))
}

/// Tells on standard error what is going on: one line that changes on a terminal, else one for each job.
pub struct Progress {
    begin: Instant,
    jobs: usize,
    done: usize,
    terminal: bool,
}

impl Progress {
    /// At the begin of so many jobs.
    #[must_use]
    pub fn new(jobs: usize) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        Self { begin: Instant::now(), jobs, done: 0, terminal }
    }

    /// This one begins.
    pub fn begin(&mut self, job: &Job) {
        self.done += 1;
        let Job { task, contender, seed } = job;
        let line = format!(
            "[{}/{}] {:.0} s  {}: {task}, {contender}, seed {seed}",
            self.done,
            self.jobs,
            self.begin.elapsed().as_secs_f64(),
            task.workload()
        );
        if self.terminal {
            eprint!("\r\x1b[K{line}");
        } else {
            eprintln!("{line}");
        }
    }

    /// All is done.
    pub fn end(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
        eprintln!("{} jobs in {:.0} s", self.done, self.begin.elapsed().as_secs_f64());
    }
}
