use super::{CLEAR, END, LAST, MAX_WIDTH, MIN_WIDTH};
use alloc::{vec, vec::Vec};

/// Appends `input` in compressed form, as Go would write it; `None` as soon as that needs more than `limit` bytes (`out` then has some of them).
pub(crate) fn encode(input: &[u8], limit: usize, out: &mut Vec<u8>) -> Option<()> {
    let mut codes = Codes::new(out, limit);
    codes.put(CLEAR);
    let mut bytes = input.iter().copied();
    if let Some(first) = bytes.next() {
        let mut table = Table::new();
        let mut current = u16::from(first);
        for byte in bytes {
            if let Some(longer) = table.find(current, byte) {
                current = longer;
                continue;
            }
            codes.put(current);
            match codes.advance() {
                Some(free) => table.insert(current, byte, free),
                None => table.clear(),
            }
            current = u16::from(byte);
            codes.has_room()?;
        }
        codes.put(current);
        codes.advance();
    }
    codes.put(END);
    codes.finish()
}

/// Writes codes, and knows how wide the next one is.
struct Codes<'a> {
    out: &'a mut Vec<u8>,
    /// How long `out` may become.
    end: usize,
    bits: u32,
    bits_len: u32,
    width: u32,
    /// The code that was given out last.
    high: u16,
}

impl<'a> Codes<'a> {
    fn new(out: &'a mut Vec<u8>, limit: usize) -> Self {
        let end = out.len().saturating_add(limit);
        Self { out, end, bits: 0, bits_len: 0, width: MIN_WIDTH, high: END }
    }

    fn put(&mut self, code: u16) {
        self.bits |= u32::from(code) << self.bits_len;
        self.bits_len += self.width;
        while self.bits_len >= 8 {
            self.push();
            self.bits_len -= 8;
        }
    }

    fn push(&mut self) {
        let [byte, ..] = self.bits.to_le_bytes();
        self.out.push(byte);
        self.bits >>= 8;
    }

    /// Gives out the next code. `None`: there is none left, all were taken back.
    fn advance(&mut self) -> Option<u16> {
        self.high += 1;
        if u32::from(self.high) == 1 << self.width && self.width < MAX_WIDTH {
            self.width += 1;
        }
        if self.high == LAST {
            self.put(CLEAR);
            self.width = MIN_WIDTH;
            self.high = END;
            return None;
        }
        Some(self.high)
    }

    fn has_room(&self) -> Option<()> {
        (self.out.len() <= self.end).then_some(())
    }

    fn finish(mut self) -> Option<()> {
        if self.bits_len > 0 {
            self.push();
        }
        self.has_room()
    }
}

/// Which code stands for a code and a byte after it. Less than half of it is ever in use.
struct Table(Vec<u32>);

/// Of the table's places.
const INDEX_BITS: u32 = 13;

impl Table {
    fn new() -> Self {
        Self(vec![0; 1 << INDEX_BITS])
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    fn find(&self, code: u16, byte: u8) -> Option<u16> {
        let key = key(code, byte);
        let found = self.places(key).find(|&entry| entry == 0 || entry >> MAX_WIDTH == key)?;
        // No code that is in the table is 0.
        u16::try_from(found & u32::from(LAST)).ok().filter(|&code| code != 0)
    }

    fn insert(&mut self, code: u16, byte: u8, value: u16) {
        let key = key(code, byte);
        let mut at = hash(key);
        while let Some(entry) = self.0.get_mut(at) {
            if *entry == 0 {
                *entry = key << MAX_WIDTH | u32::from(value);
                return;
            }
            at = next(at);
        }
    }

    fn places(&self, key: u32) -> impl Iterator<Item = u32> + '_ {
        core::iter::successors(Some(hash(key)), |&at| Some(next(at))).map_while(|at| self.0.get(at).copied())
    }
}

/// 20 bits.
fn key(code: u16, byte: u8) -> u32 {
    u32::from(code) << 8 | u32::from(byte)
}

fn hash(key: u32) -> usize {
    // Fibonacci hashing: the upper bits of the product.
    (key.wrapping_mul(0x9e37_79b1) >> (32 - INDEX_BITS)) as usize
}

fn next(at: usize) -> usize {
    (at + 1) % (1 << INDEX_BITS)
}
