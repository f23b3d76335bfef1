use super::*;
use alloc::vec::Vec;
use bytes::Bytes;
use memberlist_types::{EncodeError, Meta};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn event() -> UserEvent {
    UserEvent { time: 7, name: "deploy".into(), payload: "v1".into(), coalesce: true }
}

fn state() -> PushPull {
    let said = Said { name: "deploy".into(), payload: "x".into() };
    PushPull {
        time: 10,
        status_times: [("a".into(), 1)].into(),
        left: ["b".into()].into(),
        event_time: 3,
        events: [None, Some(Slot { time: 2, events: [said].into() })].into(),
        query_time: 4,
    }
}

#[test]
fn recorded_intents_are_written_and_read_to_the_byte() {
    let join = JoinIntent { time: 5, node: "node1".into() };
    let bytes = hex("0182a54c54696d6505a44e6f6465a56e6f646531");
    assert_eq!(join.encode().unwrap(), bytes);
    assert_eq!(SerfMessage::decode(&bytes), Ok(SerfMessage::Join(join)));

    let leave = LeaveIntent { time: 300, node: "node1".into(), prune: true };
    let bytes = hex("0083a54c54696d65cd012ca44e6f6465a56e6f646531a55072756e65c3");
    assert_eq!(leave.encode().unwrap(), bytes);
    assert_eq!(SerfMessage::decode(&bytes), Ok(SerfMessage::Leave(leave)));
}

#[test]
fn recorded_user_events_are_written_and_read_to_the_byte() {
    let bytes = hex("0384a24343c3a54c54696d6507a44e616d65a66465706c6f79a75061796c6f6164a27631");
    assert_eq!(event().encode().unwrap(), bytes);
    assert_eq!(SerfMessage::decode(&bytes), Ok(SerfMessage::UserEvent(event())));

    let empty = UserEvent { payload: Bytes::new(), coalesce: false, ..event() };
    let bytes = hex("0384a24343c2a54c54696d6507a44e616d65a66465706c6f79a75061796c6f6164c0");
    assert_eq!(empty.encode().unwrap(), bytes);
    assert_eq!(SerfMessage::decode(&bytes), Ok(SerfMessage::UserEvent(empty)));
}

#[test]
fn head_of_a_recorded_query_is_read() {
    let bytes = hex(
        "048ba441646472a47f000001a746696c74657273c0a5466c61677301a24944ce12345678a54c54696d652aa44e616d65a46c6f6164\
         a75061796c6f6164c0a4506f7274cd1f0aab52656c6179466163746f7200aa536f757263654e6f6465a56e6f646531a754696d656f\
         7574d3000000037e11d600",
    );
    let Ok(SerfMessage::Query(query)) = SerfMessage::decode(&bytes) else { panic!("no query") };
    assert_eq!(query, Query { time: 42, id: 0x1234_5678, flags: 1 });
    assert!(!query.is_not_passed_on());
}

#[test]
fn recorded_state_is_written_and_read_to_the_byte() {
    let bytes = hex(
        "0286aa4576656e744c54696d6503a64576656e747392c082a64576656e74739182a44e616d65a66465706c6f79a75061796c6f6164\
         a178a54c54696d6502a54c54696d650aab4c6566744d656d6265727391a162aa51756572794c54696d6504ac5374617475734c5469\
         6d657381a16101",
    );
    assert_eq!(state().encode().unwrap(), bytes);
    assert_eq!(PushPull::decode(&bytes), Ok(state()));
}

#[test]
fn recorded_tags_are_written_and_read_to_the_byte() {
    for (tags, bytes) in [(Tags::new().with("role", "web"), "ff81a4726f6c65a3776562"), (Tags::new(), "ff80")]
    {
        let meta = Meta::new(hex(bytes));
        assert_eq!(tags.to_meta().unwrap(), meta);
        assert_eq!(Tags::from_meta(&meta), Ok(tags));
    }
    assert_eq!(Tags::from_meta(&Meta::new(hex("ffc0"))), Ok(Tags::new()));
}

#[test]
fn metadata_that_are_no_tags_are_the_role() {
    assert_eq!(Tags::from_meta(&Meta::new("web")), Ok(Tags::new().with("role", "web")));
    assert_eq!(Tags::from_meta(&Meta::EMPTY), Ok(Tags::new()));
    assert!(Tags::from_meta(&Meta::new(hex("ff81a4726f"))).is_err());
    assert!(Tags::from_meta(&Meta::new(hex("ff81a4726f6c6505"))).is_err());
}

#[test]
fn tags_beyond_512_bytes_are_refused() {
    // The mark, the head of the map, one key with its head, and the head of the value.
    let room = 512 - 1 - 1 - 2 - 3;
    assert_eq!(Tags::new().with("k", "v".repeat(room)).to_meta().unwrap().len(), 512);
    let refused = Tags::new().with("k", "v".repeat(room + 1)).to_meta();
    assert_eq!(refused, Err(EncodeError::TooLarge { what: "bytes of tags", actual: 513, limit: 512 }));
}

#[test]
fn names_that_are_not_utf8_are_taken() {
    let bytes = hex("0182a54c54696d6505a44e6f6465a2ff61");
    let Ok(SerfMessage::Join(intent)) = SerfMessage::decode(&bytes) else { panic!("no intent") };
    assert_eq!(intent.node, "\u{fffd}a");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    for first in [2, 5, 6, 7, 8, 9, 200] {
        assert_eq!(SerfMessage::decode(&[first, 0xc1]), Ok(SerfMessage::Other(first)));
    }
    assert_eq!(PushPull::decode(&[3]), Err(DecodeError::UnknownKind(3)));
    assert_eq!(PushPull::decode(&[]), Err(DecodeError::Truncated));
    assert_eq!(SerfMessage::decode(&[]), Err(DecodeError::Truncated));
}

#[test]
fn no_beginning_of_a_message_is_one() {
    let messages = [
        event().encode().unwrap(),
        LeaveIntent { time: 1, node: "n".into(), prune: false }.encode().unwrap(),
    ];
    for message in messages {
        for end in 0..message.len() {
            assert!(SerfMessage::decode(&message[..end]).is_err());
        }
    }
    let state = state().encode().unwrap();
    for end in 0..state.len() {
        assert!(PushPull::decode(&state[..end]).is_err());
    }
}

#[test]
fn announced_numbers_are_checked_before_anything_is_kept() {
    // 65,537 slots, which are there.
    let mut bytes = hex("0281a64576656e7473dd00010001");
    bytes.extend([0xc0; 65_537]);
    let refused = DecodeError::TooLarge { what: "slots", actual: 65_537, limit: 65_536 };
    assert_eq!(PushPull::decode(&bytes), Err(refused));
    // Four billion, which are not.
    assert_eq!(PushPull::decode(&hex("0281a64576656e7473ddffffffff")), Err(DecodeError::Truncated));
    assert_eq!(
        PushPull::decode(&hex("0281ac5374617475734c54696d6573dfffffffff")),
        Err(DecodeError::Truncated)
    );
}
