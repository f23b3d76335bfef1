use super::*;
use crate::Format0;
use memberlist_types::{EncryptionPolicy, Label, SecretKey};

const WIRE: HashicorpWire = HashicorpWire::new();
const SENDS_0: HashicorpWire = WIRE.with_format_0(Format0::Send);
const TAKES_0: HashicorpWire = WIRE.with_format_0(Format0::Accept);

/// Made by Go: key "0123456789abcdef", text "hello", label "foo".
const FORMAT_0: &str =
    "000071e81c1b902e9c12e268804b22717bd0335e5e8b5019d62730e0bae0343af2109d3a6c4c9e442a2223f985";
const FORMAT_1: &str = "01ae94e16923dbe408460dac6f130b5835e85805a98ff0b92939f15a2fe8cc2999e9";
const STREAM: &str = "0a00000026011de6976ad092959ecd864d7c42f8f2a2f2b750aa074c441d15067406c9826e0d3a6f86e5ba";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

fn key(bytes: &[u8]) -> SecretKey {
    SecretKey::new(EncryptionAlgorithm::Aes128Gcm, bytes).unwrap()
}

fn framing(nonce: [u8; NONCE]) -> Framing {
    let keyring = Keyring::with_nonce_start(nonce).with_key(&key(b"0123456789abcdef"));
    Framing::new().with_label(Label::new("foo").unwrap()).with_keyring(Some(keyring))
}

fn sealed(wire: HashicorpWire, framing: &Framing, prefix: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let sealing = Sealing::begin(wire, framing, prefix, &mut out).unwrap().unwrap();
    out.extend_from_slice(plain);
    let len = sealing.payload_len(&out);
    sealing.finish(framing, prefix, &mut out).unwrap();
    assert_eq!(out.len(), prefix.len() + len);
    out
}

#[test]
fn what_go_encrypted_is_read_and_written_to_the_byte() {
    for (wire, vector, prefix) in [(SENDS_0, FORMAT_0, 0), (WIRE, FORMAT_1, 0), (WIRE, STREAM, 5)] {
        let bytes = unhex(vector);
        let (prefix, payload) = bytes.split_at(prefix);
        let framing = framing(payload[1..13].try_into().unwrap());
        let plain = open(wire, &framing, prefix, payload).unwrap();
        assert_eq!(plain, if prefix.is_empty() { &b"hello"[..] } else { b"\x0b\x81\xa5SeqNo\x2a" });
        assert_eq!(sealed(wire, &framing, prefix, &plain), bytes);
    }
}

/// 9.8 TestEncryptDecrypt_V0, TestEncryptDecrypt_V1, TestPKCS7: at the exact length, for every length of padding.
#[test]
fn every_length_comes_back_at_the_exact_length() {
    for len in 1..=255 {
        let plain = vec![7; len];
        let bytes = sealed(WIRE, &framing([0; 12]), &[], &plain);
        assert_eq!((bytes.len(), bytes[0]), (29 + len, 1));
        assert_eq!(open(WIRE, &framing([0; 12]), &[], &bytes), Ok(plain.clone()));
        let bytes = sealed(SENDS_0, &framing([0; 12]), &[], &plain);
        assert_eq!((bytes.len(), bytes[0]), (29 + len + (16 - len % 16), 0));
        assert_eq!(open(TAKES_0, &framing([0; 12]), &[], &bytes), Ok(plain));
        assert!(bytes.len() <= len + overhead(SENDS_0, &framing([0; 12])));
    }
}

/// Q7
#[test]
fn format_0_is_refused_unless_it_is_allowed() {
    let framing = framing([0; 12]);
    assert_eq!(open(WIRE, &framing, &[], &unhex(FORMAT_0)), Err(DecodeError::UnknownLayer(0)));
    assert_eq!(open(TAKES_0, &framing, &[], &unhex(FORMAT_0)), Ok(b"hello".to_vec()));
    let mut other = unhex(FORMAT_1);
    other[0] = 2;
    assert_eq!(open(TAKES_0, &framing, &[], &other), Err(DecodeError::UnknownLayer(2)));
}

