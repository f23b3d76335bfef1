use super::*;

/// 9.8 TestCompressDecompressPayload
#[test]
fn what_is_compressed_is_what_go_makes_of_it() {
    // Three times "hello " is not yet worth the wrapping.
    let short = b"hello hello hello hello";
    assert_eq!(compress(short), None);
    let vector = b"\x09\x82\xa4Algo\x00\xa3Buf\xb2\x00\xd1\x94\x61\xc3\xe6\x0d\x08\x81\x04\x0d\x22\x2c\x78\x70\x60\xc1\x80";
    assert_eq!(decompress(&vector[1..], 100), Ok(short.to_vec()));
    let long = short.repeat(20);
    let compressed = compress(&long).unwrap();
    assert!(compressed.starts_with(b"\x09\x82\xa4Algo\x00\xa3Buf\xda\x00"));
    assert!(compressed.len() < long.len());
    assert_eq!(decompress(&compressed[1..], long.len()), Ok(long.clone()));
    assert_eq!(cost(&compressed[1..], 1000), long.len());
}

#[test]
fn other_algorithms_are_unknown() {
    assert_eq!(decompress(b"\x82\xa4Algo\x01\xa3Buf\xa3\x00\x03\x02", 9), Err(DecodeError::UnknownLayer(1)));
    assert_eq!(decompress(b"\x82\xa4Algo\xc0\xa3Buf\xc4\x03\x00\x03\x02", 9), Ok(vec![]));
    // Nothing at all is not the empty message: its end is missing.
    assert_eq!(decompress(b"\x80", 9), Err(DecodeError::Truncated));
}

/// 9.8 TestDecompressPayload_Limit: above 40 MiB it is refused, below it is taken, and the sum is not reserved before it is there.
#[test]
fn limit_of_frames_is_forty_mebibytes() {
    let body = |data: &[u8]| {
        let mut body = b"\x82\xa4Algo\x00\xa3Buf".to_vec();
        Writer::new(&mut body).raw(data).unwrap();
        body
    };
    let too_much = body(&lzw::of_zeros(MAX_FRAME + 1));
    assert!(matches!(decompress(&too_much, MAX_FRAME), Err(DecodeError::TooLarge { .. })));
    assert_eq!(cost(&too_much, MAX_FRAME), 0);
    let enough = body(&lzw::of_zeros(MAX_FRAME));
    assert!(enough.len() < 30_000);
    assert_eq!(cost(&enough, MAX_FRAME), MAX_FRAME);
    assert_eq!(decompress(&enough, MAX_FRAME).map(|plain| plain.len()), Ok(MAX_FRAME));
}
