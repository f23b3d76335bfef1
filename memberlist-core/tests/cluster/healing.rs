use crate::harness::*;
use memberlist_core::{State, memory::MemoryNetwork};
use nodecraft::HostAddr;

fn addresses(range: std::ops::RangeInclusive<u8>) -> Vec<std::net::SocketAddr> {
    range.map(address).collect()
}

/// P-01
#[tokio::test(start_paused = true)]
async fn a_healed_partition_ends_in_one_cluster_without_an_operator() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 5).await;
    network.partition(&addresses(1..=3), &addresses(4..=5));
    eventually("each side has given up the other", || {
        nodes[..3].iter().all(|node| members(node) == ["n1", "n2", "n3"])
            && nodes[3..].iter().all(|node| members(node) == ["n4", "n5"])
    })
    .await;
    network.heal();
    see_each_other(&nodes).await;
}

/// P-01: long after everybody was forgotten
#[tokio::test(start_paused = true)]
async fn a_partition_heals_after_the_dead_were_forgotten() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 4).await;
    network.partition(&addresses(1..=2), &addresses(3..=4));
    eventually("each side has forgotten the other", || nodes.iter().all(|node| node.known().len() == 2))
        .await;
    network.heal();
    see_each_other(&nodes).await;
}

#[tokio::test(start_paused = true)]
async fn healing_can_be_turned_off() {
    let network = MemoryNetwork::new(1);
    let mut off = options();
    off.protocol.healing = false;
    let a = node_with(&network, 1, Void::new(), off.clone()).await;
    let b = node_with(&network, 2, Void::new(), off).await;
    b.join(address(1)).await.unwrap();
    network.partition(&[address(1)], &[address(2)]);
    eventually("they have forgotten each other", || a.known().len() == 1 && b.known().len() == 1).await;
    network.heal();
    tokio::time::sleep(ms(60_000)).await;
    assert_eq!((a.num_members(), b.num_members()), (1, 1));
}

/// C-11
#[tokio::test(start_paused = true)]
async fn a_seeds_name_is_looked_up_again_when_its_address_is_gone() {
    let network = MemoryNetwork::new(1);
    let seed = HostAddr::try_from(("seed.test", 7946)).unwrap();
    network.set_host("seed.test", vec![address(1)]);
    let (first, b) = (node(&network, 1).await, node(&network, 2).await);
    b.join(seed).await.unwrap();
    assert_eq!(first.num_members(), 2);
    first.shutdown().await;
    eventually("the seed is held for dead", || state(&b, 1) == Some(State::Dead)).await;
    // Another machine takes over the seed's name.
    network.set_host("seed.test", vec![address(7)]);
    let second = node(&network, 7).await;
    eventually("the new seed was found", || members(&b) == ["n2", "n7"] && members(&second) == ["n2", "n7"])
        .await;
}

/// C-11: a name that stands for nothing yet
#[tokio::test(start_paused = true)]
async fn a_seed_that_could_not_be_found_is_looked_up_until_it_can() {
    let network = MemoryNetwork::new(1);
    let node_b = node(&network, 2).await;
    node_b.join(HostAddr::try_from(("seed.test", 7946)).unwrap()).await.unwrap_err();
    let a = node(&network, 1).await;
    network.set_host("seed.test", vec![address(1)]);
    eventually("the seed was found", || a.num_members() == 2 && node_b.num_members() == 2).await;
}

/// W-54: an asymmetric cut; Lifeguard's relays keep everyone in
#[tokio::test(start_paused = true)]
async fn one_dead_way_between_two_nodes_costs_nobody_the_membership() {
    let network = MemoryNetwork::new(1);
    let mut options = options();
    options.protocol.indirect_checks = 3;
    let mut nodes = vec![node_with(&network, 1, Void::new(), options.clone()).await];
    for n in 2..=5 {
        let node = node_with(&network, n, Void::new(), options.clone()).await;
        node.join(address(1)).await.unwrap();
        nodes.push(node);
    }
    see_each_other(&nodes).await;
    let mut events = nodes[2].events();
    network.cut(address(1), address(2));
    tokio::time::sleep(ms(20_000)).await;
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, memberlist_core::Event::Failed { .. }), "{event:?}");
    }
    see_each_other(&nodes).await;
}
