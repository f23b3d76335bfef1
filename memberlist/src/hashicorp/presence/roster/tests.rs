use super::*;

fn roster() -> Roster {
    let mut roster = Roster::new("us".into());
    roster.joined(&"us".into());
    roster
}

fn join(time: u64, node: &str) -> JoinIntent {
    JoinIntent { time, node: node.into() }
}

fn leave(time: u64, node: &str) -> LeaveIntent {
    LeaveIntent { time, node: node.into(), prune: false }
}

fn told(roster: &Roster) -> PushPull {
    let mut state = PushPull::default();
    roster.tell(&mut state);
    state
}

#[test]
fn intent_is_news_once_and_the_clock_follows_it() {
    let mut roster = roster();
    roster.joined(&"a".into());
    assert_eq!(roster.on_join(&join(5, "a")), News::New);
    assert_eq!(roster.on_join(&join(5, "a")), News::Old);
    assert_eq!(roster.on_leave(&leave(5, "a")), News::Old);
    assert_eq!(roster.on_leave(&leave(6, "a")), News::New);
    assert_eq!(told(&roster).time, 7);
    assert_eq!(told(&roster).status_times.get("a"), Some(&6));
}

#[test]
fn whoever_announced_it_has_left_and_others_have_failed() {
    let mut roster = roster();
    for name in ["a", "b", "c"] {
        roster.joined(&name.into());
    }
    roster.on_leave(&leave(2, "a"));
    for name in ["a", "b", "c"] {
        roster.gone(&name.into());
    }
    // Said late, but in time.
    roster.on_leave(&leave(3, "c"));
    assert_eq!(told(&roster).left, ["a", "c"]);

    roster.joined(&"a".into());
    assert_eq!(told(&roster).left, ["c"]);
}

#[test]
fn departure_that_is_called_off_is_none() {
    let mut roster = roster();
    roster.joined(&"a".into());
    roster.on_leave(&leave(2, "a"));
    roster.on_join(&join(3, "a"));
    roster.gone(&"a".into());
    assert!(told(&roster).left.is_empty());
}

#[test]
fn intent_that_comes_before_its_node_waits_for_it() {
    let mut roster = roster();
    assert_eq!(roster.on_leave(&leave(4, "a")), News::New);
    assert_eq!(roster.on_leave(&leave(4, "a")), News::Old);
    roster.joined(&"a".into());
    roster.gone(&"a".into());
    let state = told(&roster);
    assert_eq!((state.left.as_slice(), state.status_times.get("a")), (&["a".into()][..], Some(&4)));
}

#[test]
fn intents_about_strangers_are_bounded() {
    let mut roster = roster();
    for number in 0..2 * MAX_EARLY as u64 {
        roster.on_join(&join(number + 2, &format!("n{number}")));
    }
    assert_eq!(roster.early.len(), MAX_EARLY);
    assert_eq!(roster.on_join(&join(u64::MAX, &"n".repeat(MAX_NAME + 1))), News::Old);
}

#[test]
fn who_is_said_to_leave_and_does_not_contradicts() {
    let mut roster = roster();
    let News::Wrong(intent) = roster.on_leave(&leave(9, "us")) else { panic!("nothing was said") };
    assert_eq!(intent, join(10, "us"));
    assert_eq!(told(&roster).status_times.get("us"), Some(&10));

    // It does now.
    let said = roster.leave();
    assert_eq!(said, leave(12, "us"));
    assert_eq!(roster.on_leave(&said), News::Old);
    assert_eq!(roster.on_leave(&leave(20, "us")), News::New);
}

#[test]
fn full_states_bring_each_other_up_to_date() {
    let (mut ours, mut theirs) = (roster(), Roster::new("them".into()));
    for name in ["us", "them", "a"] {
        ours.joined(&name.into());
        theirs.joined(&name.into());
    }
    theirs.on_leave(&leave(7, "a"));
    theirs.gone(&"a".into());
    ours.gone(&"a".into());
    assert_eq!(ours.merge(&told(&theirs)), None);
    assert_eq!(told(&ours).left, ["a"]);
    assert_eq!(told(&ours).time, 8);
    // Going back and forth changes nothing more.
    let settled = told(&ours);
    theirs.merge(&settled);
    ours.merge(&told(&theirs));
    assert_eq!(told(&ours), settled);
}

#[test]
fn state_that_says_that_we_left_is_contradicted() {
    let mut ours = roster();
    let state = PushPull {
        time: 4,
        left: vec!["us".into()],
        status_times: [("us".into(), 3)].into(),
        ..PushPull::default()
    };
    // Which is at the time after 3.
    assert_eq!(ours.merge(&state), Some(join(5, "us")));
}

/// The full state that tells of our departure was on its way when we came back.
#[test]
fn who_comes_back_overrules_its_departure_wherever_it_was_told() {
    let (mut ours, mut theirs) = (roster(), Roster::new("them".into()));
    theirs.joined(&"us".into());
    theirs.on_leave(&ours.leave());
    ours.gone(&"us".into());
    theirs.gone(&"us".into());
    let late = told(&ours);
    let back = ours.join();
    ours.joined(&"us".into());
    theirs.joined(&"us".into());
    theirs.merge(&late);
    assert_eq!(theirs.on_join(&back), News::New);
    assert_eq!(theirs.members.get("us").map(|entry| entry.status), Some(Status::Alive));
}
