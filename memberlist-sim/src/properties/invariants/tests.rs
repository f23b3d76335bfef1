//! Each invariant, shown steps that break it.

use super::*;
use crate::{Network, Simulation};
use bytes::Bytes;
use memberlist_proto::{Instant, Options, types::Incarnation};

const ME: NodeIndex = NodeIndex(0);
const OTHER: NodeIndex = NodeIndex(1);

/// A view in which everything can be made wrong.
#[derive(Clone)]
struct Fake {
    known: Vec<Seen>,
    stats: Stats,
    health: u32,
    left: bool,
    options: Options,
}

impl View for Fake {
    fn believes(&self, of: NodeIndex) -> Option<(State, u32)> {
        let record = self.known.iter().find(|m| m.node.id.0 == of)?;
        Some((record.state, record.incarnation.value()))
    }
    fn incarnation(&self) -> u32 {
        self.believes(ME).unwrap().1
    }
    fn members(&self) -> usize {
        self.stats.members
    }
    fn stats(&self) -> Stats {
        self.stats.clone()
    }
    fn health(&self) -> u32 {
        self.health
    }
    fn has_left(&self) -> bool {
        self.left
    }
    fn options(&self) -> &Options {
        &self.options
    }
    fn known(&self) -> Vec<Seen> {
        self.known.clone()
    }
}

/// Node 0 and its invariants, which knows itself and node 1; both have incarnation 5.
struct Scene {
    truth: Truth,
    invariants: Invariants,
    view: Fake,
}

impl Scene {
    fn new() -> Self {
        let mut cluster = Simulation::new(1, Network::lan());
        cluster.form(2, &Options::lan()).unwrap();
        let mut known = cluster.endpoint(ME).unwrap().known();
        known.sort_by_key(|m| m.node.id);
        known.iter_mut().for_each(|m| m.incarnation = Incarnation::new(5));
        let mut stats = Stats::default();
        (stats.known, stats.members) = (2, 2);
        let view = Fake { known, stats, health: 0, left: false, options: Options::lan() };
        let mut scene = Self { truth: Truth::default(), invariants: Invariants::new(Checks::Every), view };
        for node in [ME, OTHER] {
            scene.see(node, &Step::Action(Action::Started(Addr::new(node, 0)))).unwrap();
        }
        // What node 1 ever had.
        let of_other = {
            let mut view = scene.view.clone();
            view.known.retain(|m| m.node.id.0 == OTHER);
            view
        };
        scene.truth.step(Instant::START, OTHER, &Step::Handled(&Swapped(of_other)));
        for place in [0, 1] {
            let member = scene.view.known[place].clone();
            scene.see(ME, &Step::Event(&Event::Joined(member))).unwrap();
        }
        scene.look().unwrap();
        scene
    }

    fn see(&mut self, node: NodeIndex, step: &Step<'_>) -> Result<(), String> {
        self.truth.step(Instant::START, node, step);
        self.invariants.step(&self.truth, node, step)
    }

    fn look(&mut self) -> Result<(), String> {
        let view = self.view.clone();
        self.see(ME, &Step::Handled(&view))
    }

    fn other(&mut self) -> &mut Seen {
        &mut self.view.known[1]
    }

    fn event(&mut self, make: impl FnOnce(Seen) -> Event<Name, Addr>) -> Result<(), String> {
        let event = make(self.view.known[1].clone());
        self.see(ME, &Step::Event(&event))
    }
}

/// The view of node 1 itself.
struct Swapped(Fake);

impl View for Swapped {
    fn believes(&self, of: NodeIndex) -> Option<(State, u32)> {
        self.0.believes(of)
    }
    fn incarnation(&self) -> u32 {
        self.0.believes(OTHER).unwrap().1
    }
    fn members(&self) -> usize {
        1
    }
    fn stats(&self) -> Stats {
        self.0.stats()
    }
    fn health(&self) -> u32 {
        0
    }
    fn has_left(&self) -> bool {
        false
    }
    fn options(&self) -> &Options {
        &self.0.options
    }
    fn known(&self) -> Vec<Seen> {
        self.0.known()
    }
}

fn broken(change: impl FnOnce(&mut Scene)) -> String {
    let mut scene = Scene::new();
    change(&mut scene);
    scene.look().unwrap_err()
}

#[test]
fn own_incarnation_that_falls_is_seen() {
    let said = broken(|scene| scene.view.known[0].incarnation = Incarnation::new(4));
    assert_eq!(said, "1: its own incarnation fell to 4");
}

#[test]
fn restart_begins_anew() {
    let mut scene = Scene::new();
    scene.see(ME, &Step::Action(Action::Started(Addr::new(ME, 0)))).unwrap();
    for place in [0, 1] {
        scene.view.known[place].incarnation = Incarnation::new(2);
        let member = scene.view.known[place].clone();
        scene.see(ME, &Step::Event(&Event::Joined(member))).unwrap();
    }
    scene.look().unwrap();
}

#[test]
fn own_state_that_is_not_ours_is_seen() {
    assert!(broken(|scene| scene.view.left = true).starts_with("3:"));
    assert!(broken(|scene| scene.view.known[0].state = State::Suspect).starts_with("3:"));
}

#[test]
fn knowledge_that_nobody_can_have_is_seen() {
    let said = broken(|scene| scene.other().incarnation = Incarnation::new(6));
    assert!(said.starts_with("1: it knows") && said.ends_with("never had more than 5"), "{said}");
}

#[test]
fn second_record_of_a_name_is_seen() {
    let said = broken(|scene| {
        let twice = scene.other().clone();
        scene.view.known.push(twice);
    });
    assert_eq!(said, "2: two records of node-00001");
    assert!(broken(|scene| scene.view.stats.known = 3).starts_with("2:"));
}

