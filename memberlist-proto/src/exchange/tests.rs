use super::*;
use alloc::{vec, vec::Vec};
use core::net::SocketAddr;
use memberlist_types::{Incarnation, Label, Meta, NativeWire, Node, NodeState, State, Versions};
use proptest::prelude::*;
use smol_str::SmolStr;

mod parts;
mod toy;
use toy::ToyWire;

type Msg = StreamMessage<SmolStr, SocketAddr>;
type Chat = Exchange<SmolStr, SocketAddr>;
type Output = ExchangeOutput<SmolStr, SocketAddr>;

const WIRE: NativeWire = NativeWire;

fn limits() -> StreamLimits {
    StreamLimits::default()
}

fn framing() -> Framing {
    Framing::new().with_label(Label::new("blue").unwrap())
}

fn push_pull(join: bool, names: &[&str]) -> PushPull<SmolStr, SocketAddr> {
    let states = names.iter().map(|name| NodeState {
        node: Node::new(SmolStr::new(name), "10.0.0.1:7946".parse().unwrap()),
        meta: Meta::EMPTY,
        incarnation: Incarnation::new(3),
        state: State::Alive,
        versions: Some(Versions::default()),
        layers: memberlist_types::Layers::BASE,
    });
    PushPull { join, states: states.collect(), user: Bytes::from_static(b"user") }
}

fn ping(seq: u32) -> Ping<SmolStr, SocketAddr> {
    Ping { seq: SequenceNumber(seq), target: Some("b".into()), source: None }
}

fn ack(seq: u32) -> Ack {
    Ack { seq: SequenceNumber(seq), payload: Bytes::from_static(b"p") }
}

fn dial(request: &Msg) -> Chat {
    Chat::dial(&WIRE, &framing(), limits(), request).unwrap()
}

fn accept() -> Chat {
    Chat::accept(limits())
}

fn written(exchange: &mut Chat) -> Vec<u8> {
    let mut bytes = vec![];
    while let Some(part) = exchange.poll_write() {
        assert!(!part.is_empty());
        bytes.extend_from_slice(&part);
    }
    bytes
}

/// The frame of a message, as the given side would send it.
fn frame(message: &Msg, first_by_dialer: bool) -> Vec<u8> {
    WIRE.encode_frame(&framing(), &limits(), first_by_dialer, message).unwrap().to_vec()
}

/// Feeds all that one side wrote to the other.
fn carry(from: &mut Chat, to: &mut Chat) {
    let bytes = written(from);
    to.handle_data(&WIRE, &framing(), &bytes).unwrap();
}

fn refusal(exchange: &mut Chat) -> Option<Output> {
    let bytes = written(exchange);
    let mut peer = dial(&Msg::Ping(ping(1)));
    peer.handle_data(&WIRE, &framing(), &bytes).unwrap();
    peer.poll_output()
}

#[test]
fn a_push_pull_goes_there_and_back() {
    let (request, reply) = (push_pull(true, &["a"]), push_pull(true, &["a", "b", "c"]));
    let (mut dialler, mut acceptor) = (dial(&Msg::PushPull(request.clone())), accept());
    assert!(dialler.wants_read() && acceptor.wants_read());
    carry(&mut dialler, &mut acceptor);
    assert_eq!(acceptor.poll_output(), Some(Output::PushPullRequest(request)));
    assert!(!acceptor.wants_read());
    assert_eq!((acceptor.poll_output(), acceptor.poll_write()), (None, None));
    acceptor.reply(&WIRE, &framing(), &Msg::PushPull(reply.clone())).unwrap();
    carry(&mut acceptor, &mut dialler);
    assert_eq!(dialler.poll_output(), Some(Output::PushPullReply(reply)));
    assert!(!dialler.wants_read() && dialler.poll_write().is_none() && dialler.poll_output().is_none());
}

#[test]
fn a_ping_is_answered_by_its_own_ack_only() {
    let (mut dialler, mut acceptor) = (dial(&Msg::Ping(ping(7))), accept());
    carry(&mut dialler, &mut acceptor);
    assert_eq!(acceptor.poll_output(), Some(Output::Ping(ping(7))));
    acceptor.reply(&WIRE, &framing(), &Msg::Ack(ack(7))).unwrap();
    carry(&mut acceptor, &mut dialler);
    assert_eq!(dialler.poll_output(), Some(Output::Ack(ack(7))));

    let mut dialler = dial(&Msg::Ping(ping(7)));
    let error = dialler.handle_data(&WIRE, &framing(), &frame(&Msg::Ack(ack(8)), false));
    assert_eq!(error, Err(DecodeError::Invalid("sequence number of the ack")));
    assert_eq!((dialler.poll_output(), dialler.wants_read()), (None, false));
}

