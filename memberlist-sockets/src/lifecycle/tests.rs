use super::Lifecycle;
use futures_util::FutureExt;
use std::sync::Arc;

#[test]
fn end_comes_only_after_the_last_holder_and_the_value_are_gone() {
    let value = Arc::new(());
    let lifecycle = Lifecycle::new(Arc::clone(&value));
    let held = lifecycle.enter().unwrap();
    assert!(lifecycle.closing().now_or_never().is_none());

    lifecycle.close();
    lifecycle.close();
    assert!(lifecycle.enter().is_none());
    assert!(lifecycle.closing().now_or_never().is_some());
    assert!(lifecycle.ended().now_or_never().is_none());

    drop(held);
    assert!(lifecycle.ended().now_or_never().is_some());
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn waiting_ends_with_the_signal() {
    let lifecycle = Lifecycle::new(());
    assert_eq!(lifecycle.closing().or(async { 1 }).now_or_never(), Some(Some(1)));
    let pending = lifecycle.closing().or(std::future::pending::<()>());
    lifecycle.close();
    assert_eq!(pending.now_or_never(), Some(None));
}
