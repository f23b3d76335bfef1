use super::*;
use alloc::{format, string::String, vec::Vec};

fn hex(value: Value) -> String {
    value.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn crc32_is_that_of_ieee() {
    assert_eq!(hex(ChecksumAlgorithm::Crc32.of(&[b"1234", b"", b"56789"])), "cbf43926");
}

/// The published values of the algorithm's author.
#[cfg(feature = "xxhash32")]
#[test]
fn xxhash32_has_its_published_values() {
    assert_eq!(hex(ChecksumAlgorithm::XxHash32.of(&[])), "02cc5d05");
    assert_eq!(hex(ChecksumAlgorithm::XxHash32.of(&[b"a", b"bc"])), "32d153ff");
}

#[cfg(feature = "xxhash64")]
#[test]
fn xxhash64_has_its_published_values() {
    assert_eq!(hex(ChecksumAlgorithm::XxHash64.of(&[])), "ef46db3751d8e999");
    assert_eq!(hex(ChecksumAlgorithm::XxHash64.of(&[b"a", b"bc"])), "44bc2cf5ad770999");
}

#[cfg(feature = "xxhash3")]
#[test]
fn xxhash3_has_its_published_values() {
    assert_eq!(hex(ChecksumAlgorithm::XxHash3.of(&[])), "2d06800538d394c2");
    assert_eq!(hex(ChecksumAlgorithm::XxHash3.of(&[b"a", b"bc"])), "78af5f94892f3950");
}

#[cfg(feature = "murmur3")]
#[test]
fn murmur3_has_its_published_values() {
    assert_eq!(hex(ChecksumAlgorithm::Murmur3.of(&[])), "00000000");
    assert_eq!(hex(ChecksumAlgorithm::Murmur3.of(&[b"test"])), "ba6bd213");
    let text = b"The quick brown fox jumps over the lazy dog";
    assert_eq!(hex(ChecksumAlgorithm::Murmur3.of(&[text])), "2e4ff723");
}

#[cfg(feature = "murmur3")]
#[test]
fn murmur3_agrees_with_another_implementation() {
    let bytes: Vec<u8> = (0..200u8).map(|n| n.wrapping_mul(37)).collect();
    for len in 0..bytes.len() {
        let expected = ::murmur3::murmur3_32(&mut &bytes[..len], 0).unwrap();
        assert_eq!(ChecksumAlgorithm::Murmur3.of(&[&bytes[..len]]), expected.into(), "{len}");
    }
}

/// However the bytes are cut.
#[test]
fn pieces_count_as_one() {
    let bytes: Vec<u8> = (0..100).collect();
    for &algorithm in ChecksumAlgorithm::ALL {
        let whole = algorithm.of(&[&bytes]);
        assert_eq!(whole.as_bytes().len(), algorithm.value_len());
        for first in 0..20 {
            for second in first..first + 9 {
                let parts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(algorithm.of(&parts), whole, "{algorithm} {first} {second}");
            }
        }
    }
}

#[test]
fn tags_lead_back_to_their_algorithms() {
    for &algorithm in ChecksumAlgorithm::ALL {
        assert_eq!(ChecksumAlgorithm::from_tag(algorithm.tag()), Some(algorithm));
        assert_eq!(algorithm.tag() >> 4, 1);
    }
    assert_eq!(ChecksumAlgorithm::from_tag(0x10), None);
}