#[test]
fn a_user_message_is_not_answered() {
    let payload = Bytes::from_static(b"hello");
    let (mut dialler, mut acceptor) = (dial(&Msg::User(payload.clone())), accept());
    assert!(!dialler.wants_read());
    carry(&mut dialler, &mut acceptor);
    assert_eq!(acceptor.poll_output(), Some(Output::User(payload)));
    assert!(!acceptor.wants_read());
    let error = acceptor.reply(&WIRE, &framing(), &Msg::Error("no".into()));
    assert_eq!(error, Err(EncodeError::Unsupported("a reply where none is awaited")));
    assert_eq!(acceptor.poll_write(), None);
}

#[test]
fn a_refusal_reaches_the_dialler_in_words() {
    for request in [Msg::PushPull(push_pull(true, &[])), Msg::Ping(ping(1))] {
        let (mut dialler, mut acceptor) = (dial(&request), accept());
        carry(&mut dialler, &mut acceptor);
        acceptor.reply(&WIRE, &framing(), &Msg::Error("too busy".into())).unwrap();
        carry(&mut acceptor, &mut dialler);
        assert_eq!(dialler.poll_output(), Some(Output::Refused("too busy".into())));
        assert!(!dialler.wants_read());
    }
}

#[test]
fn a_long_refusal_is_cut_at_a_character() {
    for (text, kept) in [("a".repeat(5_000), 1_024), ("\u{20ac}".repeat(5_000), 1_023), ("short".into(), 5)] {
        assert_eq!(shortened(&text), text[..kept]);
    }
}

#[test]
fn only_requests_open_and_only_fitting_replies_answer() {
    for wrong in [Msg::Ack(ack(1)), Msg::Error("x".into())] {
        let error = Chat::dial(&WIRE, &framing(), limits(), &wrong).map(|_| ());
        assert_eq!(error, Err(EncodeError::Unsupported("this message as a request")));
    }
    let unfit = Err(EncodeError::Unsupported("this message as a reply"));
    for (request, wrong, right) in [
        (Msg::PushPull(push_pull(true, &[])), Msg::Ack(ack(1)), Msg::PushPull(push_pull(true, &["a"]))),
        (Msg::Ping(ping(1)), Msg::PushPull(push_pull(true, &[])), Msg::Ack(ack(1))),
    ] {
        let (mut dialler, mut acceptor) = (dial(&request), accept());
        let none = Err(EncodeError::Unsupported("a reply where none is awaited"));
        assert_eq!(acceptor.reply(&WIRE, &framing(), &right), none, "before the request");
        carry(&mut dialler, &mut acceptor);
        assert_eq!(acceptor.reply(&WIRE, &framing(), &wrong), unfit);
        assert_eq!(acceptor.reply(&WIRE, &framing(), &Msg::User(Bytes::from_static(b"u"))), unfit);
        assert_eq!(acceptor.reply(&WIRE, &framing(), &right), Ok(()));
        assert_eq!(acceptor.reply(&WIRE, &framing(), &right), none, "a second time");
        assert_eq!(dialler.reply(&WIRE, &framing(), &right), none, "on the wrong side");
    }
}

/// A reply over the limits writes nothing, and a refusal can take its place.
#[test]
fn a_reply_that_is_too_large_can_be_replaced_by_a_refusal() {
    let small = limits().with_max_states(1);
    let (mut dialler, mut acceptor) = (dial(&Msg::PushPull(push_pull(true, &["a"]))), Chat::accept(small));
    carry(&mut dialler, &mut acceptor);
    let error = acceptor.reply(&WIRE, &framing(), &Msg::PushPull(push_pull(true, &["a", "b"])));
    assert!(matches!(error, Err(EncodeError::TooLarge { .. })), "{error:?}");
    assert_eq!(acceptor.poll_write(), None);
    acceptor.reply(&WIRE, &framing(), &Msg::Error("too many".into())).unwrap();
    carry(&mut acceptor, &mut dialler);
    assert_eq!(dialler.poll_output(), Some(Output::Refused("too many".into())));
    assert!(matches!(
        Chat::dial(&WIRE, &framing(), small, &Msg::PushPull(push_pull(true, &["a", "b"]))),
        Err(EncodeError::TooLarge { .. })
    ));
}

