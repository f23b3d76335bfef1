//! `cluster` as real processes on real sockets: what README shows in two terminals.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Tests, though not all by their attribute.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// Longer than any step can take, even the detection of a crash on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `cluster` process; killed when dropped.
struct Process {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cluster"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cluster starts");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (out, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if out.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, seen: Vec::new() }
    }

    /// Waits for a line that contains this.
    fn wait_for(&mut self, wanted: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(wanted) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("nothing said {wanted:?}, only: {:#?}", self.seen);
                }
            }
        }
    }

    /// All that an ended process has said.
    fn read_to_the_end(&mut self) {
        self.seen.extend(self.lines.iter());
    }

    /// Where its node is.
    fn address(&mut self) -> String {
        let line = self.wait_for("others join it with --join");
        line.rsplit(' ').next().unwrap().to_owned()
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    fn end(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end: {:#?}", self.seen);
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// F-73
#[test]
fn a_killed_process_is_found_dead_and_one_that_is_interrupted_has_left() {
    let mut a = Process::start(&["--bind", "127.0.0.1:0", "--name", "a"]);
    let seed = a.address();
    let mut b = Process::start(&["--name", "b", "--join", &seed]);
    a.wait_for("b joined");
    b.wait_for("a joined");
    let mut c = Process::start(&["--name", "c", "--join", &seed]);
    for other in [&mut a, &mut b] {
        other.wait_for("c joined");
    }

    b.signal("-KILL");
    for other in [&mut a, &mut c] {
        other.wait_for("b is suspected: ");
        let line = other.wait_for("b is dead: declared by");
        assert!(line.contains("local health"), "{line}");
    }

    c.signal("-INT");
    a.wait_for("c left");
    assert!(c.end().success());
    assert!(!a.seen.iter().any(|line| line.contains("c is dead")), "a goodbye is no death: {:#?}", a.seen);

    a.signal("-TERM");
    assert!(a.end().success());
}

#[test]
fn the_prompt_does_what_is_typed_and_the_other_process_sees_it() {
    let mut a = Process::start(&["--interactive", "--nodes", "1", "--bind", "127.0.0.1:0", "--name", "a"]);
    let seed = a.address();
    let mut b = Process::start(&["--interactive", "--name", "b", "--join", &seed]);
    a.wait_for("b joined");
    b.wait_for("a joined");
    a.say("broadcast hello there");
    b.wait_for("a says: hello there");
    a.say("meta zone=1");
    b.wait_for("a changed, metadata \"zone=1\"");
    b.say("ping a");
    b.wait_for("a answered in");
    b.say("nonsense");
    b.wait_for("no such command");
    b.say("leave");
    a.wait_for("b left");
    b.say("rejoin");
    a.wait_for("b joined");
    a.say("members");
    a.wait_for("alive");
    b.say("quit");
    a.wait_for("b left");
    assert!(b.end().success());
    // The end of its input is the end of the node.
    drop(a.child.stdin.take());
    assert!(a.end().success());
    for (who, process, times) in [("a", &mut a, 0), ("b", &mut b, 1)] {
        process.read_to_the_end();
        let heard = process.seen.iter().filter(|line| line.contains("says: hello there")).count();
        assert_eq!(heard, times, "{who} was told: {:#?}", process.seen);
    }
}

/// A directory of secrets that a node makes; removed in the end.
struct Secrets(std::path::PathBuf);

impl Secrets {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("memberlist-processes-{name}-{}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// F-73
#[test]
fn processes_that_share_secrets_meet_whatever_their_runtimes_and_others_stay_outside() {
    let (ours, theirs) = (Secrets::new("ours"), Secrets::new("theirs"));
    for (transport, layers) in [("tls", "packets encrypted"), ("quic", "packets and streams encrypted")] {
        let how = |runtime, secrets| {
            ["--transport", transport, "--encrypt", "--compress", "--runtime", runtime, "--secrets", secrets]
        };
        let mut a = Process::start(&[&["--name", "a"], &how("smol", ours.path())[..]].concat());
        a.wait_for(layers);
        let seed = a.address();
        let to_join = ["--name", "b", "--join", &seed];
        let mut b = Process::start(&[&to_join, &how("async-std", ours.path())[..]].concat());
        a.wait_for("b joined");
        b.wait_for("a joined");

        let stranger = [&["--name", "c", "--join", &seed], &how("tokio", theirs.path())[..]].concat();
        let output = Command::new(env!("CARGO_BIN_EXE_cluster")).args(stranger).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("cannot join"), "{said}");

        b.signal("-INT");
        a.wait_for("b left");
        assert!(b.end().success());
        a.signal("-TERM");
        assert!(a.end().success());
        a.read_to_the_end();
        assert!(!a.seen.iter().any(|line| line.contains("c joined")), "{:#?}", a.seen);
    }
}

#[test]
fn what_cannot_be_is_one_sentence_and_a_failure() {
    for args in [
        &["--nodes", "1"][..],
        &["--bind", "127.0.0.1:0", "--nodes", "3"],
        &["--bind", "192.0.2.1:9"],
        &["--name", "a", "--encrypt"],
        &["--name", "a", "--encrypt", "--secrets", "/dev/null"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_cluster")).args(args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.starts_with("cluster: ") && !said.contains('{'), "{said}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_ends_the_demonstration_without_a_panic() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cluster"))
        .arg("--plain")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(1), ""));
}

/// F-41: the chat's own check is part of it
#[test]
fn everybody_in_the_chat_hears_every_line_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_chat")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let lines = |text: &str| said.lines().filter(|line| line.ends_with(text)).count();
    for text in ["ann: Hello, who is there?", "bob: I am.", "cat: Me too. Good night!"] {
        assert_eq!(lines(text), 2, "{text}: {said}");
    }
}

/// F-73: the whole demonstration, as README's first command runs it
#[test]
fn the_demonstration_ends_by_itself_and_every_node_saw_every_step() {
    let output = Command::new(env!("CARGO_BIN_EXE_cluster")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    for step in ["all see all", "broadcast delivered", "suspected", "declared dead", "rejoined", "left"] {
        assert!(said.lines().any(|line| line.starts_with(step)), "{step} was not measured: {said}");
    }
    assert!(said.ends_with("Every node saw every step.\n"), "{said}");
}
