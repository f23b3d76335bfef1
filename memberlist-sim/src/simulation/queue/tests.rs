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
                    queue.look_ahead(at(end), |_, _| {}, |_| {});
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
fn each_thing_is_named_twice_before_its_turn() {
    for in_a_slot in [1, 2, 3, 30] {
        let mut queue = Queue::new();
        for node in 0..300_u32 {
            // The order within a slot is another than that of the pushes.
            let slot = 2 + u64::from(node / in_a_slot);
            queue.push_about(
                at((slot << SLOT_BITS) + u64::from(node * 7919 % 30)),
                Class::Timer,
                NodeIndex(node),
                node,
            );
        }
        let (mut first, mut second, mut popped) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let named = |node: NodeIndex, kept: &Option<u32>| {
                assert_eq!(*kept, Some(node.0));
                first.push(node.0);
            };
            queue.look_ahead(at(u64::MAX), named, |node| second.push(*node));
            assert!(second.iter().all(|node| first.contains(node)));
            let Some((_, node)) = queue.pop_by(at(u64::MAX)) else { break };
            assert!(second.contains(&node));
            popped.push(node);
            assert!(first.len() <= popped.len() + 2 * in_a_slot as usize, "not more than the next slot");
        }
        for mut named in [first, second, popped] {
            named.sort_unstable();
            assert!(named.into_iter().eq(0..300));
        }
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
