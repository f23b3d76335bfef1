//! A replicated map, kept in step by broadcasts and by the state that travels with push/pull.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin kv
//! ```
//!
//! Four nodes on an in-memory network, which comes with the library for tests such as this one. The network is cut in two, both
//! sides write, also to the same key, the network heals, and all four maps become equal. It ends by itself in about 10 seconds, with
//! exit code 0 only if they did.
//!
//! What to look at:
//! * `impl NodeDelegate for Map`: all that the application has to say. Whoever writes broadcasts the change, once; memberlist takes it to
//!   every member, and those only merge it. What gossip missed, or what happened while two sides could not hear each other, comes with
//!   the next push/pull, where both ends tell all that they have.
//! * `memberlist_examples::kv`: the map itself, in which the order of messages does not matter. It must not: gossip has none.

use memberlist::{
    CompositeDelegate,
    core::{
        delegate::NodeDelegate,
        memory::{MemoryNetwork, MemoryTransport},
    },
    prelude::*,
    tokio::TokioRuntime,
};
use memberlist_examples::kv::Store;
use std::{
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// A copy of the map that its node's delegate and the rest of the program share.
#[derive(Clone)]
struct Map(Arc<Mutex<Store>>);

impl Map {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn absorb(&self, bytes: &[u8]) {
        if self.store().absorb(bytes).is_err() {
            eprintln!("a peer sent what is no map");
        }
    }
}

impl NodeDelegate<SocketAddr> for Map {
    /// A change that another node wrote; memberlist passes it on by itself.
    async fn notify_message(&self, _from: SocketAddr, message: bytes::Bytes) {
        self.absorb(&message);
    }

    /// What was written here since it was asked last, which is before every round of gossip.
    fn broadcast_messages(&self, limit: usize) -> Vec<bytes::Bytes> {
        self.store().take_unsent(limit).into_iter().map(Into::into).collect()
    }

    /// What goes along with every push/pull.
    async fn local_state(&self, _join: bool) -> bytes::Bytes {
        self.store().snapshot().into()
    }

    /// What came along with one.
    async fn merge_remote_state(&self, state: bytes::Bytes, _join: bool) {
        self.absorb(&state);
    }
}

type Void = VoidDelegate<SmolStr, SocketAddr>;
type Delegates = CompositeDelegate<SmolStr, SocketAddr, Void, Void, Void, Void, Map>;

struct Replica {
    map: Map,
    list: Memberlist<MemoryTransport<TokioRuntime>, Delegates>,
}

impl Replica {
    async fn start(
        network: &MemoryNetwork,
        name: &str,
        address: SocketAddr,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let map = Map(Arc::new(Mutex::new(Store::new(name))));
        let delegate = CompositeDelegate::new().with_node_delegate(map.clone());
        // In a hurry: lost members are tried again, and maps exchanged whole, every few seconds.
        let mut options = Options::local();
        options.protocol = options
            .protocol
            .with_healing_interval(Duration::from_secs(1))
            .with_push_pull_interval(Duration::from_secs(3));
        let list = memberlist::Builder::new(SmolStr::new(name), network.bind(address)?)
            .with_delegate(delegate)
            .with_options(options)
            .start()
            .await?;
        Ok(Self { map, list })
    }

    fn text(&self) -> String {
        let pairs: Vec<_> = self.map.store().iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{{{}}}", pairs.join(" "))
    }
}

/// Waits for a condition; an error says what was waited for in vain.
async fn until(what: &str, within: Duration, mut holds: impl FnMut() -> bool) -> Result<(), String> {
    let begun = Instant::now();
    while !holds() {
        if begun.elapsed() > within {
            return Err(format!("not within {} s: {what}", within.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("{:>7.3} s  {what}", begun.elapsed().as_secs_f64());
    Ok(())
}

fn show(replicas: &[Replica]) {
    for replica in replicas {
        println!(
            "           {} ({} members): {}",
            replica.list.local_id(),
            replica.list.num_members(),
            replica.text()
        );
    }
}

fn all_equal(replicas: &[Replica]) -> bool {
    let mut maps = replicas.iter().map(Replica::text);
    let first = maps.next();
    maps.all(|map| Some(map) == first)
}

async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    let network = MemoryNetwork::new(7);
    let addresses: Vec<SocketAddr> = (1..=4).map(|n| SocketAddr::from(([10, 0, 0, n], 7946))).collect();
    let mut replicas = Vec::new();
    for (name, address) in ["a", "b", "c", "d"].into_iter().zip(&addresses) {
        replicas.push(Replica::start(&network, name, *address).await?);
    }
    let [a, b, c, d] = &replicas[..] else { return Err("four nodes".into()) };
    for other in [b, c, d] {
        other.list.join(addresses[0]).await?;
    }
    let members =
        |replicas: &[Replica], count| replicas.iter().all(|replica| replica.list.num_members() == count);
    until("all four see each other", Duration::from_secs(20), || members(&replicas, 4)).await?;

    println!("\na writes colour and size");
    a.map.store().put("colour", "red");
    a.map.store().put("size", "small");
    let written = || replicas.iter().all(|replica| replica.map.store().iter().count() == 2);
    until("everybody has them", Duration::from_secs(30), written).await?;

    println!("\nthe network is cut: a and b here, c and d there");
    network.partition(&addresses[..2], &addresses[2..]);
    let split = || members(&replicas, 2);
    until("each side holds the other for dead", Duration::from_secs(30), split).await?;
    println!("b writes colour and shape; d writes colour and weight, and deletes size");
    b.map.store().put("colour", "green");
    b.map.store().put("shape", "round");
    d.map.store().put("colour", "blue");
    d.map.store().put("weight", "heavy");
    d.map.store().delete("size");
    let sides = || {
        all_equal(&replicas[..2])
            && all_equal(&replicas[2..])
            && a.map.store().get("shape").is_some()
            && c.map.store().get("weight").is_some()
    };
    until("each side agrees with itself", Duration::from_secs(30), sides).await?;
    show(&replicas);
    if all_equal(&replicas) {
        return Err("the sides should differ while the network is cut".into());
    }

    println!("\nthe network heals; nobody joins anything");
    network.heal();
    until("all four see each other again", Duration::from_secs(40), || members(&replicas, 4)).await?;
    until("all maps are equal", Duration::from_secs(40), || all_equal(&replicas)).await?;
    show(&replicas);
    // Of the two writes to colour, which did not know of each other, d's has the later name; the deletion has the later version.
    let expected = "{colour=blue shape=round weight=heavy}";
    if a.text() != expected {
        return Err(format!("the maps should be {expected}").into());
    }
    for replica in &replicas {
        replica.list.shutdown().await;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kv: {error}");
            ExitCode::FAILURE
        }
    }
}
