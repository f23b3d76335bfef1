use super::*;

fn extent(message: &[u8]) -> Result<Extent, DecodeError> {
    of_message(&StreamLimits::default(), message)
}

/// The head of a push/pull of three nodes and seven bytes of the application.
const HEAD: &[u8] = b"\x06\x83\xa4Join\xc2\xa5Nodes\x03\xacUserStateLen\x07";

#[test]
fn what_is_missing_of_a_struct_is_a_byte_for_each_value_and_the_rest_of_raw_bytes() {
    assert_eq!(extent(b""), Ok(Extent::Short(2)));
    assert_eq!(extent(b"\x00"), Ok(Extent::Short(1)));
    assert_eq!(extent(b"\x00\x82"), Ok(Extent::Short(4)));
    assert_eq!(extent(b"\x00\x82\xa5Se"), Ok(Extent::Short(3 + 3)));
    assert_eq!(extent(b"\x00\x82\xa5SeqNo"), Ok(Extent::Short(3)));
    assert_eq!(extent(b"\x00\x82\xa5SeqNo\xcd\x01"), Ok(Extent::Short(1 + 2)));
    assert_eq!(extent(b"\x00\x82\xa5SeqNo\x01\xa4Node\xda\x01\x00"), Ok(Extent::Short(256)));
    assert_eq!(extent(b"\x00\x82\xa5SeqNo\x01\xa4Node\xa0more"), Ok(Extent::Whole(15)));
}

#[test]
fn nodes_have_a_least_size_each() {
    let with = |rest: &[u8]| extent(&[HEAD, rest].concat());
    assert_eq!(with(b""), Ok(Extent::Short(3 * 9 + 7)));
    assert_eq!(with(b"\x93\xa1n"), Ok(Extent::Short(3 * 9 - 3 + 7)));
    // Maps are longer, and what is known of the one that has begun counts if it is more.
    assert_eq!(with(b"\x87"), Ok(Extent::Short(3 * 24 - 1 + 7)));
    assert_eq!(with(b"\x87\xa4Meta\xda\x02\x00"), Ok(Extent::Short(512 + 12 + 2 * 24 + 7)));
    let node = b"\x93\xa1n\xa4\x0a\0\0\x01\x07";
    assert_eq!(with(&node.repeat(2)), Ok(Extent::Short(9 + 7)));
    assert_eq!(with(&node.repeat(3)), Ok(Extent::Short(7)));
    assert_eq!(with(&[&node.repeat(3)[..], b"1234567more"].concat()), Ok(Extent::Whole(HEAD.len() + 27 + 7)));
    assert_eq!(with(b"\xc0"), Err(DecodeError::Invalid("length of a node")));
}
