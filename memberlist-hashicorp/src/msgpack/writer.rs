use alloc::vec::Vec;
use memberlist_types::EncodeError;

/// Appends values to a buffer, in the form in which a Go program would have written them.
#[derive(Debug)]
pub struct Writer<'a>(&'a mut Vec<u8>);

impl<'a> Writer<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self(out)
    }

    /// The head of a map: twice as many values follow, keys and values in turn. Go writes the keys of a struct in ascending order.
    pub fn map(&mut self, len: u32) {
        self.head(len, 0x80, 15, 0xde);
    }

    /// The head of an array: as many values follow.
    pub fn array(&mut self, len: u32) {
        self.head(len, 0x90, 15, 0xdc);
    }

    /// Bytes.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] if there are 4 GiB of them; nothing is written then.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let len = u32::try_from(bytes.len()).map_err(|_| EncodeError::TooLarge {
            what: "bytes in one field",
            actual: bytes.len(),
            limit: usize::try_from(u32::MAX).unwrap_or(usize::MAX),
        })?;
        self.head(len, 0xa0, 31, 0xda);
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    /// Text: its bytes.
    ///
    /// # Errors
    /// Those of [`raw`](Self::raw).
    pub fn str(&mut self, text: &str) -> Result<(), EncodeError> {
        self.raw(text.as_bytes())
    }

    /// Nothing; what Go writes for a slice that was never set.
    pub fn nil(&mut self) {
        self.0.push(0xc0);
    }

    /// Bytes, or [`nil`](Self::nil) if there are none.
    ///
    /// # Errors
    /// Those of [`raw`](Self::raw).
    pub fn raw_or_nil(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        if bytes.is_empty() {
            self.nil();
            return Ok(());
        }
        self.raw(bytes)
    }

    /// Yes or no.
    pub fn bool(&mut self, value: bool) {
        self.0.push(if value { 0xc3 } else { 0xc2 });
    }

    /// A number of an unsigned type, in its shortest form.
    pub fn uint(&mut self, value: u64) {
        if let Ok(value) = u8::try_from(value) {
            if value > 0x7f {
                self.0.push(0xcc);
            }
            self.0.push(value);
        } else if let Ok(value) = u16::try_from(value) {
            self.number(0xcd, &value.to_be_bytes());
        } else if let Ok(value) = u32::try_from(value) {
            self.number(0xce, &value.to_be_bytes());
        } else {
            self.number(0xcf, &value.to_be_bytes());
        }
    }

    /// A number of a signed type (Go's `int`), in its shortest *signed* form, also if it is positive.
    pub fn int(&mut self, value: i64) {
        if let -32..=127 = value {
            let [.., byte] = value.to_be_bytes();
            self.0.push(byte);
        } else if let (Ok(value), true) = (i8::try_from(value), value < 0) {
            self.number(0xd0, &value.to_be_bytes());
        } else if let Ok(value) = i16::try_from(value) {
            self.number(0xd1, &value.to_be_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.number(0xd2, &value.to_be_bytes());
        } else {
            self.number(0xd3, &value.to_be_bytes());
        }
    }

    /// A floating-point number of eight bytes.
    pub fn f64(&mut self, value: f64) {
        self.number(0xcb, &value.to_be_bytes());
    }

    fn number(&mut self, tag: u8, bytes: &[u8]) {
        self.0.push(tag);
        self.0.extend_from_slice(bytes);
    }

    /// The head of what has a length: in the tag up to `most`, else in the two bytes behind `wide`, or the four behind the tag after it.
    fn head(&mut self, len: u32, fixed: u8, most: u8, wide: u8) {
        match (u8::try_from(len), u16::try_from(len)) {
            (Ok(len), _) if len <= most => self.0.push(fixed | len),
            (_, Ok(len)) => self.number(wide, &len.to_be_bytes()),
            _ => self.number(wide + 1, &len.to_be_bytes()),
        }
    }
}
