//! A tiny chat: every line that is typed goes to everybody, by user broadcasts.
//!
//! Three people in one process, who say something and go (`--demo`, which is also what happens without arguments):
//!
//! ```sh
//! cargo run -p memberlist-examples --bin chat
//! ```
//!
//! Real people, each in a terminal:
//!
//! ```sh
//! cargo run -p memberlist-examples --bin chat -- --name ann --bind 127.0.0.1:7946
//! cargo run -p memberlist-examples --bin chat -- --name bob --join 127.0.0.1:7946
//! ```
//!
//! What to look at: `Person::say` broadcasts a line once, and that is all. The members pass it on among themselves, and each is told it
//! once, in an event (`hear`). The demo checks that everybody else got every line, and nobody got one twice.

use clap::Parser;
use memberlist::prelude::*;
use memberlist_examples::notice::{Notice, printable};
use std::{collections::BTreeSet, net::SocketAddr, process::ExitCode, str::FromStr};
use tokio::{sync::mpsc, time::timeout};

/// A tiny chat by user broadcasts. Without arguments: three people in one process, who say something and go.
#[derive(Parser)]
#[command(name = "chat")]
struct Args {
    /// Three people in one process; the exit code is 0 if everybody got every line once.
    #[arg(long, conflicts_with_all = ["name", "bind", "join"])]
    demo: bool,
    /// Who you are, unique in the cluster; type lines, end with Ctrl-D.
    #[arg(long)]
    name: Option<String>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0", requires = "name")]
    bind: SocketAddr,
    /// Somebody who is there already; may be given several times.
    #[arg(long, value_parser = SeedAddress::from_str, requires = "name")]
    join: Vec<SeedAddress>,
}

/// One who chats.
struct Person {
    list: TcpMemberlist,
}

impl Person {
    /// Starts a node; what it hears comes out of `heard`, with its name.
    async fn start(
        name: &str,
        bind: SocketAddr,
        heard: mpsc::Sender<(SmolStr, Heard)>,
    ) -> Result<Self, StartError> {
        let list = memberlist::tokio::builder(name).bind(bind).options(Options::lan()).start().await?;
        tokio::spawn(hear(list.events(), SmolStr::new(name), heard));
        Ok(Self { list })
    }

    fn say(&self, text: &str) -> Result<(), memberlist::Error> {
        let notice = Notice::new(self.list.local_id().clone(), text);
        // The result could tell when it has been handed out; here nobody waits for that.
        drop(self.list.broadcast(notice.encode())?);
        Ok(())
    }
}

/// What can be heard.
enum Heard {
    Said(Notice),
    Came(SmolStr),
    Went(SmolStr),
}

/// Tells what happens, until the node ends.
async fn hear(mut events: Events<SmolStr, SocketAddr>, name: SmolStr, out: mpsc::Sender<(SmolStr, Heard)>) {
    while let Some(event) = events.recv().await {
        let heard = match event {
            Event::User { payload, .. } => match Notice::decode(&payload) {
                Some(notice) => Heard::Said(notice),
                None => continue,
            },
            Event::Joined(member) if member.node.id != name => Heard::Came(member.node.id),
            Event::Left(member) | Event::Failed { member, .. } => Heard::Went(member.node.id),
            _ => continue,
        };
        if out.send((name.clone(), heard)).await.is_err() {
            return;
        }
    }
}

/// A line for the screen. A name comes from the network: nothing in it may drive the terminal.
fn show(heard: &Heard) -> String {
    match heard {
        Heard::Said(notice) => format!("{}: {}", notice.author, notice.text),
        Heard::Came(name) => format!("* {} is here", printable(name)),
        Heard::Went(name) => format!("* {} is gone", printable(name)),
    }
}

async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    let (out, mut heard) = mpsc::channel(256);
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let ann = Person::start("ann", here, out.clone()).await?;
    let bob = Person::start("bob", here, out.clone()).await?;
    let cat = Person::start("cat", here, out).await?;
    for person in [&bob, &cat] {
        person.list.join(ann.list.advertise_address()).await?;
    }
    let people = [&ann, &bob, &cat];
    let mut lines = BTreeSet::new();
    let said = [(&ann, "Hello, who is there?"), (&bob, "I am."), (&cat, "Me too. Good night!")];
    for (person, text) in said {
        // Each waits until it has company, then until everybody has heard the line: a chat, not a chorus.
        while person.list.num_members() < people.len() {
            timeout(Duration::from_secs(15), heard.recv()).await.map_err(|_| "not everybody came")?;
        }
        person.say(text)?;
        let mut deaf: BTreeSet<_> = people.iter().map(|other| other.list.local_id().clone()).collect();
        deaf.remove(person.list.local_id());
        while !deaf.is_empty() {
            let next = timeout(Duration::from_secs(10), heard.recv()).await;
            let Ok(Some((who, what))) = next else {
                return Err(format!("{deaf:?} did not hear: {text}").into());
            };
            println!("[{who}] {}", show(&what));
            if let Heard::Said(notice) = what {
                if notice.text == text {
                    deaf.remove(&who);
                }
                once(&mut lines, who, notice)?;
            }
        }
    }
    for person in people {
        person.list.leave(Duration::from_secs(5)).await?;
        person.list.shutdown().await;
    }
    // Nobody is left who could tell: this ends with the last of what was told.
    while let Some((who, what)) = heard.recv().await {
        if let Heard::Said(notice) = what {
            once(&mut lines, who, notice)?;
        }
    }
    println!("everybody heard every line, once");
    Ok(())
}

/// Every line of the demo is said once, so nobody may be told it twice, nor be told its own.
fn once(lines: &mut BTreeSet<(SmolStr, Notice)>, who: SmolStr, notice: Notice) -> Result<(), String> {
    if who == notice.author {
        return Err(format!("{who} was told its own line: {}", notice.text));
    }
    let again = format!("{who} was told twice: {}", notice.text);
    if lines.insert((who, notice)) { Ok(()) } else { Err(again) }
}

async fn chat(
    name: &str,
    bind: SocketAddr,
    seeds: Vec<SeedAddress>,
) -> Result<(), Box<dyn std::error::Error>> {
    let (out, mut heard) = mpsc::channel(256);
    let me = Person::start(name, bind, out).await?;
    println!("* you are {name}; others join with --join {}", me.list.advertise_address());
    if !seeds.is_empty() {
        me.list.join_many(seeds, JoinOptions::new().with_attempts(3)).await?;
    }
    let (typed, mut lines) = mpsc::channel::<String>(16);
    // A thread of its own: reading from a terminal cannot be woken.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    loop {
        tokio::select! {
            Some((_, heard)) = heard.recv() => println!("{}", show(&heard)),
            line = lines.recv() => match line {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => if let Err(error) = me.say(&line) {
                    eprintln!("* that was not sent: {error}");
                },
                None => break,
            },
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    me.list.leave(Duration::from_secs(5)).await?;
    me.list.shutdown().await;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let Args { demo: _, name, bind, join } = Args::parse();
    let outcome = match name {
        Some(name) => chat(&name, bind, join).await,
        None => demo().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            ExitCode::FAILURE
        }
    }
}
