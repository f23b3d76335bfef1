//! One node in a process of its own: prints what it sees, until Ctrl-C.

use super::{
    args,
    kit::Kit,
    node::{Node, Seen},
    prompt::{self, Command},
    reason::seconds,
    screen::Screen,
};
use crate::notice::Notice;
use memberlist::prelude::*;
use std::{io::Stdout, time::SystemTime};
use tokio::sync::mpsc;

mod words;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Runs the node; `true` if it ended in good order.
pub(crate) async fn run(args: args::Single) -> Result<bool, String> {
    let kit = Kit::shared(args.choice, args.secrets.as_deref())?;
    let list = kit.start(&SmolStr::new(&args.name), args.bind).await?;
    let (said, outcomes) = mpsc::channel(16);
    let events = list.events();
    let screen = Screen::stdout(args.plain);
    let mut node = Single { list, screen, said, stop: stop_signals(), prompt: args.interactive };
    let address = node.list.address();
    node.say(&kit.to_string());
    node.say(&format!("{} runs at {address}; others join it with --join {address}", args.name));
    if !args.join.is_empty() && !node.join(args.join).await? {
        return Ok(true);
    }
    let lines = if args.interactive {
        node.say("type help for what can be done here");
        Some(stdin_lines()?)
    } else {
        None
    };
    node.look_on(events, outcomes, lines).await;
    node.list.shutdown().await;
    Ok(true)
}

struct Single {
    list: Node,
    screen: Screen<Stdout>,
    /// What came of commands that take their time.
    said: mpsc::Sender<String>,
    /// Ctrl-C.
    stop: mpsc::Receiver<()>,
    /// Whether there is a prompt.
    prompt: bool,
}

impl Single {
    /// A line with the time, UTC.
    fn say(&mut self, what: &str) {
        self.lines(&[format!("{}  {what}", time_of_day(SystemTime::now()))]);
    }

    /// Lines, and the prompt below them again.
    fn lines(&mut self, lines: &[String]) {
        let prompt = self.prompt && self.screen.is_live();
        if prompt {
            self.screen.write("\r\x1b[K");
        }
        self.screen.lines(lines);
        if prompt {
            self.screen.write("> ");
        }
    }

    /// Joins, unless it is stopped first; whether to go on.
    async fn join(&mut self, seeds: Vec<SeedAddress>) -> Result<bool, String> {
        let options = JoinOptions::new().with_attempts(3);
        let joined = tokio::select! {
            joined = self.list.join(seeds, options) => joined,
            Some(()) = self.stop.recv() => {
                self.list.shutdown().await;
                return Ok(false);
            }
        };
        match joined {
            Ok(report) => self.say(&report.to_string()),
            Err(error) => {
                self.list.shutdown().await;
                return Err(format!("cannot join: {error}"));
            }
        }
        Ok(true)
    }

    /// Prints what happens and does what is typed, until the end.
    async fn look_on(
        &mut self,
        mut events: Seen,
        mut outcomes: mpsc::Receiver<String>,
        mut lines: Option<mpsc::Receiver<String>>,
    ) {
        while !self.screen.is_gone() {
            let typed = async {
                match &mut lines {
                    Some(lines) => lines.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.tell(&event),
                    None => return,
                },
                Some(outcome) = outcomes.recv() => self.say(&outcome),
                line = typed => {
                    let command = line.map_or(Ok(Command::Quit), |line| prompt::parse(&line));
                    match command {
                        Ok(Command::Quit) => return self.goodbye().await,
                        Ok(Command::Kill) => return,
                        Ok(command) => self.obey(command),
                        Err(sentence) => self.lines(&[sentence]),
                    }
                }
                Some(()) = self.stop.recv() => return self.goodbye().await,
            }
        }
        self.goodbye().await;
    }

