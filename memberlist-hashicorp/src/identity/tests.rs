use super::*;

#[test]
fn names_have_between_one_and_255_bytes() {
    assert_eq!(name::<String>(b""), Err(DecodeError::Invalid("node name")));
    assert_eq!(name::<String>(&[b'x'; 255]), Ok("x".repeat(255)));
    assert!(matches!(
        name::<String>(&[b'x'; 256]),
        Err(DecodeError::TooLarge { actual: 256, limit: 255, .. })
    ));
    assert!(name_bytes(&String::new()).is_err());
    assert!(name_bytes(&"x".repeat(255)).is_ok());
    assert!(name_bytes(&"x".repeat(256)).is_err());
}

#[test]
fn names_that_are_not_utf8_are_refused_where_text_is_wanted() {
    assert_eq!(name::<String>(&[0xff]), Err(DecodeError::Invalid("UTF-8")));
    assert_eq!(name::<SmolStr>(&[0xff]), Err(DecodeError::Invalid("UTF-8")));
    assert_eq!(name::<Vec<u8>>(&[0xff]), Ok(vec![0xff]));
}

/// Q15: a length that is none of an IP address is refused, and not looked up as a host's name.
#[test]
fn addresses_have_four_or_sixteen_bytes() {
    for len in (0..40).filter(|len| ![4, 16].contains(len)) {
        assert_eq!(
            address::<SocketAddr>(&vec![1; len], 1),
            Err(DecodeError::Invalid("length of an IP address")),
            "{len}"
        );
    }
    assert_eq!(address::<SocketAddr>(&[1; 4], 0), Err(DecodeError::Invalid("port 0")));
}

/// Q1: one IPv4 address has two forms, and the longer one is remembered.
#[test]
fn mapped_addresses_are_ipv4_addresses_and_are_written_as_they_came() {
    let v4 = SocketAddr::from(([10, 0, 0, 1], 7946));
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    assert_eq!(address(&[10, 0, 0, 1], 7946), Ok((v4, false)));
    assert_eq!(address(&mapped, 7946), Ok((v4, true)));
    assert_eq!(AddressBytes::new(&v4, false).unwrap().ip(), [10, 0, 0, 1]);
    assert_eq!(AddressBytes::new(&v4, true).unwrap().ip(), mapped);
    let v6 = SocketAddr::from(([1u16; 8], 7946));
    let bytes = AddressBytes::new(&v6, true).unwrap();
    assert_eq!(address(bytes.ip(), bytes.port), Ok((v6, false)));
}
