//! Coming and going of all kinds, and what is known in the end.

use crate::ours::{Ours, Plan};
use crate::{Agent, Setup, all_see, wait};
use memberlist::hashicorp::{SerfMember, serf::Tags};
use memberlist::prelude::*;
use std::collections::BTreeMap;

/// Nodes of each kind.
const PAIRS: usize = 3;
/// Steps, in each of which something happens to one node.
const STEPS: usize = 48;
/// Between two steps: shorter than it takes to find out what happened.
const PAUSE: Duration = Duration::from_millis(500);

/// A fixed course, so that a failure can be repeated.
struct Course(u32);

impl Course {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        (self.0 >> 16) as usize % limit
    }
}

/// In each of its lives a node has another tag.
fn agent(number: usize, life: usize) -> Setup {
    Setup::new(&format!("go{number}")).tag("life", &life.to_string())
}

fn node(number: usize, life: usize) -> Plan {
    Plan::new(&format!("rust{number}")).tag("life", &life.to_string())
}

struct Cluster {
    agents: Vec<Agent>,
    nodes: Vec<Ours>,
    /// The latest life of each.
    lives: BTreeMap<String, String>,
}

impl Cluster {
    async fn start() -> Self {
        let agents: Vec<_> = (0..PAIRS).map(|number| agent(number, 0).start()).collect();
        let mut nodes = Vec::new();
        for number in 0..PAIRS {
            let node = node(number, 0).start().await;
            node.join(agents[0].address).await;
            nodes.push(node);
        }
        for agent in &agents[1..] {
            agent.join(nodes[0].address);
        }
        let names = agents.iter().map(|it| it.name.as_str()).chain(nodes.iter().map(Ours::name));
        let lives = names.map(|name| (name.into(), "0".into())).collect();
        Self { agents, nodes, lives }
    }

    async fn step(&mut self, life: usize, which: usize, other: usize) {
        match life % 6 {
            0 => {
                self.agents[which].kill();
                self.start_agent_again(which, life, other);
            }
            1 => {
                let old = self.nodes.remove(which);
                let address = old.address;
                old.kill().await;
                let new = node(which, life).at(address).start().await;
                new.join(self.agents[other].address).await;
                self.lives.insert(new.name().into(), life.to_string());
                self.nodes.insert(which, new);
            }
            2 => {
                self.agents[which].leave();
                self.start_agent_again(which, life, other);
            }
            3 => {
                let node = &self.nodes[which];
                node.node.leave_serf(Duration::from_secs(10)).await.unwrap();
                drop(node.node.rejoin_serf().await.unwrap());
                node.join(self.agents[other].address).await;
            }
            4 => {
                self.agents[which].signal("STOP");
                std::thread::sleep(4 * PAUSE);
                self.agents[which].signal("CONT");
            }
            _ => {
                let node = &self.nodes[which];
                let tags = Tags::new().with("life", life.to_string());
                drop(node.node.set_serf_tags(&tags).await.unwrap());
                self.lives.insert(node.name().into(), life.to_string());
            }
        }
    }

    fn start_agent_again(&mut self, which: usize, life: usize, other: usize) {
        let agent = agent(which, life).at(self.agents[which].address).start();
        agent.join(self.nodes[other].address);
        self.lives.insert(agent.name.clone(), life.to_string());
        self.agents[which] = agent;
    }

    /// Everybody sees everybody, in the latest life.
    fn settles(&self) {
        let agents: Vec<_> = self.agents.iter().collect();
        let nodes: Vec<_> = self.nodes.iter().collect();
        all_see(&agents, &nodes, &self.lives.keys().map(String::as_str).collect::<Vec<_>>());
        for agent in agents {
            wait(&format!("{} knows the latest lives", agent.name), || {
                let members = agent.members();
                self.lives.iter().all(|(name, life)| members[name].tags.get("life") == Some(life))
            });
        }
        for node in nodes {
            wait(&format!("{} knows the latest lives", node.name()), || {
                self.lives.iter().all(|(name, life)| node.tag(name, "life").as_ref() == Some(life))
            });
        }
    }
}

/// G-18
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Debian's package serf; `.ci/run serf` runs it"]
async fn after_a_minute_of_churn_all_views_are_equal() {
    let mut course = Course(7);
    let mut cluster = Cluster::start().await;
    cluster.settles();
    for life in 1..=STEPS {
        cluster.step(life, course.below(PAIRS), course.below(PAIRS)).await;
        std::thread::sleep(PAUSE);
    }
    cluster.settles();
    for node in &mut cluster.nodes {
        assert_eq!(node.complaints(), Vec::<String>::new());
    }
}
