use crate::harness::*;
use memberlist_core::{CommandError, Error, Event, Meta, State, memory::MemoryNetwork};

/// TestMemberlist_Join, TestTransport_Join, TestCreate
#[tokio::test(start_paused = true)]
async fn joining_makes_both_sides_members() {
    let network = MemoryNetwork::new(1);
    let (a, b) = (node(&network, 1).await, node(&network, 2).await);
    assert_eq!((a.num_members(), a.members()[0].node.id.as_str()), (1, "n1"));
    let report = b.join(address(1)).await.unwrap();
    assert_eq!(report.reached(), 1);
    // The exchange itself made them members: nothing to wait for.
    assert_eq!((a.num_members(), b.num_members()), (2, 2));
    assert_eq!((a.stats().protocol.known, b.stats().protocol.known), (2, 2));
}

/// TestMemberlist_Leave
#[tokio::test(start_paused = true)]
async fn a_leaver_is_held_for_left_and_not_for_failed() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 3).await;
    let mut events = nodes[0].events();
    let confirmed = nodes[2].leave(ms(10_000)).await.unwrap();
    assert!(confirmed >= 1, "somebody confirmed");
    assert_eq!(members(&nodes[2]), ["n1", "n2"]);
    eventually("the others hold it for left", || {
        nodes[..2].iter().all(|node| state(node, 3) == Some(State::Left) && node.num_members() == 2)
    })
    .await;
    let event = soon(events.recv()).await.unwrap();
    assert!(matches!(&event, Event::Left(member) if member.node.id == "n3"), "{event:?}");
    // Asking again tells the same.
    assert_eq!(nodes[2].leave(ms(1)).await.unwrap(), confirmed);
}

/// P-08
#[tokio::test(start_paused = true)]
async fn a_node_that_left_can_rejoin_with_the_same_instance() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 3).await;
    assert!(matches!(nodes[2].rejoin().await, Err(Error::Command(CommandError::HasNotLeft))));
    nodes[2].leave(ms(10_000)).await.unwrap();
    assert!(nodes[2].has_left());
    let refused = nodes[2].broadcast("too late").unwrap_err();
    assert!(matches!(refused, Error::Command(CommandError::HasLeft)), "{refused}");
    eventually("they know", || state(&nodes[0], 3) == Some(State::Left)).await;
    nodes[2].rejoin().await.unwrap();
    assert!(!nodes[2].has_left());
    see_each_other(&nodes).await;
}

#[tokio::test(start_paused = true)]
async fn leaving_alone_needs_nobody_and_ends_at_once() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    assert_eq!(node.leave(ms(1_000)).await.unwrap(), 0);
}

/// P-08
#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_leave_that_is_undone_is_told() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    network.partition(&[address(1)], &[address(2)]);
    let node = nodes[1].clone();
    let leaving = tokio::spawn(async move { node.leave(ms(600_000)).await });
    eventually("it has left", || nodes[1].has_left()).await;
    nodes[1].rejoin().await.unwrap();
    let undone = soon(leaving).await.unwrap().unwrap_err();
    assert!(matches!(undone, Error::Command(CommandError::HasNotLeft)), "{undone}");
}

/// The departure is in force even if nobody can hear of it
#[tokio::test(start_paused = true)]
async fn a_leave_that_nobody_hears_times_out_but_is_in_force() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 2).await;
    network.partition(&[address(1)], &[address(2)]);
    let error = nodes[1].leave(ms(5)).await.unwrap_err();
    assert!(matches!(error, Error::LeaveTimedOut(after) if after == ms(5)), "{error}");
    assert!(nodes[1].has_left());
}

/// P-07, P-09
#[tokio::test(start_paused = true)]
async fn a_restarted_node_is_accepted_at_a_new_address() {
    let network = MemoryNetwork::new(1);
    let mut nodes = cluster(&network, 3).await;
    nodes.pop().unwrap().shutdown().await;
    // Its clock has gone on meanwhile; here it is set by hand.
    let later =
        options().with_incarnation(Some(nodes[0].member(&name(3)).unwrap().incarnation.saturating_add(5)));
    let restarted = named(&network, name(3), 33, Void::new(), later).await;
    restarted.join(address(1)).await.unwrap();
    nodes.push(restarted);
    eventually("all know the new address", || {
        nodes.iter().all(|node| {
            node.member(&name(3))
                .is_some_and(|member| member.node.address == address(33) && !member.state.is_gone())
        })
    })
    .await;
    see_each_other(&nodes).await;
}

