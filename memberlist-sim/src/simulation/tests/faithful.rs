//! Where a simulated node could differ from a real one.

use super::*;
use memberlist_proto::{
    Exchange,
    types::{Message, Meta, StreamLimits},
};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

const ZERO: NodeIndex = NodeIndex(0);
const ONE: NodeIndex = NodeIndex(1);

fn steady() -> Network {
    Network::new(Link::new(Latency::Constant(millis(1))))
}

fn elapsed(at: Instant) -> Duration {
    at.since(Instant::START)
}

/// Nodes that know only themselves.
fn strangers<O: Observer>(n: usize, network: Network, observer: O) -> Simulation<O> {
    let mut cluster = Simulation::with_observer(1, network, observer);
    for _ in 0..n {
        cluster.spawn(&Options::lan()).unwrap();
    }
    cluster
}

/// When which node saw such a step of a stream.
fn streams(of: fn(&StreamStep) -> bool, seen: &mut Vec<(NodeIndex, Duration)>) -> impl Observer {
    move |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if let Step::Stream(step) = step
            && of(step)
        {
            seen.push((node, elapsed(at)));
        }
    }
}

const fn fails(step: &StreamStep) -> bool {
    matches!(step, StreamStep::Failed(_))
}

#[test]
fn action_that_lets_time_pass_does_not_turn_it_back() {
    let mut cluster = formed(1, 3);
    cluster.after(seconds(1), |cluster| cluster.run_for(seconds(10)));
    cluster.run_for(seconds(2));
    assert_eq!(elapsed(cluster.now()), seconds(11));
}

#[test]
fn condition_that_is_looked_at_without_pause_is_looked_at_after_each_event() {
    let mut cluster = formed(1, 3);
    let mut looks = 0;
    let found = cluster.run_checking(Duration::ZERO, seconds(5), |cluster| {
        looks += 1;
        assert!(looks < 10_000, "time passes");
        cluster.now() >= Instant::START + seconds(3)
    });
    assert!(found && looks > 20);
}

#[test]
fn what_is_asked_of_a_node_that_does_not_run_was_not_done() {
    let mut seen = Vec::new();
    let record = |_: Instant, _: NodeIndex, step: &Step<'_>| {
        if let Step::Action(action) = step {
            seen.push(*action);
        }
    };
    let mut cluster = strangers(1, steady(), record);
    cluster.crash(ZERO);
    cluster.leave(ZERO);
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.rejoin(ZERO).unwrap();
    assert!(cluster.command(ZERO, |_, _| ()).is_none());
    drop(cluster);
    assert_eq!(seen, [Action::Started(Addr::new(ZERO, 0)), Action::Crashed]);
}

#[test]
fn command_to_a_sleeping_process_has_no_effect_outside_before_it_wakes() {
    let mut sent = Vec::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if let (ZERO, Step::Sent { .. } | Step::Stream(StreamStep::Dial(_))) = (node, step) {
            sent.push(elapsed(at));
        }
    };
    let mut cluster = Simulation::with_observer(1, steady(), record);
    cluster.form(4, &Options::lan()).unwrap();
    cluster.pause(ZERO, seconds(3));
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.leave(ZERO);
    cluster.run_for(seconds(4));
    drop(cluster);
    assert_eq!(sent.first(), Some(&seconds(3)), "{sent:?}");
}

#[test]
fn slow_node_is_through_with_an_input_when_its_time_is_over() {
    let mut handled = Vec::new();
    let record = |at: Instant, node: NodeIndex, step: &Step<'_>| {
        if let (ONE, Step::Message { message: Message::User(_), .. }) = (node, step) {
            handled.push(elapsed(at));
        }
    };
    let mut cluster = strangers(2, steady(), record);
    cluster.set_processing(ONE, millis(100));
    for _ in 0..3 {
        cluster.command(ZERO, |endpoint, now| {
            endpoint.send(now, Addr::new(ONE, 0), Bytes::from_static(b"x")).unwrap();
        });
    }
    cluster.run_for(seconds(1));
    drop(cluster);
    assert_eq!(handled, [millis(101), millis(201), millis(301)]);
}

#[test]
fn slow_machine_is_slow_after_a_restart_too() {
    let mut cluster = formed(1, 2);
    cluster.set_processing(ONE, millis(100));
    cluster.restart(ONE, Restart::SameAddress).unwrap();
    let handled = |cluster: &Simulation| cluster.traffic(ONE).packets_received;
    cluster.command(ZERO, |endpoint, now| {
        endpoint.send(now, Addr::new(ONE, 0), Bytes::from_static(b"x")).unwrap();
    });
    cluster.run_for(millis(50));
    assert_eq!(handled(&cluster), 0);
    cluster.run_for(millis(100));
    assert!(handled(&cluster) > 0);
}

