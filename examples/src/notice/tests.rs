use super::*;

fn notice(number: u64) -> Notice {
    Notice { author: "a".into(), number, text: "hello, you".into() }
}

#[test]
fn a_notice_survives_the_way() {
    assert_eq!(Notice::decode(&notice(7).encode()), Some(notice(7)));
    let empty = Notice { text: String::new(), ..notice(7) };
    assert_eq!(Notice::decode(&empty.encode()), Some(empty));
}

#[test]
fn bytes_that_are_no_notice_are_none() {
    let bad: [&[u8]; 8] =
        [b"", b"a", b"a\0", b"a\x001", b"a\0x\0text", b"\x001\0text", b"a\0-1\0text", b"\xff\x001\0text"];
    for bytes in bad {
        assert_eq!(Notice::decode(bytes), None, "{bytes:?}");
    }
}

#[test]
fn control_characters_of_a_peer_do_not_reach_the_terminal() {
    let nasty = Notice { author: "a\x1b[2J".into(), number: 1, text: "b\x1b]0;x\x07\nc".into() };
    let got = Notice::decode(&nasty.encode()).unwrap();
    assert!(!got.author.chars().any(char::is_control) && !got.text.chars().any(char::is_control), "{got:?}");
}

#[test]
fn a_notice_is_news_once_and_our_own_never() {
    let mut notices = Notices::new("b");
    assert!(notices.is_news(&notice(1)));
    assert!(!notices.is_news(&notice(1)));
    assert!(notices.is_news(&notice(2)));
    let own = notices.write("mine");
    assert!(!notices.is_news(&own));
    assert_ne!(own.number, notices.write("mine").number);
}

#[test]
fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
    let mut notices = Notices::new("b");
    for number in 0..=MEMORY as u64 {
        assert!(notices.is_news(&notice(number)));
    }
    assert_eq!((notices.heard.len(), notices.order.len()), (MEMORY, MEMORY));
    assert!(!notices.is_news(&notice(1)));
    assert!(notices.is_news(&notice(0)));
}
