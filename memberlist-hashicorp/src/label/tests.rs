use super::*;
use alloc::string::String;
use memberlist_types::Label;

fn framing(label: &str) -> Framing {
    Framing::new().with_label(Label::new(label).unwrap())
}

/// 9.3 TestAddLabelHeaderToPacket, TestAddLabelHeaderToStream
#[test]
fn label_is_put_with_its_length_before_it_and_none_is_nothing() {
    let written = |label: &str| {
        let mut out = Vec::new();
        put(&framing(label), &mut out);
        out
    };
    assert_eq!(written(""), b"");
    assert_eq!(written("foo"), b"\xf4\x03foo");
    let longest = "x".repeat(255);
    assert_eq!(written(&longest), [b"\xf4\xff", longest.as_bytes()].concat());
    assert!(Label::new("x".repeat(256)).is_err());
}

/// 9.3 TestLabelOverhead
#[test]
fn overhead_is_what_is_put() {
    for len in [0, 1, 7, 255] {
        let mut out = Vec::new();
        let framing = framing(&"x".repeat(len));
        put(&framing, &mut out);
        assert_eq!(overhead(&framing), out.len());
        assert_eq!(out.len(), if len == 0 { 0 } else { 2 + len });
    }
}

/// 9.3 TestRemoveLabelHeaderFromPacket, TestRemoveLabelHeaderFromStream
#[test]
fn label_is_taken_off_what_is_sound_and_right() {
    assert_eq!(check(&framing(""), b"\x08hello"), Ok(Check::Right(0)));
    assert_eq!(check(&framing("foo"), b"\xf4\x03foo\x08hello"), Ok(Check::Right(5)));
    assert_eq!(check(&framing("foo"), b"\xf4\x03foo"), Ok(Check::Right(5)));
    assert_eq!(check(&framing("foo"), b""), Ok(Check::Short(1)));
    assert_eq!(check(&framing("foo"), b"\xf4"), Ok(Check::Short(1)));
    assert_eq!(check(&framing("foo"), b"\xf4\x03f"), Ok(Check::Short(2)));
    for label in ["", "foo"] {
        assert_eq!(check(&framing(label), b"\xf4\x00\x08a"), Err(DecodeError::Invalid("length of a label")));
    }
}

#[test]
fn other_labels_and_none_are_refused_at_the_first_byte_that_shows_it() {
    let refused = Err(DecodeError::LabelMismatch);
    assert_eq!(check(&framing(""), b"\xf4\x03"), refused);
    assert_eq!(check(&framing("foo"), b"\xf4\x04"), refused);
    assert_eq!(check(&framing("foo"), b"\xf4\x03g"), refused);
    assert_eq!(check(&framing("foo"), b"\xf4\x03fox"), refused);
    assert_eq!(check(&framing("foo"), b"\x08"), refused);
}

#[test]
fn label_that_was_stripped_upstream_must_not_be_seen() {
    let framing = framing("foo").with_label_stripped_upstream(true);
    assert_eq!(check(&framing, b"\x08hello"), Ok(Check::Right(0)));
    assert_eq!(check(&framing, b"\xf4"), Err(DecodeError::LabelMismatch));
    assert_eq!(check(&framing, b"\xf4\x03foo\x08hello"), Err(DecodeError::LabelMismatch));
}

#[test]
fn other_protocols_are_told_by_their_first_byte() {
    for first in [0xd1, 0xe1, 0x15, 0x16] {
        for label in [String::new(), "foo".into()] {
            assert_eq!(check(&framing(&label), &[first]), Err(DecodeError::BadMagic(first)));
        }
    }
}
