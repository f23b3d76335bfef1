//! Push/pulls in parts.

use super::*;
use memberlist_types::{Message, WireFeatures};

const NUMBER: u64 = 0x5eed;

type Pieces<'a> = &'a [(&'a [&'a str], &'a str)];

const SAID: Pieces<'static> = &[(&[], "first of "), (&["a", "b"], "all"), (&["c"], ""), (&[], "")];

fn whole(join: bool, pieces: Pieces<'_>) -> PushPull<SmolStr, SocketAddr> {
    let names: Vec<&str> = pieces.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    let user: String = pieces.iter().map(|(_, user)| *user).collect();
    PushPull { user: user.into(), ..push_pull(join, &names) }
}

fn tell(exchange: &mut Chat, pieces: Pieces<'_>) -> Result<(), EncodeError> {
    for (n, (names, user)) in pieces.iter().enumerate() {
        let states = push_pull(false, names).states;
        let user = Bytes::copy_from_slice(user.as_bytes());
        exchange.send_part(&WIRE, &framing(), states, user, n + 1 < pieces.len())?;
    }
    Ok(())
}

/// A dialler that has said this in parts, and its frames.
fn asking(conversation: u64, join: bool, pieces: Pieces<'_>) -> (Chat, Vec<Bytes>) {
    let mut dialler = Chat::dial_push_pull(&WIRE, limits(), conversation, join);
    tell(&mut dialler, pieces).unwrap();
    let frames = core::iter::from_fn(|| dialler.poll_write()).collect();
    (dialler, frames)
}

fn feed(exchange: &mut Chat, frames: &[Bytes]) -> Result<(), DecodeError> {
    frames.iter().try_for_each(|frame| exchange.handle_data(&WIRE, &framing(), frame))
}

/// The frames of an answer to a request with this conversation.
fn answer(conversation: u64, request: Pieces<'_>, pieces: Pieces<'_>) -> Vec<Bytes> {
    let mut acceptor = accept();
    feed(&mut acceptor, &asking(conversation, true, request).1).unwrap();
    assert!(matches!(acceptor.poll_output(), Some(Output::PushPullRequest(_))));
    tell(&mut acceptor, pieces).unwrap();
    core::iter::from_fn(|| acceptor.poll_write()).collect()
}

/// P-18: with a conversation and without one, in any number of parts both ways
#[test]
fn parts_go_there_and_back_and_come_out_as_one() {
    let reply: Pieces<'_> = &[(&["x"], ""), (&["y", "z"], "")];
    for conversation in [NUMBER, u64::MAX, 0] {
        for (request, reply) in [
            (SAID, reply),
            (reply, SAID),
            (&SAID[1..2], reply),
            (SAID, &reply[..1]),
            (&[(&[], "")], &[(&[], "")]),
        ] {
            let (mut dialler, frames) = asking(conversation, true, request);
            assert_eq!(frames.len(), request.len());
            let mut acceptor = accept();
            for frame in &frames {
                assert!(acceptor.wants_read() && acceptor.poll_output().is_none());
                acceptor.handle_data(&WIRE, &framing(), frame).unwrap();
            }
            assert_eq!(acceptor.poll_output(), Some(Output::PushPullRequest(whole(true, request))));
            assert!(!acceptor.wants_read());
            tell(&mut acceptor, reply).unwrap();
            let frames: Vec<Bytes> = core::iter::from_fn(|| acceptor.poll_write()).collect();
            assert_eq!(frames.len(), reply.len());
            feed(&mut dialler, &frames).unwrap();
            assert_eq!(dialler.poll_output(), Some(Output::PushPullReply(whole(true, reply))));
            assert!(!dialler.wants_read() && dialler.poll_output().is_none());
        }
    }
}

/// `reply` answers a request in parts, too: within its conversation
#[test]
fn a_reply_in_one_piece_fits_its_conversation() {
    let (mut dialler, frames) = asking(NUMBER, false, SAID);
    let mut acceptor = accept();
    feed(&mut acceptor, &frames).unwrap();
    acceptor.reply(&WIRE, &framing(), &Msg::PushPull(whole(false, SAID))).unwrap();
    carry(&mut acceptor, &mut dialler);
    assert_eq!(dialler.poll_output(), Some(Output::PushPullReply(whole(false, SAID))));
    // Outside it, it is not taken.
    let (mut dialler, _) = asking(NUMBER, false, SAID);
    let error = dialler.handle_data(&WIRE, &framing(), &frame(&Msg::PushPull(whole(false, SAID)), false));
    assert_eq!(error, Err(DecodeError::Invalid("conversation of a part")));
}

/// However far they come: before the last byte nothing comes out, and more is wanted
#[test]
fn parts_that_are_cut_at_any_byte_say_nothing() {
    let (_, frames) = asking(NUMBER, true, SAID);
    let bytes = frames.concat();
    for end in 0..bytes.len() {
        let mut acceptor = accept();
        acceptor.handle_data(&WIRE, &framing(), &bytes[..end]).unwrap();
        assert!(acceptor.wants_read(), "{end}: the end of the stream would be a truncation");
        assert_eq!((acceptor.poll_output(), acceptor.poll_write()), (None, None), "{end}");
        assert!(acceptor.reply(&WIRE, &framing(), &Msg::PushPull(whole(true, SAID))).is_err());
    }
}

/// Encrypted parts are authentic each, but may be dropped, doubled and moved by whoever is on the way
#[test]
fn parts_that_are_missing_doubled_or_moved_are_refused() {
    let (_, all) = asking(NUMBER, true, SAID);
    let reply = answer(NUMBER, SAID, SAID);
    let last = all.len() - 1;
    for (frames, dialling) in [(&all, false), (&reply, true)] {
        let receiver = || if dialling { asking(NUMBER, true, SAID).0 } else { accept() };
        for n in 0..frames.len() {
            let mut without = frames.clone();
            without.remove(n);
            let mut doubled = frames.clone();
            doubled.insert(n, frames[n].clone());
            let mut tampered = vec![doubled];
            if n < last {
                tampered.push(without);
                let mut moved = frames.clone();
                moved.swap(n, n + 1);
                tampered.push(moved);
            }
            for frames in tampered {
                let mut receiver = receiver();
                let error = feed(&mut receiver, &frames).unwrap_err();
                let expected = ["number of a part", "bytes behind the message"];
                assert!(expected.iter().any(|what| error == DecodeError::Invalid(what)), "{n}: {error}");
                assert_eq!((receiver.poll_output(), receiver.wants_read()), (None, false));
                assert_eq!(receiver.held(), 0, "nothing is kept");
            }
        }
        // Without the last there is no end.
        let mut receiver = receiver();
        feed(&mut receiver, &frames[..last]).unwrap();
        assert!(receiver.wants_read() && receiver.poll_output().is_none());
    }
}

/// Neither of another conversation, nor of the other direction of the same one
#[test]
fn parts_from_elsewhere_are_refused() {
    let (_, mine) = asking(NUMBER, true, SAID);
    for other in [asking(NUMBER + 1, true, SAID).1, asking(0, true, SAID).1] {
        for n in 1..mine.len() {
            let spliced = [&mine[..n], &other[n..]].concat();
            assert_eq!(feed(&mut accept(), &spliced), Err(DecodeError::Invalid("conversation of a part")));
        }
        let (mut dialler, _) = asking(NUMBER, true, SAID);
        assert_eq!(feed(&mut dialler, &other), Err(DecodeError::Invalid("conversation of a part")));
    }
    // A whole answer that was recorded, and one's own words.
    let (mut dialler, _) = asking(NUMBER, true, SAID);
    let recorded = answer(NUMBER + 1, SAID, SAID);
    assert_eq!(feed(&mut dialler, &recorded), Err(DecodeError::Invalid("conversation of a part")));
    let (mut dialler, own) = asking(NUMBER, true, SAID);
    assert_eq!(feed(&mut dialler, &own), Err(DecodeError::Invalid("number of a part")));
    let good = answer(NUMBER, SAID, SAID);
    for n in 1..good.len() {
        let (mut dialler, own) = asking(NUMBER, true, SAID);
        let spliced = [&good[..n], &own[n..]].concat();
        assert_eq!(feed(&mut dialler, &spliced), Err(DecodeError::Invalid("number of a part")));
    }
}

/// A request that was sent on to several nodes has several answers; they are not mixed
#[test]
fn answers_of_several_nodes_are_not_mixed() {
    let (_, frames) = asking(NUMBER, true, SAID);
    let answers = [7, 8, 0].map(|answer| {
        let mut acceptor = accept().answering_as(answer);
        feed(&mut acceptor, &frames).unwrap();
        tell(&mut acceptor, SAID).unwrap();
        core::iter::from_fn(|| acceptor.poll_write()).collect::<Vec<Bytes>>()
    });
    for (k, one) in answers.iter().enumerate() {
        let (mut dialler, _) = asking(NUMBER, true, SAID);
        feed(&mut dialler, one).unwrap();
        assert_eq!(dialler.poll_output(), Some(Output::PushPullReply(whole(true, SAID))));
        for other in answers.iter().enumerate().filter(|(n, _)| *n != k).map(|(_, other)| other) {
            for n in 1..one.len() {
                let (mut dialler, _) = asking(NUMBER, true, SAID);
                let mixed = [&one[..n], &other[n..]].concat();
                assert_eq!(feed(&mut dialler, &mixed), Err(DecodeError::Invalid("answer of a part")));
            }
        }
    }
}

#[test]
fn nothing_but_parts_belongs_between_parts() {
    let (_, frames) = asking(NUMBER, true, SAID);
    for other in [Msg::Ping(ping(1)), Msg::User(Bytes::from_static(b"u")), Msg::Error("x".into())] {
        let mut acceptor = accept();
        feed(&mut acceptor, &frames[..1]).unwrap();
        let error = acceptor.handle_data(&WIRE, &framing(), &frame(&other, false));
        assert_eq!(error, Err(DecodeError::Invalid("kind of request")));
    }
    // An answer before the end of the question.
    let mut dialler = Chat::dial_push_pull(&WIRE, limits(), 0, true);
    let error = dialler.handle_data(&WIRE, &framing(), &frame(&Msg::PushPull(whole(true, SAID)), false));
    assert_eq!(error, Err(DecodeError::Invalid("answer before the end of the question")));
}

#[test]
fn a_refusal_may_come_between_the_parts_of_an_answer() {
    let reply = answer(NUMBER, SAID, SAID);
    for n in 0..reply.len() {
        let (mut dialler, _) = asking(NUMBER, true, SAID);
        feed(&mut dialler, &reply[..n]).unwrap();
        dialler.handle_data(&WIRE, &framing(), &frame(&Msg::Error("no more".into()), false)).unwrap();
        assert_eq!(dialler.poll_output(), Some(Output::Refused("no more".into())));
        assert!(!dialler.wants_read());
    }
}

/// P-18, P-19: the limits hold for the sum, exactly, on both sides, and nobody can send parts without end
#[test]
fn limits_hold_for_the_sum_of_the_parts() {
    let (_, frames) = asking(NUMBER, true, SAID);
    let sum: usize = frames.iter().map(Bytes::len).sum();
    let open = limits();
    for (enough, less, what) in [
        (open.with_max_states(3), open.with_max_states(2), "states"),
        (open.with_max_user(12), open.with_max_user(11), "user bytes"),
        (open.with_max_frame(sum), open.with_max_frame(sum - 1), "frame bytes"),
    ] {
        feed(&mut Chat::accept(enough), &frames).unwrap();
        let error = feed(&mut Chat::accept(less), &frames).unwrap_err();
        assert!(matches!(error, DecodeError::TooLarge { what: is, .. } if is == what), "{what}: {error}");
        tell(&mut Chat::dial_push_pull(&WIRE, enough, NUMBER, true), SAID).unwrap();
        let error = tell(&mut Chat::dial_push_pull(&WIRE, less, NUMBER, true), SAID).unwrap_err();
        assert!(matches!(error, EncodeError::TooLarge { .. }), "{what}: {error}");
    }
    let mut dialler = Chat::dial_push_pull(&WIRE, open, NUMBER, true);
    let error = dialler.send_part(&WIRE, &framing(), vec![], Bytes::new(), true);
    assert_eq!(error, Err(EncodeError::Unsupported("a part with nothing in it before others")));
}

/// What compression hides counts as well
#[test]
fn content_counts_where_the_frame_is_shorter() {
    let mut acceptor = Chat::accept(limits().with_max_frame(10_000));
    let lean = Lean { bytes: 4_000, sent: 0.into() };
    let framing = framing();
    for n in 0..3 {
        let fed = acceptor.handle_data(&lean, &framing, &[0]);
        assert_eq!(fed.is_ok(), n < 2, "{fed:?}");
    }
    assert!(matches!(acceptor.handle_data(&lean, &framing, &[0]), Err(DecodeError::TooLarge { .. })));
}

/// A wire whose frames have one byte each, and say that much.
struct Lean {
    bytes: usize,
    sent: core::sync::atomic::AtomicU32,
}

/// The native wire as it would be without parts.
struct Whole;

macro_rules! a_wire {
    ($wire:ty, $features:expr, $encode:expr, $decode:expr) => {
        impl Wire<SmolStr, SocketAddr> for $wire {
            fn features(&self) -> WireFeatures {
                $features
            }
            fn encode_message(
                &self,
                _: &Message<SmolStr, SocketAddr>,
                _: &mut Vec<u8>,
            ) -> Result<(), EncodeError> {
                Err(EncodeError::Unsupported("packets"))
            }
            fn packet_overhead(&self, _: &Framing) -> usize {
                0
            }
            fn message_overhead(&self) -> usize {
                0
            }
            fn max_packet_messages(&self) -> usize {
                0
            }
            fn encode_packet(&self, _: &Framing, _: &[Bytes]) -> Result<Bytes, EncodeError> {
                Err(EncodeError::Unsupported("packets"))
            }
            fn decode_packet(
                &self,
                _: &Framing,
                _: Bytes,
                _: &mut dyn FnMut(Result<Message<SmolStr, SocketAddr>, DecodeError>),
            ) -> Result<(), DecodeError> {
                Err(DecodeError::Truncated)
            }
            fn encode_frame(
                &self,
                framing: &Framing,
                limits: &StreamLimits,
                first: bool,
                message: &Msg,
            ) -> Result<Bytes, EncodeError> {
                let encode: fn(&Framing, &StreamLimits, bool, &Msg) -> Result<Bytes, EncodeError> = $encode;
                encode(framing, limits, first, message)
            }
            fn decode_frame(
                &self,
                framing: &Framing,
                limits: &StreamLimits,
                first: bool,
                buffer: &mut BytesMut,
            ) -> Result<Option<Msg>, DecodeError> {
                type Decode<T> =
                    fn(&T, &Framing, &StreamLimits, bool, &mut BytesMut) -> Result<Option<Msg>, DecodeError>;
                let decode: Decode<Self> = $decode;
                decode(self, framing, limits, first, buffer)
            }
        }
    };
}

a_wire!(
    Lean,
    WireFeatures::default(),
    |_, _, _, _| Err(EncodeError::Unsupported("anything")),
    |lean, _, _, _, buffer| {
        buffer.clear();
        let number = lean.sent.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        let piece = PushPull { join: true, states: vec![], user: vec![0; lean.bytes].into() };
        Ok(Some(Msg::PushPullPart(PushPullPart { conversation: 1, answer: 0, number, more: true, piece })))
    }
);

a_wire!(
    Whole,
    WireFeatures::default().with_push_pull_parts(false),
    |framing, limits, first, message| match message {
        Msg::PushPullPart(_) => panic!("this wire has no parts"),
        message => WIRE.encode_frame(framing, limits, first, message),
    },
    |_, framing, limits, first, buffer| WIRE.decode_frame(framing, limits, first, buffer)
);

/// F-71: a wire that can express a single message only remains possible
#[test]
fn a_wire_without_parts_says_all_in_one_frame() {
    let mut dialler = Chat::dial_push_pull(&Whole, limits(), NUMBER, true);
    let (states, user) = (push_pull(true, &["a"]).states, Bytes::from_static(b"user"));
    let parts = dialler.send_part(&Whole, &framing(), states.clone(), user.clone(), true);
    assert_eq!(parts, Err(EncodeError::Unsupported("push/pulls in parts")));
    dialler.send_part(&Whole, &framing(), states.clone(), user.clone(), false).unwrap();
    let mut acceptor = accept();
    acceptor.handle_data(&Whole, &framing(), &written(&mut dialler)).unwrap();
    assert_eq!(acceptor.poll_output(), Some(Output::PushPullRequest(push_pull(true, &["a"]))));
    acceptor.send_part(&Whole, &framing(), states, user, false).unwrap();
    dialler.handle_data(&Whole, &framing(), &written(&mut acceptor)).unwrap();
    assert_eq!(dialler.poll_output(), Some(Output::PushPullReply(push_pull(true, &["a"]))));
}

#[test]
fn parts_are_sent_only_where_they_belong_and_none_after_the_last() {
    let none = Err(EncodeError::Unsupported("a part where none is awaited"));
    let part = |exchange: &mut Chat| {
        exchange.send_part(&WIRE, &framing(), push_pull(false, &["a"]).states, Bytes::new(), false)
    };
    let mut acceptor = accept();
    assert_eq!(part(&mut acceptor), none);
    let (mut dialler, frames) = asking(NUMBER, true, SAID);
    assert_eq!(part(&mut dialler), none, "it has said all");
    feed(&mut acceptor, &frames).unwrap();
    assert_eq!(part(&mut acceptor), Ok(()));
    assert_eq!(part(&mut acceptor), none);
    assert_eq!(part(&mut dial(&Msg::PushPull(push_pull(true, &["a"])))), none);
    assert_eq!(part(&mut dial(&Msg::Ping(ping(1)))), none);
}

/// What a driver goes by that decodes elsewhere than it reads
#[test]
fn frames_are_decoded_one_at_a_time_and_their_cost_is_seen_before() {
    let (_, frames) = asking(NUMBER, true, SAID);
    let mut acceptor = accept();
    assert_eq!(acceptor.decode_cost(&WIRE, &framing()), 0);
    acceptor.push_data(&frames.concat());
    let all = acceptor.held();
    assert_eq!(all, frames.concat().len());
    for (n, frame) in frames.iter().enumerate() {
        let cost = acceptor.decode_cost(&WIRE, &framing());
        assert!((1..=frame.len()).contains(&cost), "{cost}");
        assert_eq!(acceptor.decode(&WIRE, &framing()), Ok(n + 1 < frames.len()));
        assert_eq!(acceptor.poll_output().is_some(), n + 1 == frames.len());
    }
    assert!(acceptor.held() >= 3 * size_of::<NodeState<SmolStr, SocketAddr>>(), "given out, but still there");
    assert_eq!(acceptor.decode(&WIRE, &framing()), Ok(false));
    acceptor.push_data(&[0]);
    assert_eq!(acceptor.decode(&WIRE, &framing()), Err(DecodeError::Invalid("bytes behind the message")));
}

proptest! {
    /// However a push/pull is divided into parts, and its bytes into reads, it says the same; and with a bit changed it says
    /// nothing else.
    #[test]
    fn division_changes_nothing(
        sizes in proptest::collection::vec((0..4_usize, 0..40_usize), 0..8),
        last in (0..4_usize, 0..40_usize),
        cuts in proptest::collection::vec(1..200_usize, 1..20),
        conversation in any::<u64>(),
        flip in proptest::option::of((any::<usize>(), 0..8_u8)),
    ) {
        let sizes: Vec<_> = sizes.into_iter().filter(|size| *size != (0, 0)).chain([last]).collect();
        let mut dialler = Chat::dial_push_pull(&WIRE, limits(), conversation, true);
        let mut expected = PushPull { join: true, states: vec![], user: Bytes::new() };
        for (n, (states, user)) in sizes.iter().enumerate() {
            let names: Vec<String> = (0..*states).map(|k| alloc::format!("node-{n}-{k}")).collect();
            let states = push_pull(true, &names.iter().map(String::as_str).collect::<Vec<_>>()).states;
            let user = Bytes::from(vec![n as u8; *user]);
            expected.states.extend(states.iter().cloned());
            expected.user = [&expected.user[..], &user].concat().into();
            dialler.send_part(&WIRE, &framing(), states, user, n + 1 < sizes.len()).unwrap();
        }
        let mut bytes = written(&mut dialler);
        if let Some((at, bit)) = flip {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        let mut acceptor = accept();
        let mut rest = &bytes[..];
        let mut cuts = cuts.into_iter().cycle();
        let mut result = Ok(());
        while !rest.is_empty() && result.is_ok() {
            let (piece, behind) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
            result = acceptor.handle_data(&WIRE, &framing(), piece);
            rest = behind;
        }
        if flip.is_none() {
            prop_assert_eq!(result, Ok(()));
            prop_assert_eq!(acceptor.poll_output(), Some(Output::PushPullRequest(expected)));
        } else {
            prop_assert!(acceptor.poll_output().is_none());
        }
    }
}
