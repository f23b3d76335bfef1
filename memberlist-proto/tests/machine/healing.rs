//! Finding back, and what it costs where there is nothing to find.

use crate::{net::Net, solo::*};
use memberlist_proto::{
    Options, StreamFailure, StreamRequestKind,
    types::{Message, State},
};

/// LAN values without periodic rounds other than healing.
fn healing() -> Options {
    let mut options = quiet();
    options.healing = true;
    options.push_pull_interval = secs(1_000_000);
    // Seldom enough for days to pass quickly.
    options.probe_interval = secs(60);
    options
}

/// Runs for so long; each push/pull that is asked for is answered with `states`, or fails. How many there were.
fn run(
    solo: &mut Solo,
    time: u64,
    answer: Option<&dyn Fn() -> Vec<memberlist_proto::types::NodeState<Id, Addr>>>,
) -> usize {
    let mut asked = 0;
    for _ in 0..time {
        solo.advance_answering(secs(1));
        for request in std::mem::take(&mut solo.requests) {
            if !matches!(request.kind, StreamRequestKind::PushPull { .. }) {
                continue;
            }
            asked += 1;
            match answer {
                Some(states) => solo.merge(Some(request.id), states()),
                None => {
                    let failure = StreamFailure::Unreachable("refused".into());
                    solo.machine.handle_stream_failure(solo.now, request.id, failure);
                    solo.drain();
                }
            }
        }
        solo.clear();
    }
    asked
}

/// A seed that answers but is no member's address (a load balancer, another address of a member or of ourselves) is tried
/// again, but seldom: nobody is missing.
#[test]
fn seed_that_is_nobodys_own_address_backs_off_to_the_longest_pause() {
    let mut solo = Solo::with_members(healing(), [2, 3]);
    solo.machine.set_seeds(solo.now, vec![999]);
    let known =
        || vec![state_of(2, 1, State::Alive), state_of(3, 1, State::Alive), state_of(ME, 1, State::Alive)];
    run(&mut solo, 600, Some(&known));
    let asked = run(&mut solo, 3_600, Some(&known));
    assert!((30..=140).contains(&asked), "{asked} push/pulls in an hour with a pause of a minute");
}

/// The same where nobody answers: a member that is gone for ever, a seed that never comes back.
#[test]
fn peer_that_is_gone_for_ever_is_tried_at_the_longest_pause() {
    let mut solo = Solo::with_members(healing(), [2, 3, 4]);
    solo.machine.set_seeds(solo.now, vec![addr(4)]);
    solo.hear(2, Message::Dead(dead(4, 1, 2)));
    run(&mut solo, 600, None);
    let asked = run(&mut solo, 3_600, None);
    assert!((40..=80).contains(&asked), "{asked} attempts in an hour");
    // Three days later it is given up, but for the seed.
    solo.machine.set_seeds(solo.now, Vec::new());
    solo.advance_answering(secs(73 * 3_600));
    solo.clear();
    assert_eq!(run(&mut solo, 3_600, None), 0);
}

/// One that died and is found makes healing start over with the next loss.
#[test]
fn next_loss_begins_with_the_shortest_pause() {
    let mut solo = Solo::with_members(healing(), [2, 3, 4]);
    solo.hear(2, Message::Dead(dead(4, 1, 2)));
    run(&mut solo, 1_200, None);
    solo.hear(2, Message::Dead(dead(3, 1, 2)));
    assert!(run(&mut solo, 20, None) >= 1);
}

/// Sides of very unequal size.
#[test]
fn lone_node_and_large_cluster_find_back() {
    for seed in 0..4 {
        let mut net = Net::cluster(24, &Options::lan(), 800 + seed);
        net.cut = Box::new(|a, b, _| (a == 7) != (b == 7));
        net.run(secs(400));
        net.cut = Box::new(|_, _, _| false);
        assert!(net.run_until(secs(120), |net| net.all_see(24)), "seed {seed}");
    }
}

/// Each candidate has its turn: the one that can be found is found within one round, whatever the others answer.
#[test]
fn every_seed_has_its_turn() {
    for seed in 0..20 {
        let mut solo = Solo::seeded(healing(), seed);
        solo.hear(2, Message::Alive(alive(2, 1)));
        solo.clear();
        let seeds: Vec<Addr> = (900..906).collect();
        solo.machine.set_seeds(solo.now, seeds.clone());
        let mut tried = Vec::new();
        while tried.len() < seeds.len() {
            solo.advance_answering(secs(1));
            for request in std::mem::take(&mut solo.requests) {
                tried.push(request.to);
                let failure = StreamFailure::Unreachable("refused".into());
                solo.machine.handle_stream_failure(solo.now, request.id, failure);
            }
        }
        tried.sort_unstable();
        assert_eq!(tried, seeds, "seed {seed}");
    }
}
