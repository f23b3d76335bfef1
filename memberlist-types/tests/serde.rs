//! What of this crate stands in configuration files.
#![cfg(feature = "serde")]

use memberlist_types::{Framing, Incarnation, Label, State, StreamLimits, Versions};
use serde_json::{from_str, json, to_value};

#[test]
fn framing_is_written_and_read_in_words() {
    let framing = Framing::new().with_label(Label::new("prod").unwrap());
    let text = json!({ "label": "prod", "label_stripped_upstream": false, "checksum": "crc32" });
    assert_eq!(to_value(&framing).unwrap(), text);
    assert_eq!(from_str::<Framing>(r#"{ "label": "prod" }"#).unwrap(), framing);
    assert_eq!(from_str::<Framing>(r#"{ "checksum": null }"#).unwrap(), Framing::new().with_checksum(None));
}

#[test]
fn unknown_options_and_long_labels_are_refused_by_name() {
    let error = from_str::<Framing>(r#"{ "lable": "prod" }"#).unwrap_err().to_string();
    assert!(error.contains("lable"), "{error}");
    let error = from_str::<Label>(&format!("{:?}", "x".repeat(256))).unwrap_err().to_string();
    assert!(error.contains("256"), "{error}");
    assert!(from_str::<StreamLimits>(r#"{ "max_frames": 1 }"#).is_err());
}

#[test]
fn limits_default_one_by_one() {
    let limits: StreamLimits = from_str(r#"{ "max_states": 10 }"#).unwrap();
    assert_eq!(limits, StreamLimits::default().with_max_states(10));
}

#[test]
fn values_of_the_model_are_plain() {
    assert_eq!(to_value(Incarnation::new(3)).unwrap(), json!(3));
    assert_eq!(to_value(State::Suspect).unwrap(), json!("suspect"));
    assert_eq!(to_value(Versions::default()).unwrap()["protocol_max"], json!(5));
}

#[cfg(all(feature = "xxhash3", feature = "lz4"))]
#[test]
fn layers_are_written_and_read_in_words() {
    use memberlist_types::{ChecksumAlgorithm, Compression, CompressionAlgorithm};
    let compression = Compression::new(CompressionAlgorithm::Lz4).with_threshold(100);
    let framing =
        Framing::new().with_checksum(Some(ChecksumAlgorithm::XxHash3)).with_compression(Some(compression));
    let text = json!({
        "label": "", "label_stripped_upstream": false, "checksum": "xxhash3",
        "compression": { "algorithm": "lz4", "threshold": 100 },
    });
    assert_eq!(to_value(&framing).unwrap(), text);
    assert_eq!(serde_json::from_value::<Framing>(text).unwrap(), framing);
    let short: Compression = from_str(r#"{ "algorithm": "lz4" }"#).unwrap();
    assert_eq!(short, Compression::new(CompressionAlgorithm::Lz4));
    for wrong in
        [r#"{ "threshold": 1 }"#, r#"{ "algorithm": "lz5" }"#, r#"{ "algorithm": "lz4", "level": 1 }"#]
    {
        assert!(from_str::<Compression>(wrong).is_err(), "{wrong}");
    }
}

/// What is written by a node with all features is read by one without, unless it uses them.
#[test]
fn defaults_do_not_mention_what_may_not_be_compiled_in() {
    let text = serde_json::to_string(&Framing::new()).unwrap();
    assert!(!text.contains("compression") && !text.contains("key"), "{text}");
}

#[cfg(feature = "aes-gcm")]
#[test]
fn keys_are_neither_written_nor_read() {
    use memberlist_types::{EncryptionAlgorithm, EncryptionPolicy, Keyring, SecretKey};
    let key = SecretKey::new(EncryptionAlgorithm::Aes128Gcm, b"0123456789abcdef").unwrap();
    let keyring = Keyring::with_nonce_start([0; 12]).with_key(&key);
    let framing = Framing::new().with_keyring(Some(keyring));
    assert_eq!(to_value(&framing).unwrap(), to_value(Framing::new()).unwrap());
    assert!(from_str::<Framing>(r#"{ "keyring": null }"#).is_err());
    assert_eq!(to_value(EncryptionAlgorithm::Aes128Gcm).unwrap(), json!("aes-128-gcm"));
    assert_eq!(to_value(EncryptionPolicy::Prefer).unwrap(), json!("prefer"));
}
