//! memberlist on smol: the builder comes from another module, and that is all.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin smol
//! ```
//!
//! What to look at: nothing here is spawned on a runtime that is handed around. A node's tasks run on smol's global executor, whose threads
//! smol starts by itself (one; the environment variable `SMOL_THREADS` asks for more), so a node keeps answering while `main` is
//! busy. Dropping a `smol::Task` cancels it: keep the handle, or `detach` it.
//!
//! Two workers join a dispatcher and say by their metadata what they can do; one changes its mind, one ends without a goodbye. It
//! ends by itself in a few seconds.

use memberlist::{prelude::*, smol::TcpMemberlist};
use std::{net::SocketAddr, process::ExitCode};

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn start(name: &str, meta: &'static str) -> Result<TcpMemberlist, StartError> {
    let options = Options::local().with_meta(meta);
    memberlist::smol::builder(name).bind("127.0.0.1:0").options(options).start().await
}

/// Waits for an event that this finds to be the one.
async fn wait_for(
    events: &mut Events<SmolStr, SocketAddr>,
    mut is_it: impl FnMut(&Event<SmolStr, SocketAddr>) -> bool,
) -> Result<(), Fault> {
    let found = async {
        while let Some(event) = events.recv().await {
            match &event {
                Event::Joined(member) => {
                    println!("{} is here, and can {}", member.node.id, text(&member.meta))
                }
                Event::Updated { member, .. } => {
                    println!("{} can {} now", member.node.id, text(&member.meta))
                }
                Event::Failed { member, reason } => println!("{} is gone: {reason}", member.node.id),
                _ => {}
            }
            if is_it(&event) {
                return Ok(());
            }
        }
        Err("the node has ended".into())
    };
    let patience = async {
        smol::Timer::after(Duration::from_secs(30)).await;
        Err("it did not happen within 30 s".into())
    };
    smol::future::or(found, patience).await
}

fn text(meta: &Meta) -> String {
    String::from_utf8_lossy(meta.as_bytes()).into_owned()
}

async fn demo() -> Result<(), Fault> {
    let dispatcher = start("dispatcher", "dispatch").await?;
    // From before they join, so that nothing is missed.
    let mut events = dispatcher.events();
    let painter = start("painter", "paint").await?;
    let baker = start("baker", "bake").await?;
    for worker in [&painter, &baker] {
        worker.join(dispatcher.advertise_address()).await?;
    }
    let mut come = 0;
    wait_for(&mut events, |event| {
        come += usize::from(matches!(event, Event::Joined(_)));
        come == 2
    })
    .await?;

    drop(painter.update_meta("paint, and varnish").await?);
    wait_for(&mut events, |event| matches!(event, Event::Updated { .. })).await?;

    // No goodbye: its sockets are closed, and the others have to find out.
    baker.shutdown().await;
    wait_for(&mut events, |event| matches!(event, Event::Failed { .. })).await?;

    painter.leave(Duration::from_secs(5)).await?;
    for node in [painter, dispatcher] {
        node.shutdown().await;
    }
    Ok(())
}

fn main() -> ExitCode {
    match smol::block_on(demo()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("smol: {error}");
            ExitCode::FAILURE
        }
    }
}
