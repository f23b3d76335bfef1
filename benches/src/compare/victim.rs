//! A node (or several) in a process of its own, which is watched or lost: both sides of it.
//!
//! The process prints its address when it has started, and takes orders on its standard input, a line each: an address to join, `view` (it prints how many
//! members it sees), or `block`. It ends with its input.

use super::{Contender, Fault, Manner, Name, Settings, cluster, process::Memory};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    str::FromStr,
    time::{Duration, Instant},
};

/// What the program is told so that it becomes such a process.
pub const ARGUMENT: &str = "--victim";

/// Which nodes such a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nodes {
    /// The number of the first; also how large the cluster is without them.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// Whether they do not miss who is gone.
    pub patient: bool,
}

impl Nodes {
    /// A single one.
    #[must_use]
    pub const fn one(number: usize) -> Self {
        Self { first: number, count: 1, patient: false }
    }
}

/// A process of such nodes; killed when it is dropped.
pub struct Victim {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where others reach the first node.
    pub address: SocketAddr,
}

impl Victim {
    /// Starts one.
    ///
    /// # Errors
    /// The system gives no process, or a node could not start.
    pub fn start(program: &std::path::Path, name: Name, nodes: Nodes) -> Result<Self, Fault> {
        let name = serde_json::to_string(&name).map_err(|error| Fault::failed("victim", error))?;
        let nodes = serde_json::to_string(&nodes).map_err(|error| Fault::failed("victim", error))?;
        let mut command = Command::new(program);
        command.args([ARGUMENT, &name, &nodes]);
        Self::spawn(command)
    }

    /// Starts a program that is one node of this contender and nothing else.
    ///
    /// # Errors
    /// As [`start`](Self::start); or it was not built beside this one.
    pub fn alone(program: &std::path::Path, name: Name) -> Result<Self, Fault> {
        Self::spawn(Command::new(program.with_file_name(name.program())))
    }

    fn spawn(mut command: Command) -> Result<Self, Fault> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| Fault::failed("victim", error))?;
        let (Some(orders), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::Failed("victim: no pipes".into()));
        };
        let mut answers = BufReader::new(out);
        match answer(&mut answers) {
            Ok(address) => Ok(Self { child, orders, answers, address }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// It joins.
    ///
    /// # Errors
    /// It is gone.
    pub fn join(&mut self, seed: SocketAddr) -> Result<(), Fault> {
        writeln!(self.orders, "{seed}").map_err(|error| Fault::failed("victim", error))
    }

    /// How many members the first of its nodes sees.
    ///
    /// # Errors
    /// It is gone.
    pub fn view(&mut self) -> Result<usize, Fault> {
        writeln!(self.orders, "view").map_err(|error| Fault::failed("victim", error))?;
        answer(&mut self.answers)
    }

    /// What it takes.
    ///
    /// # Errors
    /// It is gone, or it is not known here.
    pub fn memory(&self) -> Result<Memory, Fault> {
        Memory::of(Some(self.child.id()))
    }

    /// It is lost in this manner. With the moment just before.
    ///
    /// # Errors
    /// It is gone already.
    pub fn lose(&mut self, manner: Manner) -> Result<Instant, Fault> {
        let now = Instant::now();
        match manner {
            Manner::Killed => self.child.kill().map_err(|error| Fault::failed("victim", error))?,
            Manner::Stopped => {
                let id = i32::try_from(self.child.id()).map_err(|error| Fault::failed("victim", error))?;
                kill(Pid::from_raw(id), Signal::SIGSTOP).map_err(|error| Fault::failed("victim", error))?;
            }
            Manner::Blocked => {
                writeln!(self.orders, "block").map_err(|error| Fault::failed("victim", error))?;
            }
        }
        Ok(now)
    }
}

fn answer<T: FromStr>(answers: &mut impl BufRead) -> Result<T, Fault> {
    let mut line = String::new();
    answers.read_line(&mut line).map_err(|error| Fault::failed("victim", error))?;
    line.trim().parse().map_err(|_| Fault::Failed(format!("victim: it answers '{}'", line.trim())))
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that is such a process and nothing else: so little is in it that its memory is that of the node.
#[must_use]
pub fn main<C: Contender>() -> ExitCode {
    // This node, and the one that it joins.
    match run::<C>(Nodes::one(2)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The process itself.
///
/// # Errors
/// A node could not start.
pub fn run<C: Contender>(nodes: Nodes) -> Result<(), Fault> {
    // Whoever started it may be killed, too; a stopped process would notice nothing of it.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    let runtime = super::runtime().map_err(|error| Fault::failed("runtime", error))?;
    let started = runtime.block_on(async {
        // Inside a task, as a program would.
        tokio::spawn(async move {
            let Nodes { first, count, patient } = nodes;
            let settings = Settings { patient, ..Settings::quiet(first) };
            let mut started = Vec::with_capacity(count);
            for number in first..first + count {
                started.push(C::start(number, &settings).await?);
            }
            Ok(started)
        })
        .await
        .map_err(|error| Fault::failed("start", error))?
    })?;
    let first = started.first().ok_or_else(|| Fault::Failed("no nodes".into()))?;
    println!("{}", first.address());
    for line in std::io::stdin().lines() {
        match line.as_deref().map(str::trim) {
            Ok("block") => {
                // One for each worker, and some more: a blocked worker may have others in its queue.
                for _ in 0..64 {
                    runtime.spawn(async { std::thread::sleep(Duration::from_secs(3_600)) });
                }
            }
            Ok("view") => println!("{}", runtime.block_on(first.view())),
            Ok(line) => {
                if let Ok(seed) = line.parse() {
                    let deadline = Instant::now() + Duration::from_secs(30);
                    for node in &started {
                        runtime.spawn(cluster::join(node.clone(), seed, deadline));
                    }
                }
            }
            Err(_) => break,
        }
    }
    // Blocked workers would be waited for.
    std::process::exit(0);
}