#[test]
fn a_message_that_does_not_belong_there_is_invalid() {
    for request in [Msg::Ack(ack(1)), Msg::Error("x".into())] {
        let mut acceptor = accept();
        let error = acceptor.handle_data(&WIRE, &framing(), &frame(&request, true));
        assert_eq!(error, Err(DecodeError::Invalid("kind of request")));
        assert_eq!((acceptor.poll_output(), acceptor.wants_read()), (None, false));
        assert_eq!(refusal(&mut acceptor), Some(Output::Refused("invalid kind of request".into())));
    }
    let state = || Msg::PushPull(push_pull(false, &["a"]));
    for (request, reply) in [
        (state(), Msg::Ack(ack(1))),
        (state(), Msg::Ping(ping(1))),
        (state(), Msg::User(Bytes::from_static(b"u"))),
        (Msg::Ping(ping(1)), state()),
        (Msg::Ping(ping(1)), Msg::Ping(ping(1))),
    ] {
        let mut dialler = dial(&request);
        written(&mut dialler);
        let error = dialler.handle_data(&WIRE, &framing(), &frame(&reply, false));
        assert_eq!(error, Err(DecodeError::Invalid("kind of reply")));
        assert_eq!((dialler.poll_output(), dialler.wants_read()), (None, false));
        assert_eq!(dialler.poll_write(), None, "a dialler does not explain");
    }
}

#[test]
fn bytes_behind_the_message_and_second_messages_are_invalid() {
    let behind = Err(DecodeError::Invalid("bytes behind the message"));
    let request = frame(&Msg::PushPull(push_pull(true, &["a"])), true);
    // In the same read, and in a later one.
    for cut in [request.len() + 1, request.len()] {
        let mut acceptor = accept();
        let bytes = [&request[..], &[0]].concat();
        let first = acceptor.handle_data(&WIRE, &framing(), &bytes[..cut]);
        assert_eq!(first.is_err(), cut > request.len());
        assert_eq!(acceptor.handle_data(&WIRE, &framing(), &bytes[cut - 1..]), behind);
        assert_eq!(acceptor.poll_output(), None);
        assert_eq!(refusal(&mut acceptor), Some(Output::Refused("invalid bytes behind the message".into())));
        let error = acceptor.reply(&WIRE, &framing(), &Msg::PushPull(push_pull(true, &[])));
        assert!(error.is_err(), "the conversation is over");
    }
    let mut dialler = dial(&Msg::Ping(ping(1)));
    let reply = frame(&Msg::Ack(ack(1)), false);
    dialler.handle_data(&WIRE, &framing(), &reply).unwrap();
    assert_eq!(dialler.handle_data(&WIRE, &framing(), &reply), behind);
}

/// TestTransport_Send: however they are cut, and the end is in order between two of them alone.
#[test]
fn user_messages_follow_each_other_if_they_may() {
    let sent: Vec<Bytes> = ["one", "two", "", "three"].map(Bytes::from).to_vec();
    let bytes: Vec<u8> =
        sent.iter().flat_map(|payload| frame(&Msg::User(payload.clone()), true).to_vec()).collect();
    for piece in [1, 2, 7, bytes.len()] {
        let mut acceptor = accept().taking_messages();
        let mut got = Vec::new();
        for data in bytes.chunks(piece) {
            assert!(acceptor.wants_read());
            acceptor.push_data(data);
            loop {
                let more = acceptor.decode(&WIRE, &framing()).unwrap();
                got.extend(acceptor.poll_output());
                if !more {
                    break;
                }
            }
        }
        assert_eq!(got, sent.iter().cloned().map(Output::User).collect::<Vec<_>>());
        assert!(acceptor.is_between_messages());
        acceptor.push_data(&bytes[..1]);
        assert!(!acceptor.is_between_messages());
        assert_eq!(acceptor.poll_write(), None, "nothing is answered");
    }
}

#[test]
fn message_that_was_not_taken_is_not_lost_to_the_next_nor_to_nonsense_behind_it() {
    let one = frame(&Msg::User("one".into()), true);
    let mut acceptor = accept().taking_messages();
    acceptor.handle_data(&WIRE, &framing(), &[&one[..], &one[..], &[0xff; 9]].concat()).unwrap();
    assert_eq!(acceptor.decode(&WIRE, &framing()), Ok(false), "the first waits");
    assert_eq!(acceptor.poll_output(), Some(Output::User("one".into())));
    assert_eq!(acceptor.decode(&WIRE, &framing()), Ok(true));
    assert_eq!(acceptor.poll_output(), Some(Output::User("one".into())));
    acceptor.decode(&WIRE, &framing()).unwrap_err();
}

