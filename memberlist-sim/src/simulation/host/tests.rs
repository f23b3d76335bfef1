use super::*;

fn at(seconds: u64) -> Instant {
    Instant::START + Duration::from_secs(seconds)
}

#[test]
fn clock_that_runs_right_shows_the_time() {
    assert_eq!(Clock::RIGHT.local(at(5)), at(5));
    assert_eq!(Clock::RIGHT.global(at(5)), at(5));
}

#[test]
fn fast_clock_shows_more_and_slow_clock_less() {
    let fast = Clock { since: at(10), shows: at(10), rate: rate(100_000) };
    assert_eq!(fast.local(at(20)), at(21));
    assert_eq!(fast.global(at(21)), at(20));
    let slow = Clock { since: at(10), shows: at(21), rate: rate(-500_000) };
    assert_eq!(slow.local(at(20)), at(26));
    assert_eq!(slow.global(at(26)), at(20));
}

#[test]
fn timer_never_fires_before_the_own_clock_shows_its_time() {
    for wrong in [-999_999, -1_234, -1, 0, 1, 77_777, 1_000_000] {
        let clock = Clock { since: at(3), shows: at(4), rate: rate(wrong) };
        for nanos in [0, 1, 2, 999, 123_456_789, 5_000_000_001] {
            let due = at(4) + Duration::from_nanos(nanos);
            let global = clock.global(due);
            assert!(clock.local(global) >= due, "{wrong} ppm, {nanos} ns");
            assert!(nanos == 0 || clock.local(Instant::from_nanos(global.as_nanos() - 1)) < due);
        }
    }
    assert_eq!(Clock { since: at(0), shows: at(1), rate: 1 }.global(Instant::NEVER), Instant::NEVER);
}

#[test]
fn later_processes_have_higher_incarnations() {
    assert!(incarnation(at(0)).value() >= 1);
    assert!(incarnation(at(5)) > incarnation(at(4)));
}
