//! Pauses and crashes on both sides.

use crate::ours::{Fate, Ours, Plan};
use crate::{Agent, Setup, all_see, wait};
use memberlist::prelude::*;

/// Two agents and our node, which see each other.
async fn three() -> (Agent, Agent, Ours) {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let node = Plan::new("rust").start().await;
    go2.join(node.address);
    node.join(go1.address).await;
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    (go1, go2, node)
}

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn paused_agent_is_suspected_and_refutes() {
    let (go1, go2, mut node) = three().await;
    go2.signal("STOP");
    wait("go2 is suspected", || node.state("go2") == Some(State::Suspect));
    go2.signal("CONT");
    wait("go2 refuted", || node.state("go2") == Some(State::Alive));
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    assert!(!node.saw("go2", Fate::Failed));
}

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn killed_agent_has_failed_for_both_sides() {
    let (go1, mut go2, node) = three().await;
    go2.kill();
    wait("go2 is dead for us", || node.state("go2") == Some(State::Dead));
    wait("go2 has failed for go1", || go1.status("go2") == "failed");
    all_see(&[&go1], &[&node], &["go1", "rust"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn killed_agent_that_comes_back_is_alive_again() {
    let (go1, mut go2, node) = three().await;
    go2.kill();
    wait("go2 is dead for us", || node.state("go2") == Some(State::Dead));
    let again = Setup::new("go2").at(go2.address).start();
    again.join(node.address);
    all_see(&[&go1, &again], &[&node], &["go1", "go2", "rust"]);
}

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_fall_silent_and_agents_see_us_failed() {
    let (go1, go2, node) = three().await;
    node.kill().await;
    for agent in [&go1, &go2] {
        wait("we have failed", || agent.status("rust") == "failed");
        assert_eq!(agent.alive(), ["go1", "go2"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_come_back_after_a_crash_and_are_alive_again() {
    let (go1, go2, node) = three().await;
    let address = node.address;
    node.kill().await;
    wait("we have failed", || go1.status("rust") == "failed");
    let node = Plan::new("rust").at(address).start().await;
    node.join(go2.address).await;
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
}
