//! A cluster that encrypts its packets and streams, and changes its key while it runs.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin encrypted
//! ```
//!
//! What to look at:
//! * every node has a `Keyring` of its own with the same key in it, as if they were processes on several machines; a real key comes from a
//!   file or a secret store ([`SecretKey::new`]), never from a password;
//! * who has no key, or another one, does not get in, and is told why;
//! * [`rotate`] changes the key in three steps, each on all nodes before the next: everybody can read the new key before anybody uses it,
//!   and the old one is removed once its counter stands still, so no packet is lost. How to encrypt a cluster that already runs in clear
//!   is told in the documentation of `Keyring`.
//!
//! It ends by itself in a few seconds.

use memberlist::{JoinError, prelude::*};
use std::process::ExitCode;
use tokio::time::{sleep, timeout};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Starts a node with this key, or without encryption.
async fn start(name: &str, key: Option<&SecretKey>) -> Result<TcpMemberlist, Fault> {
    let mut builder = memberlist::tokio::builder(name).bind("127.0.0.1:0").options(Options::local());
    if let Some(key) = key {
        // What a keyring encrypts is also all that it accepts: that is the policy `Require`, its default.
        builder = builder.keyring(Keyring::new()?.with_key(key));
    }
    Ok(builder.start().await?)
}

/// The keyring of a running node: changes to it count at once.
fn keyring(node: &TcpMemberlist) -> Result<&Keyring, Fault> {
    node.options().framing.keyring.as_ref().ok_or_else(|| "the node has no keyring".into())
}

/// Shows each node's keys by their names; a key itself is never shown.
fn show(nodes: &[TcpMemberlist]) -> Result<(), Fault> {
    for node in nodes {
        for key in keyring(node)?.keys() {
            let primary = if key.primary { "  <- encrypts" } else { "" };
            let (id, encrypted, decrypted) = (key.id, key.encrypted, key.decrypted);
            println!(
                "   {}: {id}  encrypted {encrypted:>3}, decrypted {decrypted:>3}{primary}",
                node.local_id()
            );
        }
    }
    Ok(())
}

/// Replaces the old key by the new one everywhere, without an interruption.
async fn rotate(nodes: &[TcpMemberlist], old: &SecretKey, new: &SecretKey) -> Result<(), Fault> {
    println!("1. every node gets the new key {}, beside the old one", new.id());
    for node in nodes {
        keyring(node)?.add(new);
    }
    // The second step must not begin before the first is done on all nodes: who does not have the key yet could not read it.
    println!("2. every node encrypts with it");
    for node in nodes {
        keyring(node)?.use_key(new.id())?;
    }
    // How often the old key was needed to read what others sent.
    let used = || -> Result<u64, Fault> {
        let keys = nodes.iter().map(|node| Ok(keyring(node)?.keys())).collect::<Result<Vec<_>, Fault>>()?;
        Ok(keys.iter().flatten().filter(|key| key.id == old.id()).map(|key| key.decrypted).sum())
    };
    // Still, for longer than a packet can be on its way. An operator would look at it for a minute or an hour.
    let mut before = used()?;
    loop {
        sleep(Duration::from_secs(1)).await;
        let now = used()?;
        if now == before {
            break;
        }
        before = now;
    }
    show(nodes)?;
    println!("3. nobody needs the old key {} any more: every node removes it", old.id());
    for node in nodes {
        keyring(node)?.remove(old.id())?;
    }
    Ok(())
}

/// Tries to join the cluster, which must fail, and shows the reason.
async fn turned_away(stranger: TcpMemberlist, cluster: &TcpMemberlist) -> Result<(), Fault> {
    match stranger.join(cluster.advertise_address()).await {
        Err(error @ JoinError::NoneReached(_)) => println!("   {}: {error}", stranger.local_id()),
        Err(error) => return Err(error.into()),
        Ok(report) => {
            return Err(format!("{} should have been turned away: {report}", stranger.local_id()).into());
        }
    }
    stranger.shutdown().await;
    Ok(())
}

/// A message from the first to the last, to see that they understand each other.
async fn talk(nodes: &[TcpMemberlist]) -> Result<(), Fault> {
    let [first, .., last] = nodes else { return Err("two nodes talk".into()) };
    let mut events = last.events();
    first.send_reliable(&last.advertise_address(), "for your eyes only").await?;
    timeout(Duration::from_secs(10), async {
        while let Some(event) = events.recv().await {
            if let Event::User { payload, .. } = event {
                println!("   {} reads: {}", last.local_id(), String::from_utf8_lossy(&payload));
                return Ok(());
            }
        }
        Err("the node has ended".into())
    })
    .await?
}

async fn demo() -> Result<(), Fault> {
    let key = SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?;
    println!("three nodes with the key {}, in clear to nobody:", key.id());
    let mut nodes = Vec::new();
    for name in ["a", "b", "c"] {
        let node = start(name, Some(&key)).await?;
        if let Some(first) = nodes.first() {
            node.join(TcpMemberlist::advertise_address(first)).await?;
        }
        nodes.push(node);
    }
    talk(&nodes).await?;
    let Some(first) = nodes.first() else { return Err("a cluster".into()) };

    println!("who has no key, or another one, does not get in:");
    turned_away(start("stranger", None).await?, first).await?;
    let other = SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?;
    turned_away(start("spy", Some(&other)).await?, first).await?;

    println!("the key is changed:");
    // It may be of another algorithm.
    let new = SecretKey::generate(EncryptionAlgorithm::ChaCha20Poly1305)?;
    rotate(&nodes, &key, &new).await?;
    talk(&nodes).await?;
    show(&nodes)?;
    println!("who still has the old key is a stranger now:");
    turned_away(start("straggler", Some(&key)).await?, first).await?;

    // All that while nobody lost sight of anybody.
    if let Some(node) = nodes.iter().find(|node| node.num_members() != nodes.len()) {
        return Err(format!("{} sees {} members", node.local_id(), node.num_members()).into());
    }
    for node in nodes.iter().rev() {
        node.leave(Duration::from_secs(5)).await?;
        node.shutdown().await;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("encrypted: {error}");
            ExitCode::FAILURE
        }
    }
}