#[test]
fn nothing_but_user_messages_follows_one_and_nothing_at_all_unless_it_may() {
    let user = frame(&Msg::User("one".into()), true);
    let other = frame(&Msg::Ping(ping(1)), true);
    let mut acceptor = accept().taking_messages();
    acceptor.handle_data(&WIRE, &framing(), &user).unwrap();
    assert!(acceptor.poll_output().is_some());
    let kind = Err(DecodeError::Invalid("kind of request"));
    assert_eq!(acceptor.handle_data(&WIRE, &framing(), &other), kind);
    assert!(acceptor.poll_write().is_some(), "it is told why");
    let mut acceptor = accept();
    acceptor.handle_data(&WIRE, &framing(), &user).unwrap();
    let behind = Err(DecodeError::Invalid("bytes behind the message"));
    assert_eq!(acceptor.handle_data(&WIRE, &framing(), &user), behind);
    let mut acceptor = accept().taking_messages();
    acceptor.handle_data(&WIRE, &framing(), &other).unwrap();
    assert!(!acceptor.wants_read(), "a ping is alone as ever");
}

#[test]
fn a_failure_is_final_and_says_the_same_again() {
    let mut acceptor = accept();
    let error = acceptor.handle_data(&WIRE, &framing(), &[0xff; 9]).unwrap_err();
    let good = frame(&Msg::Ping(ping(1)), true);
    assert_eq!(acceptor.handle_data(&WIRE, &framing(), &good), Err(error.clone()));
    assert_eq!(acceptor.handle_data(&WIRE, &framing(), &[]), Err(error));
    assert!(!acceptor.wants_read() && acceptor.poll_output().is_none());
}

/// A stranger learns nothing, not even that somebody is here.
#[test]
fn strangers_are_closed_silently() {
    let red = Framing::new().with_label(Label::new("red").unwrap());
    let other = WIRE.encode_frame(&red, &limits(), true, &Msg::Ping(ping(1))).unwrap();
    for (bytes, error) in [
        (other.to_vec(), DecodeError::LabelMismatch),
        (b"GET / HTTP/1.1\r\n".to_vec(), DecodeError::BadMagic(b'G')),
    ] {
        let mut acceptor = accept();
        assert_eq!(acceptor.handle_data(&WIRE, &framing(), &bytes), Err(error));
        assert_eq!((acceptor.poll_write(), acceptor.wants_read()), (None, false));
    }
}

/// Issue, "lean": a frame that claims too much fails with its header, before any of it is there.
#[test]
fn a_frame_that_claims_too_much_fails_with_its_header() {
    let small = limits().with_max_frame(1_000);
    let large = frame(&Msg::User(Bytes::from(vec![0; 5_000])), true);
    let mut acceptor = Chat::accept(small);
    let fed =
        large.iter().take_while(|byte| acceptor.handle_data(&WIRE, &framing(), &[**byte]).is_ok()).count();
    assert!(fed < 32, "{fed}");
    assert!(matches!(
        acceptor.handle_data(&WIRE, &framing(), &[]),
        Err(DecodeError::TooLarge { limit: 1_000, .. })
    ));
    assert!(refusal(&mut acceptor).is_some());
}

