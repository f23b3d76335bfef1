//! Without the feature `aes-gcm`: what should be encrypted is not sent in clear, and what should arrive encrypted is not taken in clear.

#![cfg(not(feature = "aes-gcm"))]
#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use memberlist_hashicorp::HashicorpWire;
use memberlist_types::{
    DecodeError, EncodeError, EncryptionAlgorithm, EncryptionPolicy, Framing, Keyring, SecretKey,
    StreamLimits, StreamMessage, Wire,
};
use std::net::SocketAddr;

fn wire() -> &'static dyn Wire<String, SocketAddr> {
    const WIRE: HashicorpWire = HashicorpWire::new();
    &WIRE
}

/// Keys of whatever is compiled in.
fn framing(policy: EncryptionPolicy) -> Framing {
    let algorithm = EncryptionAlgorithm::ALL[0];
    let key = SecretKey::new(algorithm, &vec![7; algorithm.key_len()]).unwrap();
    let keyring = Keyring::with_nonce_start([0; 12]).with_key(&key).with_policy(policy);
    Framing::new().with_checksum(None).with_keyring(Some(keyring))
}

#[test]
fn keys_are_refused_and_nothing_is_sent_in_clear_instead() {
    let message = StreamMessage::User(Bytes::from_static(b"hi"));
    for policy in [EncryptionPolicy::Prefer, EncryptionPolicy::Require] {
        let framing = framing(policy);
        assert!(matches!(wire().check_framing(&framing), Err(EncodeError::Unsupported(_))));
        let packet = wire().encode_packet(&framing, &[Bytes::from_static(b"\x08hi")]);
        assert!(matches!(packet, Err(EncodeError::Unsupported(_))));
        let frame = wire().encode_frame(&framing, &StreamLimits::default(), true, &message);
        assert!(matches!(frame, Err(EncodeError::Unsupported(_))));
    }
    assert!(matches!(
        wire().check_framing(&framing(EncryptionPolicy::Accept)),
        Err(EncodeError::Unsupported(_))
    ));
}

#[test]
fn policies_hold_for_what_arrives() {
    let required = framing(EncryptionPolicy::Require);
    let read = |framing: &Framing, packet: &'static [u8]| {
        wire().decode_packet(framing, Bytes::from_static(packet), &mut |_| ())
    };
    assert_eq!(read(&required, b"\x08hi"), Err(DecodeError::Unencrypted));
    assert_eq!(read(&framing(EncryptionPolicy::Prefer), b"\x08hi"), Ok(()));
    assert_eq!(read(&required, &[1; 60]), Err(DecodeError::NoKey));
    let limits = StreamLimits::default();
    for (first, error) in [(8, DecodeError::Unencrypted), (10, DecodeError::NoKey)] {
        let mut buffer = BytesMut::from(&[first, 0, 0][..]);
        assert_eq!(wire().decode_frame(&required, &limits, true, &mut buffer), Err(error));
    }
}
