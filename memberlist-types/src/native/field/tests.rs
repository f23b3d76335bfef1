use super::*;
use alloc::{vec, vec::Vec};

fn key_bytes(tag: u8, len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    put_key(&mut out, tag, len, "bytes").unwrap();
    out
}

#[test]
fn keys_take_their_shortest_form_and_come_back() {
    let cases: [(u8, usize, &[u8]); 10] = [
        (1, 0, &[0x10]),
        (1, 12, &[0x1c]),
        (1, 13, &[0x1d, 13]),
        (14, 255, &[0xed, 255]),
        (14, 256, &[0xee, 1, 0]),
        (2, 65_535, &[0x2e, 0xff, 0xff]),
        (2, 65_536, &[0x2f, 0, 1, 0, 0]),
        (15, 1, &[0xf1, 15]),
        (255, 13, &[0xfd, 255, 13]),
        (200, 1 << 24, &[0xff, 200, 1, 0, 0, 0]),
    ];
    for (tag, len, bytes) in cases {
        assert_eq!(key_bytes(tag, len), bytes);
        assert_eq!(key(bytes), Some(Key { tag, len, size: bytes.len() }));
        for cut in 0..bytes.len() {
            assert_eq!(key(&bytes[..cut]), None, "{bytes:02x?} cut at {cut}");
        }
    }
}

#[test]
fn longer_forms_of_a_key_are_understood() {
    for bytes in
        [&[0x13][..], &[0x1d, 3], &[0x1e, 0, 3], &[0x1f, 0, 0, 0, 3], &[0xf3, 1], &[0xff, 1, 0, 0, 0, 3]]
    {
        assert_eq!(key(bytes), Some(Key { tag: 1, len: 3, size: bytes.len() }));
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn key_of_more_than_4_gib_is_refused() {
    let mut out = vec![9];
    let (actual, limit) = (1 << 32, u32::MAX as usize);
    let error = EncodeError::TooLarge { what: "user bytes", actual, limit };
    assert_eq!(put_key(&mut out, 1, actual, "user bytes"), Err(error));
    assert_eq!(out, [9]);
}

#[test]
fn integers_have_no_leading_zeros_and_zero_is_left_out() {
    let cases: [(u64, &[u8]); 6] = [
        (0, &[]),
        (1, &[0x11, 1]),
        (255, &[0x11, 255]),
        (256, &[0x12, 1, 0]),
        (u32::MAX.into(), &[0x14, 255, 255, 255, 255]),
        (u64::MAX, &[0x18, 255, 255, 255, 255, 255, 255, 255, 255]),
    ];
    for (value, bytes) in cases {
        let mut out = Vec::new();
        put_uint(&mut out, 1, value).unwrap();
        assert_eq!(out, bytes);
        assert_eq!(uint(bytes.get(1..), "n"), Ok(value));
    }
}

#[test]
fn integer_that_does_not_fit_is_invalid() {
    assert_eq!(uint32(Some(&[0, 0, 0, 0, 255, 255, 255, 255]), "n"), Ok(u32::MAX));
    assert_eq!(uint32(Some(&[1, 0, 0, 0, 0]), "n"), Err(DecodeError::Invalid("n")));
    assert_eq!(uint(Some(&[0; 9]), "n"), Err(DecodeError::Invalid("n")));
    assert_eq!(uint(None, "n"), Ok(0));
}

/// W-46: too little is something else than nonsense.
#[test]
fn truncation_and_nonsense_are_told_apart() {
    let next =
        |bytes: &[u8]| Fields::new(bytes).next().map(|field| field.map(|(tag, value)| (tag, value.to_vec())));
    assert_eq!(next(&[]), Ok(None));
    assert_eq!(next(&[0x22, 7, 8, 9]), Ok(Some((2, vec![7, 8]))));
    assert_eq!(next(&[0x22, 7]), Err(DecodeError::Truncated));
    assert_eq!(next(&[0x2d]), Err(DecodeError::Truncated));
    assert_eq!(next(&[0xf0]), Err(DecodeError::Truncated));
    assert_eq!(next(&[0x2f, 0xff, 0xff, 0xff, 0xff]), Err(DecodeError::Truncated));
    assert_eq!(next(&[0x00]), Err(DecodeError::Invalid("field tag")));
    assert_eq!(next(&[0xf0, 0]), Err(DecodeError::Invalid("field tag")));
}

#[test]
fn collecting_takes_the_last_and_skips_the_unknown() {
    let body = [0x11, 1, 0x91, 9, 0x31, 3, 0x11, 4];
    let [one, two, three] = collect(&body).unwrap();
    assert_eq!((one, two, three), (Some(&[4][..]), None, Some(&[3][..])));
}

proptest::proptest! {
    /// Fields in and out of order, short and long, repeated, unknown, cut off: the pass that knows which tag is next finds no other values or errors.
    #[test]
    fn fields_in_order_are_read_as_fields_in_any(
        fields in proptest::collection::vec((0u8..=17, 0usize..300, proptest::bool::ANY), 0..8),
        ordered: bool,
        cut in 0usize..64,
    ) {
        let mut fields = fields;
        if ordered {
            fields.sort_unstable();
        }
        let mut body = Vec::new();
        for (tag, len, short) in fields {
            let len = if short { len % 16 } else { len };
            put_key(&mut body, tag, len, "bytes").unwrap();
            body.extend((0..len).map(|n| n as u8));
        }
        for body in [&body[..], &body[..body.len().saturating_sub(cut)]] {
            assert_eq!(collect::<4>(body), collect_any::<4>(body));
            assert_eq!(collect::<1>(body), collect_any::<1>(body));
        }
    }

    #[test]
    fn nonsense_is_read_as_in_any_order(body: Vec<u8>) {
        assert_eq!(collect::<5>(&body), collect_any::<5>(&body));
    }
}
