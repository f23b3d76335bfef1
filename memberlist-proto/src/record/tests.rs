#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::{
    AddressChange, EndpointRng, Event, Instant, JoinOptions, LocalNode, Options, RejectReason, RequestId,
    StreamFailure,
};
use bytes::Bytes;
use core::time::Duration;
use memberlist_types::{
    Ack, Alive, Broadcast, Dead, DecodeError, Framing, Incarnation, IndirectPing, Layers, Message, Meta,
    Nack, NativeWire, Node, NodeState, Ping, SequenceNumber, State, Suspect, Versions,
};
use proptest::prelude::*;
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
use std::{
    io,
    sync::{Arc, Mutex},
};

type Machine = Recorded<u32, u16, NativeWire>;
type Again<'a> = Replay<'a, u32, u16, NativeWire>;

/// A file in memory with so much room.
#[derive(Clone)]
struct File(Arc<Mutex<(Vec<u8>, usize, bool)>>);

impl File {
    fn new(room: usize) -> Self {
        Self(Arc::new(Mutex::new((Vec::new(), room, false))))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }

    fn is_flushed(&self) -> bool {
        self.0.lock().unwrap().2
    }
}

impl io::Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap();
        if file.0.len() + bytes.len() > file.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.0.extend_from_slice(bytes);
        file.2 = false;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().2 = true;
        Ok(())
    }
}

fn generator(seed: &Seed) -> EndpointRng {
    Box::new(Pcg64Mcg::from_seed(seed[..16].try_into().unwrap()))
}

fn options() -> Options {
    let mut options = Options::lan();
    options.address_change = AddressChange::AfterDeath(Duration::from_secs(3));
    options.max_peer_messages = 50;
    options
}

fn machine(file: &File, limit: u64) -> Machine {
    let local = LocalNode::new(1u32, 1001u16).with_meta(Meta::new("here"));
    let recorder = Recorder::new(file.clone()).with_limit(limit);
    let (start, seed) = (Instant::from_nanos(17), [9; 32]);
    Recorded::new(start, local, options(), &Framing::new(), NativeWire, &seed, generator, Some(recorder))
        .unwrap()
}

fn node(id: u32) -> Node<u32, u16> {
    Node::new(id, 1000 + id as u16)
}

fn alive(id: u32, incarnation: u32) -> Message<u32, u16> {
    Message::Alive(Alive {
        incarnation: Incarnation::new(incarnation),
        node: node(id),
        meta: Meta::new("there"),
        versions: Some(Versions::default()),
        layers: Layers::compiled_in(),
    })
}

fn states() -> Vec<NodeState<u32, u16>> {
    let states = [State::Alive, State::Suspect, State::Dead, State::Left];
    (2..10)
        .map(|id| NodeState {
            node: node(id),
            meta: Meta::new("there"),
            incarnation: Incarnation::new(id),
            state: states[id as usize % 4],
            versions: (id != 9).then(Versions::default),
            layers: Layers::from_bits(id),
        })
        .collect()
}

fn drain(machine: &mut Machine) -> Vec<RequestId> {
    while machine.poll_event().is_some() {}
    while machine.poll_transmit().is_some() {}
    core::iter::from_fn(|| machine.poll_request()).map(|request| request.id).collect()
}

