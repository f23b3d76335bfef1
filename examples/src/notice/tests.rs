use super::*;

#[test]
fn a_notice_survives_the_way() {
    for text in ["hello, you", ""] {
        let notice = Notice::new("a", text);
        assert_eq!(Notice::decode(&notice.encode()), Some(notice));
    }
}

#[test]
fn bytes_that_are_no_notice_are_none() {
    let bad: [&[u8]; 5] = [b"", b"a", b"\0", b"\0text", b"\xff\0text"];
    for bytes in bad {
        assert_eq!(Notice::decode(bytes), None, "{bytes:?}");
    }
}

#[test]
fn control_characters_of_a_peer_do_not_reach_the_terminal() {
    let nasty = Notice::new("a\x1b[2J", "b\x1b]0;x\x07\nc\0d");
    let got = Notice::decode(&nasty.encode()).unwrap();
    assert_eq!(got, Notice::new("a\u{fffd}[2J", "b\u{fffd}]0;x\u{fffd}\u{fffd}c\u{fffd}d"));
}
