use super::*;

#[test]
fn base64_is_read_with_every_padding() {
    for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmE=", "fooba")] {
        assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
    }
    assert_eq!(decode("+/+/").as_deref(), Some(&[0xfb, 0xff, 0xbf][..]));
}

#[test]
fn what_is_no_base64_is_refused() {
    for text in ["Z", "Zg", "Zh==", "Zm9v!", "Zm9=v", "===="] {
        assert_eq!(decode(text), None, "{text}");
    }
}

#[test]
fn length_tells_the_algorithm() {
    let key = parse_key("MDEyMzQ1Njc4OWFiY2RlZg==").unwrap();
    assert_eq!((key.algorithm(), key.expose()), (EncryptionAlgorithm::Aes128Gcm, &b"0123456789abcdef"[..]));
    assert!(parse_key("Zm9v").unwrap_err().contains("not 3"));
}
