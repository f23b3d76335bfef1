use super::*;

fn pairs(store: &Store) -> Vec<(&str, &str)> {
    store.iter().collect()
}

/// Each takes over what the other has.
fn exchange(a: &mut Store, b: &mut Store) {
    let (from_a, from_b) = (a.snapshot(), b.snapshot());
    a.absorb(&from_b).unwrap();
    b.absorb(&from_a).unwrap();
}

#[test]
fn a_snapshot_makes_an_equal_copy() {
    let mut a = Store::new("a");
    a.put("x", "1");
    a.put("", "empty key");
    a.delete("gone");
    let mut b = Store::new("b");
    assert_eq!(b.absorb(&a.snapshot()), Ok(3));
    assert_eq!(b.entries, a.entries);
    assert_eq!(b.absorb(&a.snapshot()), Ok(0));
    assert_eq!(b.absorb(&[]), Ok(0));
}

#[test]
fn of_two_writes_that_know_each_other_the_later_one_wins() {
    let (mut a, mut b) = (Store::new("b"), Store::new("a"));
    a.put("x", "first");
    exchange(&mut a, &mut b);
    b.put("x", "second");
    exchange(&mut a, &mut b);
    assert_eq!((a.get("x"), b.get("x")), (Some("second"), Some("second")));
}

#[test]
fn of_two_writes_that_do_not_all_copies_choose_the_same_in_any_order() {
    let (mut a, mut b) = (Store::new("a"), Store::new("b"));
    a.put("x", "of a");
    b.put("x", "of b");
    let (from_a, from_b) = (a.snapshot(), b.snapshot());
    let (mut c, mut d) = (Store::new("c"), Store::new("d"));
    for bytes in [&from_a, &from_b, &from_a] {
        c.absorb(bytes).unwrap();
    }
    for bytes in [&from_b, &from_a] {
        d.absorb(bytes).unwrap();
    }
    exchange(&mut a, &mut b);
    for store in [&a, &b, &c, &d] {
        assert_eq!(store.get("x"), Some("of b"));
    }
}

#[test]
fn a_deleted_key_does_not_come_back_from_an_older_copy() {
    let (mut a, mut b) = (Store::new("a"), Store::new("b"));
    a.put("x", "1");
    exchange(&mut a, &mut b);
    a.delete("x");
    exchange(&mut a, &mut b);
    assert_eq!((a.get("x"), b.get("x")), (None, None));
    assert!(pairs(&b).is_empty());
}

#[test]
fn what_was_written_here_is_to_be_broadcast_once_and_what_others_wrote_is_not() {
    let (mut a, mut b) = (Store::new("a"), Store::new("b"));
    a.put("x", "1");
    a.put("y", "2");
    let unsent = a.take_unsent(1_000);
    assert_eq!(unsent.len(), 2);
    assert!(a.take_unsent(1_000).is_empty());
    for message in &unsent {
        assert_eq!(b.absorb(message), Ok(1));
    }
    assert_eq!(pairs(&b), pairs(&a));
    assert!(b.take_unsent(1_000).is_empty());
    b.put("x", "3");
    assert_eq!(b.take_unsent(1_000).len(), 1, "only what b wrote itself");
}

#[test]
fn a_write_that_was_overtaken_before_it_went_out_is_not_broadcast() {
    let (mut a, mut b) = (Store::new("a"), Store::new("b"));
    a.put("x", "of a");
    b.put("x", "of b");
    exchange(&mut a, &mut b);
    assert!(a.take_unsent(1_000).is_empty());
    assert_eq!(b.take_unsent(1_000).len(), 1);
}

#[test]
fn what_is_beyond_the_limit_waits_and_what_fits_no_message_is_left_to_snapshots() {
    let mut a = Store::new("a");
    a.put("a", "1");
    a.put("b", "2");
    a.put("c", "x".repeat(500));
    let one = a.clone().take_unsent(usize::MAX)[0].len();
    assert_eq!(a.take_unsent(one + 1).len(), 1);
    assert_eq!(a.take_unsent(one + 1).len(), 1);
    assert!(a.take_unsent(one + 1).is_empty());
    let mut b = Store::new("b");
    b.absorb(&a.snapshot()).unwrap();
    assert_eq!(b.get("c").map(str::len), Some(500));
}

#[test]
fn no_bytes_panic_and_no_length_is_believed() {
    let mut a = Store::new("a");
    a.put("key", "value");
    let first = a.snapshot().len();
    a.delete("other");
    let good = a.snapshot();
    for end in 0..good.len() {
        let whole = [0, first].contains(&end);
        assert_eq!(Store::new("b").absorb(&good[..end]).is_ok(), whole, "cut at {end}");
    }
    let mut huge = u64::MAX.to_be_bytes().to_vec();
    huge.extend(b"key");
    assert_eq!(Store::new("b").absorb(&huge), Err(Malformed));
    for value in 0..=255 {
        let mut bytes = good.clone();
        for at in 0..bytes.len() {
            let old = std::mem::replace(&mut bytes[at], value);
            let _ = Store::new("b").absorb(&bytes);
            bytes[at] = old;
        }
    }
}
