use super::*;

#[test]
fn first_difference_of_texts_is_found() {
    assert_eq!(first_difference("", ""), None);
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
    assert_eq!(first_difference("a\nb\n", "a\nb"), Some(3));
    assert_eq!(first_difference("a", "a\n"), Some(2));
    assert_eq!(first_difference("", "a"), Some(1));
}
