//! What users, and their files, say.

pub(crate) mod configuration;
pub(crate) mod text;
