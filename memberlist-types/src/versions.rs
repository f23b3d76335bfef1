use core::fmt;

/// Which versions of the protocol, and of the embedding application, a node understands and speaks.
///
/// On the wire: six bytes in the order of the fields. The ranges are checked over the whole cluster before a
/// push/pull is merged: every node's spoken version must lie within what all live nodes understand.
///
/// ```
/// use memberlist_types::Versions;
///
/// let versions = Versions { delegate_max: 3, delegate_current: 2, ..Versions::default() };
/// assert_eq!(versions.to_bytes(), [1, 5, 2, 0, 3, 2]);
/// assert_eq!(Versions::from_bytes(versions.to_bytes()), versions);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Versions {
    /// Lowest protocol version understood.
    pub protocol_min: u8,
    /// Highest protocol version understood.
    pub protocol_max: u8,
    /// Protocol version spoken.
    pub protocol_current: u8,
    /// Lowest version of the application's own protocol understood.
    pub delegate_min: u8,
    /// Highest version of the application's own protocol understood.
    pub delegate_max: u8,
    /// Version of the application's own protocol spoken.
    pub delegate_current: u8,
}

impl Versions {
    /// Lowest protocol version that this implementation understands.
    pub const PROTOCOL_MIN: u8 = 1;
    /// Highest protocol version that this implementation understands.
    pub const PROTOCOL_MAX: u8 = 5;
    /// Protocol version spoken by default.
    pub const PROTOCOL_DEFAULT: u8 = 2;
    /// From this version on (`protocol_max`), a node answers a ping on a stream.
    pub const STREAM_PING: u8 = 3;
    /// From this version on (`protocol_max`), a node sends nacks.
    pub const NACK: u8 = 4;
    /// From this version on (`protocol_max`), a node understands packet checksums.
    pub const CHECKSUM: u8 = 5;

    /// The six bytes of the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 6] {
        [
            self.protocol_min,
            self.protocol_max,
            self.protocol_current,
            self.delegate_min,
            self.delegate_max,
            self.delegate_current,
        ]
    }

    /// From the six bytes of the wire.
    #[must_use]
    pub const fn from_bytes(b: [u8; 6]) -> Self {
        Self {
            protocol_min: b[0],
            protocol_max: b[1],
            protocol_current: b[2],
            delegate_min: b[3],
            delegate_max: b[4],
            delegate_current: b[5],
        }
    }

    /// Whether the protocol range makes sense: neither bound is zero, and they are in order.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.protocol_min > 0 && self.protocol_max > 0 && self.protocol_min <= self.protocol_max
    }
}

impl Default for Versions {
    /// What this implementation speaks, and an application protocol of 0.
    fn default() -> Self {
        Self {
            protocol_min: Self::PROTOCOL_MIN,
            protocol_max: Self::PROTOCOL_MAX,
            protocol_current: Self::PROTOCOL_DEFAULT,
            delegate_min: 0,
            delegate_max: 0,
            delegate_current: 0,
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "protocol {} ({}-{}), application {} ({}-{})",
            self.protocol_current,
            self.protocol_min,
            self.protocol_max,
            self.delegate_current,
            self.delegate_min,
            self.delegate_max
        )
    }
}
