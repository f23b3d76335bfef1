mod values;

use alloc::vec::Vec;
use memberlist_types::DecodeError;

/// How deep a value that is skipped may be nested.
const MAX_DEPTH: usize = 1024;

/// Takes values from the front of a slice, as liberally as Go does: each of the families for bytes and text is as good as the other, a number
/// may have any width, and nil is the zero of every type. Nothing is copied or allocated but where it is said.
///
/// After an error the reader stands somewhere inside of what was wrong.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// How many bytes the last read lacked.
    lacking: usize,
}

/// One value; of an array or a map the head alone, what is in it follows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Token<'a> {
    /// Nothing.
    Nil,
    /// Yes or no.
    Bool(bool),
    /// A number that is not negative, of any family.
    Uint(u64),
    /// A negative number.
    Negative(i64),
    /// A floating-point number, of four or eight bytes.
    Float(f64),
    /// Bytes or text.
    Raw(&'a [u8]),
    /// So many values follow.
    Array(u32),
    /// So many pairs of a key and a value follow.
    Map(u32),
    /// An extension: its type, and its bytes.
    Extension(i8, &'a [u8]),
}

/// What a first byte announces, before the bytes of the value itself.
pub(crate) enum Head<'a> {
    /// The value is complete.
    Whole(Token<'a>),
    /// So many bytes of content follow.
    Raw(u32),
    /// A type, and so many bytes of content follow.
    Extension(u32),
}

impl<'a> Reader<'a> {
    /// Reads from the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, lacking: 0 }
    }

    /// What was not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// After [`DecodeError::Truncated`]: how many further bytes would have been needed, at least.
    #[must_use]
    pub fn lacking(&self) -> usize {
        self.lacking
    }

    /// The next bytes, whatever they are.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if there are not so many.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            self.lacking = len - self.rest.len();
            return Err(DecodeError::Truncated);
        };
        self.rest = rest;
        Ok(taken)
    }

    /// The next value, or head of an array or map.
    ///
    /// # Errors
    /// If it is not whole, or begins with the byte that begins nothing.
    pub fn token(&mut self) -> Result<Token<'a>, DecodeError> {
        Ok(match self.head()? {
            Head::Whole(token) => token,
            Head::Raw(len) => Token::Raw(self.content(len)?),
            Head::Extension(len) => {
                let [kind] = self.array()?;
                Token::Extension(i8::from_be_bytes([kind]), self.content(len)?)
            }
        })
    }

    pub(crate) fn head(&mut self) -> Result<Head<'a>, DecodeError> {
        let [first] = self.array()?;
        let whole = match first {
            0x00..=0x7f => Token::Uint(first.into()),
            0x80..=0x8f => Token::Map((first & 0x0f).into()),
            0x90..=0x9f => Token::Array((first & 0x0f).into()),
            0xa0..=0xbf => return Ok(Head::Raw((first & 0x1f).into())),
            0xc0 => Token::Nil,
            0xc1 => return Err(DecodeError::Invalid("msgpack")),
            0xc2 | 0xc3 => Token::Bool(first == 0xc3),
            0xc4 | 0xd9 => return Ok(Head::Raw(u8::from_be_bytes(self.array()?).into())),
            0xc5 | 0xda => return Ok(Head::Raw(u16::from_be_bytes(self.array()?).into())),
            0xc6 | 0xdb => return Ok(Head::Raw(u32::from_be_bytes(self.array()?))),
            0xc7 => return Ok(Head::Extension(u8::from_be_bytes(self.array()?).into())),
            0xc8 => return Ok(Head::Extension(u16::from_be_bytes(self.array()?).into())),
            0xc9 => return Ok(Head::Extension(u32::from_be_bytes(self.array()?))),
            0xca => Token::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Uint(u8::from_be_bytes(self.array()?).into()),
            0xcd => Token::Uint(u16::from_be_bytes(self.array()?).into()),
            0xce => Token::Uint(u32::from_be_bytes(self.array()?).into()),
            0xcf => Token::Uint(u64::from_be_bytes(self.array()?)),
            0xd0 => signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => signed(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => return Ok(Head::Extension(1 << (first - 0xd4))),
            0xdc => Token::Array(u16::from_be_bytes(self.array()?).into()),
            0xdd => Token::Array(u32::from_be_bytes(self.array()?)),
            0xde => Token::Map(u16::from_be_bytes(self.array()?).into()),
            0xdf => Token::Map(u32::from_be_bytes(self.array()?)),
            0xe0..=0xff => signed(i8::from_be_bytes([first]).into()),
        };
        Ok(Head::Whole(whole))
    }

    /// Takes nil, if that is what comes next; says whether it did.
    pub fn nil(&mut self) -> bool {
        let is_nil = self.rest.first() == Some(&0xc0);
        if is_nil {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_nil
    }

    /// Passes over one value with all that is in it.
    ///
    /// # Errors
    /// If it is not whole, or nested more than 1,024 times.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        // How many values are still to come on each level.
        let mut open: Vec<u64> = Vec::new();
        loop {
            let inside = match self.token()? {
                Token::Array(len) => len.into(),
                Token::Map(len) => 2 * u64::from(len),
                _ => 0,
            };
            if inside > 0 {
                if open.len() == MAX_DEPTH {
                    return Err(DecodeError::Invalid("depth of nesting"));
                }
                open.push(inside);
                continue;
            }
            while let Some(left) = open.last_mut() {
                *left -= 1;
                if *left > 0 {
                    break;
                }
                open.pop();
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    pub(crate) fn content(&mut self, len: u32) -> Result<&'a [u8], DecodeError> {
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            self.lacking = N - self.rest.len();
            return Err(DecodeError::Truncated);
        };
        self.rest = rest;
        Ok(*bytes)
    }
}

fn signed(value: i64) -> Token<'static> {
    u64::try_from(value).map_or(Token::Negative(value), Token::Uint)
}
