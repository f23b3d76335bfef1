use super::*;
use crate::{
    Access, Bandwidth, Burst, Instant, Latency, Link, Name, Network, NodeIndex, Observer, Options, Partition,
    Restart, Simulation, State, Zone, random,
};
use bytes::Bytes;
use core::time::Duration;
use memberlist_proto::JoinOptions;
use proptest::prelude::*;
use std::io::Cursor;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A network on which everything happens that can.
fn rough() -> Network {
    let mut network = Network::lossy_wan();
    network.link_mut().bandwidth = Some(Bandwidth::new(400_000));
    network.spread(3);
    network.connect_both(
        Zone(0),
        Zone(1),
        Link::new(Latency::pareto(millis(2), millis(5), 2.5)).with_loss(0.01),
    );
    network.connect(Zone(1), Zone(2), Link::new(Latency::normal(millis(20), millis(6))).with_duplicate(0.02));
    network.connect(Zone(2), Zone(2), Link::new(Latency::exponential(millis(1), millis(4))));
    let table = vec![(0.0, millis(1)), (0.9, millis(3)), (1.0, millis(60))];
    network.set_pair(NodeIndex(3), NodeIndex(4), Some(Link::new(Latency::Table(table))));
    let burst = Burst { good: seconds(4), bad: millis(400), loss: 0.8 };
    network.set_pair(NodeIndex(4), NodeIndex(3), Some(Link::lan().with_burst(burst)));
    let slow = Access { egress: Some(Bandwidth::new(1_500).with_queue(2_000)), ..Access::flaky(0.05) };
    network.set_access(NodeIndex(7), slow);
    let start = Instant::START + seconds(25);
    let cut = Partition::groups("cut", vec![vec![NodeIndex(1), NodeIndex(8)]])
        .from(start)
        .until(start + seconds(9));
    network.partition(cut).unwrap();
    network
}

/// A run in which everything happens that can: on a rough network nodes crash, vanish, restart, pause, block, leave and come back.
fn busy<O: Observer + 'static>(seed: u64, observer: O) -> Simulation<O> {
    let mut cluster = Simulation::with_observer(seed, rough(), observer);
    cluster.form(20, &Options::wan()).unwrap();
    let late = cluster.spawn(&Options::lan()).unwrap();
    cluster.join(late, &[NodeIndex(0), NodeIndex(7)]).unwrap();
    cluster.set_clock(NodeIndex(6), 20_000);
    cluster.set_processing(NodeIndex(9), millis(3));
    cluster.after(seconds(2), |cluster| cluster.crash(NodeIndex(2)));
    cluster.after(seconds(3), |cluster| cluster.pause(NodeIndex(5), seconds(4)));
    cluster.after(seconds(4), |cluster| cluster.block(NodeIndex(11), seconds(3)));
    cluster.after(seconds(5), |cluster| cluster.vanish(NodeIndex(12)));
    cluster.after(seconds(6), |cluster| cluster.crash(NodeIndex(14)));
    cluster.after(seconds(8), |cluster| cluster.leave(NodeIndex(13)));
    cluster.after(seconds(10), |cluster| {
        cluster.command(NodeIndex(0), |endpoint, now| {
            let _ = endpoint.broadcast(now, None, Bytes::from_static(b"hello"));
        });
    });
    cluster.after(seconds(15), |cluster| {
        cluster.restart(NodeIndex(2), Restart::SameAddress).unwrap();
        cluster.join(NodeIndex(2), &[NodeIndex(1)]).unwrap();
        cluster.restart(NodeIndex(12), Restart::NewAddress).unwrap();
        cluster.join_with(NodeIndex(12), &[NodeIndex(3)], JoinOptions::new()).unwrap();
        cluster.rejoin(NodeIndex(13)).unwrap();
        cluster.join(NodeIndex(13), &[NodeIndex(4)]).unwrap();
    });
    cluster.run_for(seconds(90));
    cluster
}

fn traced(seed: u64) -> (String, Summary) {
    let header = Header::new(seed).with_about("a busy cluster");
    let (bytes, summary) = busy(seed, Writer::new(Vec::new(), &header)).into_observer().finish().unwrap();
    (String::from_utf8(bytes).unwrap(), summary)
}

fn reader(text: &str) -> Reader<Cursor<Vec<u8>>> {
    Reader::new(Cursor::new(text.as_bytes().to_vec())).unwrap()
}

/// What the busy run does, in one number: the same in debug and in release builds, and on every machine.
///
/// It changes whenever protocol or simulator do something else in it: then put the new one here.
const BUSY: u64 = 0x954c_db14_90af_f593;

#[test]
fn busy_run_is_the_same_in_every_build() {
    let summary = busy(1, Writer::new(std::io::sink(), &Header::new(1))).observer().summary();
    assert_eq!(summary.fingerprint, BUSY, "{:#018x}: see BUSY", summary.fingerprint);
}

