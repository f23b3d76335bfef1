use super::Backoff;

#[test]
fn waits_double_from_five_milliseconds_to_a_second_and_start_over() {
    let mut backoff = Backoff::new();
    let waits: Vec<_> = (0..11).map(|_| backoff.failed().as_millis()).collect();
    assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000]);
    backoff.succeeded();
    assert_eq!(backoff.failed().as_millis(), 5);
}
