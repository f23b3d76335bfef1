use core::fmt;

/// A running number of 64 bits that stands for bytes: traces of equal fingerprints are (nearly certainly) equal. It is no cryptographic hash.
///
/// Its definition is part of the format of traces: each piece of bytes is taken as little-endian words of 8 bytes, the last one filled up with
/// zeros, and its length; for each word `h = (rotl(h, 5) ^ word) * 0x517cc1b727220a95`, beginning
/// with `h = 0x9e3779b97f4a7c15`; then the finaliser of SplitMix64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self::new()
    }
}

impl Fingerprint {
    /// Of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// Of one piece of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> u64 {
        let mut fingerprint = Self::new();
        fingerprint.add(bytes);
        fingerprint.value()
    }

    /// Adds a piece of bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.word(u64::from_le_bytes(last));
        self.word(bytes.len() as u64);
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        crate::random::mix(self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.value())
    }
}
