use crate::harness::*;
use memberlist_core::{
    CommandError, JoinError, JoinOptions, ResolveError, StreamFailure, Transport,
    memory::MemoryNetwork,
    types::{Framing, Label},
};
use nodecraft::HostAddr;
use std::net::SocketAddr;
use tokio::time::Instant;

fn labelled(label: &str) -> memberlist_core::Options {
    options().with_framing(Framing::new().with_label(Label::new(label).unwrap()))
}

/// TestMemberlist_Join_with_Labels
#[tokio::test(start_paused = true)]
async fn only_the_same_label_joins() {
    let network = MemoryNetwork::new(1);
    let blue = node_with(&network, 1, Void::new(), labelled("blue")).await;
    let friend = node_with(&network, 2, Void::new(), labelled("blue")).await;
    friend.join(address(1)).await.unwrap();
    for (n, options) in [(3, options()), (4, labelled("red"))] {
        let stranger = node_with(&network, n, Void::new(), options).await;
        let error = stranger.join(address(1)).await.unwrap_err();
        assert!(matches!(error, JoinError::NoneReached(_)), "{error}");
        assert_eq!(stranger.num_members(), 1);
    }
    assert_eq!((blue.num_members(), friend.num_members()), (2, 2));
    assert!(blue.stats().decode_rejected("label_mismatch") >= 2);
}

/// W-32, P-11: every address is reported on, within the deadline
#[tokio::test(start_paused = true)]
async fn joining_nobody_is_an_error_that_tells_of_each_address() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    // One that listens and never answers, one where nobody listens, one that is cut off, one without an address.
    let silent = network.bind::<agnostic::tokio::TokioRuntime>(address(2)).unwrap();
    network.partition(&[address(1)], &[address(4)]);
    let written: [HostAddr; 4] = [
        address(2).into(),
        address(3).into(),
        address(4).into(),
        HostAddr::try_from(("nowhere.test", 1)).unwrap(),
    ];
    let started = Instant::now();
    let error = node.join_many(written.clone(), JoinOptions::default()).await.unwrap_err();
    assert!(started.elapsed() <= ms(1_500), "{:?}", started.elapsed());
    let report = error.report().expect("it came to trying");
    assert_eq!(report.reached(), 0);
    assert_eq!(
        report.addresses.iter().map(|outcome| &outcome.address).collect::<Vec<_>>(),
        written.iter().collect::<Vec<_>>()
    );
    let failure = |n: usize| report.addresses[n].resolved.as_ref().unwrap()[0].outcome.clone().unwrap_err();
    assert_eq!(failure(0), StreamFailure::TimedOut);
    assert!(matches!(failure(1), StreamFailure::Unreachable(_)));
    assert_eq!(failure(2), StreamFailure::TimedOut);
    assert!(matches!(report.addresses[3].resolved, Err(ResolveError::Failed(_))));
    assert!(error.to_string().contains("nowhere.test"), "{error}");
    drop(silent);
}

/// TestMemberlist_Join_DeadNode
#[tokio::test(start_paused = true)]
async fn a_listener_that_never_answers_costs_the_stream_timeout() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let _silent = network.bind::<agnostic::tokio::TokioRuntime>(address(2)).unwrap();
    let started = Instant::now();
    node.join(address(2)).await.unwrap_err();
    assert!((ms(1_000)..ms(1_100)).contains(&started.elapsed()), "{:?}", started.elapsed());
}

/// P-12: all addresses of a name are tried
#[tokio::test(start_paused = true)]
async fn a_name_is_tried_at_all_its_addresses() {
    let network = MemoryNetwork::new(1);
    let (a, b) = (node(&network, 1).await, node(&network, 2).await);
    network.set_host("seed.test", vec![address(9), address(1), address(2)]);
    let report = b.join(HostAddr::try_from(("seed.test", 7946)).unwrap()).await.unwrap();
    let results = report.addresses[0].resolved.as_ref().unwrap();
    let mut tried: Vec<_> = results.iter().map(|result| (result.address, result.outcome.is_ok())).collect();
    tried.sort_unstable();
    // Our own address is not tried.
    assert_eq!(tried, [(address(1), true), (address(9), false)]);
    assert_eq!(a.num_members(), 2);
}

/// W-32
#[tokio::test(start_paused = true)]
async fn joining_nothing_or_only_ourselves_is_refused() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    let nothing: [SocketAddr; 0] = [];
    let error = node.join_many(nothing, JoinOptions::default()).await.unwrap_err();
    assert!(matches!(error, JoinError::Command(CommandError::NothingToJoin)), "{error}");
    let error = node.join(address(1)).await.unwrap_err();
    assert!(matches!(error, JoinError::Command(CommandError::NothingToJoin)), "{error}");
}

/// P-11: cancelled by dropping
#[tokio::test(start_paused = true)]
async fn dropping_a_join_ends_it() {
    let network = MemoryNetwork::new(1);
    // Healing goes on with seeds, so it must be off to see that the join does not.
    let mut options = options();
    options.protocol.healing = false;
    let node = node_with(&network, 1, Void::new(), options).await;
    let mut retries = JoinOptions::default();
    retries.attempts = 1_000;
    retries.backoff = ms(10);
    retries.backoff_max = ms(10);
    let join = node.join_many([address(2)], retries);
    assert!(tokio::time::timeout(ms(200), join).await.is_err());
    let listener = network.bind::<agnostic::tokio::TokioRuntime>(address(2)).unwrap();
    let knocked = tokio::time::timeout(ms(5_000), listener.accept_stream()).await;
    assert!(knocked.is_err(), "the join goes on");
}

#[tokio::test(start_paused = true)]
async fn a_join_is_retried_as_often_as_asked() {
    let network = MemoryNetwork::new(1);
    let node_b = node(&network, 2).await;
    let mut retries = JoinOptions::default();
    retries.attempts = 50;
    retries.backoff = ms(50);
    retries.backoff_max = ms(100);
    let joining = tokio::spawn({
        let node_b = node_b.clone();
        async move { node_b.join_many([address(1)], retries).await }
    });
    tokio::time::sleep(ms(500)).await;
    let _a = node(&network, 1).await;
    let report = soon(joining).await.unwrap().unwrap();
    let result = report.results().next().unwrap();
    assert!(result.attempts > 1 && result.outcome.is_ok(), "{report}");
}

/// P-11: bounded parallel, so one dead address costs one deadline and not twenty
#[tokio::test(start_paused = true)]
async fn dead_addresses_are_tried_at_once() {
    let network = MemoryNetwork::new(1);
    let (_a, b) = (node(&network, 1).await, node(&network, 2).await);
    let dead: Vec<_> = (50..70).map(address).collect();
    network.partition(&[address(2)], &dead);
    let mut options = JoinOptions::default();
    options.parallel = 32;
    let started = Instant::now();
    let report = b.join_many(dead.into_iter().chain([address(1)]), options).await.unwrap();
    assert!(started.elapsed() <= ms(1_100), "{:?}", started.elapsed());
    assert_eq!((report.reached(), report.results().count()), (1, 21));
}
