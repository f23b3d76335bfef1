use super::*;
use futures_util::FutureExt;

#[test]
fn a_lock_survives_the_panic_of_its_holder() {
    let mutex = Arc::new(Mutex::new(7));
    let other = Arc::clone(&mutex);
    let _ = std::thread::spawn(move || {
        let _guard = other.lock().unwrap();
        panic!("on purpose");
    })
    .join();
    assert!(mutex.is_poisoned());
    assert_eq!(*lock(&mutex), 7);
}

#[test]
fn a_signal_set_before_the_wait_is_not_lost_and_counts_once() {
    let signal = Signal::default();
    signal.set();
    signal.set();
    assert!(signal.wait().now_or_never().is_some());
    assert!(signal.wait().now_or_never().is_none());
}

#[test]
fn a_freed_place_can_be_taken_again() {
    let places = Places::new(1);
    let place = places.try_take().unwrap();
    assert!(places.try_take().is_none());
    assert!(places.take().now_or_never().is_none());
    drop(place);
    assert!(places.take().now_or_never().is_some());
}

/// TestTransport_TcpListenBackoff (the law: about a dozen failures in four seconds)
#[test]
fn the_backoff_doubles_from_5_ms_to_1_s() {
    let mut backoff = Backoff::default();
    let pauses: Vec<u128> = (0..10).map(|_| backoff.next().as_millis()).collect();
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    backoff.reset();
    assert_eq!(backoff.next().as_millis(), 5);
}

#[test]
fn occasionally_is_true_at_first_and_then_once_per_pause() {
    let occasionally = Occasionally::default();
    let pause = Duration::from_secs(60);
    let said: Vec<bool> =
        [0, 1, 59, 60, 61, 119, 121].map(|s| occasionally.now(Duration::from_secs(s), pause)).into();
    assert_eq!(said, [true, false, false, true, false, false, true]);
}
