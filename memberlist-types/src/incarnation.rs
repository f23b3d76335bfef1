use core::fmt;

/// How often a node has contradicted what others say of it; only the node itself raises its own.
///
/// A statement about a node overrules those of a lower incarnation. The value saturates at [`Incarnation::MAX`]
/// and never wraps (wrapping would make a live node permanently invisible).
///
/// ```
/// use memberlist_types::Incarnation;
///
/// let known = Incarnation::new(4);
/// assert!(known.next() > known);
/// assert_eq!(Incarnation::MAX.next(), Incarnation::MAX);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Incarnation(u32);

impl Incarnation {
    /// The value that no running node has: statements carrying it about unknown nodes are refused.
    pub const ZERO: Self = Self(0);
    /// The last value. A node that reaches it can refute no more under its name.
    pub const MAX: Self = Self(u32::MAX);

    /// An incarnation of the given value.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(value)
    }

    /// The plain number, as it stands on the wire.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// The next incarnation, or `MAX` if this is the last.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// This incarnation plus `jump`, at most `MAX`.
    #[must_use]
    pub const fn saturating_add(self, jump: u32) -> Self {
        Self(self.0.saturating_add(jump))
    }

    /// Whether no higher incarnation exists.
    #[must_use]
    pub const fn is_saturated(self) -> bool {
        self.0 == u32::MAX
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u32> for Incarnation {
    fn from(value: u32) -> Self {
        Self(value)
    }
}
