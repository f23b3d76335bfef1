use crate::{DecodeError, Node};
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use smol_str::SmolStr;

#[cfg(test)]
mod tests;

/// Something that the native wire can carry as a node's id or address.
///
/// An id or address has 1 to 255 encoded bytes; the wire refuses others, in both directions. Equal values must encode equally.
///
/// Implemented for text (`String`, [`SmolStr`], `Box<str>`, `Arc<str>`, and with the feature `nodecraft` its `NodeId`: UTF-8, checked), for bytes ([`Bytes`], `Vec<u8>`: as they are),
/// for the unsigned integers (big-endian, all their bytes), and for IP and socket addresses:
/// 4 or 16 bytes of address, then (sockets) 2 bytes of port, big-endian. An IPv4-mapped IPv6 address *is* the IPv4 address here:
/// it is sent, and comes back, as IPv4. Flow label and scope of an IPv6 socket address mean nothing to another host and are not sent.
///
/// ```
/// use memberlist_types::{DecodeError, WireData};
///
/// #[derive(Debug, PartialEq)]
/// struct Rack { row: u8, place: u16 }
///
/// impl WireData for Rack {
///     fn encoded_len(&self) -> usize {
///         3
///     }
///     fn encode(&self, out: &mut Vec<u8>) {
///         out.push(self.row);
///         out.extend_from_slice(&self.place.to_be_bytes());
///     }
///     fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
///         let &[row, high, low] = bytes else { return Err(DecodeError::Invalid("rack")) };
///         Ok(Self { row, place: u16::from_be_bytes([high, low]) })
///     }
/// }
///
/// let mut bytes = Vec::new();
/// Rack { row: 1, place: 2 }.encode(&mut bytes);
/// assert_eq!(bytes, [1, 0, 2]);
/// assert_eq!(Rack::decode(&bytes), Ok(Rack { row: 1, place: 2 }));
/// assert_eq!(Rack::decode(&[1]), Err(DecodeError::Invalid("rack")));
/// ```
pub trait WireData: Sized {
    /// How many bytes [`encode`](WireData::encode) appends.
    fn encoded_len(&self) -> usize;

    /// Appends the bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// From exactly the bytes that `encode` wrote.
    ///
    /// # Errors
    /// If they are none of this type.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// The bytes as text, if they are UTF-8.
///
/// The standard library checks two aligned words of ASCII at a time, and what is not aligned or left over byte by byte: all of a name, that is. So a short one
/// is checked in an aligned `room`, behind which there are zeros: half the instructions.
#[inline(always)]
fn text_in<'a>(room: &'a mut Room, bytes: &'a [u8]) -> Result<&'a str, DecodeError> {
    let text = match padded(bytes) {
        Some(padded) => {
            room.0 = padded.to_le_bytes();
            core::str::from_utf8(&room.0).ok().and_then(|text| text.get(..bytes.len()))
        }
        None => core::str::from_utf8(bytes).ok(),
    };
    text.ok_or(DecodeError::Invalid("UTF-8"))
}

/// Where a short text is checked.
#[derive(Default)]
#[repr(align(16))]
struct Room([u8; 16]);

/// 4 to 16 bytes with zeros behind them, little-endian: what the first and the last 8 (or 4) of them have in common, they agree on. Made in a register: to
/// write them one after the other and read all at once makes the processor wait for the writes, some 5 ns each time.
#[inline(always)]
fn padded(bytes: &[u8]) -> Option<u128> {
    let len = bytes.len();
    if len > 16 {
        None
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        Some(
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << ((len - 8) * 8),
        )
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        Some(
            u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << ((len - 4) * 8),
        )
    } else {
        None
    }
}

/// In the caller, where the compiler sees that a short one needs no more than its bytes: `SmolStr::new` is called, and moves them twice.
#[inline(always)]
fn short(text: &str) -> SmolStr {
    if text.len() <= SmolStr::INLINE_CAP { SmolStr::new_inline(text) } else { SmolStr::new(text) }
}

macro_rules! text {
    ($($type:ty: $from:expr),*) => {$(
        impl WireData for $type {
            fn encoded_len(&self) -> usize {
                self.len()
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_bytes());
            }
            #[inline(always)]
            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                let mut room = Room::default();
                Ok($from(text_in(&mut room, bytes)?))
            }
        }
    )*};
}
text!(String: Self::from, SmolStr: short, Box<str>: Self::from, Arc<str>: Self::from);

