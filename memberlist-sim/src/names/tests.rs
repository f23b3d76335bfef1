use super::*;

fn encoded(data: &impl WireData) -> Vec<u8> {
    let mut out = Vec::new();
    data.encode(&mut out);
    assert_eq!(out.len(), data.encoded_len());
    out
}

#[test]
fn names_and_addresses_come_back_from_the_wire() {
    for number in [0, 1, 9, 10, 99_999, 100_000, 1_234_567, (1 << 24) - 1, u32::MAX] {
        let name = Name(NodeIndex(number));
        assert_eq!(encoded(&name), name.to_string().into_bytes());
        assert_eq!(Name::decode(&encoded(&name)), Ok(name));
    }
    for (number, moves) in [(0, 0), (1, 0), (77, 3), ((1 << 24) - 1, 255)] {
        let address = Addr::new(NodeIndex(number), moves);
        assert_eq!((address.node(), address.moves()), (NodeIndex(number), moves));
        assert_eq!(Addr::decode(&encoded(&address)), Ok(address));
    }
}

#[test]
fn other_bytes_are_no_names_and_no_addresses() {
    for bytes in ["", "node-", "node-0012", "node-000123", "node-0001x", "nodE-00012", "node-99999999999"] {
        assert!(Name::decode(bytes.as_bytes()).is_err(), "{bytes}");
    }
    for bytes in [&b""[..], &[0; 5], &[0; 6], &[0; 7]] {
        assert!(Addr::decode(bytes).is_err(), "{bytes:?}");
    }
}
