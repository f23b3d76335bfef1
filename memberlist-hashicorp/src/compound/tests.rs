use super::*;
use memberlist_types::DecodeError::Truncated;

fn parts(body: &[u8]) -> Result<Vec<Result<&[u8], DecodeError>>, DecodeError> {
    Parts::new(body).map(Iterator::collect)
}

/// 9.8 TestMakeCompoundMessage, TestDecodeCompoundMessage
#[test]
fn messages_come_out_as_they_went_in() {
    let messages = [Bytes::from_static(b"\x08a"), Bytes::from_static(b"\x08bc")];
    let compound = encode(&messages).unwrap();
    assert_eq!(compound, [0x07, 0x02, 0x00, 0x02, 0x00, 0x03, 0x08, 0x61, 0x08, 0x62, 0x63]);
    assert_eq!(parts(&compound[1..]), Ok(vec![Ok(&b"\x08a"[..]), Ok(b"\x08bc")]));
    let three = [const { Bytes::from_static(b"\x08xyz") }; 3];
    let compound = encode(&three).unwrap();
    assert_eq!(compound.len(), OVERHEAD + 3 * (PART_OVERHEAD + 4));
    assert_eq!(parts(&compound[1..]), Ok(vec![Ok(&b"\x08xyz"[..]); 3]));
}

/// 9.8 TestDecodeCompoundMessage_NumberOfPartsOverflow
#[test]
fn more_parts_than_there_are_lengths_is_an_error() {
    assert_eq!(parts(&[]), Err(Truncated));
    assert_eq!(parts(&[2, 0, 1, 0]), Err(Truncated));
    assert_eq!(parts(&[0xff, 0, 1, 7]), Err(Truncated));
}

/// 9.8 TestDecodeCompoundMessage_Trunc
#[test]
fn part_that_is_cut_off_does_not_cost_those_before_it() {
    let compound = encode(&[const { Bytes::from_static(b"\x08xyz") }; 3]).unwrap();
    let cut = &compound[1..compound.len() - 1];
    assert_eq!(parts(cut), Ok(vec![Ok(&b"\x08xyz"[..]), Ok(b"\x08xyz"), Err(Truncated)]));
    // Those after it are lost, also if they would fit.
    assert_eq!(parts(&[3, 0, 1, 0, 9, 0, 1, 7, 8]), Ok(vec![Ok(&[7][..]), Err(Truncated)]));
}

#[test]
fn no_parts_are_sound_and_what_follows_them_is_ignored() {
    assert_eq!(parts(&[0]), Ok(vec![]));
    assert_eq!(parts(&[0, 1, 2, 3]), Ok(vec![]));
    assert_eq!(parts(&[1, 0, 1, 7, 8, 9]), Ok(vec![Ok(&[7][..])]));
    assert_eq!(parts(&[1, 0, 0]), Ok(vec![Ok(&[][..])]));
}

/// Q6
#[test]
fn neither_the_number_nor_a_length_wraps_around() {
    let one = Bytes::from_static(b"\x08");
    assert_eq!(encode(&vec![one.clone(); 255]).unwrap().len(), 2 + 255 * 3);
    assert!(matches!(
        encode(&vec![one.clone(); 256]),
        Err(EncodeError::TooLarge { actual: 256, limit: 255, .. })
    ));
    assert!(encode(&[one.clone(), vec![8; 65_535].into()]).is_ok());
    let too_long = encode(&[one, vec![8; 65_536].into()]);
    assert!(matches!(too_long, Err(EncodeError::TooLarge { actual: 65_536, limit: 65_535, .. })));
}
