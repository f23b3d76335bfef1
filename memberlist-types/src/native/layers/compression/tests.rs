use super::*;
use alloc::vec;

const LIMIT: usize = 1 << 16;

fn compressed(algorithm: CompressionAlgorithm, body: &[u8]) -> Option<Vec<u8>> {
    let mut out = [&[0xd1, 0, 0], body].concat();
    compress(Compression::new(algorithm).with_threshold(0), &mut out, 2, LIMIT);
    assert_eq!(out[..2], [0xd1, 0]);
    let layer = out.split_off(2);
    (layer[0] == algorithm.tag()).then(|| layer[1..].to_vec())
}

/// Bytes that don't repeat.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

/// 9.8 TestCompressDecompressPayload
#[test]
fn what_is_compressed_comes_back() {
    for &algorithm in CompressionAlgorithm::ALL {
        for len in [100, 1400, 5_000, 65_536] {
            let body: Vec<u8> = noise(len / 10).repeat(10);
            let content = compressed(algorithm, &body).unwrap();
            assert!(content.len() < body.len());
            assert_eq!(decompress(algorithm, &content, LIMIT).unwrap(), body, "{algorithm} {len}");
        }
        let large = noise(1 << 18).repeat(8);
        let bytes = algorithm.compress(&large).unwrap();
        let content = [&u32::to_be_bytes(1 << 21)[..], &bytes].concat();
        assert_eq!(decompress(algorithm, &content, 1 << 21).unwrap(), large, "{algorithm}");
    }
}

/// Q12
#[test]
fn only_what_becomes_shorter_is_compressed() {
    for &algorithm in CompressionAlgorithm::ALL {
        assert_eq!(compressed(algorithm, &noise(1400)), None, "{algorithm}");
        assert_eq!(compressed(algorithm, b"aaaaa"), None, "{algorithm}");
        for len in 0..200 {
            let body = vec![7; len];
            if let Some(content) = compressed(algorithm, &body) {
                assert!(content.len() < body.len(), "{algorithm} {len}");
            }
        }
    }
}

#[test]
fn threshold_is_exact() {
    for &algorithm in CompressionAlgorithm::ALL {
        let compression = Compression::new(algorithm).with_threshold(1000);
        for (len, expected) in [(1000, 0x00), (1001, algorithm.tag())] {
            let mut out = vec![0; len + 1];
            compress(compression, &mut out, 0, LIMIT);
            assert_eq!(out[0], expected, "{algorithm} {len}");
        }
    }
}

#[test]
fn what_receivers_would_not_take_is_not_compressed() {
    for &algorithm in CompressionAlgorithm::ALL {
        for (len, expected) in [(LIMIT, algorithm.tag()), (LIMIT + 1, 0x00)] {
            let mut out = vec![0; len + 1];
            compress(Compression::new(algorithm), &mut out, 0, LIMIT);
            assert_eq!(out[0], expected, "{algorithm} {len}");
        }
    }
}

/// 9.8 TestDecompressPayload_Limit: exactly, and on the strength of the announcement alone.
#[test]
fn more_than_the_limit_is_refused_before_it_is_produced() {
    for &algorithm in CompressionAlgorithm::ALL {
        let bytes = algorithm.compress(&vec![7; LIMIT + 1]).unwrap();
        let content = |len: usize| [&u32::try_from(len).unwrap().to_be_bytes()[..], &bytes].concat();
        let (actual, limit) = (LIMIT as u64 + 1, LIMIT as u64);
        let error = DecodeError::TooLarge { what: "decompressed bytes", actual, limit };
        assert_eq!(decompress(algorithm, &content(LIMIT + 1), LIMIT), Err(error.clone()), "{algorithm}");
        assert_eq!(decompress(algorithm, &content(LIMIT + 1)[..4], LIMIT), Err(error), "{algorithm}");
        assert!(decompress(algorithm, &content(LIMIT + 1), LIMIT + 1).is_ok(), "{algorithm}");
    }
}

#[test]
fn announced_length_must_be_right() {
    for &algorithm in CompressionAlgorithm::ALL {
        let bytes = algorithm.compress(&[7; 1000]).unwrap();
        for len in [0u32, 1, 999, 1001, 60_000] {
            let content = [&len.to_be_bytes()[..], &bytes].concat();
            let got = decompress(algorithm, &content, LIMIT);
            assert_eq!(got, Err(DecodeError::Invalid("compressed data")), "{algorithm} {len}");
        }
    }
}

#[test]
fn cut_and_missing_data_is_refused() {
    for &algorithm in CompressionAlgorithm::ALL {
        let content = compressed(algorithm, &noise(100).repeat(10)).unwrap();
        for len in 0..content.len() {
            let expected =
                if len < 4 { DecodeError::Truncated } else { DecodeError::Invalid("compressed data") };
            assert_eq!(decompress(algorithm, &content[..len], LIMIT), Err(expected), "{algorithm} {len}");
        }
    }
}

#[test]
fn garbage_never_panics() {
    for &algorithm in CompressionAlgorithm::ALL {
        let good = compressed(algorithm, &noise(100).repeat(10)).unwrap();
        for at in 0..good.len() {
            for change in [1, 0x10, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= change;
                if let Ok(body) = decompress(algorithm, &bad, LIMIT) {
                    assert_eq!(
                        body.len() as u64,
                        u64::from(u32::from_be_bytes(bad[..4].try_into().unwrap()))
                    );
                }
            }
        }
    }
}

#[test]
fn tags_lead_back_to_their_algorithms() {
    for &algorithm in CompressionAlgorithm::ALL {
        assert_eq!(CompressionAlgorithm::from_tag(algorithm.tag()), Some(algorithm));
        assert_eq!(algorithm.tag() >> 4, 2);
    }
    assert_eq!(CompressionAlgorithm::from_tag(0x21), None);
}
