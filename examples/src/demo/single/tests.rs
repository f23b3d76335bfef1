use super::*;

#[test]
fn the_time_of_day_is_that_of_utc() {
    let at = |ms| time_of_day(SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
    assert_eq!(at(0), "00:00:00.000");
    assert_eq!(at(1_700_000_000_042), "22:13:20.042");
}