#[cfg(feature = "nodecraft")]
impl<const N: usize> WireData for nodecraft::NodeId<N> {
    fn encoded_len(&self) -> usize {
        self.as_bytes().len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::new(text_in(&mut Room::default(), bytes)?).map_err(|_| DecodeError::Invalid("node id"))
    }
}

macro_rules! bytes {
    ($($type:ty: $from:expr),*) => {$(
        impl WireData for $type {
            fn encoded_len(&self) -> usize {
                self.len()
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self);
            }
            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                Ok($from(bytes))
            }
        }
    )*};
}
bytes!(Bytes: Bytes::copy_from_slice, Vec<u8>: <[u8]>::to_vec);

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl WireData for $type {
            fn encoded_len(&self) -> usize {
                size_of::<Self>()
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                bytes.try_into().map(Self::from_be_bytes).map_err(|_| DecodeError::Invalid("integer"))
            }
        }
    )*};
}
integer!(u8, u16, u32, u64, u128);

impl WireData for IpAddr {
    fn encoded_len(&self) -> usize {
        if self.to_canonical().is_ipv4() { 4 } else { 16 }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self.to_canonical() {
            Self::V4(ip) => out.extend_from_slice(&ip.octets()),
            Self::V6(ip) => out.extend_from_slice(&ip.octets()),
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
            Ok(Self::V4(Ipv4Addr::from(v4)))
        } else if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
            Ok(Self::V6(Ipv6Addr::from(v6)).to_canonical())
        } else {
            Err(DecodeError::Invalid("IP address"))
        }
    }
}

impl WireData for SocketAddr {
    #[inline]
    fn encoded_len(&self) -> usize {
        match self {
            Self::V4(_) => 6,
            Self::V6(_) => self.ip().encoded_len() + 2,
        }
    }

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        let [high, low] = self.port().to_be_bytes();
        match self {
            Self::V4(address) => {
                let [a, b, c, d] = address.ip().octets();
                out.extend_from_slice(&[a, b, c, d, high, low]);
            }
            Self::V6(_) => {
                self.ip().encode(out);
                out.extend_from_slice(&[high, low]);
            }
        }
    }

    #[inline(always)]
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if let &[a, b, c, d, high, low] = bytes {
            return Ok(Self::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low])));
        }
        long_socket_address(bytes)
    }
}

#[inline(never)]
fn long_socket_address(bytes: &[u8]) -> Result<SocketAddr, DecodeError> {
    let (ip, port) = bytes.split_last_chunk::<2>().ok_or(DecodeError::Invalid("socket address"))?;
    let ip = IpAddr::decode(ip).map_err(|_| DecodeError::Invalid("socket address"))?;
    Ok(SocketAddr::new(ip, u16::from_be_bytes(*port)))
}

/// Decodes a name and an address that belong together; both must be there.
#[inline(always)]
pub(super) fn node<I: WireData, A: WireData>(
    id: Option<&[u8]>,
    id_name: &'static str,
    address: Option<&[u8]>,
    address_name: &'static str,
) -> Result<Node<I, A>, DecodeError> {
    Ok(Node::new(required(id, id_name)?, required(address, address_name)?))
}

/// The longest id or address, in bytes.
pub(super) const MAX_LEN: usize = 255;

/// Decodes an id or address that must be there.
#[inline(always)]
pub(super) fn required<T: WireData>(value: Option<&[u8]>, name: &'static str) -> Result<T, DecodeError> {
    match value {
        None | Some([]) => Err(DecodeError::Invalid(name)),
        Some(bytes) if bytes.len() > MAX_LEN => Err(DecodeError::TooLarge {
            what: "id or address bytes",
            actual: bytes.len() as u64,
            limit: MAX_LEN as u64,
        }),
        Some(bytes) => T::decode(bytes),
    }
}