/// P-09: others remember a higher incarnation than the restarted node starts with
#[tokio::test(start_paused = true)]
async fn a_restarted_node_is_seen_though_its_clock_went_back() {
    let network = MemoryNetwork::new(1);
    let mut nodes = cluster(&network, 3).await;
    nodes.pop().unwrap().shutdown().await;
    eventually("it is held for dead", || nodes.iter().all(|node| state(node, 3) == Some(State::Dead))).await;
    let earlier = options().with_incarnation(Some(1.into()));
    let restarted = node_with(&network, 3, Void::new(), earlier).await;
    restarted.join(address(1)).await.unwrap();
    nodes.push(restarted);
    see_each_other(&nodes).await;
}

/// TestMemberlist_delegateMeta_Update, P-16
#[tokio::test(start_paused = true)]
async fn new_metadata_reaches_everybody_and_too_much_is_an_error() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 3).await;
    let mut events = nodes[2].events();
    let broadcast = nodes[0].update_meta("version=2").await.unwrap();
    assert_eq!(nodes[0].local_state().meta, Meta::new("version=2"));
    soon(broadcast.finished()).await.unwrap();
    eventually("all know it", || {
        nodes.iter().all(|node| node.member(&name(1)).unwrap().meta == Meta::new("version=2"))
    })
    .await;
    let event = soon(events.recv()).await.unwrap();
    let Event::Updated { member, previous } = event else { panic!("{event:?}") };
    assert_eq!((member.meta, previous.meta), (Meta::new("version=2"), Meta::EMPTY));

    let error = nodes[0].update_meta(vec![0; 513]).await.unwrap_err();
    assert!(
        matches!(error, Error::Command(CommandError::Meta(too)) if too.actual == 513 && too.limit == 512)
    );
    assert_eq!(nodes[0].local_state().meta, Meta::new("version=2"));
}

/// Q2, P-21
#[tokio::test(start_paused = true)]
async fn snapshots_show_the_true_state_incarnation_and_time_of_change() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 3).await;
    let alive = nodes[0].member(&name(3)).unwrap();
    assert_eq!(alive.state, State::Alive);
    let cut = nodes[0].now();
    nodes[2].shutdown().await;
    let mut seen = vec![];
    eventually("it is held for dead", || {
        let member = nodes[0].member(&name(3)).unwrap();
        if seen.last() != Some(&member.state) {
            seen.push(member.state);
            if member.state != State::Alive {
                assert!(member.changed_at > cut && member.changed_at <= nodes[0].now());
            }
        }
        member.state == State::Dead
    })
    .await;
    assert_eq!(seen, [State::Alive, State::Suspect, State::Dead]);
    assert_eq!(nodes[0].member(&name(3)).unwrap().incarnation, alive.incarnation);
    assert_eq!(nodes[0].num_members(), 2);
    nodes[1].leave(ms(10_000)).await.unwrap();
    eventually("it is held for left", || state(&nodes[0], 2) == Some(State::Left)).await;
    assert_eq!(members(&nodes[0]), ["n1"]);
    assert_eq!(nodes[0].known().len(), 3);
}

/// F-57, W-34
#[tokio::test(start_paused = true)]
async fn queries_tell_counts_identity_and_backlogs() {
    let network = MemoryNetwork::new(1);
    let node = node(&network, 1).await;
    assert_eq!((node.local_id().as_str(), node.advertise_address()), ("n1", address(1)));
    assert_eq!((node.num_members(), node.health_score()), (1, 0));
    let _one = node.broadcast("12345").unwrap();
    let _two = node.broadcast("67").unwrap();
    let stats = node.stats().protocol;
    assert_eq!((stats.members, stats.known, stats.user_queue), (1, 1, 2));
    assert!(stats.user_queue_bytes >= 7);
}

/// TestMemberlist_JoinShutdown, F-54: who failed, why, and nobody else
#[tokio::test(start_paused = true)]
async fn a_killed_node_fails_at_all_others_with_a_reason_and_nobody_else_is_suspected() {
    let network = MemoryNetwork::new(1);
    let nodes = cluster(&network, 5).await;
    let mut events: Vec<_> = nodes[..4].iter().map(|node| node.events()).collect();
    nodes[4].shutdown().await;
    for (node, events) in nodes.iter().zip(&mut events) {
        loop {
            match soon(events.recv()).await.unwrap() {
                Event::Suspected { member, .. } => assert_eq!(member.node.id, "n5"),
                Event::Failed { member, reason } => {
                    assert_eq!((member.node.id.as_str(), member.state), ("n5", State::Dead));
                    assert!(nodes[..4].iter().any(|node| *node.local_id() == reason.declared_by), "{reason}");
                    assert!(!reason.to_string().is_empty());
                    break;
                }
                Event::Left(member) => panic!("{} left", member.node),
                _ => {}
            }
        }
        assert_eq!(members(node), ["n1", "n2", "n3", "n4"]);
    }
}
