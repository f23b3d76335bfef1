use super::*;
use memberlist_types::DecodeError;
use proptest::{collection::vec, prelude::*};

fn encoded(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(input, usize::MAX, &mut out).unwrap();
    out
}

fn repeated(text: &[u8], times: usize) -> Vec<u8> {
    text.repeat(times)
}

/// Bytes without any order: the table is filled and cleared again and again.
fn noise(len: usize) -> Vec<u8> {
    let mut x = 1u32;
    let next = || {
        x = x.wrapping_mul(1_103_515_245).wrapping_add(12345);
        x.to_be_bytes()[1]
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn short_inputs_become_what_go_makes_of_them() {
    let vectors: [(&[u8], &[u8]); 4] = [
        (b"", &[0x00, 0x03, 0x02]),
        (&[0], &[0x00, 0x01, 0x04, 0x04]),
        (b"abc", &[0x00, 0xc3, 0x88, 0x19, 0x13, 0x10]),
        (
            b"hello hello hello hello",
            &[
                0x00, 0xd1, 0x94, 0x61, 0xc3, 0xe6, 0x0d, 0x08, 0x81, 0x04, 0x0d, 0x22, 0x2c, 0x78, 0x70,
                0x60, 0xc1, 0x80,
            ],
        ),
    ];
    for (plain, compressed) in vectors {
        assert_eq!(encoded(plain), compressed);
        assert_eq!(decode(compressed, 100), Ok(plain.to_vec()));
    }
}

#[test]
fn long_inputs_become_what_go_makes_of_them() {
    let vectors = [
        (vec![0; 20_000], 228, 0x6afd_b36e),
        (repeated(b"the quick brown fox jumps over the lazy dog. ", 400), 1582, 0xd02b_5511),
        (noise(20_000), 27354, 0x5a4a_cde0),
    ];
    for (plain, len, checksum) in vectors {
        let compressed = encoded(&plain);
        assert_eq!(compressed.len(), len);
        assert_eq!(crc32fast::hash(&compressed), checksum);
        assert_eq!(decode(&compressed, plain.len()), Ok(plain));
    }
}

#[test]
fn encoder_gives_up_where_it_is_told_to() {
    let plain = noise(1_000);
    let full = encoded(&plain);
    for limit in [0, 1, 2, 3, 100, full.len() - 1] {
        let mut out = vec![7];
        assert_eq!(encode(&plain, limit, &mut out), None);
        assert!(out.len() <= limit + 8, "{limit}: {}", out.len());
    }
    let mut out = Vec::new();
    assert_eq!(encode(&plain, full.len(), &mut out), Some(()));
}

#[test]
fn missing_end_is_an_error_and_what_follows_it_is_ignored() {
    let mut compressed = encoded(b"hello hello hello hello");
    for len in 0..compressed.len() {
        assert_eq!(decode(&compressed[..len], 100), Err(DecodeError::Truncated));
    }
    compressed.extend_from_slice(b"anything");
    assert_eq!(decode(&compressed, 100), Ok(b"hello hello hello hello".to_vec()));
}

/// Codes of 9 bits.
fn packed(codes: &[u16]) -> Vec<u8> {
    let bits: Vec<bool> = codes.iter().flat_map(|code| (0..9).map(move |bit| code >> bit & 1 == 1)).collect();
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit))).collect()
}

#[test]
fn leading_clear_is_not_needed() {
    assert_eq!(decode(&packed(&[97, 98, END]), 9), Ok(b"ab".to_vec()));
    assert_eq!(decode(&packed(&[END]), 9), Ok(vec![]));
}

#[test]
fn code_that_was_not_given_out_is_an_error() {
    let refused = Err(DecodeError::Invalid("compressed data"));
    assert_eq!(decode(&packed(&[CLEAR, 258, END]), 99), refused);
    assert_eq!(decode(&packed(&[CLEAR, 97, 259, END]), 99), refused);
    assert_eq!(decode(&packed(&[CLEAR, 97, 258, CLEAR, 258, END]), 99), refused);
    // Given out just now: what it stands for ends with its own first byte.
    assert_eq!(decode(&packed(&[CLEAR, 97, 258, END]), 99), Ok(b"aaa".to_vec()));
}

/// Writes codes as wide as they are to be, and never clears the table.
fn without_clear(codes: impl IntoIterator<Item = u16>) -> Vec<u8> {
    let (mut bits, mut high) = (Vec::new(), u32::from(END));
    for code in codes {
        let width = (32 - high.leading_zeros()).clamp(MIN_WIDTH, MAX_WIDTH);
        bits.extend((0..width).map(|bit| code >> bit & 1 == 1));
        high = (high + 1).min(LAST.into());
    }
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit));
    bits.chunks(8).map(byte).collect()
}

/// As few bytes as can be for so many zeros: what comes out of a small packet at most.
pub(crate) fn of_zeros(zeros: usize) -> Vec<u8> {
    // Each code is one zero longer than the one before, until the table is full.
    let lengthening = (1..).zip([0].into_iter().chain(258..=LAST));
    let (mut codes, mut left) = (Vec::new(), zeros);
    for (len, code) in lengthening.take_while(|&(len, _)| len * (len + 1) / 2 <= zeros) {
        codes.push(code);
        left -= len;
    }
    let longest = codes.len().min(3_839);
    codes.extend(std::iter::repeat_n(LAST, left / longest).filter(|_| longest == 3_839));
    codes.extend(std::iter::repeat_n(0, if longest == 3_839 { left % longest } else { left }));
    codes.push(END);
    without_clear(codes)
}

/// Encoders that don't clear a full table are understood: codes of 12 bits go on, and none is given out.
#[test]
fn full_table_stays_full() {
    let literals = (0..6_000).map(|n| n % 256);
    // The last one that was given out.
    let compressed = without_clear(literals.clone().chain([LAST, END]));
    let mut plain: Vec<u8> = literals.map(|n| n.to_be_bytes()[1]).collect();
    plain.extend([(3837 % 256) as u8, (3838 % 256) as u8]);
    assert_eq!(decode(&compressed, 10_000), Ok(plain));
    for len in [1, 2, 3, 6, 1_000, 7_370_879, 7_370_880, 7_370_881, 8_000_000] {
        assert_eq!(decoded_len(&of_zeros(len), usize::MAX), Ok(len));
    }
    assert_eq!(decode(&of_zeros(10_000), usize::MAX), Ok(vec![0; 10_000]));
}

/// 9.8 TestDecompressPayload_Limit
#[test]
fn limit_is_exact() {
    let compressed = encoded(&vec![7; 10_000]);
    assert_eq!(decoded_len(&compressed, 10_000), Ok(10_000));
    assert!(matches!(decode(&compressed, 9_999), Err(DecodeError::TooLarge { limit: 9_999, .. })));
}

proptest! {
    #[test]
    fn everything_comes_back(plain in vec(any::<u8>(), 0..2000), narrow in vec(0u8..3, 0..6_000)) {
        prop_assert_eq!(decode(&encoded(&plain), plain.len()), Ok(plain));
        prop_assert_eq!(decode(&encoded(&narrow), narrow.len()), Ok(narrow));
    }

    #[test]
    fn no_input_panics(input in vec(any::<u8>(), 0..600), limit in 0..100_000usize) {
        let len = decoded_len(&input, limit);
        let plain = decode(&input, limit);
        prop_assert_eq!(len, plain.map(|plain| plain.len()));
    }
}
