use super::*;
use crate::EncryptionAlgorithm as Algorithm;
use alloc::{format, string::ToString, vec};
use zeroize::ZeroizeOnDrop;

fn ring() -> Keyring {
    Keyring::with_nonce_start([0; 12])
}

fn key(first: u8) -> SecretKey {
    let algorithm = *Algorithm::ALL.last().unwrap();
    SecretKey::new(algorithm, &vec![first; algorithm.key_len()]).unwrap()
}

fn ids(ring: &Keyring) -> Vec<KeyId> {
    ring.keys().iter().map(|key| key.id).collect()
}

/// 9.8 TestKeyring_EmptyRing
#[test]
fn keyring_may_be_empty_and_then_does_nothing() {
    let ring = ring();
    assert_eq!((ring.primary(), ring.keys()), (None, vec![]));
    assert!(ring.next().is_none());
    assert!(!ring.requires_encryption());
    assert_eq!(ring.to_string(), "no keys");
}

/// 9.8 TestKeyring_PrimaryOnly
#[test]
fn first_key_is_the_primary_one() {
    let ring = ring().with_key(&key(1));
    assert_eq!(ring.primary(), Some(key(1).id()));
    assert_eq!(ring.keys().len(), 1);
    assert!(ring.keys()[0].primary);
}

/// 9.8 TestKeyring_GetPrimaryKey, 9.2 TestCreate_keyringAndSecretKey
#[test]
fn designated_primary_key_is_used_whatever_the_order() {
    for order in [[1, 2, 3], [3, 2, 1], [2, 1, 3]] {
        let ring = order.iter().fold(ring(), |ring, &n| ring.with_key(&key(n))).with_primary(&key(2));
        assert_eq!(ring.primary(), Some(key(2).id()));
        assert_eq!(ring.keys().len(), 3);
        assert_eq!(ring.next().unwrap().0.id, key(2).id());
    }
}

/// 9.8 TestKeyring_AddRemoveUse
#[test]
fn keys_are_added_used_and_removed() {
    let ring = ring().with_key(&key(1));
    assert_eq!(ring.use_key(key(2).id()), Err(KeyringError::NoSuchKey(key(2).id())));
    assert!(ring.add(&key(2)));
    assert!(!ring.add(&key(2)), "it is there");
    assert_eq!(ids(&ring), [key(1).id(), key(2).id()]);
    ring.use_key(key(2).id()).unwrap();
    assert_eq!(ring.primary(), Some(key(2).id()));
    assert_eq!(ring.remove(key(2).id()), Err(KeyringError::PrimaryKey(key(2).id())));
    ring.remove(key(1).id()).unwrap();
    assert_eq!(ring.remove(key(1).id()), Err(KeyringError::NoSuchKey(key(1).id())));
    assert_eq!(ids(&ring), [key(2).id()]);
    assert_eq!(ring.remove(key(2).id()), Err(KeyringError::PrimaryKey(key(2).id())));
}

#[test]
fn making_the_primary_key_primary_changes_nothing() {
    let ring = ring().with_key(&key(1)).with_key(&key(2));
    ring.use_key(key(1).id()).unwrap();
    assert_eq!(ids(&ring), [key(1).id(), key(2).id()]);
}

