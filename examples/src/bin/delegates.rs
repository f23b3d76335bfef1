//! All six delegates, each doing one thing.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin delegates
//! ```
//!
//! Most programs need none of them: `Memberlist::events()` is a stream of all that happens. A delegate is for a say in it (who may
//! come in), and for data that travel with the protocol's own packets and streams.
//!
//! Nodes `a` and `b` form a cluster. `old` runs an older version and is refused by the alive delegates; `stranger` comes from another
//! environment and is refused by the merge delegates, which its join is told with the reason; an impostor claims the name of `b`. It ends by
//! itself within seconds, with exit code 0 only if all six delegates were called as they should be.

use bytes::Bytes;
use memberlist::{
    CompositeDelegate, FailureReason,
    core::delegate::{
        AliveDelegate, ConflictDelegate, EventDelegate, MergeDelegate, NodeDelegate, PingDelegate, Refusal,
    },
    prelude::*,
    types::{Alive, NodeState},
};
use std::{net::SocketAddr, process::ExitCode};
use tokio::{sync::mpsc, time::timeout};

/// What the delegates say goes here, so that the program can check it. Each has a clone.
#[derive(Clone)]
struct Diary(SmolStr, mpsc::UnboundedSender<String>);

impl Diary {
    fn note(&self, what: &str) {
        println!("  [{}] {what}", self.0);
        // Nobody reads any more only at the end.
        let _ = self.1.send(format!("{}: {what}", self.0));
    }
}

/// 1. Says whether a node may be a member: asked at each sign of life of it that arrives. Here the first byte of the metadata is a version.
struct SameVersion(Diary);

impl AliveDelegate<SmolStr, SocketAddr> for SameVersion {
    async fn notify_alive(&self, peer: &Alive<SmolStr, SocketAddr>) -> Result<(), Refusal> {
        if peer.meta.as_bytes().first() == Some(&b'2') {
            return Ok(());
        }
        self.0.note(&format!("alive: {} refused, it is not of version 2", peer.node.id));
        Err("not of version 2".into())
    }
}

/// 2. Learns that a second node claims a name which is in use.
struct NameGuard(Diary);

impl ConflictDelegate<SmolStr, SocketAddr> for NameGuard {
    async fn notify_conflict(
        &self,
        existing: &Member<SmolStr, SocketAddr>,
        claimed: &Node<SmolStr, SocketAddr>,
    ) {
        self.0.note(&format!(
            "conflict: {} wants to be {}, which is at {}",
            claimed.address, existing.node.id, existing.node.address
        ));
    }
}

/// 3. Learns what becomes of the members, one at a time, in order. It may take its time: nothing waits for it but its successors.
struct Chronicle(Diary);

impl EventDelegate<SmolStr, SocketAddr> for Chronicle {
    async fn notify_joined(&self, member: &Member<SmolStr, SocketAddr>) {
        self.0.note(&format!("event: {} joined", member.node.id));
    }

    async fn notify_left(&self, member: &Member<SmolStr, SocketAddr>) {
        self.0.note(&format!("event: {} left", member.node.id));
    }

    async fn notify_failed(&self, member: &Member<SmolStr, SocketAddr>, reason: &FailureReason<SmolStr>) {
        self.0.note(&format!("event: {} failed: {reason}", member.node.id));
    }

    async fn notify_updated(
        &self,
        member: &Member<SmolStr, SocketAddr>,
        _previous: &Member<SmolStr, SocketAddr>,
    ) {
        self.0.note(&format!(
            "event: {} changed to {}",
            member.node.id,
            String::from_utf8_lossy(member.meta.as_bytes())
        ));
    }
}

/// 4. Says whether two clusters may merge: asked on both sides of a join, before anything is taken over.
struct SameEnvironment(Diary);

impl MergeDelegate<SmolStr, SocketAddr> for SameEnvironment {
    async fn notify_merge(&self, peers: &[NodeState<SmolStr, SocketAddr>]) -> Result<(), Refusal> {
        match peers.iter().find(|peer| peer.meta.as_bytes().ends_with(b"test")) {
            None => Ok(()),
            Some(peer) => {
                self.0.note(&format!("merge: refused, {} belongs to the test environment", peer.node.id));
                Err("this is production, you are not".into())
            }
        }
    }
}

/// 5. Says what this node is, and moves the application's data: here the state of a node is its greeting.
struct Greeting(Diary, Meta);

impl NodeDelegate<SocketAddr> for Greeting {
    fn node_meta(&self, _limit: usize) -> Option<Meta> {
        Some(self.1.clone())
    }

    async fn notify_message(&self, _from: SocketAddr, message: Bytes) {
        self.0.note(&format!("node: message \"{}\"", String::from_utf8_lossy(&message)));
    }

    async fn local_state(&self, _join: bool) -> Bytes {
        format!("{} greets you", self.0.0).into()
    }

    async fn merge_remote_state(&self, state: Bytes, join: bool) {
        let how = if join { "a join" } else { "an exchange of state" };
        self.0.note(&format!("node: \"{}\", by {how}", String::from_utf8_lossy(&state)));
    }
}