#[test]
fn request_that_waited_for_a_sleeper_is_read_though_nobody_waits_for_the_answer() {
    let mut cluster = strangers(2, steady(), ());
    cluster.pause(ONE, seconds(20));
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.after(seconds(15), |cluster| cluster.crash(ZERO));
    cluster.run_for(millis(20_001));
    assert!(cluster.endpoint(ONE).unwrap().member(&Name(ZERO)).is_some());
    cluster.run_for(seconds(60));
    assert!(cluster.streams.is_empty(), "no conversation is left");
}

#[test]
fn death_of_a_process_breaks_the_streams_that_it_had_accepted() {
    let mut failed = Vec::new();
    let mut cluster = strangers(2, steady(), streams(fails, &mut failed));
    cluster.pause(ONE, seconds(60));
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.after(seconds(1), |cluster| cluster.crash(ONE));
    cluster.run_for(millis(1100));
    assert!(cluster.streams.is_empty());
    drop(cluster);
    assert_eq!(failed, [(ZERO, millis(1001))]);
}

#[test]
fn dial_goes_on_until_the_machine_is_back() {
    let mut opened = Vec::new();
    let is_open = |step: &StreamStep| matches!(step, StreamStep::Open(_));
    let mut cluster = strangers(2, steady(), streams(is_open, &mut opened));
    cluster.vanish(ONE);
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.after(seconds(2), |cluster| cluster.restart(ONE, Restart::SameAddress).unwrap());
    cluster.run_for(seconds(4));
    drop(cluster);
    // Sent at 0, 1 and 3 seconds, and each time noticed a millisecond later that nobody is there.
    let (node, at) = *opened.first().unwrap();
    assert_eq!(node, ZERO);
    assert!(at >= seconds(3) && at < millis(3010), "{at:?}");
}

#[test]
fn deadline_of_a_stream_follows_the_clock_of_its_node() {
    for (gains, after) in [(-500_000, millis(19_900)), (1_000_000, millis(5050)), (0, millis(10_000))] {
        let mut failed = Vec::new();
        let mut cluster = strangers(2, steady(), streams(fails, &mut failed));
        cluster.vanish(ONE);
        cluster.join(ZERO, &[ONE]).unwrap();
        cluster.run_for(millis(100));
        cluster.set_clock(ZERO, gains);
        cluster.run_for(seconds(20));
        drop(cluster);
        assert_eq!(failed.first(), Some(&(ZERO, after)), "{gains}");
    }
}

#[test]
fn request_says_what_was_true_when_it_was_dialled() {
    let mut network = steady();
    network.add_rule(|flight: &Flight<'_>| {
        let early = elapsed(flight.at) < millis(900) && flight.medium == Medium::Stream;
        if early { Verdict::Drop } else { Verdict::Pass }
    });
    let mut cluster = strangers(2, network, ());
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.run_for(millis(500));
    let late = Meta::new(Bytes::from_static(b"later"));
    cluster.command(ZERO, |endpoint, now| endpoint.update_meta(now, late).unwrap());
    let knows = |cluster: &Simulation| cluster.endpoint(ONE).unwrap().member(&Name(ZERO)).is_some();
    assert!(cluster.run_until(seconds(2), knows));
    let meta = cluster.endpoint(ONE).unwrap().member(&Name(ZERO)).unwrap().meta.clone();
    assert_eq!(meta, Meta::EMPTY);
}

#[test]
fn push_pull_is_as_long_as_that_of_a_real_node() {
    let mut wrote = Vec::new();
    let record = |_: Instant, node: NodeIndex, step: &Step<'_>| {
        if let Step::Stream(StreamStep::Wrote(_, bytes)) = step {
            wrote.push((node, *bytes));
        }
    };
    let mut cluster = strangers(2, steady(), record);
    let states = cluster.endpoint(ZERO).unwrap().local_states();
    cluster.join(ZERO, &[ONE]).unwrap();
    cluster.run_for(millis(10));
    drop(cluster);
    let (wire, framing, limits) = (NativeWire, Framing::new(), StreamLimits::default());
    let mut real = Exchange::<Name, Addr>::dial_push_pull(&wire, limits, u64::MAX, true);
    real.send_part(&wire, &framing, states, Bytes::new(), false).unwrap();
    let (node, bytes) = *wrote.first().unwrap();
    // The number of the conversation is random.
    let expected = real.poll_write().unwrap().len();
    assert_eq!(node, ZERO);
    assert!((expected - 2..=expected).contains(&bytes), "{bytes} instead of {expected}");
    assert_eq!(wrote.len(), 2);
}
