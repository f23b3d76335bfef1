//! memberlist on async-std.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin async_std
//! ```
//!
//! What to look at: as on every runtime, the builder's module is the only difference. Released `agnostic` carries async-std no more, so
//! the adapter is a crate of this workspace (`memberlist-async-std`); an application does not notice. A node's tasks run on async-std's
//! executor. Dropping one of its join handles detaches the task, as on tokio.
//!
//! Three nodes measure how far they are from each other, and one sends another a file, too large for a packet. It ends by itself in a second.

use async_std::{future::timeout, task};
use memberlist::{async_std::TcpMemberlist, prelude::*};
use std::process::ExitCode;

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn start(name: &str) -> Result<TcpMemberlist, StartError> {
    memberlist::async_std::builder(name).bind("127.0.0.1:0").options(Options::local()).start().await
}

async fn demo() -> Result<(), Fault> {
    let (a, b, c) = (start("a").await?, start("b").await?, start("c").await?);
    for node in [&b, &c] {
        println!("{} joins: {}", node.local_id(), node.join(a.advertise_address()).await?);
    }

    // One task for each measurement: a handle of a memberlist is cheap to clone.
    let pings: Vec<_> = [(&a, "b"), (&a, "c"), (&b, "a"), (&c, "a")]
        .map(|(node, to)| {
            let (node, to) = (node.clone(), SmolStr::new(to));
            task::spawn(async move {
                let took = node.ping(&to).await?;
                Ok::<_, memberlist::Error>(format!("from {} to {to} and back: {took:?}", node.local_id()))
            })
        })
        .into();
    for ping in pings {
        println!("{}", ping.await?);
    }

    let file = vec![42; 1 << 20];
    let mut events = c.events();
    // A megabyte fits no packet: it goes on a stream of its own, and Ok says that it was taken to the end.
    a.send_auto(&c.advertise_address(), file.clone()).await?;
    let received = timeout(Duration::from_secs(10), async {
        while let Some(event) = events.recv().await {
            if let Event::User { payload, reliable, .. } = event {
                return Some((payload, reliable));
            }
        }
        None
    });
    match received.await? {
        Some((payload, true)) if payload == file => println!("c has the file: {} bytes", payload.len()),
        _ => return Err("c did not get the file".into()),
    }

    for node in [c, b, a] {
        node.leave(Duration::from_secs(5)).await?;
        node.shutdown().await;
    }
    Ok(())
}

fn main() -> ExitCode {
    match task::block_on(demo()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_std: {error}");
            ExitCode::FAILURE
        }
    }
}
