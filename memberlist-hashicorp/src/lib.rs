//! The wire format of HashiCorp's memberlist.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

pub mod msgpack;
pub mod serf;