    fn tell(&mut self, event: &Event<SmolStr, std::net::SocketAddr>) {
        if let Event::User { payload, .. } = event
            && let Some(notice) = Notice::decode(payload)
        {
            self.say(&format!("{} says: {}", notice.author, notice.text));
        } else if let Some(what) = words::of_event(event, self.list.id()) {
            self.say(&what);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Nothing => self.lines(&[]),
            Command::Help => self.lines(&prompt::HELP.map(str::to_owned)),
            Command::Members => {
                let now = self.list.now();
                let mut known = self.list.known();
                known.sort_by(|a, b| a.node.id.cmp(&b.node.id));
                let known: Vec<_> = known
                    .iter()
                    .map(|member| words::of_member(member, now.since(member.changed_at)))
                    .collect();
                self.lines(&known);
            }
            Command::Broadcast(text) => {
                let notice = Notice::new(self.list.id().clone(), text);
                match self.list.broadcast(notice.encode().into()) {
                    Ok(_on_its_way) => self.say("the broadcast is on its way"),
                    Err(error) => self.say(&format!("cannot broadcast: {error}")),
                }
            }
            Command::Meta(text) => self.later(async move |list| match list.update_meta(text.into()).await {
                Ok(_on_its_way) => "the metadata is in force, and on its way to the others".to_owned(),
                Err(error) => format!("cannot change the metadata: {error}"),
            }),
            Command::Ping(name) => self.later(async move |list| match list.ping(&name).await {
                Ok(took) => format!("{name} answered in {}", seconds(took)),
                Err(error) => format!("ping {name}: {error}"),
            }),
            Command::Leave => self.later(async move |list| leave(&list).await),
            Command::Rejoin => self.later(async move |list| match list.rejoin().await {
                Ok(()) => "back again".to_owned(),
                Err(error) => format!("cannot rejoin: {error}"),
            }),
            // They end the loop that calls this.
            Command::Quit | Command::Kill => {}
        }
    }

    /// Does what takes its time beside the loop, which says what came of it.
    fn later<F>(&mut self, action: impl FnOnce(Node) -> F)
    where
        F: Future<Output = String> + Send + 'static,
    {
        let (action, said) = (action(self.list.clone()), self.said.clone());
        tokio::spawn(async move {
            // Nobody listens any more only at the end.
            let _ = said.send(action.await).await;
        });
        self.lines(&[]);
    }

    /// Says goodbye; a second Ctrl-C cuts it short.
    async fn goodbye(&mut self) {
        if self.list.has_left() {
            return;
        }
        self.prompt = false;
        self.say("leaving");
        let outcome = tokio::select! {
            outcome = leave(&self.list) => outcome,
            Some(()) = self.stop.recv() => "stopped without waiting for the goodbye to be heard".to_owned(),
        };
        self.say(&outcome);
    }
}

async fn leave(list: &Node) -> String {
    match list.leave(GOODBYE).await {
        Ok(confirmed) => format!("left; {confirmed} confirmed that they heard it"),
        Err(error) => error.to_string(),
    }
}

/// What is typed. A thread of its own reads it: it cannot be woken, and must not hold up the end.
fn stdin_lines() -> Result<mpsc::Receiver<String>, String> {
    let (out, lines) = mpsc::channel(16);
    let read = move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if out.blocking_send(line).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("stdin".into()).spawn(read);
    thread.map(|_| lines).map_err(|error| format!("cannot read standard input: {error}"))
}

/// Every Ctrl-C, and every request to end; none is lost while something else is done.
fn stop_signals() -> mpsc::Receiver<()> {
    let (out, signals) = mpsc::channel(2);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let out = out.clone();
            // Where signals cannot be had, the system's own way of ending a process stays.
            let Ok(mut signal) = signal(kind) else { continue };
            tokio::spawn(async move { while signal.recv().await.is_some() && out.send(()).await.is_ok() {} });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && out.send(()).await.is_ok() {} });
    signals
}

/// `15:04:05.678`, UTC.
fn time_of_day(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let s = since.as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}.{:03}", s / 3_600, s / 60 % 60, s % 60, since.subsec_millis())
}

#[cfg(test)]
mod tests;
