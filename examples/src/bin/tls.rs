//! A cluster over TLS with certificates on both sides, and encrypted packets beside it.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin tls
//! ```
//!
//! What to look at:
//! * [`certificates`] writes what an operator would hand out: the authority's certificate to all, and to each node a certificate and its
//!   key. Here a development authority makes them (`memberlist::tls::self_signed`); yours signs this cluster's nodes and nobody else, for whoever
//!   has a certificate of it is a member;
//! * TLS secures streams. Packets travel over UDP, where there is no TLS: a keyring encrypts them. (Or packets travel inside TLS, too:
//!   `NetOptions::streams_only`. Without either, memberlist warns loudly.)
//! * by default a certificate must bear the IP address at which its node is reached. Where addresses change, all can bear one
//!   name instead: `ServerNames::fixed`;
//! * who has no certificate of the authority does not get in, even with the key.
//!
//! It ends by itself in a second.

use memberlist::{
    prelude::*,
    tls::{TlsError, self_signed::Authority},
    tokio::TlsMemberlist,
};
use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::time::timeout;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Writes `<name>.pem`, `<name>.key` and `authority.pem` into the directory.
fn certificates(directory: &Path, authority: &Authority, name: &str) -> Result<(), Fault> {
    let identity = authority.identity(name, &[HERE])?;
    std::fs::write(directory.join("authority.pem"), identity.authority_pem())?;
    std::fs::write(directory.join(format!("{name}.pem")), identity.certificate_pem())?;
    std::fs::write(directory.join(format!("{name}.key")), identity.key_pem())?;
    Ok(())
}

/// What a node of this name reads from the directory.
fn options(directory: &Path, name: &str) -> Result<TlsOptions, TlsError> {
    let file = |name: String| directory.join(name);
    TlsOptions::mutual_from_files(
        file(format!("{name}.pem")),
        file(format!("{name}.key")),
        file("authority.pem".into()),
    )
}

async fn start(name: &str, tls: TlsOptions, key: &SecretKey) -> Result<TlsMemberlist, Fault> {
    let keyring = Keyring::new()?.with_key(key);
    let builder = memberlist::tokio::tls_builder(name, tls).bind((HERE, 0)).keyring(keyring);
    Ok(builder.options(Options::local()).start().await?)
}

async fn demo(directory: &Path) -> Result<(), Fault> {
    let authority = Authority::new()?;
    let key = SecretKey::generate(EncryptionAlgorithm::Aes256Gcm)?;
    let mut nodes: Vec<TlsMemberlist> = Vec::new();
    for name in ["a", "b", "c"] {
        certificates(directory, &authority, name)?;
        let node = start(name, options(directory, name)?, &key).await?;
        if let Some(first) = nodes.first() {
            println!("{name} joins: {}", node.join(first.advertise_address()).await?);
        }
        nodes.push(node);
    }
    let [a, b, c] = nodes.as_slice() else { return Err("three nodes".into()) };

    println!("a message to b, in a packet (the key), and one to c, on a stream (TLS):");
    let (mut at_b, mut at_c) = (b.events(), c.events());
    a.send(&b.advertise_address(), "by the key").await?;
    a.send_reliable(&c.advertise_address(), "by TLS").await?;
    for (node, events) in [(b, &mut at_b), (c, &mut at_c)] {
        let message = async {
            loop {
                match events.recv().await {
                    Some(Event::User { payload, .. }) => return Ok(payload),
                    Some(_) => {}
                    None => return Err("the node has ended"),
                }
            }
        };
        let message = timeout(Duration::from_secs(10), message).await??;
        println!("   {} reads: {}", node.local_id(), String::from_utf8_lossy(&message));
    }

    println!("a stranger, who knows the key, but has a certificate of another authority:");
    let elsewhere = Authority::new()?;
    let stranger = start("stranger", elsewhere.identity("stranger", &[HERE])?.tls_options()?, &key).await?;
    match stranger.join(a.advertise_address()).await {
        Ok(report) => return Err(format!("the stranger should have been turned away: {report}").into()),
        Err(error) => println!("   stranger: {error}"),
    }
    stranger.shutdown().await;
    if a.num_members() != 3 {
        return Err(format!("there should be 3 members, not {}", a.num_members()).into());
    }

    for node in nodes.iter().rev() {
        node.leave(Duration::from_secs(5)).await?;
        node.shutdown().await;
    }
    Ok(())
}

/// A directory for the certificates; real keys belong where only their owner can read them.
fn directory() -> std::io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("memberlist-tls-{}", std::process::id()));
    std::fs::create_dir(&path)?;
    Ok(path)
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match directory() {
        Ok(directory) => {
            let outcome = demo(&directory).await;
            outcome.and(std::fs::remove_dir_all(&directory).map_err(Fault::from))
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tls: {error}");
            ExitCode::FAILURE
        }
    }
}
