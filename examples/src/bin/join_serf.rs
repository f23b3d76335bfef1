//! A node in a cluster of serf, HashiCorp's agent in Go (on Debian `apt install serf`): it joins a running agent, shows whom the cluster consists
//! of, and then what happens in it.
//!
//! In one terminal:
//!
//! ```sh
//! serf agent -node=go -bind=127.0.0.1:7946 -tag role=web
//! ```
//!
//! and in another:
//!
//! ```sh
//! cargo run -p memberlist-examples --bin join_serf -- 127.0.0.1:7946 --bind 127.0.0.2:7946
//! ```
//!
//! `serf members` lists it then, and `serf event deploy v1` shows here. Ctrl-C (or the end of `--seconds`) and it leaves: `serf members` says `left`,
//! not `failed`. If the agent was started with `-encrypt`, give the same key with `--encrypt`.
//!
//! What to look at: the wire is chosen like a transport is (`HashicorpWire`); the delegate `SerfPresence` and the versions of serf make agents accept the
//! node; a delegate of one's own stands behind it ([`Printer`]).

use bytes::Bytes;
use clap::Parser;
use memberlist::delegate::{
    AliveDelegate, ConflictDelegate, EventDelegate, MergeDelegate, NodeDelegate, PingDelegate,
};
use memberlist::hashicorp::serf::{self, SerfMessage, Tags};
use memberlist::hashicorp::{self, HashicorpWire, SerfMember, SerfPresence};
use memberlist::prelude::*;
use memberlist_examples::{key::parse_key, notice::printable};
use std::{net::SocketAddr, process::ExitCode, str::FromStr};

type Fault = Box<dyn std::error::Error + Send + Sync>;
type SerfList = TcpMemberlist<SerfPresence<Printer>, HashicorpWire>;

/// Joins a running serf agent, shows its members and events, and leaves at Ctrl-C.
#[derive(Parser)]
#[command(name = "join_serf")]
struct Args {
    /// Where the agent is: its -bind address.
    #[arg(value_parser = SeedAddress::from_str)]
    agent: SeedAddress,
    /// This node's name, unique in the cluster.
    #[arg(long, default_value = "rust")]
    name: String,
    /// Where to listen. Agents must reach it.
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// A tag as key=value; may be given several times.
    #[arg(long = "tag", value_parser = parse_tag, default_value = "role=rust")]
    tags: Vec<(String, String)>,
    /// The agents' key: base64 of 16, 24 or 32 bytes.
    #[arg(long, value_parser = parse_key)]
    encrypt: Option<SecretKey>,
    /// Leave after so many seconds, instead of at Ctrl-C.
    #[arg(long)]
    seconds: Option<u64>,
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a tag is key=value")?;
    Ok((key.into(), value.into()))
}

/// Stands behind the presence, and shows the user events that it hands on.
struct Printer;

impl NodeDelegate<SocketAddr> for Printer {
    async fn notify_message(&self, _from: SocketAddr, message: Bytes) {
        if let Ok(SerfMessage::UserEvent(event)) = SerfMessage::decode(&message) {
            let payload = String::from_utf8_lossy(&event.payload);
            println!("event {}: {}", printable(&event.name), printable(&payload));
        }
    }
}

impl EventDelegate<SmolStr, SocketAddr> for Printer {
    async fn notify_event(&self, event: &Event<SmolStr, SocketAddr>) {
        let (what, member) = match event {
            Event::Joined(member) => ("joined", member),
            Event::Left(member) => ("left", member),
            Event::Failed { member, .. } => ("failed", member),
            Event::Updated { member, .. } => ("updated", member),
            Event::Suspected { member, .. } => ("suspected", member),
            Event::Recovered { member, .. } => ("recovered", member),
            _ => return,
        };
        println!("{what}: {}", line(member));
    }
}

impl AliveDelegate<SmolStr, SocketAddr> for Printer {
    fn filters_alive(&self) -> bool {
        false
    }
}
impl ConflictDelegate<SmolStr, SocketAddr> for Printer {}
impl MergeDelegate<SmolStr, SocketAddr> for Printer {}
impl PingDelegate<SmolStr, SocketAddr> for Printer {}
impl Delegate for Printer {
    type Id = SmolStr;
    type Address = SocketAddr;
}

/// A member with its state and tags. Names and tags come from the network: nothing in them may drive the terminal.
fn line(member: &Member<SmolStr, SocketAddr>) -> String {
    let tags = match Tags::from_meta(&member.meta) {
        Ok(tags) => tags.iter().map(|(key, value)| format!("  {key}={value}")).collect(),
        Err(error) => format!("  (no tags: {error})"),
    };
    let name = printable(&member.node.id);
    format!("{name:<12} {:<22} {:?}{}", member.node.address, member.state, printable(&tags))
}

async fn start(args: &Args) -> Result<SerfList, Fault> {
    let tags = args.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let presence = SerfPresence::new(args.name.as_str()).with_tags(&tags)?.with_delegate(Printer);
    let options = hashicorp::lan().with_versions(serf::VERSIONS);
    let mut builder = memberlist::tokio::builder(args.name.as_str()).bind(args.bind).options(options);
    if let Some(key) = &args.encrypt {
        builder = builder.keyring(Keyring::new()?.with_key(key));
    }
    Ok(builder.wire(HashicorpWire::new()).delegate(presence).start().await?)
}

async fn run(args: Args) -> Result<(), Fault> {
    let node = start(&args).await?;
    node.join(args.agent).await?;
    drop(node.announce_serf()?);
    println!("members:");
    for member in node.members() {
        println!("  {}", line(&member));
    }
    match args.seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => tokio::signal::ctrl_c().await?,
    }
    let confirmed = node.leave_serf(Duration::from_secs(10)).await?;
    println!("left; {confirmed} confirmed");
    node.shutdown().await;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("join_serf: {error}");
            ExitCode::FAILURE
        }
    }
}
