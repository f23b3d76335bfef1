use proptest::prelude::*;

use super::*;

#[test]
fn markup_is_escaped() {
    assert_eq!(escape("<script a='b'>\"&"), "&lt;script a=&#39;b&#39;&gt;&quot;&amp;");
}

#[test]
fn forbidden_and_turning_characters_are_replaced() {
    assert_eq!(
        clean("a\u{0}b\u{1b}[31m\u{202E}c\u{FFFF}\u{1FFFE}\u{85}"),
        "a\u{FFFD}b\u{FFFD}[31m\u{FFFD}c\u{FFFD}\u{FFFD}\u{FFFD}"
    );
    assert_eq!(clean("a\tb\nc"), "a b c");
    assert_eq!(clean("Größe → 中文 🙂"), "Größe → 中文 🙂");
}

#[test]
fn long_text_is_wrapped_and_cut() {
    assert_eq!(wrap("one two three", 10.0, 50.0, 3), ["one two", "three"]);
    assert_eq!(wrap("one two three four five six", 10.0, 50.0, 2), ["one two", "three f…"]);
    assert_eq!(wrap("", 10.0, 50.0, 2), Vec::<String>::new());
    assert_eq!(cut("abcdefghij", 10.0, 40.0), "abcde…");
    assert_eq!(cut("abc", 10.0, 40.0), "abc");
}

proptest! {
    #[test]
    fn cut_text_fits(text in ".{0,40}", limit in 20.0_f64..300.0) {
        prop_assert!(width(&cut(&text, 10.0, limit), 10.0) <= limit);
        let lines = wrap(&text, 10.0, limit, 3);
        prop_assert!(lines.len() <= 3 && lines.iter().all(|line| width(line, 10.0) <= limit));
    }
}
