//! Which layers of frames a node can read: told, remembered, and respected.

use crate::solo::*;
use memberlist_proto::{
    Event, Instant, LocalNode, Options,
    types::{
        Compression, CompressionAlgorithm, Framing, Layers, Message, NodeState, Ping, SequenceNumber, State,
    },
};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};

const SOME: Layers = Layers::from_bits(0b1010);
/// Nobody here knows what it stands for.
const FUTURE: Layers = Layers::from_bits(1 << 31);

fn reading(id: Id, incarnation: u32, layers: Layers) -> Msg {
    let mut alive = alive(id, incarnation);
    alive.layers = layers;
    Message::Alive(alive)
}

fn state_reading(id: Id, incarnation: u32, layers: Layers) -> NodeState<Id, Addr> {
    NodeState { layers, ..state_of(id, incarnation, State::Alive) }
}

/// One that would like to send what not everybody reads.
fn choosy(options: Options) -> Solo {
    let algorithm = CompressionAlgorithm::ALL.first().copied().unwrap();
    let framing = Framing::new().with_compression(Some(Compression::new(algorithm)));
    let local = LocalNode::new(ME, addr(ME)).with_layers(SOME);
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let mut solo = Solo::new(options.clone());
    solo.machine = crate::solo::endpoint(Instant::START, local, options, &framing, rng).unwrap();
    solo.drain();
    solo.clear();
    solo
}

fn layers_of(solo: &Solo, id: Id) -> Layers {
    solo.member(id).unwrap().layers
}

/// Pings us, and gives what the answer's destination is said to read.
fn answer_to(solo: &mut Solo, id: Id) -> Option<Layers> {
    solo.clear();
    solo.hear(id, Message::Ping(Ping { seq: SequenceNumber(1), target: None, source: Some(node(id)) }));
    let answer = solo.raw.first().unwrap();
    assert_eq!(answer.to, addr(id));
    answer.reads
}

#[test]
fn what_a_node_reads_is_remembered_and_passed_on_unchanged() {
    let mut solo = Solo::new(Options::lan());
    solo.hear(2, reading(2, 1, FUTURE.union(SOME)));
    solo.hear(3, Message::Alive(alive(3, 1)));
    assert_eq!((layers_of(&solo, 2), layers_of(&solo, 3)), (FUTURE.union(SOME), Layers::BASE));
    solo.advance(secs(2));
    let told =
        solo.messages().any(|(to, message)| to == addr(3) && *message == reading(2, 1, FUTURE.union(SOME)));
    assert!(told, "what we don't know ourselves is not lost either");
    // A new life may read something else.
    solo.hear(2, reading(2, 2, Layers::BASE));
    assert_eq!(layers_of(&solo, 2), Layers::BASE);
}

/// The reply to a push/pull goes by what the first state says.
#[test]
fn own_state_comes_first_and_says_what_we_read() {
    let mut solo = choosy(quiet());
    for id in 2..40 {
        solo.hear(id, Message::Alive(alive(id, 1)));
    }
    let states = solo.machine.local_states();
    assert_eq!((states.len(), states[0].node.id, states[0].layers), (39, ME, SOME));
    assert_eq!(states.iter().filter(|state| state.node.id == ME).count(), 1);
    solo.machine.leave(solo.now).unwrap();
    let states = solo.machine.local_states();
    assert_eq!((states.len(), states[0].state), (1, State::Left));
}

/// A packet says what its destination reads, if that is known for certain.
#[test]
fn packets_and_streams_say_what_their_destination_reads() {
    let mut solo = choosy(quiet());
    assert_eq!(answer_to(&mut solo, 2), None, "a stranger");
    solo.hear(2, reading(2, 1, SOME));
    solo.hear(3, Message::Alive(alive(3, 1)));
    assert_eq!(answer_to(&mut solo, 2), Some(SOME));
    assert_eq!(answer_to(&mut solo, 3), Some(Layers::BASE));
    solo.machine.send(solo.now, addr(2), "hello".into()).unwrap();
    solo.drain();
    assert_eq!(solo.raw.last().unwrap().reads, Some(SOME));
    assert_eq!(solo.machine.reads(&addr(9)), None);

    // A join goes to an address.
    solo.machine.join(solo.now, vec![addr(2), addr(9)], Default::default()).unwrap();
    solo.drain();
    let reads: Vec<_> = solo.requests.iter().map(|request| (request.to, request.reads)).collect();
    assert_eq!(reads, [(addr(2), Some(SOME)), (addr(9), None)]);
}

