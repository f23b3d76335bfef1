use smol_str::SmolStr;
use std::fmt;

/// Why a delegate says no, in words for a human: it is sent to the refused peer and stands in its error.
///
/// ```
/// use memberlist_core::delegate::Refusal;
/// assert_eq!(Refusal::new("wrong data centre").to_string(), "wrong data centre");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(SmolStr);

impl Refusal {
    /// A refusal for this reason.
    pub fn new(reason: impl Into<SmolStr>) -> Self {
        Self(reason.into())
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self::new(reason)
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}
