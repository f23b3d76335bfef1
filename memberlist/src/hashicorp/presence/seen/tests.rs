use super::*;

#[test]
fn each_thing_is_news_once() {
    let mut seen = Seen::new();
    assert!(seen.is_news(7, "deploy"));
    assert!(!seen.is_news(7, "deploy"));
    assert!(seen.is_news(7, "restart"));
    assert!(seen.is_news(8, "deploy"));
    assert_eq!(seen.time(), 9);
}

#[test]
fn what_is_older_than_the_window_is_no_news() {
    let mut seen = Seen::new();
    assert!(seen.is_news(1_000, "a"));
    assert!(!seen.is_news(488, "b"));
    assert!(seen.is_news(489, "b"));
    // The slot of a later time is not taken by an earlier one.
    assert!(!seen.is_news(1_000, "a"));
}

#[test]
fn what_is_kept_is_bounded_whatever_is_said() {
    let mut seen = Seen::new();
    let news = (0..1_000).filter(|number| seen.is_news(5, number)).count();
    assert_eq!(news, MAX_AT_ONCE);
    assert!(seen.is_news(u64::MAX, "the end"));
    assert_eq!(seen.slots.len(), 512);
}