/// Tells a node everything that it can be told.
fn run(machine: &mut Machine, until: u64) {
    let mut now = Instant::from_nanos(20);
    let seq = SequenceNumber;
    machine.set_ack_payload("payload".into()).unwrap();
    machine.set_seeds(now, vec![1002, 1003]);
    let join = machine
        .join(now, vec![1002, 1003, 1004], JoinOptions::new().with_parallel(2).with_attempts(2))
        .unwrap();
    let requests = drain(machine);
    let mut merging = machine.begin_merge(now, Some(requests[0]), 8).unwrap().unwrap();
    machine.merge_states(now, &mut merging, states().into_iter().take(5));
    machine.merge_states(now, &mut merging, states().into_iter().skip(5));
    machine.finish_merge(now, merging).unwrap();
    for failure in [
        StreamFailure::Invalid(DecodeError::Invalid("thing")),
        StreamFailure::KeyMismatch(DecodeError::NoKey),
        StreamFailure::Refused("no".into()),
        StreamFailure::Unreachable("gone".into()),
        StreamFailure::MergeRefused("no".into()),
        StreamFailure::TimedOut,
        StreamFailure::Cancelled,
    ] {
        machine.join(now, vec![1008], JoinOptions::new()).unwrap();
        let request = *drain(machine).last().unwrap();
        machine.handle_stream_failure(now, request, failure);
    }
    machine.cancel_join(now, join);
    machine.handle_push_pull(now, None, states()).unwrap();
    machine.restore(now, states()).unwrap();
    let ping = Ping { seq: seq(5), target: Some(1), source: Some(node(2)) };
    assert!(machine.handle_stream_ping(now, &ping).is_some());
    machine.handle_stream_ack(now, RequestId(77), &Ack { seq: seq(4), payload: "x".into() });
    let indirect = IndirectPing { seq: seq(6), target: node(3), nack: true, source: Some(node(2)) };
    let broadcast = Broadcast { origin: 2, number: 7, payload: "all".into() };
    for message in [
        alive(2, 5),
        alive(20, 1),
        Message::Ping(ping),
        Message::IndirectPing(indirect),
        Message::Ack(Ack { seq: seq(1), payload: Bytes::new() }),
        Message::Nack(Nack { seq: seq(1) }),
        Message::Suspect(Suspect { incarnation: Incarnation::new(9), node: 2, from: 3 }),
        Message::Suspect(Suspect { incarnation: Incarnation::new(1), node: 1, from: 3 }),
        Message::Dead(Dead { incarnation: Incarnation::new(9), node: 4, from: 4 }),
        Message::User("mine".into()),
        Message::Broadcast(broadcast),
    ] {
        assert!(machine.admit_packet(now, &1002, 100));
        machine.handle_message(now, 1002, message);
        drain(machine);
    }
    machine.handle_send_failure(now, seq(12));
    machine.reject(now, RejectReason::Delegate, Some(2), None);
    machine.reject(now, RejectReason::Delegate, None, Some(1002));
    machine.update_meta(now, Meta::new("elsewhere")).unwrap();
    machine.update_address(now, 2001).unwrap();
    machine.broadcast(now, Some("key".into()), "to all".into()).unwrap();
    machine.broadcast(now, None, Bytes::new()).unwrap_err();
    machine.send(now, 1003, "to one".into()).unwrap();
    machine.send_many(now, 1003, vec!["more".into(), "and more".into()]).unwrap();
    machine.ping(now, node(20)).unwrap();
    machine.set_options(now, options().with_probe_interval(Duration::from_secs(2))).unwrap();
    let end = Instant::START + Duration::from_secs(until);
    let mut answered = 0;
    while let Some(at) = machine.poll_timeout().filter(|at| *at <= end) {
        now = at.max(now);
        machine.handle_timeout(now);
        while machine.poll_event().is_some() {}
        while let Some(transmit) = machine.poll_transmit() {
            answered += 1;
            if answered % 3 == 0 {
                machine.handle_message(now, transmit.to, alive(u32::from(transmit.to - 1000), answered));
            }
        }
        drain(machine);
    }
    machine.gossip(now);
    assert!(machine.forget(&99).is_none());
    machine.leave(now).unwrap();
    drain(machine);
    machine.rejoin(now).unwrap();
    drain(machine);
}

fn recording() -> Vec<u8> {
    let file = File::new(usize::MAX);
    let mut machine = machine(&file, u64::MAX);
    run(&mut machine, 20);
    assert!(machine.is_recording() && !file.is_flushed());
    drop(machine);
    assert!(file.is_flushed());
    file.bytes()
}

fn replay(bytes: &[u8]) -> Result<Again<'_>, ReplayError> {
    Replay::new(bytes, NativeWire, generator)
}

#[test]
fn recorded_node_does_the_same_again_whatever_it_is_told() {
    let bytes = recording();
    let mut again = replay(&bytes).unwrap();
    let (mut inputs, mut events, mut packets, mut requests) = (0, 0, 0, 0);
    let mut kinds = std::collections::BTreeSet::new();
    while let Some(step) = again.step().unwrap() {
        assert!(step.checked);
        inputs += 1;
        events += step.events.len();
        packets += step.transmits.len();
        requests += step.requests.len();
        let shown = step.to_string();
        kinds.insert(shown.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned());
    }
    assert_eq!(again.stop(), Some(Stop::Finished));
    assert!(
        inputs > 200 && events > 30 && packets > 50 && requests > 10,
        "{inputs} {events} {packets} {requests}"
    );
    assert_eq!(kinds.len(), 29, "all inputs and the start: {kinds:?}");
    assert_eq!(again.step().unwrap().map(|step| step.entry), None);
}

