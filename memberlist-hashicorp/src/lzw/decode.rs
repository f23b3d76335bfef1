use super::{CLEAR, END, LAST, MAX_WIDTH, MIN_WIDTH};
use alloc::vec::Vec;
use memberlist_types::DecodeError;

/// Decompresses. What comes out is measured first, so that nothing is reserved that does not come.
pub(crate) fn decode(input: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(decoded_len(input, limit)?);
    for_each(input, |string| {
        match string {
            Text::Literal(byte) => out.push(byte),
            Text::Copy { from, len } => {
                // The last byte may be the first one that is written here.
                let there = (from + len).min(out.len());
                out.extend_from_within(from..there);
                if there < from + len {
                    out.push(out.get(from).copied().unwrap_or_default());
                }
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// How many bytes come out.
///
/// # Errors
/// If they are more than `limit`, or it is not sound.
pub(crate) fn decoded_len(input: &[u8], limit: usize) -> Result<usize, DecodeError> {
    let mut total = 0;
    for_each(input, |string| {
        total += match string {
            Text::Literal(_) => 1,
            Text::Copy { len, .. } => len,
        };
        if total > limit {
            let (actual, limit) = (total as u64, limit as u64);
            return Err(DecodeError::TooLarge { what: "decompressed bytes", actual, limit });
        }
        Ok(())
    })?;
    Ok(total)
}

/// What a code stands for.
enum Text {
    Literal(u8),
    /// What was put out before, from this byte on.
    Copy {
        from: usize,
        len: usize,
    },
}

/// Hands over what each code stands for. A code that is in the table is what an earlier one put out, and the byte after it: so the table needs no bytes,
/// but only where they are.
fn for_each(input: &[u8], mut put: impl FnMut(Text) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
    const INVALID: DecodeError = DecodeError::Invalid("compressed data");
    let mut codes = Codes::new(input);
    let mut table: Vec<(usize, usize)> = Vec::new();
    // What the last code stood for, and how much was put out.
    let mut last: Option<(usize, usize)> = None;
    let mut written = 0;
    loop {
        match codes.next().ok_or(DecodeError::Truncated)? {
            CLEAR => {
                codes.reset();
                table.clear();
                last = None;
            }
            END => return Ok(()),
            code => {
                if let Some((from, len)) = last.filter(|_| table.len() < usize::from(LAST - END)) {
                    table.push((from, len + 1));
                }
                let len = match u8::try_from(code) {
                    Ok(byte) => {
                        put(Text::Literal(byte))?;
                        1
                    }
                    Err(_) => {
                        let index = usize::from(code.saturating_sub(END + 1));
                        let &(from, len) = table.get(index).ok_or(INVALID)?;
                        put(Text::Copy { from, len })?;
                        len
                    }
                };
                last = Some((written, len));
                written += len;
                codes.advance();
            }
        }
    }
}

/// Reads codes, and knows how wide the next one is.
struct Codes<'a> {
    input: core::slice::Iter<'a, u8>,
    bits: u32,
    bits_len: u32,
    width: u32,
    high: u16,
}

impl<'a> Codes<'a> {
    fn new(input: &'a [u8]) -> Self {
        Self { input: input.iter(), bits: 0, bits_len: 0, width: MIN_WIDTH, high: END }
    }

    fn next(&mut self) -> Option<u16> {
        while self.bits_len < self.width {
            self.bits |= u32::from(*self.input.next()?) << self.bits_len;
            self.bits_len += 8;
        }
        let code = self.bits & ((1 << self.width) - 1);
        self.bits >>= self.width;
        self.bits_len -= self.width;
        u16::try_from(code).ok()
    }

    fn reset(&mut self) {
        self.width = MIN_WIDTH;
        self.high = END;
    }

    /// A code more is in the table, unless it is full.
    fn advance(&mut self) {
        if self.high < LAST {
            self.high += 1;
            if u32::from(self.high) == 1 << self.width && self.width < MAX_WIDTH {
                self.width += 1;
            }
        }
    }
}
