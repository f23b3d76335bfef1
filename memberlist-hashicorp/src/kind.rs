//! The first byte of each message and container.

pub(crate) const PING: u8 = 0;
pub(crate) const INDIRECT_PING: u8 = 1;
pub(crate) const ACK: u8 = 2;
pub(crate) const SUSPECT: u8 = 3;
pub(crate) const ALIVE: u8 = 4;
pub(crate) const DEAD: u8 = 5;
pub(crate) const PUSH_PULL: u8 = 6;
pub(crate) const COMPOUND: u8 = 7;
pub(crate) const USER: u8 = 8;
pub(crate) const COMPRESSED: u8 = 9;
pub(crate) const ENCRYPTED: u8 = 10;
pub(crate) const NACK: u8 = 11;
pub(crate) const CHECKSUM: u8 = 12;
pub(crate) const ERROR: u8 = 13;
pub(crate) const LABEL: u8 = 244;

/// The error for a first byte that is none of these, on the outside of a packet or stream. Those that another protocol begins with are told apart,
/// because their text has a hint: the native wire, and TLS (an alert, a handshake).
pub(crate) fn unknown(first: u8) -> memberlist_types::DecodeError {
    match first {
        0xd1 | 0xe1 | 0x15 | 0x16 => memberlist_types::DecodeError::BadMagic(first),
        _ => memberlist_types::DecodeError::UnknownKind(first),
    }
}
