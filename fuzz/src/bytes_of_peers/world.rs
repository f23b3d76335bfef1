//! The node that decodes: its wire, its keys, and all ways in which it may be configured.

use memberlist_types::{
    EncryptionAlgorithm, EncryptionPolicy, Framing, Keyring, Label, Message, NativeWire, SecretKey,
    StreamLimits, StreamMessage, Wire,
};
use std::net::SocketAddr;

pub(crate) type Msg = Message<String, SocketAddr>;
pub(crate) type StreamMsg = StreamMessage<String, SocketAddr>;

/// The cluster.
pub(crate) const LABEL: &str = "prod";

pub(crate) fn wire() -> &'static dyn Wire<String, SocketAddr> {
    &NativeWire
}

/// One for each algorithm, with the bytes 00 01 02 and so on, as in the golden vectors.
pub(crate) fn key(algorithm: EncryptionAlgorithm) -> SecretKey {
    let bytes: Vec<u8> = (0..32).take(algorithm.key_len()).collect();
    SecretKey::new(algorithm, &bytes).unwrap()
}

/// Their tags on the wire, for the second decoder.
pub(crate) const KEY_TAGS: [u8; 4] = [0x33, 0x35, 0x36, 0x39];

/// All keys, the first one primary.
pub(crate) fn keyring(policy: EncryptionPolicy) -> Keyring {
    let all = EncryptionAlgorithm::ALL.iter().map(|&algorithm| key(algorithm));
    all.fold(Keyring::with_nonce_start([7; 12]), |ring, key| ring.with_key(&key)).with_policy(policy)
}

/// Each way to receive has its number; more numbers begin anew.
pub(crate) fn framing(number: u8) -> Framing {
    let labelled = || Framing::new().with_label(Label::new(LABEL).unwrap());
    let keys = |policy| Some(keyring(policy));
    match number % 8 {
        0 => Framing::new(),
        1 => labelled(),
        2 => labelled().with_label_stripped_upstream(true),
        3 => labelled().with_keyring(keys(EncryptionPolicy::Require)),
        4 => labelled().with_keyring(keys(EncryptionPolicy::Prefer)),
        5 => labelled().with_keyring(Some(Keyring::with_nonce_start([7; 12]))),
        6 => labelled().with_label_stripped_upstream(true).with_keyring(keys(EncryptionPolicy::Require)),
        _ => Framing::new().with_keyring(keys(EncryptionPolicy::Accept)),
    }
}

/// The limits of streams: wide ones, or narrow ones. Even the wide ones are narrow enough for a fuzzer.
pub(crate) fn limits(narrow: bool) -> StreamLimits {
    let limits = StreamLimits::default();
    if narrow {
        limits.with_max_frame(4096).with_max_states(16).with_max_user(1024)
    } else {
        limits.with_max_frame(1 << 20).with_max_user(1 << 19)
    }
}

/// Runs the second decoder with the keys that this framing has. `None`: it does not know such a framing.
pub(crate) fn with_second<T>(framing: &Framing, f: impl FnOnce(&[(u8, &[u8])], &[u8]) -> T) -> Option<T> {
    if framing.label_stripped_upstream {
        return None;
    }
    let there = framing.keyring.as_ref().is_some_and(|keyring| !keyring.keys().is_empty());
    let keys: Vec<SecretKey> = EncryptionAlgorithm::ALL.iter().filter(|_| there).map(|&a| key(a)).collect();
    let keys: Vec<(u8, &[u8])> = KEY_TAGS.into_iter().zip(keys.iter().map(SecretKey::expose)).collect();
    Some(f(&keys, framing.label.as_bytes()))
}
