//! Coming and going of all kinds, and what is known in the end.

use crate::ours::{Ours, Plan};
use crate::{Agent, Setup, all_see};
use memberlist::hashicorp::SerfMember;
use memberlist::prelude::*;

/// Nodes of each kind.
const PAIRS: usize = 3;
/// Steps, each of which ends one node and starts it again.
const STEPS: usize = 24;

/// A fixed course, so that a failure can be repeated.
struct Course(u32);

impl Course {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (self.0 >> 16) as usize % limit
    }
}

fn agent(number: usize) -> Setup {
    Setup::new(&format!("go{number}"))
}

fn node(number: usize) -> Plan {
    Plan::new(&format!("rust{number}"))
}

fn everybody_sees_everybody(agents: &[Agent], nodes: &[Ours]) {
    let agents: Vec<_> = agents.iter().collect();
    let nodes: Vec<_> = nodes.iter().collect();
    let names: Vec<_> =
        agents.iter().map(|it| it.name.as_str()).chain(nodes.iter().map(|it| it.name())).collect();
    all_see(&agents, &nodes, &names);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn after_a_minute_of_churn_all_views_are_equal() {
    let mut course = Course(7);
    let mut agents: Vec<_> = (0..PAIRS).map(|number| agent(number).start()).collect();
    let mut nodes = Vec::new();
    for number in 0..PAIRS {
        nodes.push(node(number).start().await);
    }
    let seed = agents[0].address;
    for node in &nodes {
        node.join(seed).await;
    }
    for agent in &agents[1..] {
        agent.join(nodes[0].address);
    }
    everybody_sees_everybody(&agents, &nodes);

    for step in 0..STEPS {
        let (which, other) = (course.below(PAIRS), course.below(PAIRS));
        match step % 4 {
            0 => {
                agents[which].kill();
                let address = agents[which].address;
                agents[which] = agent(which).at(address).start();
                agents[which].join(nodes[other].address);
            }
            1 => {
                let old = nodes.remove(which);
                let address = old.address;
                old.kill().await;
                let new = node(which).at(address).start().await;
                new.join(agents[other].address).await;
                nodes.insert(which, new);
            }
            2 => {
                agents[which].leave();
                let address = agents[which].address;
                agents[which] = agent(which).at(address).start();
                agents[which].join(nodes[other].address);
            }
            _ => {
                nodes[which].node.leave_serf(Duration::from_secs(10)).await.unwrap();
                drop(nodes[which].node.rejoin_serf().await.unwrap());
                nodes[which].join(agents[other].address).await;
            }
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    everybody_sees_everybody(&agents, &nodes);
    for node in &mut nodes {
        assert_eq!(node.complaints(), Vec::<String>::new());
    }
}
