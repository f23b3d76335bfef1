//! Values of which the type is known.

use super::{Reader, Token};
use alloc::{borrow::Cow, string::String, vec::Vec};
use memberlist_types::DecodeError;

impl<'a> Reader<'a> {
    /// A number that is not negative. Nil is 0.
    ///
    /// # Errors
    /// If it is something else, or negative.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        match self.token()? {
            Token::Nil => Ok(0),
            Token::Uint(value) => Ok(value),
            _ => Err(DecodeError::Invalid("unsigned number")),
        }
    }

    /// A number of at most 32 bits; see [`u64`](Self::u64).
    ///
    /// # Errors
    /// Also if it is out of range.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.u64()?.try_into().map_err(|_| DecodeError::Invalid("32-bit number"))
    }

    /// A number of at most 16 bits; see [`u64`](Self::u64).
    ///
    /// # Errors
    /// Also if it is out of range.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.u64()?.try_into().map_err(|_| DecodeError::Invalid("16-bit number"))
    }

    /// A number of at most 8 bits; see [`u64`](Self::u64).
    ///
    /// # Errors
    /// Also if it is out of range.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.u64()?.try_into().map_err(|_| DecodeError::Invalid("8-bit number"))
    }

    /// A number with a sign (Go's `int`). Nil is 0.
    ///
    /// # Errors
    /// If it is something else, or too large.
    pub fn int(&mut self) -> Result<i64, DecodeError> {
        match self.token()? {
            Token::Nil => Ok(0),
            Token::Uint(value) => value.try_into().map_err(|_| DecodeError::Invalid("signed number")),
            Token::Negative(value) => Ok(value),
            _ => Err(DecodeError::Invalid("signed number")),
        }
    }

    /// Yes or no, also as 1 or 0. Nil is no.
    ///
    /// # Errors
    /// If it is something else.
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        match self.token()? {
            Token::Nil | Token::Bool(false) | Token::Uint(0) => Ok(false),
            Token::Bool(true) | Token::Uint(1) => Ok(true),
            _ => Err(DecodeError::Invalid("boolean")),
        }
    }

    /// A floating-point number, or any other number as one. Nil is 0.
    ///
    /// # Errors
    /// If it is something else.
    pub fn f64(&mut self) -> Result<f64, DecodeError> {
        match self.token()? {
            Token::Nil => Ok(0.0),
            Token::Float(value) => Ok(value),
            // Beyond 2^53 it is rounded, as it is in Go.
            #[allow(clippy::cast_precision_loss)]
            Token::Uint(value) => Ok(value as f64),
            #[allow(clippy::cast_precision_loss)]
            Token::Negative(value) => Ok(value as f64),
            _ => Err(DecodeError::Invalid("floating-point number")),
        }
    }

    /// Bytes or text, or an array of numbers up to 255, each of which is a byte (that alone is copied). Nil is empty.
    ///
    /// # Errors
    /// If it is something else, or not whole.
    pub fn bytes(&mut self) -> Result<Cow<'a, [u8]>, DecodeError> {
        match self.token()? {
            Token::Nil => Ok(Cow::Borrowed(&[])),
            Token::Raw(bytes) => Ok(Cow::Borrowed(bytes)),
            Token::Array(len) => {
                let len = self.elements(len)?;
                let mut bytes = Vec::with_capacity(len);
                for _ in 0..len {
                    bytes.push(self.u8()?);
                }
                Ok(Cow::Owned(bytes))
            }
            _ => Err(DecodeError::Invalid("bytes")),
        }
    }

    /// Like [`bytes`](Self::bytes), but UTF-8.
    ///
    /// # Errors
    /// Also if it is none.
    pub fn str(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let invalid = DecodeError::Invalid("UTF-8");
        match self.bytes()? {
            Cow::Borrowed(bytes) => core::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| invalid),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| invalid),
        }
    }

    /// The head of a map: how many pairs of key and value follow. Nil is 0. There are bytes for so many.
    ///
    /// # Errors
    /// If it is something else, or there is not a byte for each key and value.
    pub fn map_len(&mut self) -> Result<usize, DecodeError> {
        match self.token()? {
            Token::Nil => Ok(0),
            Token::Map(len) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                self.has(len.saturating_mul(2)).map(|()| len)
            }
            _ => Err(DecodeError::Invalid("map")),
        }
    }

    /// The head of an array: how many values follow. Nil is 0. There are bytes for so many.
    ///
    /// # Errors
    /// If it is something else, or there is not a byte for each value.
    pub fn array_len(&mut self) -> Result<usize, DecodeError> {
        match self.token()? {
            Token::Nil => Ok(0),
            Token::Array(len) => self.elements(len),
            _ => Err(DecodeError::Invalid("array")),
        }
    }

    /// The fields of a struct, whose names are given in the order of their declaration: `field` is called with the index of each one's name, to
    /// read its value. Unknown keys are skipped, of duplicate ones both are given, in order. An array has the fields in
    /// the order of their declaration, and what it has more is skipped; nil has none.
    ///
    /// # Errors
    /// If it is none of these, a key is no text, something is not whole, or `field` fails.
    pub fn structure(
        &mut self,
        names: &[&str],
        mut field: impl FnMut(usize, &mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        match self.token()? {
            Token::Nil => {}
            Token::Map(len) => {
                for _ in 0..len {
                    let Token::Raw(key) = self.token()? else { return Err(DecodeError::Invalid("key")) };
                    match names.iter().position(|name| name.as_bytes() == key) {
                        Some(index) => field(index, self)?,
                        None => self.skip()?,
                    }
                }
            }
            Token::Array(len) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                for index in 0..len {
                    if index < names.len() { field(index, self)? } else { self.skip()? }
                }
            }
            _ => return Err(DecodeError::Invalid("struct")),
        }
        Ok(())
    }

    /// So many values: each has a byte at least.
    fn elements(&mut self, len: u32) -> Result<usize, DecodeError> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.has(len).map(|()| len)
    }

    fn has(&mut self, bytes: usize) -> Result<(), DecodeError> {
        if bytes <= self.rest.len() {
            return Ok(());
        }
        self.lacking = bytes - self.rest.len();
        Err(DecodeError::Truncated)
    }
}