/// Perhaps it has restarted as another build, and must be able to read that it is suspected.
#[test]
fn suspected_and_gone_nodes_are_sent_what_everybody_reads() {
    let mut solo = choosy(quiet());
    solo.hear(2, reading(2, 1, SOME));
    solo.hear(3, reading(3, 1, SOME));
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    assert_eq!(answer_to(&mut solo, 2), None);
    solo.hear(2, reading(2, 2, SOME));
    assert_eq!(answer_to(&mut solo, 2), Some(SOME));
    solo.hear(3, Message::Dead(dead(2, 2, 3)));
    assert_eq!(answer_to(&mut solo, 2), None);
    solo.hear(3, Message::Dead(dead(3, 1, 3)));
    solo.advance(secs(3_600));
    assert_eq!((solo.member(3), solo.machine.reads(&addr(3))), (None, None));
}

fn at(mut message: Msg, address: Addr) -> Msg {
    if let Message::Alive(alive) = &mut message {
        alive.node.address = address;
    }
    message
}

#[test]
fn address_that_changes_hands_is_that_of_who_lives_there() {
    let mut options = quiet();
    options.probe_interval = core::time::Duration::ZERO;
    let mut solo = choosy(options);
    solo.hear(2, reading(2, 1, SOME));
    solo.hear(3, at(reading(3, 1, FUTURE), addr(2)));
    assert_eq!(solo.machine.reads(&addr(2)), Some(Layers::BASE), "either of them");
    solo.hear(4, Message::Dead(dead(2, 1, 2)));
    assert_eq!(solo.machine.reads(&addr(2)), Some(FUTURE));
    solo.advance(secs(3_600));
    assert_eq!(solo.member(2), None);
    assert_eq!(solo.machine.reads(&addr(2)), Some(FUTURE), "its former owner's end is not its own");
    solo.hear(2, reading(2, 2, SOME));
    assert_eq!(solo.machine.reads(&addr(2)), Some(Layers::BASE));
    solo.hear(3, Message::Dead(dead(3, 1, 3)));
    assert_eq!(solo.machine.reads(&addr(2)), Some(SOME));
}

/// Whoever can forge signs of life must not make a node deaf by inventing others at its address: it could not even hear of its own
/// death any more.
#[test]
fn invented_names_at_an_address_do_not_decide_what_is_read_there() {
    let mut solo = choosy(quiet());
    solo.hear(2, Message::Alive(alive(2, 1)));
    for name in 100..400 {
        solo.hear(9, at(reading(name, 1, Layers::from_bits(u32::MAX)), addr(2)));
        assert!(answer_to(&mut solo, 2).is_none_or(|reads| reads == Layers::BASE), "{name}");
    }
    // It is suspected, for it could not be reached: that it must be able to read.
    solo.hear(3, Message::Suspect(suspect(2, 1, 3)));
    assert_eq!(answer_to(&mut solo, 2), None);
}

/// Nothing is looked up where it could change nothing.
#[test]
fn framing_that_everybody_reads_asks_nothing_of_anybody() {
    let mut solo = Solo::with_members(quiet(), [2]);
    solo.hear(2, reading(2, 2, SOME));
    assert_eq!(layers_of(&solo, 2), SOME);
    assert_eq!(answer_to(&mut solo, 2), None);
}

/// A node that does not know of layers loses them when it passes a statement on. Whom we ask may know more.
#[test]
fn lost_layers_are_learnt_again_from_whom_we_ask() {
    let mut solo = choosy(quiet());
    solo.hear(2, Message::Alive(alive(2, 5)));
    solo.merge(None, vec![state_reading(2, 5, SOME)]);
    solo.hear(2, reading(2, 5, SOME));
    assert_eq!(layers_of(&solo, 2), Layers::BASE, "hearsay of the same life is none");
    solo.machine.join(solo.now, vec![addr(3)], Default::default()).unwrap();
    solo.drain();
    let id = solo.requests.pop().unwrap().id;
    solo.clear();
    solo.merge(Some(id), vec![state_reading(3, 1, SOME), state_reading(2, 5, SOME)]);
    assert_eq!(layers_of(&solo, 2), SOME);
    assert!(!solo.events.iter().any(|event| matches!(event, Event::Updated { .. })));
}

/// Nobody may make others send us what we can't read.
#[test]
fn too_much_said_of_us_is_contradicted_and_too_little_is_not() {
    let mut solo = choosy(quiet());
    solo.hear(2, Message::Alive(alive(2, 1)));
    let before = solo.incarnation();
    for less in [Layers::BASE, Layers::from_bits(0b10), SOME] {
        solo.hear(2, reading(ME, before, less));
    }
    assert_eq!(solo.incarnation(), before);
    solo.hear(2, reading(ME, before, SOME.union(FUTURE)));
    assert_eq!(solo.incarnation(), before + 1);
    assert_eq!(layers_of(&solo, ME), SOME);
}