/// 6. Attaches bytes to the answers to pings, and learns of answers with the time that they took: latencies for nothing.
struct Latency(Diary);

impl PingDelegate<SmolStr, SocketAddr> for Latency {
    fn ack_payload(&self) -> Bytes {
        format!("ack of {}", self.0.0).into()
    }

    async fn notify_ping_complete(&self, node: &Node<SmolStr, SocketAddr>, _rtt: Duration, payload: Bytes) {
        self.0.note(&format!("ping: {} answered with \"{}\"", node.id, String::from_utf8_lossy(&payload)));
    }
}

type Six = CompositeDelegate<
    SmolStr,
    SocketAddr,
    SameVersion,
    NameGuard,
    Chronicle,
    SameEnvironment,
    Greeting,
    Latency,
>;

/// A node with all six.
async fn start(
    name: &str,
    meta: &'static str,
    notes: &mpsc::UnboundedSender<String>,
) -> Result<TcpMemberlist<Six>, StartError> {
    let diary = Diary(name.into(), notes.clone());
    let six = CompositeDelegate::new()
        .with_alive_delegate(SameVersion(diary.clone()))
        .with_conflict_delegate(NameGuard(diary.clone()))
        .with_event_delegate(Chronicle(diary.clone()))
        .with_merge_delegate(SameEnvironment(diary.clone()))
        .with_node_delegate(Greeting(diary.clone(), Meta::from(meta)))
        .with_ping_delegate(Latency(diary));
    memberlist::tokio::builder(name).bind("127.0.0.1:0").options(Options::local()).delegate(six).start().await
}

/// A node without delegates.
async fn start_plain(name: &str, options: Options) -> Result<TcpMemberlist, StartError> {
    memberlist::tokio::builder(name).bind("127.0.0.1:0").options(options).start().await
}

/// Waits until each of these was noted, in whatever order.
async fn noted(notes: &mut mpsc::UnboundedReceiver<String>, wanted: &[&str]) -> Result<(), String> {
    let mut missing: Vec<_> = wanted.to_vec();
    let all = timeout(Duration::from_secs(20), async {
        while !missing.is_empty() {
            let Some(note) = notes.recv().await else { return };
            missing.retain(|wanted| !note.starts_with(wanted));
        }
    });
    let _ = all.await;
    if missing.is_empty() { Ok(()) } else { Err(format!("within 20 s nobody said: {}", missing.join("; "))) }
}

async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    let (out, mut notes) = mpsc::unbounded_channel();
    let a = start("a", "2 production", &out).await?;
    let b = start("b", "2 production", &out).await?;
    let address = a.advertise_address();

    println!("b joins a: events, greetings, and before long a probe with its answer");
    b.join(address).await?;
    let expected = [
        "a: event: b joined",
        "b: event: a joined",
        "a: node: \"b greets",
        "b: node: \"a greets",
        "a: ping: b answered with \"ack of b",
    ];
    noted(&mut notes, &expected).await?;

    println!("b sends a message, and changes its metadata");
    b.send(&address, "hello").await?;
    drop(b.update_meta("2 production, busy").await?);
    noted(&mut notes, &["a: node: message \"hello\"", "a: event: b changed to 2 production, busy"]).await?;

    println!("old joins, with version 1");
    let old = start_plain("old", Options::local().with_meta("1 production")).await?;
    // What comes of the join itself does not matter: nobody takes old for a member.
    let _ = old.join(address).await;
    noted(&mut notes, &["a: alive: old refused"]).await?;
    old.shutdown().await;

    println!("stranger joins, from the test environment");
    let stranger = start_plain("stranger", Options::local().with_meta("2 test")).await?;
    match stranger.join(address).await {
        Ok(report) => return Err(format!("the stranger should have been refused, but: {report}").into()),
        Err(error) => println!("  [stranger] {error}"),
    }
    noted(&mut notes, &["a: merge: refused"]).await?;
    stranger.shutdown().await;

    println!("an impostor joins, under the name of b");
    // Incarnations begin with the clock's seconds. b was born in this very second, or the one before: the impostor must not seem the older
    // of the two, or it would be told of the conflict, and the cluster would not care.
    let later = b.local_state().incarnation.saturating_add(10);
    let options = Options::local().with_meta("2 production").with_incarnation(later);
    let impostor = start_plain("b", options).await?;
    let _ = impostor.join(address).await;
    noted(&mut notes, &["a: conflict:"]).await?;
    impostor.shutdown().await;

    if let Some(uninvited) =
        a.members().iter().find(|member| ["old", "stranger"].contains(&member.node.id.as_str()))
    {
        return Err(format!("{} should be no member", uninvited.node.id).into());
    }
    println!("b leaves");
    b.leave(Duration::from_secs(5)).await?;
    noted(&mut notes, &["a: event: b left"]).await?;
    for node in [&a, &b] {
        node.shutdown().await;
    }
    println!("all six were heard");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("delegates: {error}");
            ExitCode::FAILURE
        }
    }
}
