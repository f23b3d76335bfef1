use super::*;

#[test]
fn what_was_added_is_found_under_its_number() {
    let arena = Arena::new();
    let first = {
        assert_eq!(arena.push(0_u32), 0);
        arena.get(0)
    };
    for n in 1..5_000 {
        assert_eq!(arena.push(n), n);
    }
    assert!((0..5_000).all(|n| arena.get(n) == Some(&n)));
    assert_eq!((first, arena.get(5_000), arena.len()), (Some(&0), None, 5_000));
    assert_eq!(arena.get(u32::MAX), None);
}
