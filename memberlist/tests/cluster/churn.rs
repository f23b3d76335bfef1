use crate::{Watched, end, join, start_with, until};
use memberlist::prelude::*;
use std::collections::BTreeSet;

fn options() -> Options {
    let mut options = Options::local();
    options.protocol.probe_interval = Duration::from_millis(500);
    options
}

/// Complaints 1, 7, 8, 9 together: nodes crash, leave, and come back under their names at new addresses, several at a time; when it is
/// over, everybody sees exactly those who are there.
///
/// One node stays, and is a seed of all the others: were all replaced within a second, nobody would know an address that still answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cluster_agrees_after_a_storm_of_crashes_leaves_and_restarts() {
    const NODES: usize = 8;
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as usize % below
    };
    let name = |number: usize| format!("n{number}");
    let mut nodes: Vec<Option<Watched>> = Vec::new();
    for number in 0..NODES {
        let node = start_with(&name(number), options(), NetOptions::new()).await;
        if let Some(Some(first)) = nodes.first() {
            join(&node, first.address()).await;
        }
        nodes.push(Some(node));
    }
    for _ in 0..60 {
        let number = 1 + random(NODES - 1);
        match nodes[number].take() {
            Some(node) => {
                if random(2) == 0 {
                    let _ = node.node.leave(Duration::from_millis(random(500) as u64)).await;
                }
                node.kill().await;
            }
            None => {
                let node = start_with(&name(number), options(), NetOptions::new()).await;
                let others: Vec<_> = nodes.iter().flatten().map(Watched::address).collect();
                let seeds = [others[random(others.len())], others[0]];
                while node.node.join_many(seeds, JoinOptions::default()).await.is_err() {}
                nodes[number] = Some(node);
            }
        }
        tokio::time::sleep(Duration::from_millis(random(300) as u64)).await;
    }

    let nodes: Vec<Watched> = nodes.into_iter().flatten().collect();
    let view = |node: &Watched| -> BTreeSet<_> {
        let members = node.node.members();
        members
            .into_iter()
            .filter(|member| member.state == State::Alive)
            .map(|member| (member.node.id, member.node.address))
            .collect()
    };
    let there: BTreeSet<_> = nodes.iter().map(|node| (node.id().clone(), node.address())).collect();
    until("everybody sees exactly those who are there", || {
        nodes.iter().all(|node| view(node) == there && node.node.num_members() == there.len())
    })
    .await;
    end(nodes).await;
}
