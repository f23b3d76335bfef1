//! Departures.

use crate::ours::{Fate, Plan};
use crate::{Setup, all_see, wait};
use memberlist::hashicorp::SerfMember;
use memberlist::prelude::*;

const TIMEOUT: Duration = Duration::from_secs(20);

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_leave_and_agents_list_us_as_left() {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let node = Plan::new("rust").start().await;
    go2.join(go1.address);
    node.join(go1.address).await;
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    node.node.leave_serf(TIMEOUT).await.unwrap();
    for agent in [&go1, &go2] {
        wait("we have left", || agent.status("rust") == "left");
    }
    node.node.shutdown().await;
    assert_eq!(go1.complaints(), Vec::<String>::new());
}

/// In serf a departure is announced before; a node that does not is told from a crash by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_leave_without_announcing_it_and_have_failed_for_agents() {
    let agent = Setup::new("go").start();
    let node = Plan::new("rust").start().await;
    agent.join(node.address);
    all_see(&[&agent], &[&node], &["go", "rust"]);
    node.node.leave(TIMEOUT).await.unwrap();
    wait("we have failed", || agent.status("rust") == "failed");
}

/// G-18: W-33.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agent_leaves_and_has_left_for_us() {
    let (go1, mut go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let mut node = Plan::new("rust").start().await;
    go2.join(node.address);
    node.join(go1.address).await;
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    go2.leave();
    wait("go2 has left", || node.saw("go2", Fate::Left));
    wait("go2 has left for go1", || go1.status("go2") == "left");
    assert_eq!(node.members(), ["go1", "rust"]);
}

/// G-09.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_come_back_after_leaving() {
    let agent = Setup::new("go").start();
    let node = Plan::new("rust").start().await;
    node.join(agent.address).await;
    all_see(&[&agent], &[&node], &["go", "rust"]);
    node.node.leave_serf(TIMEOUT).await.unwrap();
    wait("we have left", || agent.status("rust") == "left");
    drop(node.node.rejoin_serf().await.unwrap());
    node.join(agent.address).await;
    all_see(&[&agent], &[&node], &["go", "rust"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn agent_comes_back_after_leaving() {
    let mut agent = Setup::new("go").start();
    let mut node = Plan::new("rust").start().await;
    agent.join(node.address);
    all_see(&[&agent], &[&node], &["go", "rust"]);
    agent.leave();
    wait("the agent has left", || node.saw("go", Fate::Left));
    let again = Setup::new("go").at(agent.address).start();
    again.join(node.address);
    all_see(&[&again], &[&node], &["go", "rust"]);
}

/// An operator mistakes us for failed and tells an agent to force us out: we say that we are there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn we_are_forced_to_leave_and_stay() {
    let (go1, go2) = (Setup::new("go1").start(), Setup::new("go2").start());
    let node = Plan::new("rust").start().await;
    go2.join(node.address);
    node.join(go1.address).await;
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
    // Said only twice by the agent, it may have reached the other one alone: then it is said again.
    wait("we contradicted", || {
        go1.tell(&["force-leave", "rust"]);
        std::thread::sleep(Duration::from_millis(500));
        node.node.delegate().stats().contradicted > 0
    });
    all_see(&[&go1, &go2], &[&node], &["go1", "go2", "rust"]);
}
