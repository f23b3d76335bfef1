use super::*;

#[test]
fn words_that_are_nearly_right_are_named() {
    let known = ["crash", "restart", "partition"];
    for (word, near) in
        [("crsah", "crash"), ("crush", "crash"), ("restat", "restart"), ("partitoin", "partition")]
    {
        assert_eq!(instead(word, &known), format!("did you mean `{near}`?"));
    }
    assert_eq!(instead("explode", &known), "there are: crash, restart, partition");
}

#[test]
fn distance_counts_single_changes() {
    for (a, b, apart) in [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abc", "xbc", 1),
        ("abc", "abcd", 1),
        ("kitten", "sitting", 3),
    ] {
        assert_eq!((distance(a, b), distance(b, a)), (apart, apart), "{a} {b}");
    }
}

#[test]
fn times_and_percentages_are_read_as_people_write_them() {
    assert_eq!(time("1m 30s"), Some(Duration::from_secs(90)));
    assert_eq!(time("500us"), Some(Duration::from_micros(500)));
    assert_eq!(time("5"), None);
    assert_eq!(time("-5s"), None);
    assert_eq!(percentage("5%"), Some(0.05));
    assert_eq!(percentage("0.5 %"), Some(0.005));
    assert_eq!(percentage("5"), None);
}
