//! Real serf agents, and what can be asked of them.

use crate::process::Process;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// The port of agents and nodes; each has an address of its own.
pub(crate) const PORT: u16 = 7946;
const RPC_PORT: u16 = 7373;

/// A loopback address that no other test uses, of this process or another.
pub(crate) fn address() -> Ipv4Addr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!(number < 4 * 254, "too many addresses");
    let process = std::process::id();
    let third = (process << 2) as u8 | (number / 254) as u8;
    Ipv4Addr::new(127, 64 | ((process >> 6) as u8 & 0x3f), third, (number % 254) as u8 + 1)
}

/// How an agent is started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    name: String,
    bind: SocketAddr,
    rpc: Ipv4Addr,
    arguments: Vec<String>,
}

impl Setup {
    /// An agent of this name at an address of its own, with the fast timing.
    pub(crate) fn new(name: &str) -> Self {
        let arguments = ["-profile=local", "-log-level=debug"].map(String::from).into();
        let ip = address();
        Self { name: name.into(), bind: (ip, PORT).into(), rpc: ip, arguments }
    }

    /// At this address.
    pub(crate) fn at(mut self, bind: SocketAddr) -> Self {
        self.bind = bind;
        self
    }

    pub(crate) fn with(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn tag(self, key: &str, value: &str) -> Self {
        self.with(format!("-tag={key}={value}"))
    }

    pub(crate) fn encrypt(self, key: &str) -> Self {
        self.with(format!("-encrypt={key}"))
    }

    pub(crate) fn start(self) -> Agent {
        let mut arguments = vec![
            "agent".into(),
            format!("-node={}", self.name),
            format!("-bind={}", self.bind),
            format!("-rpc-addr={}:{RPC_PORT}", self.rpc),
        ];
        arguments.extend(self.arguments);
        let process = Process::start(&self.name, Path::new("serf"), &arguments, ("GOMAXPROCS", "2"));
        let mut agent = Agent { name: self.name, address: self.bind, rpc: self.rpc, process };
        crate::wait("the agent runs", || {
            assert!(!agent.process.has_ended(), "the agent ended: {}", agent.log());
            agent.log().contains("Serf agent running!") && agent.ask(&["info"]).is_ok()
        });
        agent
    }
}

/// A member as `serf members` lists it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed {
    pub(crate) address: String,
    pub(crate) status: String,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A running agent. Dropping it kills it.
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    rpc: Ipv4Addr,
    process: Process,
}

impl Agent {
    /// Runs a command of the agent's own client.
    pub(crate) fn ask(&self, command: &[&str]) -> Result<String, String> {
        let (name, arguments) = command.split_first().unwrap();
        let output = Command::new("serf")
            .arg(name)
            .arg(format!("-rpc-addr={}:{RPC_PORT}", self.rpc))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("Debian's package serf is needed");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let _ = write!(text, "{}", String::from_utf8_lossy(&output.stderr));
        Err(text)
    }

    /// As [`ask`](Self::ask), of an agent that must answer.
    pub(crate) fn tell(&self, command: &[&str]) -> String {
        self.ask(command).unwrap_or_else(|error| panic!("{}: {command:?}: {error}", self.name))
    }

    pub(crate) fn join(&self, address: SocketAddr) {
        self.tell(&["join", &address.to_string()]);
    }

    /// Everybody that it knows, by name.
    pub(crate) fn members(&self) -> BTreeMap<String, Listed> {
        let text = self.tell(&["members", "-format=json"]);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let members = json["members"].as_array().unwrap().iter();
        members.map(|member| (text_of(&member["name"]), listed(member))).collect()
    }

    /// The names of those that it holds for alive, in order.
    pub(crate) fn alive(&self) -> Vec<String> {
        let members = self.members().into_iter();
        members.filter(|(_, member)| member.status == "alive").map(|(name, _)| name).collect()
    }

    /// What it says of the state of a node: `alive`, `leaving`, `left`, `failed`, or `none` if it does not know it.
    pub(crate) fn status(&self, name: &str) -> String {
        self.members().remove(name).map_or_else(|| "none".into(), |member| member.status)
    }

    pub(crate) fn tags(&self, name: &str) -> BTreeMap<String, String> {
        self.members().remove(name).map(|member| member.tags).unwrap_or_default()
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// The lines of its log that say that something was wrong.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let wrong = ["[ERR]", "[WARN]", "rror", "ailed", "nvalid", "nknown", "panic"];
        let log = self.log();
        let lines = log.lines().filter(|line| wrong.iter().any(|word| line.contains(word)));
        lines.map(String::from).collect()
    }

    /// Sends it a signal: `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Tells it to leave, and waits for its end.
    pub(crate) fn leave(&mut self) {
        // The agent may end before it answered.
        let _ = self.ask(&["leave"]);
        crate::wait("the agent ended", || self.process.has_ended());
    }
}

fn text_of(value: &serde_json::Value) -> String {
    value.as_str().unwrap().into()
}

fn listed(member: &serde_json::Value) -> Listed {
    let tags = member["tags"].as_object().unwrap().iter();
    Listed {
        address: text_of(&member["addr"]),
        status: text_of(&member["status"]),
        tags: tags.map(|(key, value)| (key.clone(), text_of(value))).collect(),
    }
}

/// An address of the IPv6 loopback, of which there is only one: on a free port.
pub(crate) fn address_v6() -> SocketAddr {
    let free = std::net::TcpListener::bind((IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 0)).unwrap();
    free.local_addr().unwrap()
}
