//! What this wire keeps in the bits of [`Layers`] that are left to it. None of them is ever sent: they are read off other fields.

use memberlist_types::{Layers, Versions};

/// It understands a checksum in front of a packet.
pub(crate) const READS_CHECKSUM: Layers = Layers::from_bits(1 << 24);

/// Its address is an IPv4 address, but written in 16 bytes. Go compares addresses by their bytes, so others must pass it on as it came.
pub(crate) const MAPPED_ADDRESS: Layers = Layers::from_bits(1 << 25);

/// Those of a node with these versions.
pub(crate) fn of(versions: Option<Versions>) -> Layers {
    match versions {
        Some(versions) if versions.protocol_max >= Versions::CHECKSUM => READS_CHECKSUM,
        _ => Layers::BASE,
    }
}

/// Those of a node with these versions, whose address was written in this way.
pub(crate) fn with_address(versions: Option<Versions>, mapped: bool) -> Layers {
    if mapped { of(versions).union(MAPPED_ADDRESS) } else { of(versions) }
}