/// The same for all draws that go through floating-point arithmetic: it changes with nothing but the definition of the distributions.
#[test]
fn distributions_give_the_same_bits_in_every_build() {
    let mut rng = random::generator(1, "bits", 0);
    let mut fingerprint = Fingerprint::new();
    for latency in [
        Latency::normal(millis(20), millis(6)),
        Latency::log_normal(millis(40), millis(100)),
        Latency::exponential(millis(1), millis(4)),
        Latency::pareto(millis(2), millis(5), 2.5),
        Latency::Table(vec![(0.0, millis(1)), (0.3, millis(2)), (1.0, millis(60))]),
    ] {
        for _ in 0..10_000 {
            fingerprint.add(&latency.draw(&mut rng).as_nanos().to_le_bytes());
        }
        fingerprint.add(&latency.median().as_nanos().to_le_bytes());
    }
    assert_eq!(fingerprint.to_string(), "93fe20c18bbed560");
}

#[test]
fn same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (once, summary) = traced(1);
    let (again, _) = traced(1);
    let (other, _) = traced(2);
    assert!(once == again && once != other);
    assert!(summary.steps > 15_000, "much happens: {summary:?}");
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Undecodable) {
        assert!(once.contains(&format!(" {kind}")), "{kind}");
    }
    for what in [
        " lost link",
        " lost rule",
        " lost congestion",
        " twice ",
        " started ",
        " crashed",
        " vanished",
        " paused 4000000000",
        " blocked ",
        " leave",
        " rejoin",
        " clock 20000",
        " stream dial ",
        " stream done ",
        " event failed ",
        " event suspected ",
        " event left ",
        " event joined ",
    ] {
        assert!(once.contains(what), "{what}");
    }
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let (text, summary) = traced(3);
    let mut reader = reader(&text);
    assert_eq!(reader.header(), &Header::new(3).with_about("a busy cluster"));
    let entries: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(entries.len() as u64, summary.steps);
    assert_eq!(reader.summary(), summary);
    let lines: Vec<_> = text.lines().collect();
    for entry in &entries {
        assert_eq!(entry.to_string(), lines[entry.line as usize - 1]);
    }
    assert_eq!(entries[0].line, 4);
}

#[test]
fn beliefs_of_the_trace_are_those_of_the_nodes() {
    let header = Header::new(5).with_kinds([Kind::Event, Kind::Action]);
    let mut cluster = busy(5, Writer::new(Vec::new(), &header));
    let writer = core::mem::replace(cluster.observer_mut(), Writer::new(Vec::new(), &header));
    let (bytes, _) = writer.finish().unwrap();
    let mut stepper = Stepper::new(Reader::new(&bytes[..]).unwrap());
    let mut states = [0; 4];
    while let Some(entry) = stepper.next_entry().unwrap() {
        assert!(matches!(entry.kind, Kind::Event | Kind::Action));
        assert_eq!(stepper.now(), entry.at);
        states.iter_mut().enumerate().for_each(|(place, count)| {
            let state = [State::Alive, State::Suspect, State::Dead, State::Left][place];
            *count += usize::from(stepper.beliefs().by(entry.node).any(|(_, belief)| belief.state == state));
        });
    }
    assert!(states.iter().all(|count| *count > 0), "every state was seen: {states:?}");
    for node in cluster.nodes() {
        let Some(endpoint) = cluster.endpoint(node) else {
            assert_eq!(stepper.beliefs().by(node).count(), 0);
            continue;
        };
        for about in cluster.nodes() {
            let belief = stepper.beliefs().of(node, about).map(|belief| belief.state);
            assert_eq!(belief, endpoint.member(&Name(about)).map(|member| member.state), "{node} of {about}");
        }
    }
    assert!(stepper.beliefs().to_string().contains("node 3: alive to "));
    assert!(stepper.beliefs().about(NodeIndex(3)).count() > 10 && stepper.beliefs().nodes().count() > 10);
}

#[test]
fn filter_stops_at_what_is_asked_for_alone() {
    let (text, _) = traced(1);
    let count = |filter: Filter| {
        let mut stepper = Stepper::new(reader(&text));
        stepper.set_filter(filter.clone());
        stepper.inspect(|entry| assert!(filter.matches(entry.as_ref().unwrap()))).count()
    };
    let all = count(Filter::new());
    let of_node = count(Filter::new().nodes([NodeIndex(3)]));
    let others = count(Filter::new().nodes((0..21).filter(|node| *node != 3).map(NodeIndex)));
    assert!(of_node > 100 && of_node + others == all);
    let timers = count(Filter::new().kinds([Kind::Timer]));
    assert_eq!(timers, text.lines().filter(|line| line.ends_with(" timer")).count());
    let (third, end) = (Instant::START + seconds(3), Instant::NEVER);
    let before = count(Filter::new().between(Instant::START, Instant::from_nanos(third.as_nanos() - 1)));
    assert_eq!(before + count(Filter::new().between(third, end)), all);
    assert_eq!(count(Filter::new().containing("paused").nodes([NodeIndex(5)])), 1);
}

