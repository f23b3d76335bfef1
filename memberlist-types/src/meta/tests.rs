use super::*;
use std::hash::{BuildHasher, RandomState};

#[test]
fn metadata_is_equal_if_its_bytes_are_and_then_hashes_alike() {
    let hasher = RandomState::new();
    let samples = ["", "a", "b", "ab"].map(Meta::new);
    for a in &samples {
        for b in &samples {
            assert_eq!(a == b, a.as_ref() == b.as_ref());
            assert!(a != b || hasher.hash_one(a) == hasher.hash_one(b));
        }
        let copy = Meta::new(a.as_ref().to_vec());
        assert_eq!((a, hasher.hash_one(a)), (&copy, hasher.hash_one(&copy)));
    }
}