#[test]
fn replayed_endpoint_is_the_recorded_one() {
    let file = File::new(usize::MAX);
    let mut machine = machine(&file, u64::MAX);
    run(&mut machine, 30);
    machine.end_recording();
    assert!(!machine.is_recording());
    let bytes = file.bytes();
    let mut again = replay(&bytes).unwrap();
    again.finish().unwrap();
    assert_eq!(again.endpoint().known(), machine.known());
    assert_eq!(again.endpoint().stats(), machine.stats());
    machine.leave(Instant::NEVER).unwrap();
    assert_eq!(file.bytes(), bytes, "nothing is recorded any more");
}

#[test]
fn step_has_its_outputs_at_hand() {
    let bytes = recording();
    let mut again = replay(&bytes).unwrap();
    let start = again.step().unwrap().unwrap();
    assert!(start.input.is_none() && start.entry == 0);
    assert!(matches!(&start.events[..], []), "they were fetched after the next input");
    let joined = core::iter::from_fn(|| again.step().unwrap()).find(|step| {
        step.events.iter().any(|event| matches!(event, Event::Joined(member) if member.node.id == 20))
    });
    let joined = joined.unwrap();
    assert!(matches!(joined.input, Some(Input::Message { message: Message::Alive(_), .. })));
    assert!(joined.to_string().contains("Message now=Instant(20) from=1002 message=Alive"), "{joined}");
    assert!(joined.to_string().contains("\n    event Joined("), "{joined}");
}

#[test]
fn every_entry_is_read_as_it_was_written() {
    let bytes = recording();
    let mut again = super::entry::MAGIC.to_vec();
    for (number, entry) in Entries::<u32, u16>::new(&bytes).unwrap().enumerate() {
        let mut body = Vec::new();
        entry.unwrap().put(&mut body).unwrap();
        again.extend_from_slice(&(body.len() as u32).to_le_bytes());
        again.extend_from_slice(&super::entry::checksum(number as u64, &body).to_le_bytes());
        again.extend_from_slice(&body);
    }
    assert!(again == bytes);
}

#[test]
fn recording_that_was_cut_off_replays_up_to_there() {
    let bytes = recording();
    let places: Vec<_> = {
        let mut entries = Entries::<u32, u16>::new(&bytes).unwrap();
        core::iter::from_fn(|| entries.next().map(|_| entries.place().1)).collect()
    };
    for (number, place) in places.iter().enumerate().take(60) {
        let mut again = replay(&bytes[..*place]).unwrap();
        let (mut steps, mut unchecked) = (0, 0);
        while let Some(step) = again.step().unwrap() {
            steps += 1;
            unchecked += usize::from(!step.checked);
        }
        assert_eq!((steps, unchecked), (number / 2 + 1, usize::from(number % 2 == 0)), "{number}");
        assert_eq!(again.stop(), None);
        let within = replay(&bytes[..place - 1]).and_then(|mut again| again.finish());
        let Err(ReplayError::Log(error)) = within else { panic!("{within:?}") };
        assert_eq!((error.entry, error.problem), (number as u64, LogProblem::CutOff));
    }
}

#[test]
fn limit_ends_the_recording_and_not_the_node() {
    let whole = recording();
    for limit in [600, 1000, 5000] {
        let file = File::new(usize::MAX);
        let mut machine = machine(&file, limit);
        run(&mut machine, 20);
        assert!(!machine.is_recording() && file.is_flushed());
        drop(machine);
        let bytes = file.bytes();
        assert!(bytes.len() as u64 <= limit + 10 && bytes.len() as u64 > limit - 300, "{}", bytes.len());
        assert!(whole.starts_with(&bytes[..bytes.len() - 10]));
        let mut again = replay(&bytes).unwrap();
        again.finish().unwrap();
        assert_eq!(again.stop(), Some(Stop::Full));
    }
}

#[test]
fn full_disk_ends_the_recording_and_not_the_node() {
    let file = File::new(3000);
    let mut machine = machine(&file, u64::MAX);
    run(&mut machine, 20);
    assert!(!machine.is_recording());
    assert!(replay(&file.bytes()).unwrap().finish().unwrap() > 5);
}

#[test]
fn node_that_is_not_recorded_does_the_same() {
    let local = LocalNode::new(1u32, 1001u16).with_meta(Meta::new("here"));
    let start = Instant::from_nanos(17);
    let mut plain: Machine =
        Recorded::new(start, local, options(), &Framing::new(), NativeWire, &[9; 32], generator, None)
            .unwrap();
    assert!(!plain.is_recording());
    run(&mut plain, 20);
    let mut recorded = machine(&File::new(usize::MAX), u64::MAX);
    run(&mut recorded, 20);
    assert_eq!((plain.known(), plain.stats()), (recorded.known(), recorded.stats()));
}

