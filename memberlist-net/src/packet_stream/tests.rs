use super::{append, preamble, read_length, read_packet, read_preamble};
use futures_util::FutureExt;
use std::io::ErrorKind;

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("reading from a slice never waits")
}

#[test]
fn packets_come_out_as_they_went_in() {
    let mut wire = preamble(7946).to_vec();
    append(&mut wire, b"one");
    append(&mut wire, &[7; 65_507]);
    assert_eq!(wire[..11], [0xB5, 1, 0x1F, 0x0A, 0, 0, 0, 3, b'o', b'n', b'e']);

    let mut input = wire.as_slice();
    assert_eq!(now(read_preamble(&mut input)).unwrap(), 7946);
    assert_eq!(now(read_length(&mut input)).unwrap(), Some(3));
    assert_eq!(now(read_packet(&mut input, 3)).unwrap(), "one");
    assert_eq!(now(read_length(&mut input)).unwrap(), Some(65_507));
    assert_eq!(now(read_packet(&mut input, 65_507)).unwrap(), [7; 65_507].as_slice());
    assert_eq!(now(read_length(&mut input)).unwrap(), None);
}

#[test]
fn claimed_lengths_are_checked_before_anything_is_read() {
    for claimed in [0, 65_508, u32::MAX] {
        let error = now(read_length(&mut claimed.to_be_bytes().as_slice())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{claimed}");
    }
}

#[test]
fn truncation_is_an_error_and_an_end_between_packets_is_not() {
    for cut in 1..4 {
        assert_eq!(
            now(read_length(&mut [0u8; 3][..cut].as_ref())).unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
        assert_eq!(
            now(read_preamble(&mut preamble(1)[..cut].as_ref())).unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
    }
    assert_eq!(now(read_packet(&mut [0u8; 5].as_slice(), 6)).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    for refused in [[0xB5, 2, 0, 1], [0xB5, 0, 0, 1], [0xB5, 1, 0, 0]] {
        assert_eq!(now(read_preamble(&mut refused.as_slice())).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
