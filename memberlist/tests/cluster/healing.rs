use crate::{Watched, end, label, until};
use memberlist::prelude::*;
use std::net::SocketAddr;

/// On an address that no other test uses, because its port is to be bound again.
async fn start(id: &str, address: SocketAddr) -> Watched {
    let mut options = Options::lan();
    options.protocol.healing_interval = Duration::from_secs(1);
    options.protocol.healing_interval_max = Duration::from_secs(5);
    let builder = memberlist::tokio::builder(id).bind(address).label(&label()).options(options);
    Watched::new(builder.start().await.unwrap())
}

/// Complaint 1: all others crash, are declared dead, and come back where they were without being told of anybody: the survivor finds them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survivor_finds_those_that_came_back() {
    let any: Vec<SocketAddr> =
        ["127.82.0.1:0", "127.82.0.2:0", "127.82.0.3:0"].map(|text| text.parse().unwrap()).into();
    let mut survivor = start("survivor", any[0]).await;
    let mut others = vec![start("b", any[1]).await, start("c", any[2]).await];
    for other in &others {
        other.node.join(survivor.address()).await.unwrap();
    }
    until("all see all", || survivor.node.num_members() == 3).await;

    let places: Vec<(SmolStr, SocketAddr)> =
        others.iter().map(|other| (other.id().clone(), other.address())).collect();
    for other in others.drain(..) {
        other.kill().await;
    }
    until("both have failed", || survivor.failed().len() == 2).await;
    assert_eq!(survivor.node.num_members(), 1);

    for (id, address) in &places {
        others.push(start(id, *address).await);
    }
    until("all see all again", || {
        survivor.node.num_members() == 3 && others.iter().all(|other| other.node.num_members() == 3)
    })
    .await;
    others.push(survivor);
    end(others).await;
}
