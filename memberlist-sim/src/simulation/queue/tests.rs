use super::*;
use core::time::Duration;
use proptest::prelude::*;

fn at(nanos: u64) -> Instant {
    Instant::START + Duration::from_nanos(nanos)
}

const CLASSES: [Class; 3] = [Class::Action, Class::Arrival, Class::Timer];

#[derive(Clone, Debug)]
enum Step {
    /// So long after now, of this class.
    Push(u64, usize),
    /// Takes one that happens within this time.
    Pop(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Times of every reach, often equal ones, often right on the border of a slot, of a wheel or beyond both.
    let time = prop_oneof![
        0..4u64,
        0..1_000_000u64,
        0..2_000_000_000u64,
        0..10_000_000_000_000u64,
        (0..5u64, 0..43u32).prop_map(|(jitter, bits)| (1u64 << bits).saturating_sub(2) + jitter),
    ];
    let push = (time.clone(), 0..CLASSES.len()).prop_map(|(time, class)| Step::Push(time, class));
    proptest::collection::vec(prop_oneof![3 => push, 3 => time.prop_map(Step::Pop)], 0..300)
}

proptest! {
    #[test]
    fn pops_in_the_order_of_time_class_and_push_whatever_is_pushed_meanwhile(steps in steps()) {
        let (mut queue, mut reference) = (Queue::new(), Vec::new());
        let mut now = 0;
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push(after, class) => {
                    let class = CLASSES[class];
                    queue.push_about(at(now + after), class, NodeIndex(number as u32), number);
                    reference.push((now + after, class, number));
                }
                Step::Pop(within) => {
                    let end = now + within;
                    reference.sort_unstable();
                    let expected = reference.first().copied().filter(|(time, ..)| *time <= end);
                    // To look ahead changes nothing.
                    let advanced = queue.advance(at(end));
                    queue.far(advanced).count();
                    queue.near(advanced).count();
                    let popped = queue.pop_by(at(end));
                    prop_assert_eq!(popped, expected.map(|(time, _, number)| (at(time), number)));
                    now = match expected {
                        Some((time, ..)) => {
                            reference.remove(0);
                            time
                        }
                        None => end,
                    };
                }
            }
            prop_assert_eq!(queue.len(), reference.len());
        }
        reference.sort_unstable();
        for (time, _, number) in reference {
            prop_assert_eq!(queue.pop_by(at(u64::MAX)), Some((at(time), number)));
        }
        prop_assert_eq!(queue.pop_by(at(u64::MAX)), None);
    }
}

#[test]
fn each_thing_is_named_once_in_a_while_and_once_soon() {
    let mut queue = Queue::new();
    let slot = 1 << SLOT_BITS;
    for node in 0..300_u32 {
        // The order within a slot is another than that of the pushes.
        let time = slot * (2 + u64::from(node) / 30) + u64::from(node * 7919 % 30);
        queue.push_about(at(time), Class::Timer, NodeIndex(node), node);
    }
    let (mut far, mut near) = (Vec::new(), Vec::new());
    loop {
        let advanced = queue.advance(at(u64::MAX));
        far.extend(queue.far(advanced).map(|(node, _)| node.0));
        near.extend(queue.near(advanced).copied());
        let Some((_, node)) = queue.pop_by(at(u64::MAX)) else { break };
        assert!(far.contains(&node) && near.contains(&node));
        let ahead = near.len() - near.iter().position(|other| *other == node).unwrap();
        assert!(ahead <= NEAR, "what comes {ahead} later is named");
    }
    for mut named in [far, near] {
        named.sort_unstable();
        assert!(named.into_iter().eq(0..300));
    }
}

#[test]
fn what_is_pushed_for_now_while_now_is_handled_comes_before_what_waits_in_a_later_class() {
    let mut queue = Queue::new();
    queue.push(at(5), Class::Timer, "first timer");
    queue.push(at(5), Class::Timer, "second timer");
    assert_eq!(queue.pop_by(at(5)), Some((at(5), "first timer")));
    queue.push(at(5), Class::Arrival, "answer");
    assert_eq!(queue.pop_by(at(5)), Some((at(5), "answer")));
    assert_eq!(queue.pop_by(at(5)), Some((at(5), "second timer")));
}

#[test]
fn what_is_pushed_for_the_past_comes_next() {
    let mut queue = Queue::new();
    queue.push(at(1 << 40), Class::Timer, "late");
    queue.push(at(2 << 40), Class::Timer, "later");
    assert_eq!(queue.pop_by(at(3 << 40)), Some((at(1 << 40), "late")));
    queue.push(at(7), Class::Timer, "past");
    assert_eq!(queue.pop_by(at(3 << 40)), Some((at(7), "past")));
    assert_eq!(queue.pop_by(at(3 << 40)), Some((at(2 << 40), "later")));
}

#[test]
fn looking_for_something_earlier_than_all_changes_nothing() {
    let mut queue = Queue::new();
    queue.push(at(1 << 50), Class::Timer, "far");
    for nanos in [0, 1 << 20, 1 << 35, (1 << 50) - 1] {
        assert_eq!(queue.pop_by(at(nanos)), None);
    }
    queue.push(at(1 << 49), Class::Timer, "nearer");
    assert_eq!(queue.pop_by(at(1 << 50)), Some((at(1 << 49), "nearer")));
    assert_eq!(queue.pop_by(at(1 << 50)), Some((at(1 << 50), "far")));
}
