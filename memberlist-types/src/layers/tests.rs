use super::*;
use alloc::string::ToString;

#[test]
fn each_algorithm_has_a_bit_of_its_own() {
    let checksums = ChecksumAlgorithm::ALL.iter().map(|&algorithm| checksum_bit(algorithm));
    let compressions = CompressionAlgorithm::ALL.iter().map(|&algorithm| compression_bit(algorithm));
    let mut seen = 0;
    for bit in checksums.chain(compressions).filter(|&bit| bit != 0) {
        assert_eq!(bit.count_ones(), 1);
        assert_eq!(seen & bit, 0);
        seen |= bit;
    }
    assert_eq!(Layers::compiled_in().bits(), seen);
}

#[test]
fn base_set_reads_crc32_and_nothing_else() {
    for &algorithm in ChecksumAlgorithm::ALL {
        assert_eq!(Layers::BASE.reads_checksum(algorithm), algorithm == ChecksumAlgorithm::Crc32);
        assert!(Layers::BASE.with_checksum(algorithm).reads_checksum(algorithm));
    }
    for &algorithm in CompressionAlgorithm::ALL {
        assert!(!Layers::BASE.reads_compression(algorithm));
        assert!(Layers::BASE.with_compression(algorithm).reads_compression(algorithm));
    }
}

#[test]
fn what_is_unknown_here_is_kept_and_counted() {
    let future = Layers::from_bits(1 << 31 | 1 << 30);
    assert_eq!(future.bits(), 0xc000_0000);
    assert_eq!(future.to_string(), "crc32, 2 unknown here");
    assert!(future.union(Layers::compiled_in()).contains(future));
    assert!(!Layers::compiled_in().contains(future));
}
