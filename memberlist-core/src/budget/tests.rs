use super::*;

#[test]
fn the_sum_keeps_the_limit_exactly_and_everything_is_given_back() {
    let budget = Budget::new(100);
    let (mut a, mut b) = (budget.charge(0), budget.charge(0));
    assert!(a.set(60) && b.set(40));
    assert!(!b.set(41) && !a.set(61));
    assert_eq!(budget.used(), 100);
    assert!(a.set(10) && b.set(90), "what one gives back the other may take");
    drop(a);
    assert_eq!(budget.used(), 90);
    assert!(b.set(0));
    assert_eq!(budget.used(), 0);
    assert!(b.set(100) && !b.set(usize::MAX));
    drop(b);
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_is_free_is_there_even_if_all_else_is_taken() {
    let budget = Budget::new(100);
    let mut greedy = budget.charge(10);
    assert!(greedy.set(110));
    let mut modest = budget.charge(10);
    assert!(modest.set(10) && !modest.set(11));
    assert_eq!(budget.used(), 100);
    drop(greedy);
    assert!(modest.set(11));
    assert_eq!(budget.used(), 1);
}

#[test]
fn a_wish_is_granted_as_far_as_it_leaves_something_to_others() {
    let budget = Budget::new(100);
    let (mut a, mut b) = (budget.charge(10), budget.charge(10));
    assert_eq!(a.set_wishing(4, 6), Some(6), "its own");
    assert_eq!(budget.used(), 0);
    assert_eq!(a.set_wishing(10, 20), Some(20));
    assert_eq!(b.set_wishing(4, 1_000), Some(6 + 40));
    assert_eq!(budget.used(), 60);
    assert!(a.set(10) && b.set(10));
    assert_eq!(budget.used(), 0);
    assert!(a.set(110));
    assert_eq!((b.set_wishing(11, 0), b.set_wishing(10, 5)), (None, Some(0)));
    drop((a, b));
    assert_eq!(budget.used(), 0);
}

#[test]
fn what_is_to_be_left_is_left() {
    let budget = Budget::new(100);
    let (mut a, mut b) = (budget.charge(10), budget.charge(10));
    assert!(!a.set_leaving(51, 60) && a.set_leaving(50, 60));
    assert!(!b.set_leaving(11, 60) && b.set_leaving(10, 60), "its own");
    assert!(!b.set_leaving(11, 200) && b.set(70));
    assert_eq!(budget.used(), 100);
    assert!(a.set_leaving(20, 60), "less than before");
    assert_eq!(budget.used(), 70);
}