/// 9.8 TestKeyring_AddConcurrentKeys
#[cfg(feature = "std")]
#[test]
fn many_threads_may_change_it_at_once() {
    use std::collections::BTreeSet;
    let ring = ring().with_key(&key(0));
    let nonces: BTreeSet<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=8u8)
            .map(|n| {
                let ring = ring.clone();
                scope.spawn(move || {
                    let mut nonces = Vec::new();
                    for round in 0..50 {
                        assert!(ring.add(&key(n)));
                        nonces.push(ring.next().unwrap().1);
                        ring.use_key(key(n).id()).unwrap();
                        nonces.push(ring.next().unwrap().1);
                        ring.use_key(key(0).id()).unwrap();
                        // Nobody else makes this thread's key the primary one.
                        ring.remove(key(n).id()).unwrap_or_else(|error| panic!("{round}: {error}"));
                    }
                    nonces
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(nonces.len(), 8 * 50 * 2, "no nonce twice");
    assert_eq!(ids(&ring), [key(0).id()]);
}

#[test]
fn clones_are_the_same_keyring() {
    let one = ring();
    let other = one.clone();
    other.add(&key(1));
    other.set_policy(EncryptionPolicy::Prefer);
    assert_eq!(one.primary(), Some(key(1).id()));
    assert_eq!(one.policy(), EncryptionPolicy::Prefer);
    assert_eq!(one, other);
    assert_ne!(one, ring().with_key(&key(1)));
}

#[test]
fn policy_says_what_is_sent_and_what_is_required() {
    use EncryptionPolicy::{Accept, Prefer, Require};
    assert_eq!(ring().policy(), Require);
    for (policy, sends, requires) in [(Accept, false, false), (Prefer, true, false), (Require, true, true)] {
        let empty = ring().with_policy(policy);
        assert_eq!((empty.next().is_some(), empty.requires_encryption()), (false, false));
        let ring = empty.with_key(&key(1));
        assert_eq!((ring.next().is_some(), ring.requires_encryption()), (sends, requires), "{policy}");
    }
}

#[test]
fn nonces_count_up_from_the_start_whatever_the_key() {
    let mut start = [0xff; 12];
    start[11] = 0xfe;
    let ring = Keyring::with_nonce_start(start).with_key(&key(1)).with_key(&key(2));
    let next = || ring.next().unwrap().1;
    assert_eq!(next(), start);
    assert_eq!(next(), [0xff; 12]);
    ring.use_key(key(2).id()).unwrap();
    // Around, and never twice.
    assert_eq!(next(), [0; 12]);
    ring.remove(key(1).id()).unwrap();
    ring.add(&key(1));
    ring.use_key(key(1).id()).unwrap();
    assert_eq!(next(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[cfg(any(unix, windows, target_os = "wasi"))]
#[test]
fn keyrings_of_the_system_start_anywhere() {
    let start = || Keyring::new().unwrap().with_key(&key(1)).next().unwrap().1;
    let (one, other) = (start(), start());
    // Far from each other, and neither all zero in any half: for chance, one in 2³².
    assert_ne!(one[..6], other[..6]);
    assert_ne!(one[..6], [0; 6]);
    assert_ne!(one[6..], [0; 6]);
}

#[cfg(any(unix, windows, target_os = "wasi"))]
#[test]
fn generated_keys_are_of_the_right_length_and_differ() {
    for &algorithm in Algorithm::ALL {
        let (one, other) = (SecretKey::generate(algorithm).unwrap(), SecretKey::generate(algorithm).unwrap());
        assert_eq!(one.expose().len(), algorithm.key_len());
        assert_ne!(one.expose(), other.expose());
        assert_ne!(one.id(), other.id());
    }
}

/// W-48, 9.2 TestCreate_secretKey
#[test]
fn length_of_keys_is_checked() {
    for &algorithm in Algorithm::ALL {
        let expected = algorithm.key_len();
        for actual in [0, 1, 8, 15, 16, 17, 24, 31, 32, 33, 64] {
            let got = SecretKey::new(algorithm, &vec![1; actual]).map(|key| key.expose().len());
            if actual == expected {
                assert_eq!(got, Ok(expected));
            } else {
                assert_eq!(got, Err(KeyringError::KeyLength { algorithm, expected, actual }));
            }
        }
    }
}

#[test]
fn id_depends_on_every_byte_and_the_algorithm() {
    for &algorithm in Algorithm::ALL {
        let bytes = vec![7; algorithm.key_len()];
        let id = SecretKey::new(algorithm, &bytes).unwrap().id();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_ne!(SecretKey::new(algorithm, &other).unwrap().id(), id, "{at}");
        }
        for &other in Algorithm::ALL.iter().filter(|other| **other != algorithm) {
            if let Ok(key) = SecretKey::new(other, &bytes) {
                assert_ne!(key.id(), id);
            }
        }
    }
}

#[test]
fn id_is_read_as_it_is_written() {
    let id = key(1).id();
    assert_eq!(KeyId::parse(&id.to_string()), Some(id));
    assert_eq!(KeyId::parse("00000000000000ff").unwrap().to_string(), "00000000000000ff");
    for wrong in ["", "ff", "00000000000000fg", "+0000000000000ff", "00000000000000ff0", "0x000000000000ff"] {
        assert_eq!(KeyId::parse(wrong), None, "{wrong}");
    }
}

/// Whatever is printed, there is no byte of the key in it.
#[test]
fn nothing_that_is_printed_shows_a_key() {
    let secret = *b"~~secret~~secret~~secret~~secret";
    for &algorithm in Algorithm::ALL {
        let bytes = &secret[..algorithm.key_len()];
        let key = SecretKey::new(algorithm, bytes).unwrap();
        let ring = ring().with_key(&key);
        let framing = crate::Framing::new().with_keyring(Some(ring.clone()));
        let error = ring.remove(key.id()).unwrap_err();
        let texts = [
            format!("{key:?}"),
            format!("{key:#?}"),
            format!("{ring:?}"),
            format!("{ring:#?}"),
            format!("{framing:?}"),
            format!("{framing:#?}"),
            format!("{ring} {framing} {error} {error:?} {:?}", ring.keys()),
        ];
        let decimal = format!("{:?}", &bytes[..4]);
        let hex: alloc::string::String = bytes[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        for text in texts {
            for shown in ["~~secret", decimal.trim_matches(['[', ']']), &hex] {
                assert!(!text.contains(shown), "{text}");
            }
            assert!(text.contains(&key.id().to_string()), "the name is shown: {text}");
        }
    }
}

/// Compiles only if what holds a key wipes it.
#[test]
fn whatever_holds_a_key_wipes_it_when_dropped() {
    fn wipes<T: ZeroizeOnDrop>() {}
    wipes::<SecretKey>();
    wipes::<zeroize::Zeroizing<Vec<u8>>>();
    #[cfg(feature = "aes-gcm")]
    {
        wipes::<aes_gcm::Aes128Gcm>();
        wipes::<cipher::rust_crypto::Aes192Gcm>();
        wipes::<aes_gcm::Aes256Gcm>();
    }
    #[cfg(feature = "chacha20-poly1305")]
    wipes::<chacha20poly1305::ChaCha20Poly1305>();
}

/// `NIST` and RFC 8439 publish these: the seam leads to the right algorithms.
#[test]
fn algorithms_are_the_standard_ones() {
    let cases: &[(&str, &[u8], &str)] = &[
        // The Galois/Counter Mode of Operation, test cases 2, 8, 14: key, nonce and text are zero.
        ("aes-128-gcm", &[0; 16], "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"),
        ("aes-192-gcm", &[0; 24], "98e7247c07f0fe411c267e4384b0f6002ff58d80033927ab8ef4d4587514f0fb"),
        ("aes-256-gcm", &[0; 32], "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    ];
    for (name, bytes, expected) in cases {
        let Some(algorithm) = Algorithm::ALL.iter().find(|algorithm| algorithm.to_string() == *name) else {
            continue;
        };
        let key = SecretKey::new(*algorithm, bytes).unwrap();
        let mut text = [0; 16];
        let tag = Cipher::new(&key).unwrap().seal(&[0; 12], b"", &mut text).unwrap();
        let sealed: alloc::string::String =
            text.iter().chain(&tag).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&sealed, expected, "{name}");
        Cipher::new(&key).unwrap().open(&[0; 12], b"", &mut text, &tag).unwrap();
        assert_eq!(text, [0; 16]);
    }
}

/// RFC 8439, 2.8.2.
#[cfg(feature = "chacha20-poly1305")]
#[test]
fn chacha20_poly1305_is_that_of_the_standard() {
    let bytes: Vec<u8> = (0x80..=0x9f).collect();
    let key = SecretKey::new(Algorithm::ChaCha20Poly1305, &bytes).unwrap();
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let data = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    let mut text = *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let tag = Cipher::new(&key).unwrap().seal(&nonce, &data, &mut text).unwrap();
    assert_eq!(text[..8], [0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb]);
    let expected =
        [0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91];
    assert_eq!(tag, expected);
}

/// For wires that don't say which key it was: all are tried, and uses are counted.
#[test]
fn another_wire_seals_with_the_primary_key_and_opens_with_any() {
    let (sender, receiver) = (ring().with_key(&key(1)), ring().with_key(&key(2)).with_key(&key(1)));
    let mut text = *b"hello";
    let sealed = sender.seal(Algorithm::ALL, b"label", &mut text).unwrap().unwrap();
    assert_ne!(text, *b"hello");
    assert_eq!(receiver.open(Algorithm::ALL, b"label", &sealed, &text).as_deref(), Some(&b"hello"[..]));
    assert_eq!((sender.keys()[0].encrypted, receiver.keys()[1].decrypted), (1, 1));
    assert_eq!(receiver.open(Algorithm::ALL, b"other", &sealed, &text), None, "other data");
    assert_eq!(receiver.open(&[], b"label", &sealed, &text), None, "none of these algorithms");
    assert!(matches!(sender.seal(&[], b"", &mut text), Err(EncodeError::Unsupported(_))));
    sender.set_policy(EncryptionPolicy::Accept);
    assert_eq!(sender.seal(Algorithm::ALL, b"", &mut text), Ok(None), "in clear");
}
