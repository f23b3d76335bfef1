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
