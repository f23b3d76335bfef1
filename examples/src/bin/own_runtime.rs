//! memberlist on a runtime of one's own, whose executor is written by hand.
//!
//! ```sh
//! cargo run -p memberlist-examples --bin own_runtime
//! ```
//!
//! The runtime stands in `examples/src/own_runtime.rs` (agnostic's traits) and `own_runtime/threads.rs` (an executor of about a hundred
//! lines). Nothing of memberlist knows about it: a builder takes any runtime as its parameter.
//!
//! Three nodes join over TCP and UDP, one is killed and found. It ends by itself in about 5 seconds, and the exit code is 0 only if
//! all of that happened.

use memberlist::{Transport, agnostic::RuntimeLite, prelude::*};
use memberlist_examples::own_runtime::OwnRuntime;
use std::process::ExitCode;

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn demo() -> Result<(), Fault> {
    // Quicker than the presets, for a demonstration.
    let mut options = Options::local();
    options.protocol.probe_interval = Duration::from_millis(250);
    options.protocol.probe_timeout = Duration::from_millis(100);
    let start = |name: &str| {
        let builder = TcpBuilder::<OwnRuntime, SmolStr>::new(name.into());
        builder.bind("127.0.0.1:0").options(options.clone()).start()
    };
    let (a, b, c) = (start("a").await?, start("b").await?, start("c").await?);
    let mut events = a.events();
    for node in [&b, &c] {
        println!("{} joins: {}", node.local_id(), node.join(a.advertise_address()).await?);
    }
    for member in a.members() {
        println!("a sees {}: {:?}", member.node, member.state);
    }
    if a.num_members() != 3 {
        return Err("not all are there".into());
    }

    // As a crash would: its sockets are gone, without a goodbye.
    c.transport().shutdown().await;
    println!("c is killed");
    let reason = OwnRuntime::timeout(Duration::from_secs(30), async {
        loop {
            match events.recv().await {
                Some(Event::Failed { member, reason }) if member.node.id == "c" => break Ok(reason),
                Some(_) => {}
                None => break Err("the node ended before it saw the failure"),
            }
        }
    });
    println!("a finds c dead: {}", reason.await??);

    let thread = std::thread::current();
    println!("this ran on the thread {}, and its tasks on:", thread.name().unwrap_or("?"));
    for name in own_threads() {
        println!("   {name}");
    }
    for node in [a, b, c] {
        node.shutdown().await;
    }
    Ok(())
}

/// The names of this process's threads, where the system tells.
fn own_threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    let mut names: Vec<_> = names.map(|name| name.trim_end().to_owned()).collect();
    names.sort();
    names
}

fn main() -> ExitCode {
    // The node's user may be a task as well.
    let demo = OwnRuntime::block_on(OwnRuntime::spawn(demo()));
    match demo.map_err(Fault::from).and_then(|done| done) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("own_runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
