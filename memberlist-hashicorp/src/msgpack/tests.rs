use super::*;
use memberlist_types::DecodeError;
use proptest::{collection::vec, prelude::*};
use std::borrow::Cow;

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Writer::new(&mut out));
    out
}

#[test]
fn unsigned_numbers_are_written_in_their_shortest_unsigned_form() {
    let vectors: [(u64, &[u8]); 10] = [
        (0, &[0]),
        (127, &[0x7f]),
        (128, &[0xcc, 0x80]),
        (255, &[0xcc, 0xff]),
        (256, &[0xcd, 1, 0]),
        (65535, &[0xcd, 0xff, 0xff]),
        (65536, &[0xce, 0, 1, 0, 0]),
        (0xffff_ffff, &[0xce, 0xff, 0xff, 0xff, 0xff]),
        (1 << 32, &[0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
        (u64::MAX, &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ];
    for (value, bytes) in vectors {
        assert_eq!(written(|writer| writer.uint(value)), bytes);
        assert_eq!(Reader::new(bytes).u64(), Ok(value));
    }
}

/// Q27
#[test]
fn signed_numbers_are_written_in_their_shortest_signed_form() {
    let vectors: [(i64, &[u8]); 14] = [
        (0, &[0]),
        (127, &[0x7f]),
        (128, &[0xd1, 0, 0x80]),
        (32767, &[0xd1, 0x7f, 0xff]),
        (32768, &[0xd2, 0, 0, 0x80, 0]),
        (40000, &[0xd2, 0, 0, 0x9c, 0x40]),
        (65535, &[0xd2, 0, 0, 0xff, 0xff]),
        (1 << 31, &[0xd3, 0, 0, 0, 0, 0x80, 0, 0, 0]),
        (-1, &[0xff]),
        (-32, &[0xe0]),
        (-33, &[0xd0, 0xdf]),
        (-128, &[0xd0, 0x80]),
        (-129, &[0xd1, 0xff, 0x7f]),
        (i64::MIN, &[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ];
    for (value, bytes) in vectors {
        assert_eq!(written(|writer| writer.int(value)), bytes);
        assert_eq!(Reader::new(bytes).int(), Ok(value));
    }
}

#[test]
fn heads_of_raw_maps_and_arrays_are_of_the_old_form() {
    let heads: [(usize, &[u8]); 6] = [
        (31, &[0xbf]),
        (32, &[0xda, 0, 0x20]),
        (255, &[0xda, 0, 0xff]),
        (256, &[0xda, 1, 0]),
        (65535, &[0xda, 0xff, 0xff]),
        (65536, &[0xdb, 0, 1, 0, 0]),
    ];
    for (len, head) in heads {
        let bytes = written(|writer| writer.raw(&vec![7; len]).unwrap());
        assert!(bytes.starts_with(head) && bytes.len() == head.len() + len, "{len}");
        assert_eq!(Reader::new(&bytes).bytes(), Ok(Cow::Borrowed(&vec![7; len][..])));
    }
    assert_eq!(written(|writer| writer.map(15)), [0x8f]);
    assert_eq!(written(|writer| writer.map(16)), [0xde, 0, 16]);
    assert_eq!(written(|writer| writer.map(65536)), [0xdf, 0, 1, 0, 0]);
    assert_eq!(written(|writer| writer.array(15)), [0x9f]);
    assert_eq!(written(|writer| writer.array(16)), [0xdc, 0, 16]);
    assert_eq!(written(|writer| writer.array(65536)), [0xdd, 0, 1, 0, 0]);
}

#[test]
fn every_family_of_bytes_is_as_good_as_the_other() {
    let forms: [&[u8]; 9] = [
        &[0xa2, 1, 200],
        &[0xc4, 2, 1, 200],
        &[0xc5, 0, 2, 1, 200],
        &[0xc6, 0, 0, 0, 2, 1, 200],
        &[0xd9, 2, 1, 200],
        &[0xda, 0, 2, 1, 200],
        &[0xdb, 0, 0, 0, 2, 1, 200],
        &[0x92, 1, 0xcc, 200],
        &[0xdc, 0, 2, 0xd1, 0, 1, 0xcd, 0, 200],
    ];
    for bytes in forms {
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.bytes().as_deref(), Ok(&[1, 200][..]), "{bytes:x?}");
        assert!(reader.rest().is_empty());
        assert_eq!(Reader::new(bytes).str(), Err(DecodeError::Invalid("UTF-8")));
    }
    assert_eq!(Reader::new(&[0x91, 0xcd, 1, 0]).bytes(), Err(DecodeError::Invalid("8-bit number")));
    assert_eq!(Reader::new(&[5]).bytes(), Err(DecodeError::Invalid("bytes")));
    assert_eq!(Reader::new(&[0x80]).bytes(), Err(DecodeError::Invalid("bytes")));
}

#[test]
fn nil_is_the_zero_of_every_type() {
    let nil = || Reader::new(&[0xc0]);
    assert_eq!(nil().u64(), Ok(0));
    assert_eq!(nil().int(), Ok(0));
    assert_eq!(nil().bool(), Ok(false));
    assert_eq!(nil().f64(), Ok(0.0));
    assert_eq!(nil().bytes().as_deref(), Ok(&[][..]));
    assert_eq!(nil().str().as_deref(), Ok(""));
    assert_eq!(nil().map_len(), Ok(0));
    assert_eq!(nil().array_len(), Ok(0));
    assert_eq!(nil().structure(&["a"], |_, _| Err(DecodeError::Truncated)), Ok(()));
}

#[test]
fn numbers_are_taken_in_any_width_and_refused_out_of_range() {
    for bytes in
        [&[7][..], &[0xcc, 7], &[0xd0, 7], &[0xcd, 0, 7], &[0xd1, 0, 7], &[0xd3, 0, 0, 0, 0, 0, 0, 0, 7]]
    {
        assert_eq!(Reader::new(bytes).u8(), Ok(7));
        assert_eq!(Reader::new(bytes).int(), Ok(7));
    }
    assert!(Reader::new(&[0xcd, 1, 0]).u8().is_err());
    assert!(Reader::new(&[0xce, 0, 1, 0, 0]).u16().is_err());
    assert!(Reader::new(&[0xcf, 0, 0, 0, 1, 0, 0, 0, 0]).u32().is_err());
    assert!(Reader::new(&[0xcf, 0xff, 0, 0, 0, 0, 0, 0, 0]).int().is_err());
    assert!(Reader::new(&[0xff]).u64().is_err());
    for other in [&[0xca, 0, 0, 0, 0][..], &[0xa1, b'1'], &[0xc3]] {
        assert!(Reader::new(other).u64().is_err());
        assert!(Reader::new(other).int().is_err());
    }
    assert_eq!(Reader::new(&[1]).bool(), Ok(true));
    assert!(Reader::new(&[2]).bool().is_err());
}

#[test]
fn announced_lengths_beyond_the_data_are_errors_that_say_how_much_is_lacking() {
    let mut reader = Reader::new(&[0xdb, 0xff, 0xff, 0xff, 0xff, 1]);
    assert_eq!(reader.token(), Err(DecodeError::Truncated));
    assert_eq!(reader.lacking(), 0xffff_fffe);
    let mut reader = Reader::new(&[0xdd, 0xff, 0xff, 0xff, 0xff, 1]);
    assert_eq!(reader.bytes(), Err(DecodeError::Truncated));
    let mut reader = Reader::new(&[0xdf, 0xff, 0xff, 0xff, 0xff, 1]);
    assert_eq!(reader.map_len(), Err(DecodeError::Truncated));
    let mut reader = Reader::new(&[0xcd, 1]);
    assert_eq!(reader.token(), Err(DecodeError::Truncated));
    assert_eq!(reader.lacking(), 1);
    assert_eq!(Reader::new(&[]).skip(), Err(DecodeError::Truncated));
    assert_eq!(Reader::new(&[0xc1]).skip(), Err(DecodeError::Invalid("msgpack")));
}

#[test]
fn values_are_skipped_up_to_a_depth_of_1024() {
    let nested = |depth: usize| [vec![0x91; depth], vec![0xc0, 7]].concat();
    let bytes = nested(1024);
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.skip(), Ok(()));
    assert_eq!(reader.rest(), [7]);
    assert_eq!(Reader::new(&nested(1025)).skip(), Err(DecodeError::Invalid("depth of nesting")));
    // Breadth costs nothing.
    let wide = [&[0xdc, 0xff, 0xff][..], &[0x90; 65535], &[7]].concat();
    let mut reader = Reader::new(&wide);
    assert_eq!(reader.skip(), Ok(()));
    assert_eq!(reader.rest(), [7]);
    // An extension, and a time.
    for bytes in [
        &[0xd6, 0xff, 1, 2, 3, 4][..],
        &[0xc7, 3, 5, 1, 2, 3],
        &[0xd8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.skip(), Ok(()));
        assert!(reader.rest().is_empty());
    }
}

fn numbers(bytes: &[u8]) -> Result<(u64, u64), DecodeError> {
    let (mut a, mut b) = (0, 0);
    Reader::new(bytes).structure(&["a", "b"], |field, reader| {
        *(if field == 0 { &mut a } else { &mut b }) = reader.u64()?;
        Ok(())
    })?;
    Ok((a, b))
}

#[test]
fn structs_are_read_by_name_or_by_position() {
    assert_eq!(numbers(b"\x82\xa1a\x01\xa1b\x02"), Ok((1, 2)));
    assert_eq!(numbers(b"\x82\xa1b\x02\xd9\x01a\x01"), Ok((1, 2)));
    assert_eq!(numbers(b"\xde\x00\x01\xc4\x01b\x02"), Ok((0, 2)));
    assert_eq!(numbers(b"\x92\x01\x02"), Ok((1, 2)));
    assert_eq!(numbers(b"\x91\x01"), Ok((1, 0)));
    assert_eq!(numbers(b"\x94\x01\x02\x91\x03\xa1x"), Ok((1, 2)));
    // Unknown keys (also in another case), duplicates, nil.
    assert_eq!(numbers(b"\x83\xa1A\x81\xa1x\x91\x05\xa1b\x02\xa1b\x03"), Ok((0, 3)));
    assert_eq!(numbers(b"\x82\xa1a\x01\xa1a\xc0"), Ok((0, 0)));
    // Keys that are none.
    assert_eq!(numbers(b"\x81\xc0\x01"), Err(DecodeError::Invalid("key")));
    assert_eq!(numbers(b"\x81\x01\x01"), Err(DecodeError::Invalid("key")));
    assert_eq!(numbers(b"\x01"), Err(DecodeError::Invalid("struct")));
    assert_eq!(numbers(b"\x81\xa1a"), Err(DecodeError::Truncated));
}

proptest! {
    #[test]
    fn numbers_come_back(uint in any::<u64>(), shift in 0..64u32, int in any::<i64>(), float in any::<f64>()) {
        let (uint, int) = (uint >> shift, int >> shift);
        prop_assert_eq!(Reader::new(&written(|writer| writer.uint(uint))).u64(), Ok(uint));
        prop_assert_eq!(Reader::new(&written(|writer| writer.int(int))).int(), Ok(int));
        let read = Reader::new(&written(|writer| writer.f64(float))).f64().unwrap();
        prop_assert_eq!(read.to_bits(), float.to_bits());
    }

    #[test]
    fn no_input_panics(bytes in vec(any::<u8>(), 0..300)) {
        let reader = Reader::new(&bytes);
        let _ = reader.clone().skip();
        let _ = reader.clone().bytes();
        let _ = reader.clone().str();
        let _ = numbers(&bytes);
        let mut reader = reader;
        while reader.token().is_ok() {}
    }
}
