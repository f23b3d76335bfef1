//! Single messages: a byte for the kind, and a struct in msgpack (user messages: their bytes as they are).

pub(crate) mod decode;
pub(crate) mod encode;
