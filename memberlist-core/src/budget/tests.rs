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
