//! Tags: a node's metadata.

use crate::ours::{Fate, Plan};
use crate::{Setup, all_see, wait};
use memberlist::hashicorp::{SerfMember, serf::Tags};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn changed_tags_of_an_agent_reach_us() {
    let agent = Setup::new("go").tag("role", "web").start();
    let mut node = Plan::new("rust").start().await;
    node.join(agent.address).await;
    all_see(&[&agent], &[&node], &["go", "rust"]);
    agent.tell(&["tags", "-set", "role=db", "-set", "size=large"]);
    wait("the new tags", || {
        node.tag("go", "role").as_deref() == Some("db") && node.tag("go", "size").as_deref() == Some("large")
    });
    agent.tell(&["tags", "-delete", "size"]);
    wait("the tag is gone", || node.tag("go", "size").is_none());
    assert!(node.saw("go", Fate::Updated));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn our_changed_tags_reach_an_agent() {
    let agent = Setup::new("go").start();
    let node = Plan::new("rust").tag("role", "cache").start().await;
    agent.join(node.address);
    all_see(&[&agent], &[&node], &["go", "rust"]);
    wait("the first tags", || agent.tags("rust").get("role").is_some_and(|role| role == "cache"));
    drop(node.node.set_serf_tags(&Tags::new().with("role", "queue").with("n", "2")).await.unwrap());
    wait("the new tags", || {
        let tags = agent.tags("rust");
        tags.get("role").is_some_and(|role| role == "queue") && tags.get("n").is_some_and(|n| n == "2")
    });
}
