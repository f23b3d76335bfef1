use super::{
    super::{EncryptionAlgorithm, SecretKey},
    NONCE_LEN, aws_lc, rust_crypto,
};
use alloc::{vec, vec::Vec};

/// Whoever encrypted, with whichever library: the bytes are the same, and the other one takes them, and takes nothing else.
#[test]
fn libraries_write_the_same_bytes_and_read_each_others() {
    let (nonce, data) = ([9; NONCE_LEN], b"beside");
    for algorithm in EncryptionAlgorithm::ALL {
        let key = SecretKey::new(*algorithm, &vec![5; algorithm.key_len()]).unwrap();
        let (fast, pure) = (aws_lc::Cipher::new(&key).unwrap(), rust_crypto::Cipher::new(&key).unwrap());
        for len in [0, 1, 15, 16, 17, 64, 1_400, 70_000] {
            let text: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let (mut a, mut b) = (text.clone(), text.clone());
            let tag = fast.seal(&nonce, data, &mut a).unwrap();
            assert_eq!(pure.seal(&nonce, data, &mut b).unwrap(), tag, "{algorithm}, {len} bytes");
            assert_eq!(a, b, "{algorithm}, {len} bytes");
            assert!(fast.open(&nonce, data, &mut a, &tag).is_ok() && a == text);
            assert!(pure.open(&nonce, data, &mut b, &tag).is_ok() && b == text);
            let other = core::array::from_fn(|n| tag[n] ^ u8::from(n == 15));
            let mut sealed = text.clone();
            let _ = fast.seal(&nonce, data, &mut sealed).unwrap();
            assert!(fast.open(&nonce, data, &mut sealed.clone(), &other).is_err(), "another tag");
            assert!(fast.open(&nonce, b"Beside", &mut sealed.clone(), &tag).is_err(), "other data");
            assert!(fast.open(&[8; NONCE_LEN], data, &mut sealed.clone(), &tag).is_err(), "another nonce");
        }
    }
}
