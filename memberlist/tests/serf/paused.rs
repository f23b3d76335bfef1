//! A node of ours that is paused: it needs a process of its own.

use crate::ours::Plan;
use crate::process::Process;
use crate::{Setup, agent, wait};
use std::net::SocketAddr;

/// What tells a process that it is one: where to bind, and whom to join.
const VARIABLE: &str = "MEMBERLIST_SERF_PAUSED";

/// The node in its own process. Run as a test like others, it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn process_that_is_paused() {
    let Ok(addresses) = std::env::var(VARIABLE) else { return };
    let (bind, seed) = addresses.split_once(' ').unwrap();
    let mut node = Plan::new("rust").at(bind.parse().unwrap()).start().await;
    node.join(seed).await;
    println!("joined");
    wait("a refutation", || node.refuted());
    println!("refuted");
    // Until the test that started it ends.
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_are_paused_and_suspected_and_refute() {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    go2.join(go1.address);
    let bind = SocketAddr::from((agent::address(), agent::PORT));
    let program = std::env::current_exe().unwrap();
    let arguments =
        ["paused::process_that_is_paused", "--exact", "--ignored", "--nocapture"].map(String::from);
    let node = Process::start("rust", &program, &arguments, (VARIABLE, &format!("{bind} {}", go1.address)));
    for agent in [&go1, &go2] {
        wait("all three are there", || agent.alive() == ["go1", "go2", "rust"]);
    }
    node.signal("STOP");
    wait("we are suspected", || [&go1, &go2].iter().any(|it| it.log().contains("Suspect rust has failed")));
    node.signal("CONT");
    wait("we refuted", || node.log().contains("refuted"));
    for agent in [&go1, &go2] {
        assert_eq!(agent.alive(), ["go1", "go2", "rust"]);
        assert!(!agent.log().contains("EventMemberFailed"));
    }
}