/// Puts another body into an entry, with a checksum that fits.
fn forged(bytes: &[u8], entry: u64, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut entries = Entries::<u32, u16>::new(bytes).unwrap();
    while entries.place().0 < entry {
        entries.next().unwrap().unwrap();
    }
    let begin = entries.place().1;
    entries.next().unwrap().unwrap();
    let end = entries.place().1;
    let mut body = bytes[begin + 8..end].to_vec();
    change(&mut body);
    let head =
        [(body.len() as u32).to_le_bytes(), super::entry::checksum(entry, &body).to_le_bytes()].concat();
    [&bytes[..begin], &head, &body, &bytes[end..]].concat()
}

fn failure(bytes: &[u8]) -> ReplayError {
    replay(bytes).and_then(|mut again| again.finish()).unwrap_err()
}

#[test]
fn other_outcome_is_a_divergence_with_its_place() {
    let bytes = recording();
    for (byte, what) in [(1, "results"), (9, "events"), (21, "packets"), (37, "requests for streams")] {
        let error = failure(&forged(&bytes, 23, |body| body[byte] ^= 1));
        let ReplayError::Diverged(divergence) = error else { panic!("{error}") };
        assert_eq!((divergence.entry, divergence.what), (22, what));
    }
    let error = failure(&forged(&bytes, 23, |body| *body.last_mut().unwrap() ^= 1));
    let ReplayError::Diverged(divergence) = error else { panic!("{error}") };
    assert!(
        divergence.what == "timeouts" && divergence.to_string().starts_with("entry 22 of the recording, ")
    );
}

#[test]
fn other_seed_diverges() {
    let bytes = forged(&recording(), 0, |body| *body.last_mut().unwrap() ^= 1);
    // The half of the seed that this generator takes.
    let other = forged(&bytes, 0, |body| {
        let seed = body.len() - 32;
        body[seed] ^= 16;
    });
    assert!(replay(&bytes).unwrap().finish().is_ok());
    assert!(matches!(failure(&other), ReplayError::Diverged(_)));
}

#[test]
fn entries_out_of_order_and_nonsense_are_errors() {
    let bytes = recording();
    let problem = |bytes: &[u8]| match failure(bytes) {
        ReplayError::Log(error) => (error.entry, error.problem),
        other => panic!("{other}"),
    };
    assert_eq!(problem(b"hello").1, LogProblem::NotARecording);
    assert_eq!(problem(&bytes[..20]), (0, LogProblem::CutOff));
    assert_eq!(problem(&forged(&bytes, 2, |body| body.push(0))), (2, LogProblem::TooLong(1)));
    assert_eq!(problem(&forged(&bytes, 2, |body| body[0] = 90)), (2, DecodeError::UnknownKind(90).into()));
    assert_eq!(problem(&forged(&bytes, 2, |body| body.clear())), (2, DecodeError::Truncated.into()));
    assert_eq!(problem(&forged(&bytes, 2, |body| *body = vec![129, 0])), (2, LogProblem::OutOfOrder));
    // A merge goes on that was not begun.
    let finish = [&[19][..], &[0; 8], &[200; 8]].concat();
    assert_eq!(problem(&forged(&bytes, 2, |body| *body = finish)), (2, LogProblem::OutOfOrder));
    let error = failure(&forged(&bytes, 2, |body| body[0] = 90)).to_string();
    assert!(error.starts_with("entry 2 of the recording, at byte "), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn changed_byte_is_an_error_with_its_place_and_never_a_panic(place in any::<prop::sample::Index>(), by in 1u8..) {
        static RECORDING: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(recording);
        let mut bytes = RECORDING.clone();
        *place.get_mut(&mut bytes[..]) ^= by;
        prop_assert!(matches!(failure(&bytes), ReplayError::Log(_)));
    }

    /// As somebody may send it who knows the format.
    #[test]
    fn changed_entry_with_a_good_checksum_is_never_a_panic(
        entry in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), by in 1u8..,
    ) {
        static RECORDING: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(recording);
        let entries = Entries::<u32, u16>::new(&RECORDING).unwrap().count();
        let bytes = forged(&RECORDING, entry.index(entries) as u64, |body| *place.get_mut(body) ^= by);
        let _ = replay(&bytes).and_then(|mut again| again.finish());
    }

    #[test]
    fn bytes_that_are_no_recording_are_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in any::<u8>()) {
        let body = [&[kind][..], &bytes].concat();
        let head = [(body.len() as u32).to_le_bytes(), super::entry::checksum(0, &body).to_le_bytes()].concat();
        let bytes = [super::entry::MAGIC, &head, &body].concat();
        prop_assert!(replay(&bytes).and_then(|mut again| again.finish()).is_err());
    }
}
