use super::*;

fn notice() -> Notice {
    Notice::new("n2", "hello")
}

#[test]
fn told_as_often_as_said_is_in_order() {
    let mut told = Told::default();
    told.say(&notice());
    told.hear(&"n1".into(), &notice());
    told.hear(&"n3".into(), &notice());
    assert!(told.too_often().is_empty());
    told.say(&notice());
    told.hear(&"n1".into(), &notice());
    assert!(told.too_often().is_empty(), "a repetition is a broadcast of its own");
}

#[test]
fn whoever_is_told_twice_what_was_said_once_is_named() {
    let mut told = Told::default();
    told.say(&notice());
    for observer in ["n1", "n3", "n3"] {
        told.hear(&observer.into(), &notice());
    }
    assert_eq!(told.too_often(), ["n3 was told \"hello\" of n2 2 times instead of 1"]);
}

#[test]
fn nobody_is_told_its_own_words_nor_what_nobody_said() {
    let mut told = Told::default();
    told.say(&notice());
    told.hear(&"n2".into(), &notice());
    told.hear(&"n1".into(), &Notice::new("n2", "other"));
    assert_eq!(told.too_often().len(), 2, "{:?}", told.too_often());
}
