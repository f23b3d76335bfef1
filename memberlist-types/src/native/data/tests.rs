use super::*;
use crate::native::field::put_data;
use crate::{EncodeError, WireData};
use alloc::vec;

fn encoded<T: WireData>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    value.encode(&mut out);
    assert_eq!(out.len(), value.encoded_len());
    out
}

/// W-48
#[test]
fn text_is_strictly_utf8() {
    let bad: [&[u8]; 5] = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"ok\xe2\x82", b"\xf5\x80\x80\x80"];
    for bytes in bad {
        let invalid = DecodeError::Invalid("UTF-8");
        assert_eq!(String::decode(bytes), Err(invalid.clone()));
        assert_eq!(SmolStr::decode(bytes), Err(invalid.clone()));
        assert_eq!(Box::<str>::decode(bytes), Err(invalid.clone()));
        assert_eq!(Arc::<str>::decode(bytes), Err(invalid));
    }
    assert_eq!(String::decode("knoten-ä".as_bytes()).unwrap(), "knoten-ä");
}

#[test]
fn addresses_are_four_or_sixteen_bytes_and_a_port() {
    let v4: SocketAddr = "10.0.0.1:7946".parse().unwrap();
    assert_eq!(encoded(&v4), [10, 0, 0, 1, 0x1f, 0x0a]);
    let v6: SocketAddr = "[2001:db8::2]:1".parse().unwrap();
    assert_eq!(encoded(&v6), [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
    for address in [v4, v6] {
        assert_eq!(SocketAddr::decode(&encoded(&address)), Ok(address));
        assert_eq!(IpAddr::decode(&encoded(&address.ip())), Ok(address.ip()));
    }
    for len in (0..25).filter(|len| ![6, 18].contains(len)) {
        assert_eq!(SocketAddr::decode(&vec![1; len]), Err(DecodeError::Invalid("socket address")), "{len}");
    }
    for len in (0..25).filter(|len| ![4, 16].contains(len)) {
        assert_eq!(IpAddr::decode(&vec![1; len]), Err(DecodeError::Invalid("IP address")), "{len}");
    }
}

/// Q1: one IPv4 address has one form, so that it is never in conflict with itself.
#[test]
fn mapped_address_is_the_ipv4_address_both_ways() {
    let mapped: SocketAddr = "[::ffff:10.0.0.1]:7946".parse().unwrap();
    let plain: SocketAddr = "10.0.0.1:7946".parse().unwrap();
    assert_eq!(encoded(&mapped), encoded(&plain));
    let foreign = [&[0; 10][..], &[0xff, 0xff, 10, 0, 0, 1, 0x1f, 0x0a]].concat();
    assert_eq!(SocketAddr::decode(&foreign), Ok(plain));
    assert_eq!(IpAddr::decode(&foreign[..16]), Ok(plain.ip()));
}

#[test]
fn scope_and_flow_label_stay_at_home() {
    let scoped = core::net::SocketAddrV6::new("fe80::1".parse().unwrap(), 1, 2, 3);
    let got = SocketAddr::decode(&encoded(&SocketAddr::V6(scoped))).unwrap();
    assert_eq!(got, "[fe80::1]:1".parse().unwrap());
}

#[test]
fn integers_have_all_their_bytes() {
    assert_eq!(encoded(&1u8), [1]);
    assert_eq!(encoded(&1u16), [0, 1]);
    assert_eq!(encoded(&1u32), [0, 0, 0, 1]);
    assert_eq!(encoded(&1u64), [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(encoded(&1u128).len(), 16);
    assert_eq!(u32::decode(&[0, 0, 1, 0]), Ok(256));
    assert_eq!(u32::decode(&[0, 1, 0]), Err(DecodeError::Invalid("integer")));
    assert_eq!(u64::decode(&[0; 9]), Err(DecodeError::Invalid("integer")));
}

/// W-48: too long is an error on both sides, and so is empty.
#[test]
fn identity_has_1_to_255_bytes() {
    let id = |len: usize| Bytes::from(vec![b'x'; len]);
    let put = |len| {
        let mut out = Vec::new();
        put_data(&mut out, 1, &id(len), "node id bytes").map(|()| out)
    };
    assert_eq!(put(0), Err(EncodeError::Unsupported("an empty id or address")));
    assert_eq!(put(1).unwrap(), [0x11, b'x']);
    assert_eq!(put(255).unwrap().len(), 257);
    assert_eq!(put(256), Err(EncodeError::TooLarge { what: "node id bytes", actual: 256, limit: 255 }));

    let get = |len| required::<Bytes>(Some(&id(len)), "node id");
    assert_eq!(required::<Bytes>(None, "node id"), Err(DecodeError::Invalid("node id")));
    assert_eq!(get(0), Err(DecodeError::Invalid("node id")));
    assert_eq!(get(255), Ok(id(255)));
    let error = DecodeError::TooLarge { what: "id or address bytes", actual: 256, limit: 255 };
    assert_eq!(get(256), Err(error));
}

/// One that miscounts would shift everything behind it.
#[test]
fn identity_that_miscounts_itself_is_refused() {
    struct Liar(usize);
    impl WireData for Liar {
        fn encoded_len(&self) -> usize {
            self.0
        }
        fn encode(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(b"abc");
        }
        fn decode(_: &[u8]) -> Result<Self, DecodeError> {
            Err(DecodeError::Invalid("liar"))
        }
    }
    for claimed in [1, 2, 4, 200] {
        let got = put_data(&mut Vec::new(), 1, &Liar(claimed), "node id bytes");
        assert!(matches!(got, Err(EncodeError::Unsupported(_))), "{claimed}");
    }
    assert_eq!(put_data(&mut Vec::new(), 1, &Liar(3), "node id bytes"), Ok(()));
}

/// W-50: the wire's bytes of a name are the same, whatever type holds it.
#[cfg(feature = "nodecraft")]
#[test]
fn node_ids_of_nodecraft_are_text() {
    let id = nodecraft::NodeId::<16>::new("node-a").unwrap();
    assert_eq!(encoded(&id), encoded(&String::from("node-a")));
    assert_eq!(nodecraft::NodeId::decode(b"node-a"), Ok(id));
    let seventeen = nodecraft::NodeId::<16>::decode(&[b'x'; 17]);
    assert_eq!(seventeen, Err(DecodeError::Invalid("node id")));
    assert_eq!(nodecraft::NodeId::<16>::decode(b"\xff"), Err(DecodeError::Invalid("UTF-8")));
}

proptest::proptest! {
    /// The room in which short text is checked changes no verdict: text, text cut within a character, and nonsense.
    #[test]
    fn text_is_checked_as_the_standard_library_does(text in "\\PC{0,30}", cut in 0usize..3, nonsense: Vec<u8>) {
        let text = &text.as_bytes()[..text.len().saturating_sub(cut)];
        for bytes in [text, &nonsense] {
            let expected = core::str::from_utf8(bytes).map(String::from).map_err(|_| DecodeError::Invalid("UTF-8"));
            assert_eq!(SmolStr::decode(bytes), expected.clone().map(SmolStr::from));
            assert_eq!(String::decode(bytes), expected);
        }
    }
}
