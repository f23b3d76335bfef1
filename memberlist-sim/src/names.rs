//! Names and addresses of simulated nodes: four bytes in memory, on the wire as long as real ones.

use core::fmt;
use memberlist_types::{DecodeError, WireData};

/// Which node of the simulation, counted from 0 in the order in which they were added. At most 2^24 (16,777,216).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u32);

/// The name of a node: `node-00012` for the node 12. It is sent as that text, so that packets are as long as those of a
/// cluster with names of ten characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub NodeIndex);

/// Where a node is reached. It is sent as 6 bytes, as an IPv4 address with its port.
///
/// A node that moves gets another address; nobody else ever gets the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr(u32);

const PREFIX: &[u8] = b"node-";
const DIGITS: usize = 5;
/// Bits of an address that count how often its node has moved.
const MOVES_BITS: u32 = 8;

impl NodeIndex {
    /// The index as a place in a list.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

impl Addr {
    /// The port of them all.
    pub(crate) const PORT: u16 = 7946;

    /// The address of this node after it has moved so many times (modulo 256).
    #[must_use]
    pub const fn new(node: NodeIndex, moves: u8) -> Self {
        Self(node.0 << MOVES_BITS | moves as u32)
    }

    /// What stands for it on the wire, as an IPv4 address.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whose address it is, or was.
    #[must_use]
    pub const fn node(self) -> NodeIndex {
        NodeIndex(self.0 >> MOVES_BITS)
    }

    /// How often the node had moved.
    #[must_use]
    pub const fn moves(self) -> u8 {
        self.0 as u8
    }
}

impl fmt::Display for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node-{:05}", self.0.0)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.node())?;
        match self.moves() {
            0 => Ok(()),
            moves => write!(f, ".{moves}"),
        }
    }
}

impl WireData for Name {
    fn encoded_len(&self) -> usize {
        let digits = self.0.0.checked_ilog10().map_or(1, |log| log as usize + 1);
        PREFIX.len() + digits.max(DIGITS)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(PREFIX);
        let (mut digits, mut rest, mut first) = ([b'0'; 10], self.0.0, 10 - DIGITS);
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            if rest == 0 {
                break;
            }
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            first = first.min(place);
        }
        out.extend_from_slice(digits.get(first..).unwrap_or_default());
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        const NO_NAME: DecodeError = DecodeError::Invalid("name of a simulated node");
        let digits = bytes.strip_prefix(PREFIX).filter(|digits| digits.len() >= DIGITS).ok_or(NO_NAME)?;
        digits
            .iter()
            .try_fold(0u32, |number, digit| {
                let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
                number.checked_mul(10)?.checked_add(digit.into())
            })
            .map(|number| Self(NodeIndex(number)))
            .filter(|name| name.encoded_len() == bytes.len())
            .ok_or(NO_NAME)
    }
}

impl WireData for Addr {
    fn encoded_len(&self) -> usize {
        6
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
        out.extend_from_slice(&Self::PORT.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let &[a, b, c, d, high, low] = bytes else {
            return Err(DecodeError::Invalid("address of a simulated node"));
        };
        if u16::from_be_bytes([high, low]) != Self::PORT {
            return Err(DecodeError::Invalid("port of a simulated node"));
        }
        Ok(Self(u32::from_be_bytes([a, b, c, d])))
    }
}

#[cfg(test)]
mod tests;
