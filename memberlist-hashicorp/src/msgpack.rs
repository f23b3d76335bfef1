//! The dialect of msgpack that HashiCorp's Go programs speak: what they write is written to the byte, what they read is read.
//!
//! [`Writer`] knows the old form of the format alone: bytes and text are one family (*raw*), signed numbers keep their sign
//! family, and the keys of a map are in ascending order (for which its user cares). [`Reader`] takes the new forms, too.
//!
//! ```
//! use memberlist_hashicorp::msgpack::{Reader, Writer};
//!
//! let mut bytes = Vec::new();
//! let mut writer = Writer::new(&mut bytes);
//! writer.map(2);
//! writer.str("Name")?;
//! writer.str("cache-1")?;
//! writer.str("Port")?;
//! writer.uint(7946);
//!
//! let (mut name, mut port) = (String::new(), 0);
//! Reader::new(&bytes).structure(&["Name", "Port"], |field, reader| {
//!     match field {
//!         0 => name = reader.str()?.into(),
//!         _ => port = reader.u16()?,
//!     }
//!     Ok(())
//! })?;
//! assert_eq!((name.as_str(), port), ("cache-1", 7946));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod reader;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use reader::Head;
pub use reader::{Reader, Token};
pub use writer::Writer;
