use super::*;
use memberlist_hashicorp::serf::LeaveIntent;

fn core() -> Core {
    let mut core = Core::new("us".into());
    core.roster().joined(&"us".into());
    core
}

fn event(time: u64) -> Bytes {
    UserEvent { time, name: "deploy".into(), payload: "v1".into(), coalesce: false }.encode().unwrap().into()
}

fn told(core: &Core) -> PushPull {
    PushPull::decode(&core.state()).unwrap()
}

#[test]
fn user_event_is_delivered_and_passed_on_once_as_it_came() {
    let mut core = core();
    assert_eq!(core.on_message(&event(5)), Verdict::Deliver);
    assert_eq!(core.on_message(&event(5)), Verdict::Done);
    assert_eq!(core.take(1_000), [event(5)]);
    assert_eq!((core.stats().user_events, core.stats().repeated), (1, 1));
    // Ours comes after it, and is no news when it comes back.
    let ours = core.event("deploy".into(), "v1".into(), false).unwrap();
    assert_eq!(ours, event(6));
    assert_eq!(core.on_message(&ours), Verdict::Done);
}

#[test]
fn intent_is_passed_on_once_and_not_delivered() {
    let mut core = core();
    let intent = Bytes::from(JoinIntent { time: 4, node: "a".into() }.encode().unwrap());
    assert_eq!(core.on_message(&intent), Verdict::Done);
    assert_eq!(core.on_message(&intent), Verdict::Done);
    assert_eq!(core.take(1_000), [intent]);
    assert_eq!((core.stats().intents, core.stats().repeated), (1, 1));
}

#[test]
fn who_says_that_we_leave_is_contradicted() {
    let mut core = core();
    let intent = LeaveIntent { time: 4, node: "us".into(), prune: false };
    core.on_message(&intent.encode().unwrap().into());
    let said = JoinIntent { time: 5, node: "us".into() };
    assert_eq!(core.take(1_000), [Bytes::from(said.encode().unwrap())]);
    assert_eq!(core.stats().contradicted, 1);
}

#[test]
fn query_is_passed_on_unless_it_says_otherwise() {
    let mut core = core();
    let query = |flags| {
        Bytes::from(vec![
            4, 0x83, 0xa2, b'I', b'D', flags, 0xa5, b'F', b'l', b'a', b'g', b's', flags, 0xa0, 0,
        ])
    };
    assert_eq!(core.on_message(&query(1)), Verdict::Deliver);
    assert_eq!(core.on_message(&query(1)), Verdict::Done);
    assert_eq!(core.on_message(&query(2)), Verdict::Deliver);
    assert_eq!(core.take(1_000), [query(1)]);
}

#[test]
fn what_is_malformed_is_counted_and_changes_nothing() {
    let mut core = core();
    let before = core.state();
    for bytes in [&b"\x01"[..], b"\x00\x81\xa5LTime\xa1x", b"\x03\xc1", b""] {
        assert_eq!(core.on_message(&Bytes::copy_from_slice(bytes)), Verdict::Done);
    }
    core.on_malformed_state();
    assert_eq!(core.stats().malformed, 5);
    assert_eq!((core.state(), core.take(1_000).len()), (before, 0));
}

#[test]
fn state_brings_the_clocks_forward() {
    let mut core = core();
    let state = PushPull { time: 10, event_time: 20, query_time: 30, ..PushPull::default() };
    core.on_state(&state, false);
    let ours = told(&core);
    assert_eq!((ours.time, ours.event_time, ours.query_time), (10, 20, 30));
    assert_eq!(ours.status_times.len(), 1);
}

#[test]
fn event_that_gossip_did_not_bring_comes_with_a_state_once_and_not_with_a_join() {
    let (mut ours, mut theirs) = (core(), core());
    theirs.on_message(&event(5));
    assert_eq!(ours.on_state(&told(&theirs), false), [event(5)]);
    assert_eq!(ours.on_state(&told(&theirs), false), [] as [Bytes; 0]);
    assert_eq!(ours.on_message(&event(5)), Verdict::Done);
    // It is told on in states, and not by gossip.
    assert_eq!(ours.take(1_000).len(), 0);
    let mut third = core();
    assert_eq!(third.on_state(&told(&ours), true), [] as [Bytes; 0]);
    assert_eq!(third.on_message(&event(5)), Verdict::Done);
    assert_eq!(third.stats().user_events, 0);
}
