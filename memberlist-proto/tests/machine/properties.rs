//! Properties over arbitrary inputs.

use crate::{
    invariants::{check, replay},
    net::Net,
    solo::*,
};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::{
    Options, StreamFailure,
    types::{Ack, IndirectPing, Message, Nack, Ping, SequenceNumber, State, Versions},
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Hear(u32, Msg),
    Wait(u64),
    PushPull(Vec<(u32, u32, u8)>),
    Answer,
    FailStreams,
    Leave,
    Rejoin,
    Meta(u8),
    Broadcast(u8),
}

fn id() -> impl Strategy<Value = u32> {
    1u32..6
}

fn incarnation() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0u32..5, 1 => Just(u32::MAX), 1 => any::<u32>()]
}

fn message() -> impl Strategy<Value = Msg> {
    let seq = any::<u32>().prop_map(SequenceNumber);
    prop_oneof![
        (id(), incarnation(), any::<bool>(), any::<bool>()).prop_map(|(i, n, moved, sound)| {
            let mut a = alive(i, n);
            if moved {
                a.node.address = 9_000;
            }
            if !sound {
                a.versions = Some(Versions { protocol_min: 0, ..Versions::default() });
            }
            Message::Alive(a)
        }),
        (id(), incarnation(), id()).prop_map(|(i, n, f)| Message::Suspect(suspect(i, n, f))),
        (id(), incarnation(), id()).prop_map(|(i, n, f)| Message::Dead(dead(i, n, f))),
        (seq.clone(), id(), id()).prop_map(|(seq, t, s)| Message::Ping(Ping {
            seq,
            target: Some(t),
            source: Some(node(s))
        })),
        (seq.clone(), id(), id(), any::<bool>()).prop_map(|(seq, t, s, nack)| {
            Message::IndirectPing(IndirectPing { seq, target: node(t), nack, source: Some(node(s)) })
        }),
        seq.clone().prop_map(|seq| Message::Ack(Ack { seq, payload: Bytes::new() })),
        seq.prop_map(|seq| Message::Nack(Nack { seq })),
        Just(Message::User(Bytes::from_static(b"u"))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (id(), message()).prop_map(|(from, m)| Step::Hear(from, m)),
        6 => (0u64..40_000).prop_map(Step::Wait),
        2 => proptest::collection::vec((id(), incarnation(), 0u8..4), 0..5).prop_map(Step::PushPull),
        4 => Just(Step::Answer),
        1 => Just(Step::FailStreams),
        1 => Just(Step::Leave),
        1 => Just(Step::Rejoin),
        1 => any::<u8>().prop_map(Step::Meta),
        1 => any::<u8>().prop_map(Step::Broadcast),
    ]
}

fn apply(solo: &mut Solo, step: &Step) {
    match step {
        Step::Hear(from, message) => solo.hear(*from, message.clone()),
        Step::Wait(time) => solo.advance(ms(*time)),
        Step::PushPull(states) => {
            let states =
                states.iter().map(|(i, n, s)| state_of(*i, *n, State::from_value(*s).unwrap())).collect();
            let _ = solo.machine.handle_push_pull(solo.now, None, states);
        }
        Step::Answer => {
            let open: Vec<_> = solo.raw.iter().rev().take(3).filter_map(|t| Some((t.to, t.probe?))).collect();
            for (to, seq) in open {
                solo.hear_from(to, Message::Ack(Ack { seq, payload: Bytes::new() }));
            }
        }
        Step::FailStreams => {
            for request in core::mem::take(&mut solo.requests) {
                solo.machine.handle_stream_failure(solo.now, request.id, StreamFailure::TimedOut);
            }
        }
        Step::Leave => drop(solo.machine.leave(solo.now)),
        Step::Rejoin => drop(solo.machine.rejoin(solo.now)),
        Step::Meta(m) => drop(solo.machine.update_meta(solo.now, vec![*m].into())),
        Step::Broadcast(b) => drop(solo.machine.broadcast(solo.now, None, vec![*b].into())),
    }
    solo.drain();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// F-61, F-54, W-25: any sequence of inputs keeps the invariants, panics never, and its event log replays.
    #[test]
    fn any_inputs_keep_the_invariants(steps in proptest::collection::vec(step(), 1..60)) {
        let mut solo = Solo::new(Options::lan());
        let mut own = solo.incarnation();
        for step in &steps {
            apply(&mut solo, step);
            check(&solo, &mut own, 6);
        }
        let members: std::collections::BTreeSet<u32> =
            solo.machine.members().iter().map(|m| m.node.id).collect();
        prop_assert_eq!(replay(&solo.events), members);
    }

    /// F-59, W-01: the same seed and inputs give the same outputs, byte for byte.
    #[test]
    fn same_seed_same_outputs(seed in any::<u64>(), steps in proptest::collection::vec(step(), 1..40)) {
        let run = || {
            let mut solo = Solo::seeded(Options::lan(), seed);
            steps.iter().for_each(|s| apply(&mut solo, s));
            (solo.raw, solo.events, solo.requests)
        };
        prop_assert_eq!(run(), run());
    }

    /// F-10, W-03: statements about one node are idempotent, and what they lead to is monotone in (incarnation, severity).
    #[test]
    fn precedence_is_idempotent_and_monotone(
        statements in proptest::collection::vec((0u8..3, 1u32..5), 1..12)
    ) {
        let mut solo = Solo::with_members(quiet(), [2, 3]);
        let mut rank = (1, 0);
        for (kind, incarnation) in statements {
            let message = match kind {
                0 => Message::Alive(alive(2, incarnation)),
                1 => Message::Suspect(suspect(2, incarnation, 3)),
                _ => Message::Dead(dead(2, incarnation, 3)),
            };
            solo.hear(3, message.clone());
            let once = solo.member(2).unwrap();
            solo.hear(3, message);
            let twice = solo.member(2).unwrap();
            prop_assert_eq!(&once, &twice);
            let severity = match once.state { State::Alive => 0, State::Suspect => 1, _ => 2 };
            let next = (once.incarnation.value(), severity);
            prop_assert!(next >= rank, "{:?} after {:?}", next, rank);
            rank = next;
        }
    }

    /// F-10: the order of statements does not matter for where it ends, as long as nobody dies in between.
    #[test]
    fn order_of_statements_does_not_matter(
        statements in proptest::collection::vec((any::<bool>(), 1u32..5), 1..8),
        seed in any::<u64>(),
    ) {
        let run = |order: &[(bool, u32)]| {
            let mut solo = Solo::with_members(quiet(), [2, 3]);
            for (suspected, incarnation) in order {
                solo.hear(3, if *suspected {
                    Message::Suspect(suspect(2, *incarnation, 3))
                } else {
                    Message::Alive(alive(2, *incarnation))
                });
            }
            let m = solo.member(2).unwrap();
            (m.state, m.incarnation)
        };
        let mut shuffled = statements.clone();
        let mut state = seed;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        prop_assert_eq!(run(&statements), run(&shuffled));
    }

    /// F-17: whatever is queued, no packet exceeds its budget (the network of the tests asserts it for every packet).
    #[test]
    fn no_packet_exceeds_its_budget(
        size in 700usize..1_500,
        payloads in proptest::collection::vec(1usize..600, 0..60),
        members in 1u32..60,
    ) {
        let mut options = Options::lan();
        options.packet_size = size;
        options.max_meta_size = 64;
        let mut solo = Solo::with_members(options, 2..2 + members);
        for length in payloads {
            let _ = solo.machine.broadcast(solo.now, None, Bytes::from(vec![7; length]));
        }
        solo.advance(secs(5));
        for transmit in &solo.raw {
            let actual = packet_size(&transmit.messages);
            prop_assert!(actual <= size, "{} > {}", actual, size);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// G-11. Whatever the network does, no node is resurrected or multiplied, live nodes keep
    /// their names, and once it behaves all views agree.
    #[test]
    fn any_network_keeps_the_invariants_and_views_converge(
        seed in any::<u64>(), loss in 0.0f64..0.4, duplicate in 0.0f64..0.5, latency in 1u64..300,
    ) {
        let mut net = Net::cluster(6, &Options::lan(), seed);
        net.loss = loss;
        net.duplicate = duplicate;
        net.latency = (Duration::from_millis(1), Duration::from_millis(latency));
        net.run(secs(30));
        net.crash(6);
        net.run(secs(60));
        net.loss = 0.0;
        net.duplicate = 0.0;
        net.latency = (Duration::from_millis(1), Duration::from_millis(5));
        prop_assert!(net.run_until(secs(200), |net| net.all_see(5)));
        for host in net.up() {
            prop_assert_eq!(host.machine.local().state, State::Alive);
            prop_assert!(host.machine.known().len() <= 6);
        }
    }
}