/// Even if a wire does not look at the limits.
#[test]
fn reading_stops_at_the_limit_whatever_the_wire_thinks() {
    let wire = ToyWire::default();
    let mut acceptor = Chat::accept(limits().with_max_frame(1_000));
    let mut fed = 0;
    let error = loop {
        match acceptor.handle_data(&wire, &framing(), if fed == 0 { &[1, toy::HUGE] } else { &[0; 100] }) {
            Ok(()) => fed += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((error.reason(), fed), ("too_large", 21));
    assert_eq!(acceptor.received.capacity(), 0, "and nothing is kept");
}

/// A wire may write the label only into the dialler's first frame, so it must be told which that is.
#[test]
fn the_wire_is_told_which_frame_is_the_diallers_first() {
    let wire = ToyWire::default();
    let (mut dialler, mut acceptor) =
        (Chat::dial(&wire, &framing(), limits(), &Msg::Ping(ping(5))).unwrap(), accept());
    acceptor.handle_data(&wire, &framing(), &written(&mut dialler)).unwrap();
    acceptor.reply(&wire, &framing(), &Msg::Ack(ack(5))).unwrap();
    dialler.handle_data(&wire, &framing(), &written(&mut acceptor)).unwrap();
    assert_eq!(dialler.poll_output(), Some(Output::Ack(Ack { payload: Bytes::new(), ..ack(5) })));
    assert_eq!(wire.flags(), 1122);
}

/// A wire that can't say "error" leaves the peer without a word.
#[test]
fn a_wire_without_errors_is_no_problem() {
    let wire = ToyWire::default();
    let mut acceptor = accept();
    assert_eq!(
        acceptor.handle_data(&wire, &framing(), &[1, toy::ACK, 0]),
        Err(DecodeError::Invalid("kind of request"))
    );
    assert_eq!(acceptor.poll_write(), None);
}

/// One look at the buffer for each read, each byte copied a bounded number of times: single bytes cost as much as they are many.
#[test]
fn a_peer_that_dribbles_costs_no_more_than_its_bytes() {
    let payload = Bytes::from(vec![7; 300_000]);
    let bytes = frame(&Msg::User(payload.clone()), true);
    let mut acceptor = accept();
    let (mut moved, mut place) = (0, core::ptr::null());
    for byte in &bytes {
        acceptor.handle_data(&WIRE, &framing(), &[*byte]).unwrap();
        if acceptor.received.as_ptr() != place {
            place = acceptor.received.as_ptr();
            moved += acceptor.received.len();
        }
    }
    assert_eq!(acceptor.poll_output(), Some(Output::User(payload)));
    assert!(moved <= 3 * bytes.len(), "{moved} of {} bytes copied", bytes.len());
}

fn any_message() -> impl Strategy<Value = Msg> {
    let text = proptest::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        (any::<bool>(), 0..4_usize)
            .prop_map(|(join, n)| Msg::PushPull(push_pull(join, &["a", "b", "c"][..n.min(3)]))),
        any::<u32>().prop_map(|seq| Msg::Ping(ping(seq))),
        text.prop_map(|payload| Msg::User(payload.into())),
    ]
}

proptest! {
    /// However a conversation is cut into reads, it says the same.
    #[test]
    fn the_size_of_the_pieces_changes_nothing(
        request in any_message(),
        cuts in proptest::collection::vec(1..40_usize, 1..20),
    ) {
        let (mut dialler, mut acceptor) = (dial(&request), accept());
        let bytes = written(&mut dialler);
        let mut cuts = cuts.into_iter().cycle();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            prop_assert!(acceptor.wants_read() && acceptor.poll_output().is_none());
            let (piece, behind) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
            acceptor.handle_data(&WIRE, &framing(), piece).unwrap();
            rest = behind;
        }
        let expected = match request {
            Msg::PushPull(state) => Output::PushPullRequest(state),
            Msg::Ping(ping) => Output::Ping(ping),
            Msg::User(payload) => Output::User(payload),
            _ => unreachable!(),
        };
        prop_assert_eq!(acceptor.poll_output(), Some(expected));
        prop_assert!(!acceptor.wants_read());
    }

    /// Whatever comes, nothing panics, nothing comes out of a failed conversation, and it wants no more then.
    #[test]
    fn any_bytes_are_survived(
        dialling in any::<bool>(),
        request in any_message(),
        flips in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        garbage in proptest::collection::vec(any::<u8>(), 0..40),
        pieces in 1..50_usize,
    ) {
        let mut exchange = if dialling { dial(&Msg::Ping(ping(1))) } else { accept() };
        let mut bytes = frame(&request, !dialling);
        for (at, byte) in flips {
            let at = at % bytes.len();
            bytes[at] ^= byte;
        }
        bytes.extend(garbage);
        for piece in bytes.chunks(pieces) {
            if let Err(error) = exchange.handle_data(&WIRE, &framing(), piece) {
                prop_assert!(!exchange.wants_read());
                prop_assert_eq!(exchange.poll_output(), None);
                prop_assert_eq!(exchange.handle_data(&WIRE, &framing(), piece), Err(error));
            }
        }
        prop_assert!(exchange.received.len() <= bytes.len());
    }
}

/// A wire without lengths looks at a frame from its beginning each time: not for every byte that a slow peer sends.
#[test]
fn a_frame_is_not_looked_at_before_what_is_missing_has_come() {
    let wire = ToyWire::default();
    let mut chat = Chat::accept(limits());
    for byte in [1, toy::PING] {
        chat.handle_data(&wire, &framing(), &[byte]).unwrap();
        assert_eq!(chat.decode_cost(&wire, &framing()), 0);
    }
    assert_eq!(wire.flags(), 1, "one look, after the first byte");
    chat.handle_data(&wire, &framing(), &[7]).unwrap();
    assert_eq!(wire.flags(), 11);
    assert!(matches!(chat.poll_output(), Some(Output::Ping(ping)) if ping.seq == SequenceNumber(7)));
}
