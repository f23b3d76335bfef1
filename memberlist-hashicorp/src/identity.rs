use alloc::{borrow::Cow, boxed::Box, string::String, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use memberlist_types::{DecodeError, EncodeError};
use smol_str::SmolStr;

#[cfg(test)]
mod tests;

/// The longest name, in bytes. Go has no limit, but a name that is longer does not leave a ping enough room in a packet.
const MAX_NAME: usize = 255;

/// Something that is a node's name on this wire: 1 to 255 bytes. In Go it is text, but nobody there checks that it is UTF-8.
///
/// Implemented for text ([`String`], [`SmolStr`], `Box<str>`, `Arc<str>`, and with the feature `nodecraft` its `NodeId`), which refuses names that
/// are not UTF-8, and for bytes ([`Bytes`], `Vec<u8>`), which take them as they are. Equal values must have equal bytes.
///
/// ```
/// use memberlist_hashicorp::HashicorpName;
/// use memberlist_types::DecodeError;
/// use std::borrow::Cow;
///
/// #[derive(Debug, PartialEq)]
/// struct Number(u64);
///
/// impl HashicorpName for Number {
///     fn to_name(&self) -> Cow<'_, [u8]> {
///         Cow::Owned(self.0.to_string().into_bytes())
///     }
///     fn from_name(name: &[u8]) -> Result<Self, DecodeError> {
///         let text = std::str::from_utf8(name).ok();
///         text.and_then(|text| text.parse().ok()).map(Self).ok_or(DecodeError::Invalid("node number"))
///     }
/// }
///
/// assert_eq!(Number::from_name(&Number(7).to_name()), Ok(Number(7)));
/// ```
pub trait HashicorpName: Sized {
    /// The name's bytes.
    fn to_name(&self) -> Cow<'_, [u8]>;

    /// From the name's bytes; their number was checked.
    ///
    /// # Errors
    /// If they are no name of this type.
    fn from_name(name: &[u8]) -> Result<Self, DecodeError>;
}

/// Something that is a node's address on this wire: an IP address and a port.
///
/// Implemented for [`SocketAddr`]. Equal values must have equal parts.
///
/// ```
/// use core::net::{IpAddr, SocketAddr};
/// use memberlist_hashicorp::HashicorpAddress;
///
/// let address = SocketAddr::from(([10, 0, 0, 1], 7946));
/// assert_eq!(address.to_parts(), (IpAddr::from([10, 0, 0, 1]), 7946));
/// ```
pub trait HashicorpAddress: Sized {
    /// The IP address and the port. An IPv4 address that is mapped into IPv6 is taken for the IPv4 address; port 0 can't be sent.
    fn to_parts(&self) -> (IpAddr, u16);

    /// From an IP address in its canonical form, and a port that is not 0.
    ///
    /// # Errors
    /// If they are no address of this type.
    fn from_parts(ip: IpAddr, port: u16) -> Result<Self, DecodeError>;
}

macro_rules! text {
    ($($type:ty),*) => {$(
        impl HashicorpName for $type {
            fn to_name(&self) -> Cow<'_, [u8]> {
                Cow::Borrowed(self.as_bytes())
            }
            fn from_name(name: &[u8]) -> Result<Self, DecodeError> {
                core::str::from_utf8(name).map(Self::from).map_err(|_| DecodeError::Invalid("UTF-8"))
            }
        }
    )*};
}
text!(String, SmolStr, Box<str>, Arc<str>);

macro_rules! bytes {
    ($($type:ty: $from:expr),*) => {$(
        impl HashicorpName for $type {
            fn to_name(&self) -> Cow<'_, [u8]> {
                Cow::Borrowed(self)
            }
            fn from_name(name: &[u8]) -> Result<Self, DecodeError> {
                Ok($from(name))
            }
        }
    )*};
}
bytes!(Bytes: Bytes::copy_from_slice, Vec<u8>: <[u8]>::to_vec);

#[cfg(feature = "nodecraft")]
impl<const N: usize> HashicorpName for nodecraft::NodeId<N> {
    fn to_name(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }

    fn from_name(name: &[u8]) -> Result<Self, DecodeError> {
        let text = core::str::from_utf8(name).map_err(|_| DecodeError::Invalid("UTF-8"))?;
        Self::new(text).map_err(|_| DecodeError::Invalid("node id"))
    }
}

impl HashicorpAddress for SocketAddr {
    fn to_parts(&self) -> (IpAddr, u16) {
        (self.ip(), self.port())
    }

    fn from_parts(ip: IpAddr, port: u16) -> Result<Self, DecodeError> {
        Ok(Self::new(ip, port))
    }
}

/// A name of a length that can be.
pub(crate) fn name<I: HashicorpName>(bytes: &[u8]) -> Result<I, DecodeError> {
    match bytes.len() {
        0 => Err(DecodeError::Invalid("node name")),
        1..=MAX_NAME => I::from_name(bytes),
        more => Err(DecodeError::TooLarge {
            what: "bytes of a node name",
            actual: more as u64,
            limit: MAX_NAME as u64,
        }),
    }
}

/// The bytes of a name that can be sent.
pub(crate) fn name_bytes<I: HashicorpName>(name: &I) -> Result<Cow<'_, [u8]>, EncodeError> {
    let bytes = name.to_name();
    match bytes.len() {
        0 => Err(EncodeError::Unsupported("an empty node name")),
        1..=MAX_NAME => Ok(bytes),
        actual => Err(EncodeError::TooLarge { what: "bytes of a node name", actual, limit: MAX_NAME }),
    }
}

/// An address from its bytes, and whether an IPv4 address was written in 16 of them. To Go those are two different addresses, to us they are one.
pub(crate) fn address<A: HashicorpAddress>(ip: &[u8], port: u16) -> Result<(A, bool), DecodeError> {
    if port == 0 {
        // Go puts its own port there; a wire does not know it.
        return Err(DecodeError::Invalid("port 0"));
    }
    let (ip, mapped) = if let Ok(four) = <[u8; 4]>::try_from(ip) {
        (IpAddr::from(four), false)
    } else if let Ok(sixteen) = <[u8; 16]>::try_from(ip) {
        let ip = IpAddr::from(sixteen).to_canonical();
        (ip, ip.is_ipv4())
    } else {
        return Err(DecodeError::Invalid("length of an IP address"));
    };
    Ok((A::from_parts(ip, port)?, mapped))
}

/// An address in bytes.
pub(crate) struct AddressBytes {
    bytes: [u8; 16],
    len: usize,
    pub(crate) port: u16,
}

impl AddressBytes {
    /// `mapped`: an IPv4 address is written in 16 bytes.
    pub(crate) fn new<A: HashicorpAddress>(address: &A, mapped: bool) -> Result<Self, EncodeError> {
        let (ip, port) = address.to_parts();
        if port == 0 {
            return Err(EncodeError::Unsupported("an address with port 0"));
        }
        let mut bytes = [0; 16];
        let len = match ip.to_canonical() {
            IpAddr::V4(ip) if !mapped => {
                bytes.iter_mut().zip(ip.octets()).for_each(|(place, byte)| *place = byte);
                4
            }
            IpAddr::V4(ip) => {
                bytes = ip.to_ipv6_mapped().octets();
                16
            }
            IpAddr::V6(ip) => {
                bytes = ip.octets();
                16
            }
        };
        Ok(Self { bytes, len, port })
    }

    pub(crate) fn ip(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