/// Q7: the format is not authentic. What was not padded is not taken for padded, or for nothing.
#[test]
fn padding_that_is_none_is_refused() {
    let relabelled = |plain: &[u8]| {
        let mut bytes = sealed(WIRE, &framing([0; 12]), &[], plain);
        bytes[0] = 0;
        open(TAKES_0, &framing([0; 12]), &[], &bytes)
    };
    let refused = Err(DecodeError::Undecryptable);
    for plain in [&b"hello"[..], &[0], &[7, 0], &[17; 17], &[2], &[1, 2], &[3, 2, 3], &[255; 255]] {
        assert_eq!(relabelled(plain), refused, "{plain:?}");
    }
    // Nothing but padding is no message.
    assert_eq!(relabelled(&[1]), refused);
    assert_eq!(relabelled(&[16; 16]), refused);
    assert_eq!(relabelled(&[9, 1]), Ok(vec![9]));
    assert_eq!(open(WIRE, &framing([0; 12]), &[], &sealed(WIRE, &framing([0; 12]), &[], &[])), refused);
}

#[test]
fn changed_bytes_and_other_labels_and_prefixes_are_refused() {
    let bytes = sealed(WIRE, &framing([0; 12]), &[1, 2], b"hello");
    let payload = &bytes[2..];
    for at in 1..payload.len() {
        let mut changed = payload.to_vec();
        changed[at] ^= 1;
        assert_eq!(open(WIRE, &framing([0; 12]), &[1, 2], &changed), Err(DecodeError::NoKey), "{at}");
    }
    let other = framing([0; 12]).with_label(Label::new("fox").unwrap());
    assert_eq!(open(WIRE, &other, &[1, 2], payload), Err(DecodeError::NoKey));
    assert_eq!(open(WIRE, &framing([0; 12]), &[1, 3], payload), Err(DecodeError::NoKey));
    for len in 0..29 {
        let cut = open(WIRE, &framing([0; 12]), &[1, 2], &payload[..len]);
        assert_eq!(cut, Err(DecodeError::Truncated), "{len}");
    }
}

/// 9.8 TestKeyRing_MultiKeyEncryptDecrypt
#[test]
fn any_key_decrypts_and_a_removed_one_does_not() {
    let (first, second) = (key(&[1; 16]), key(&[2; 16]));
    let of = |key| Framing::new().with_keyring(Some(Keyring::with_nonce_start([0; 12]).with_key(key)));
    let (ours, theirs) = (of(&first), of(&second));
    let bytes = sealed(WIRE, &theirs, &[], b"hello");
    assert_eq!(open(WIRE, &ours, &[], &bytes), Err(DecodeError::NoKey));
    let keyring = ours.keyring.clone().unwrap();
    keyring.add(&second);
    assert_eq!(open(WIRE, &ours, &[], &bytes), Ok(b"hello".to_vec()));
    keyring.remove(second.id()).unwrap();
    assert_eq!(open(WIRE, &ours, &[], &bytes), Err(DecodeError::NoKey));
}

#[test]
fn all_lengths_of_keys_are_of_the_format() {
    for (algorithm, len) in ALGORITHMS.iter().zip([16, 24, 32]) {
        let key = SecretKey::new(*algorithm, &vec![7; len]).unwrap();
        let framing = Framing::new().with_keyring(Some(Keyring::with_nonce_start([0; 12]).with_key(&key)));
        assert_eq!(check(&framing), Ok(()));
        assert_eq!(open(WIRE, &framing, &[], &sealed(WIRE, &framing, &[], b"hello")), Ok(b"hello".to_vec()));
    }
}

#[test]
fn policy_is_looked_at_again_when_it_is_encrypted() {
    for (wire, prefix) in [(WIRE, &[][..]), (SENDS_0, &[1, 2, 3])] {
        let framing = framing([0; 12]);
        let mut out = b"label".to_vec();
        let sealing = Sealing::begin(wire, &framing, prefix, &mut out).unwrap().unwrap();
        out.extend_from_slice(b"hello");
        framing.keyring.as_ref().unwrap().set_policy(EncryptionPolicy::Accept);
        sealing.finish(&framing, prefix, &mut out).unwrap();
        assert_eq!(out, b"labelhello");
        assert!(Sealing::begin(wire, &framing, prefix, &mut out).unwrap().is_none());
    }
}