fn compared(left: &str, right: &str) -> Comparison {
    compare(&mut reader(left), &mut reader(right), 2).unwrap()
}

#[test]
fn comparison_finds_the_first_step_that_differs() {
    let (text, summary) = traced(1);
    assert_eq!(compared(&text, &text), Comparison::Same(summary));
    let lines: Vec<_> = text.lines().collect();
    let changed = format!("{}\n{}x\n{}\n", lines[..1000].join("\n"), lines[1000], lines[1001..].join("\n"));
    let Comparison::Different(divergence) = compared(&text, &changed) else { panic!("they differ") };
    assert_eq!(divergence.step, 1001 - 3);
    assert_eq!(divergence.before, lines[998..1000]);
    assert_eq!(divergence.left, lines[1000..1003]);
    assert_eq!(divergence.right[0], format!("{}x", lines[1000]));
    let shown = divergence.to_string();
    assert!(
        shown.starts_with("they part at step 998:\n  ") && shown.contains(&format!("\n+ {}x\n", lines[1000]))
    );
}

#[test]
fn trace_that_ends_earlier_differs_there() {
    let (long, short) =
        ("memberlist trace 1\nseed 1\n1 0 timer\n2 0 timer\n", "memberlist trace 1\nseed 1\n1 0 timer\n");
    let ended = |text: &str| {
        let mut fingerprint = Fingerprint::new();
        let lines = text.lines().skip(2);
        let steps = lines.clone().count();
        lines.for_each(|line| fingerprint.add(line.as_bytes()));
        format!("{text}end {steps} {fingerprint}\n")
    };
    let Comparison::Different(divergence) = compared(&ended(long), &ended(short)) else {
        panic!("they differ")
    };
    assert_eq!((divergence.step, divergence.left.len(), divergence.right.len()), (2, 1, 0));
    assert!(divergence.to_string().contains("+ (ends here)"));
}

#[test]
fn run_is_checked_against_its_trace() {
    let (text, summary) = traced(1);
    let checked = |seed, text: &str| busy(seed, Checker::new(reader(text), 2)).into_observer();
    let checker = checked(1, &text);
    assert!(!checker.is_over() && checker.steps() == summary.steps);
    assert_eq!(checker.finish().unwrap(), Comparison::Same(summary));

    let checker = checked(2, &text);
    assert!(checker.is_over());
    let Comparison::Different(divergence) = checker.finish().unwrap() else { panic!("another seed") };
    let (other, _) = traced(2);
    assert_eq!(divergence.right.len(), 3);
    let first = text.lines().skip(3).zip(other.lines().skip(3)).position(|(a, b)| a != b).unwrap();
    assert_eq!(divergence.step, first as u64 + 1);
    assert_eq!(divergence.right, other.lines().skip(3 + first).take(3).collect::<Vec<_>>());
}

#[test]
fn run_that_ends_before_its_trace_differs_from_it() {
    let (text, _) = traced(1);
    let mut cluster = Simulation::with_observer(1, rough(), Checker::new(reader(&text), 1));
    cluster.form(20, &Options::wan()).unwrap();
    let steps = cluster.observer().steps();
    let Comparison::Different(divergence) = cluster.into_observer().finish().unwrap() else {
        panic!("it is short")
    };
    assert_eq!((divergence.step, divergence.right.len()), (steps + 1, 0));
}

#[test]
fn trace_of_some_kinds_is_checked_for_these_alone() {
    let header = Header::new(1).with_kinds([Kind::Event, Kind::Action, Kind::Event]);
    let (bytes, summary) = busy(1, Writer::new(Vec::new(), &header)).into_observer().finish().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.starts_with("memberlist trace 1\nseed 1\nkinds action event\n0 0 action started 0\n0 0 event joined 0 0 alive 1\n"),
        "{}",
        &text[..200]
    );
    let checker = busy(1, Checker::new(reader(&text), 2)).into_observer();
    assert_eq!(checker.header(), &header);
    assert_eq!(checker.finish().unwrap(), Comparison::Same(summary));
}

/// A writer that is full after so many bytes.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn error_in_writing_is_told_at_the_end() {
    for room in [0, 10_000] {
        let writer = busy(1, Writer::new(Full(room), &Header::new(1))).into_observer();
        assert_eq!(writer.finish().err().unwrap().kind(), std::io::ErrorKind::StorageFull);
    }
}

