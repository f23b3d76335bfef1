//! A cluster over QUIC: one UDP port, everything encrypted, certificates on both sides.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin quic
//! ```
//!
//! What to look at:
//! * there is nothing to combine: packets and streams share one connection between two nodes, and both are encrypted; no keyring is needed;
//! * [`Memberlist::send_auto`] takes a datagram for what fits one, and a stream of the same connection for what does not;
//! * a [`PeerVerifier`] has a say in who may be a peer after TLS has accepted the certificate: here, a certificate that was withdrawn.
//!
//! It ends by itself in a second.

use memberlist::{
    prelude::*,
    quic::PeerVerifier,
    tls::self_signed::{Authority, Identity},
    tokio::QuicMemberlist,
};
use std::{
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
};
use tokio::time::timeout;

type Fault = Box<dyn std::error::Error + Send + Sync>;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Starts a node that shows this certificate, and refuses who shows the withdrawn one.
async fn start(name: &str, identity: &Identity, withdrawn: &Identity) -> Result<QuicMemberlist, Fault> {
    let withdrawn = withdrawn.chain().to_vec();
    let verifier = PeerVerifier::new(move |_address, chain| {
        let refused = chain.first().is_none_or(|own| withdrawn.contains(own));
        if refused { Err("this certificate was withdrawn".to_owned()) } else { Ok(()) }
    });
    let node = memberlist::tokio::quic_builder(name, identity.tls_options()?)
        .quic_options(QuicOptions::new().with_peer_verifier(verifier))
        .bind((HERE, 0))
        .options(Options::local());
    Ok(node.start().await?)
}

async fn demo() -> Result<(), Fault> {
    // For development: see the example `tls` for certificates from files.
    let authority = Authority::new()?;
    let stolen = authority.identity("stolen", &[HERE])?;
    let mut nodes: Vec<QuicMemberlist> = Vec::new();
    for name in ["a", "b", "c"] {
        let node = start(name, &authority.identity(name, &[HERE])?, &stolen).await?;
        if let Some(first) = nodes.first() {
            println!("{name} joins: {}", node.join(first.advertise_address()).await?);
        }
        nodes.push(node);
    }
    let [a, b, _] = nodes.as_slice() else { return Err("three nodes".into()) };

    println!("a sends b a packet, and a megabyte:");
    let mut events = b.events();
    a.send(&b.advertise_address(), "a few bytes").await?;
    a.send_auto(&b.advertise_address(), vec![7; 1 << 20]).await?;
    let mut received = 0;
    while received < 2 {
        match timeout(Duration::from_secs(10), events.recv()).await? {
            Some(Event::User { payload, reliable, .. }) => {
                let way = if reliable { "on a stream" } else { "in a datagram" };
                println!("   b has {} bytes, {way}", payload.len());
                received += 1;
            }
            Some(_) => {}
            None => return Err("the node has ended".into()),
        }
    }
    let stats = a.transport().stats();
    println!(
        "   for all that, a has {} connections with its 2 peers: {} packets sent, {} received, {} streams",
        stats.inbound + stats.outbound,
        stats.packets_sent,
        stats.packets_received,
        stats.streams_opened + stats.streams_accepted
    );

    println!("somebody with a certificate that was withdrawn:");
    // It does not refuse itself.
    let nobody = authority.identity("nobody", &[HERE])?;
    let thief = start("thief", &stolen, &nobody).await?;
    match thief.join(a.advertise_address()).await {
        Ok(report) => return Err(format!("the thief should have been turned away: {report}").into()),
        Err(error) => println!("   thief: {error}"),
    }
    println!("   a has refused {} peer", a.transport().stats().peers_refused);
    thief.shutdown().await;
    if a.num_members() != 3 {
        return Err(format!("there should be 3 members, not {}", a.num_members()).into());
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
            eprintln!("quic: {error}");
            ExitCode::FAILURE
        }
    }
}
