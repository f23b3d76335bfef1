//! The application's state in push/pulls.

use crate::ours::Plan;
use crate::{Setup, all_see, wait};

/// G-18: Periodic push/pulls come from both sides, and neither finds anything wrong with the other's state.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn push_pulls_carry_the_states_of_both_sides_without_a_complaint() {
    let agent = Setup::new("go").start();
    let mut node = Plan::new("rust").start().await;
    agent.join(node.address);
    all_see(&[&agent], &[&node], &["go", "rust"]);
    agent.tell(&["event", "deploy", "v1"]);
    let initiated = |agent: &crate::Agent| agent.log().matches("Initiating push/pull sync").count();
    wait("push/pulls from both sides", || {
        initiated(&agent) >= 2
            && agent.log().matches("Stream connection from").count() >= 1
            && node.states() >= 3
    });
    assert_eq!(agent.complaints(), Vec::<String>::new());
    assert_eq!(node.complaints(), Vec::<String>::new());
    assert_eq!(node.user_events().len(), 1);
}