#[test]
fn belief_that_falls_in_incarnation_or_severity_is_seen() {
    let older = broken(|scene| scene.other().incarnation = Incarnation::new(4));
    assert!(older.starts_with("8, 10, 11:"), "{older}");
    // Suspected at 5, and then held for alive again at 5.
    let milder = broken(|scene| {
        suspected(scene);
        scene.look().unwrap();
        scene.other().state = State::Alive;
        scene.view.stats.suspects = 0;
        scene.event(|member| Event::Recovered { member, suspected_for: core::time::Duration::ZERO }).unwrap();
    });
    assert!(milder.starts_with("8, 10, 11:"), "{milder}");
    // Gone at 5, and back at 5.
    let revived = broken(|scene| {
        gone(scene);
        scene.look().unwrap();
        scene.other().state = State::Alive;
        scene.view.stats.members = 2;
        scene.event(Event::Joined).unwrap();
    });
    assert!(revived.starts_with("8, 10, 11:"), "{revived}");
    // Left, and then dead.
    let changed = broken(|scene| {
        gone(scene);
        scene.look().unwrap();
        scene.other().state = State::Dead;
    });
    assert!(changed.starts_with("8, 10, 11:"), "{changed}");
}

fn suspected(scene: &mut Scene) {
    scene.other().state = State::Suspect;
    scene.view.stats.suspects = 1;
    // A reason can only be made by an endpoint; what counts is that it is suspected.
    let id = scene.other().node.id.0;
    scene.invariants.books[0].suspects.insert(id);
}

fn gone(scene: &mut Scene) {
    scene.other().state = State::Left;
    scene.view.stats.members = 1;
    scene.event(Event::Left).unwrap();
}

#[test]
fn what_was_removed_or_has_moved_may_return_older() {
    let mut scene = Scene::new();
    gone(&mut scene);
    scene.event(Event::Removed).unwrap();
    let mut back = scene.view.known.pop().unwrap();
    scene.view.stats.known = 1;
    scene.look().unwrap();
    (back.state, back.incarnation) = (State::Alive, Incarnation::new(3));
    scene.view.known.push(back);
    (scene.view.stats.known, scene.view.stats.members) = (2, 2);
    scene.event(Event::Joined).unwrap();
    scene.look().unwrap();
}

#[test]
fn moves_are_judged_by_what_was_believed_before() {
    let (here, there) = (Addr::new(OTHER, 0), Addr::new(OTHER, 1));
    assert!(may_follow((5, State::Left, here), (3, State::Alive, there)));
    assert!(may_follow((5, State::Suspect, here), (5, State::Alive, there)));
    assert!(!may_follow((5, State::Alive, here), (4, State::Alive, there)));
}

#[test]
fn events_that_do_not_alternate_are_seen() {
    let refused = |make: &dyn Fn(Seen) -> Event<Name, Addr>| {
        let said = Scene::new().event(make).unwrap_err();
        assert!(said.starts_with("19:"), "{said}");
    };
    refused(&Event::Joined);
    refused(&Event::Removed);
    refused(&|member| Event::Recovered { member, suspected_for: core::time::Duration::ZERO });
    refused(&|_| Event::IncarnationExhausted);
    let mut scene = Scene::new();
    gone(&mut scene);
    assert!(scene.event(Event::Left).unwrap_err().starts_with("19:"), "gone twice");
}

#[test]
fn counts_that_do_not_fit_the_events_are_seen() {
    assert!(broken(|scene| scene.view.stats.members = 1).starts_with("19:"));
    assert!(broken(|scene| scene.view.stats.suspects = 1).starts_with("19:"));
    let said = broken(|scene| scene.other().state = State::Left);
    assert!(said.starts_with("19: its events and its table disagree"), "{said}");
    let said = broken(|scene| scene.other().state = State::Suspect);
    assert!(said.starts_with("14:"), "{said}");
}

#[test]
fn each_limit_is_seen() {
    type Change = fn(&mut Fake);
    let changes: [(&str, Change); 9] = [
        ("health score", |view| view.health = view.options.awareness_max),
        ("nodes known", |view| view.options.max_members = 1),
        ("membership broadcasts", |view| view.stats.membership_queue = 3),
        ("user broadcasts", |view| view.stats.user_queue = view.options.max_user_broadcasts + 1),
        ("bytes of user", |view| view.stats.user_queue_bytes = view.options.max_user_broadcast_bytes + 1),
        ("relays", |view| view.stats.relays = view.options.max_relays + 1),
        ("events were dropped", |view| view.stats.events_dropped = 1),
        ("packets were dropped", |view| view.stats.transmits_dropped = 1),
        ("membership broadcasts were dropped", |view| view.stats.membership_dropped = 1),
    ];
    for (expected, change) in changes {
        let said = broken(|scene| change(&mut scene.view));
        assert!(said.starts_with("24:") && said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn packet_over_the_budget_is_seen() {
    let mut scene = Scene::new();
    let bytes = Bytes::from(vec![0; scene.view.options.packet_size + 1]);
    let fate = crate::Fate::Lost(crate::Loss::Link);
    let sent = Step::Sent { to: Addr::new(OTHER, 0), bytes: &bytes, fate };
    assert!(scene.see(ME, &sent).unwrap_err().starts_with("21:"));
    let most = bytes.slice(1..);
    scene.see(ME, &Step::Sent { to: Addr::new(OTHER, 0), bytes: &most, fate }).unwrap();
}

#[test]
fn nothing_is_checked_if_it_is_off() {
    let mut scene = Scene::new();
    scene.invariants.checks = Checks::Off;
    scene.view.health = 99;
    scene.look().unwrap();
}