/// The line and the problem of the first error in a trace.
fn error(text: impl AsRef<[u8]>) -> (u64, String) {
    let text = text.as_ref();
    let error = match Reader::new(text) {
        Err(error) => error,
        Ok(reader) => Stepper::new(reader).find_map(Result::err).expect("an error"),
    };
    (error.line, error.problem.to_string())
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let head = "memberlist trace 1\nseed 1\n";
    let after = |rest: &str| error(format!("{head}{rest}"));
    assert_eq!(error("").0, 1);
    assert!(error("hello\n").1.starts_with("this is no trace"));
    assert_eq!(error("memberlist trace 2\nseed 1\n"), (1, "its format is of version 2, not 1".into()));
    assert_eq!(error("memberlist trace 1\nseeds 1\n"), (2, "there is no seed".into()));
    assert_eq!(error("memberlist trace 1\nseed -1\n"), (2, "the seed is no number that fits: `-1`".into()));
    assert_eq!(after("kinds action event x\n"), (3, "there is no kind of steps `x`".into()));
    assert_eq!(after("1 0 timer\n2 0 tim\n"), (4, "there is no kind of steps `tim`".into()));
    assert_eq!(after("1 x timer\n"), (3, "the node is no number that fits: `x`".into()));
    assert_eq!(after("1 4294967296 timer\n"), (3, "the node is no number that fits: `4294967296`".into()));
    assert_eq!(after("1 0\n"), (3, "there is no kind".into()));
    assert_eq!(after("\n"), (3, "there is no time".into()));
    assert_eq!(after("2 0 timer\n1 0 timer\n"), (4, "it was before the step before it".into()));
    assert_eq!(after("2 0 event failed 1 1 dying 1\n"), (3, "there is no state `dying`".into()));
    assert_eq!(after("2 0 event failed 1 1 dead\n"), (3, "there is no incarnation".into()));
    assert!(after("1 0 timer").1.contains("cut off"));
    assert_eq!(after("1 0 timer\n").0, 4);
    assert!(after("1 0 timer\nend 2 0\n").1.contains("their number differs"));
    assert!(after("1 0 timer\nend 1 0\n").1.contains("their fingerprint differs"));
    assert_eq!(after("1 0 timer\nend x 0\n").0, 4);
    assert_eq!(error([head.as_bytes(), b"1 0 \xff\n"].concat()), (3, "it is not UTF-8".into()));
    assert!(after(&"x".repeat(2 << 20)).1.contains("longer"));
    let (text, _) = traced(1);
    assert!(error(format!("{text}more\n")).1.contains("after the end"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_words_about_a_run_are_read_as_they_were_written(seed in any::<u64>(), about in "(\\PC|[\n\r|]){0,60}") {
        let header = Header::new(seed).with_about(about);
        let (bytes, _) = Writer::new(Vec::new(), &header).finish().unwrap();
        let mut reader = Reader::new(&bytes[..]).unwrap();
        prop_assert_eq!(reader.header(), &header);
        prop_assert!(reader.next_entry().unwrap().is_none());
    }

    #[test]
    fn changed_byte_is_an_error_or_another_header_and_never_a_panic(place in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut cluster = Simulation::with_observer(3, Network::lan(), Writer::new(Vec::new(), &Header::new(3)));
        cluster.form(3, &Options::lan()).unwrap();
        cluster.run_for(millis(1500));
        let (mut bytes, _) = cluster.into_observer().finish().unwrap();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != to);
        bytes[place] = to;
        let header_ends = "memberlist trace 1\nseed 3\n".len();
        let read = Reader::new(&bytes[..]).map(|reader| Stepper::new(reader).find_map(Result::err));
        if place >= header_ends {
            prop_assert!(matches!(read, Err(_) | Ok(Some(_))), "{:?}", bytes[place] as char);
        }
    }

    #[test]
    fn bytes_that_are_no_trace_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), headed in any::<bool>()) {
        let head: &[u8] = if headed { b"memberlist trace 1\nseed 1\n" } else { b"" };
        let bytes = [head, &bytes].concat();
        if let Ok(reader) = Reader::new(&bytes[..]) {
            prop_assert!(Stepper::new(reader).any(|entry| entry.is_err()));
        }
    }
}

#[test]
fn fingerprint_tells_pieces_apart_and_stays_as_it_is() {
    assert_eq!(Fingerprint::new().to_string(), "6e789e6aa1b965f4");
    let of = |pieces: &[&str]| {
        let mut fingerprint = Fingerprint::new();
        pieces.iter().for_each(|piece| fingerprint.add(piece.as_bytes()));
        fingerprint.value()
    };
    let all = [
        of(&["abc"]),
        of(&["ab", "c"]),
        of(&["abc\0"]),
        of(&["a", "bc"]),
        of(&["", "abc"]),
        of(&["12345678"]),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[..place].contains(one), "{place}");
    }
    assert_eq!(Fingerprint::of(b"abc"), of(&["abc"]));
}
