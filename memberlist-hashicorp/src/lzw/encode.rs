use super::{CLEAR, END, LAST, MAX_WIDTH, MIN_WIDTH};
use alloc::vec::Vec;

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

/// Which code stands for a code and a byte after it: a tree, in which whoever chooses the bytes can make us look at 256 children, and not more.
struct Table(Vec<Entry>);

/// What a code has in the tree. There is no code 0 in it but that of a byte, which is nobody's child: so 0 is none.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// The last one that was added.
    child: u16,
    /// The one that was added to the parent before.
    sibling: u16,
    /// The last byte of what the code stands for.
    byte: u8,
}

impl Table {
    fn new() -> Self {
        let mut table = Self(Vec::new());
        table.clear();
        table
    }

    /// Bytes, and the two codes that stand for none.
    fn clear(&mut self) {
        self.0.clear();
        self.0.resize(usize::from(END) + 1, Entry::default());
    }

    fn find(&self, code: u16, byte: u8) -> Option<u16> {
        let mut child = self.0.get(usize::from(code))?.child;
        while child != 0 {
            let entry = self.0.get(usize::from(child))?;
            if entry.byte == byte {
                return Some(child);
            }
            child = entry.sibling;
        }
        None
    }

    /// `free` is the next code: they are given out in order.
    fn insert(&mut self, code: u16, byte: u8, free: u16) {
        debug_assert_eq!(usize::from(free), self.0.len());
        if let Some(parent) = self.0.get_mut(usize::from(code)) {
            let sibling = core::mem::replace(&mut parent.child, free);
            self.0.push(Entry { child: 0, sibling, byte });
        }
    }
}
