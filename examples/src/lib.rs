//! What the examples are made of. The programs stand in `src/bin`; each begins with a page on what it shows.

pub mod demo;
pub mod key;
pub mod kv;
pub mod notice;
pub mod own_runtime;
