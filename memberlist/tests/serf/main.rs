//! Clusters of real serf agents and our nodes, on loopback. Each test is named in the table of `memberlist-hashicorp/INTEROP.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod agent;
mod churn;
mod encrypted;
mod events;
mod failing;
mod joining;
mod leaving;
mod lost;
mod ours;
mod paused;
mod process;
mod states;
mod tags;

use agent::{Agent, Setup};
use memberlist::prelude::*;
use ours::Ours;
use std::time::Instant;

/// Generous: the machine may be loaded; nothing waits for it when all is well.
const DEADLINE: Duration = Duration::from_secs(90);

/// Waits until the condition holds. Blocks: the nodes run on other threads.
fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until all agents list exactly these nodes as alive, and our nodes have exactly these members.
fn all_see(agents: &[&Agent], ours: &[&Ours], names: &[&str]) {
    let mut names = names.to_vec();
    names.sort_unstable();
    for agent in agents {
        wait(&format!("{} lists {names:?}", agent.name), || agent.alive() == names);
    }
    for node in ours {
        wait(&format!("{} has the members {names:?}", node.name()), || node.members() == names);
    }
}
