use super::*;
use crate::{ExchangeOutput, exchange::Exchange};
use alloc::string::String;
use bytes::Bytes;
use core::net::SocketAddr;
use memberlist_types::{DecodeError, NativeWire, StreamLimits, StreamMessage};

type Acceptor = Exchange<String, SocketAddr>;

fn payload(bytes: usize) -> Bytes {
    (0..bytes).map(|at| (at % 251) as u8).collect()
}

fn frame(payload: Bytes) -> Bytes {
    let message = StreamMessage::<String, SocketAddr>::User(payload);
    NativeWire.encode_frame(&Framing::new(), &StreamLimits::default(), true, &message).unwrap()
}

fn acceptor() -> Acceptor {
    Acceptor::accept(StreamLimits::default()).taking_messages()
}

fn missing(acceptor: &Acceptor) -> usize {
    acceptor.missing(&NativeWire, &Framing::new())
}

fn decode(acceptor: &mut Acceptor) -> Result<bool, DecodeError> {
    acceptor.decode(&NativeWire, &Framing::new())
}

/// Reads the frame to rooms of these sizes in turn, so many bytes with each read.
fn read_to_rooms(acceptor: &mut Acceptor, frame: &[u8], rooms: usize, reads: usize, used: Option<BytesMut>) {
    let (head, mut rest) = frame.split_at(30);
    acceptor.push_data(head);
    assert_eq!(decode(acceptor), Ok(false));
    let mut used = used;
    while !rest.is_empty() {
        assert_eq!(missing(acceptor), rest.len());
        if acceptor.reserved() == 0 {
            acceptor.make_room(rooms.min(rest.len()), used.take());
            assert_eq!(acceptor.reserved(), rooms.min(rest.len()));
        }
        let read = rest.len().min(reads).min(acceptor.reserved());
        acceptor.room()[..read].copy_from_slice(&rest[..read]);
        acceptor.fill_room(read);
        rest = &rest[read..];
        assert_eq!(acceptor.held(), frame.len() - rest.len());
        assert_eq!(decode(acceptor), Ok(false));
    }
    assert_eq!(acceptor.reserved(), 0);
}

fn said(acceptor: &mut Acceptor) -> Bytes {
    let Some(ExchangeOutput::User(payload)) = acceptor.poll_output() else { panic!("no message") };
    payload
}

#[test]
fn frame_is_the_same_however_it_is_read() {
    for bytes in [1_000, 100_000] {
        for (rooms, reads) in [(usize::MAX, usize::MAX), (usize::MAX, 100), (333, 100), (999, usize::MAX)] {
            let mut acceptor = acceptor();
            read_to_rooms(&mut acceptor, &frame(payload(bytes)), rooms, reads, None);
            assert!(said(&mut acceptor) == payload(bytes), "{bytes} {rooms} {reads}");
            assert!(acceptor.is_between_messages());
            // And a small one, which takes no room.
            acceptor.push_data(&frame(payload(5)));
            assert_eq!((missing(&acceptor), decode(&mut acceptor)), (0, Ok(false)));
            assert_eq!(said(&mut acceptor), payload(5));
        }
    }
}

#[test]
fn memory_of_a_message_is_used_for_the_next_ones() {
    let mut acceptor = acceptor();
    let frame = frame(payload(100_000));
    read_to_rooms(&mut acceptor, &frame, usize::MAX, usize::MAX, None);
    let mut said_before = said(&mut acceptor);
    let mut moved = 0;
    for _ in 0..1_000 {
        let before = said_before.as_ptr();
        let used = said_before.try_into_mut().expect("nobody else holds it");
        read_to_rooms(&mut acceptor, &frame, usize::MAX, 60_000, Some(used));
        said_before = said(&mut acceptor);
        assert!(said_before == payload(100_000));
        let head = frame.len() - 100_000;
        moved += usize::from(said_before.as_ptr() as usize != before as usize + head);
    }
    assert!(moved <= 10, "its own memory each time, but for the slack that is used up: {moved}");
}

#[test]
fn memory_that_is_too_short_or_far_too_long_is_not_used() {
    for bytes in [50_000, 200_000] {
        let mut acceptor = acceptor();
        read_to_rooms(&mut acceptor, &frame(payload(bytes)), usize::MAX, usize::MAX, None);
        let used = said(&mut acceptor).try_into_mut().unwrap();
        let memory = used.as_ptr() as usize..used.as_ptr() as usize + used.capacity();
        read_to_rooms(&mut acceptor, &frame(payload(100_000)), usize::MAX, usize::MAX, Some(used));
        let said = said(&mut acceptor);
        assert!(said == payload(100_000));
        assert!(said.try_into_mut().unwrap().capacity() < 110_000, "{memory:?}");
    }
}

#[test]
fn room_is_given_up_by_what_comes_besides_it_and_by_an_error() {
    let frame = frame(payload(100_000));
    let mut acceptor = acceptor();
    acceptor.push_data(&frame[..1_000]);
    assert_eq!(decode(&mut acceptor), Ok(false));
    acceptor.make_room(missing(&acceptor), None);
    acceptor.fill_room(0);
    acceptor.push_data(&frame[1_000..]);
    assert_eq!((acceptor.reserved(), decode(&mut acceptor)), (0, Ok(false)));
    assert!(said(&mut acceptor) == payload(100_000));

    acceptor.push_data(&frame[..1_000]);
    assert_eq!(decode(&mut acceptor), Ok(false));
    let rest = missing(&acceptor);
    acceptor.make_room(rest, None);
    // Nothing but zeros was read.
    acceptor.fill_room(rest);
    assert_eq!(decode(&mut acceptor), Err(DecodeError::ChecksumMismatch));
    assert_eq!((acceptor.reserved(), acceptor.held(), missing(&acceptor)), (0, 0, 0));
}

#[test]
fn more_cannot_be_filled_than_there_is_room() {
    let mut acceptor = acceptor();
    acceptor.push_data(&frame(payload(1_000))[..30]);
    acceptor.make_room(10, None);
    acceptor.fill_room(1_000);
    assert_eq!((acceptor.arrived(), acceptor.reserved()), (40, 0));
}

#[test]
fn what_is_refused_is_not_missing() {
    let limits = StreamLimits::default().with_max_frame(10_000).with_max_user(5_000);
    let mut acceptor = Acceptor::accept(limits);
    acceptor.push_data(&frame(payload(20_000))[..30]);
    assert!(missing(&acceptor) <= 10_000 + FRAME_SLACK, "whatever is announced");
    assert!(decode(&mut acceptor).is_err());
    assert_eq!(missing(&acceptor), 0);
}
