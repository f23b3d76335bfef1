//! Stands in for the encryption where it is not compiled in: its tags are unknown.

use crate::{DecodeError, EncodeError, Framing};
use alloc::vec::Vec;

pub(super) const TRAILER: usize = 0;

/// Has no values.
pub(super) enum Sealing {}

impl Sealing {
    pub(super) fn finish(self, _: &mut Vec<u8>, _: usize) -> Result<(), EncodeError> {
        match self {}
    }
}

pub(super) const fn overhead(_: &Framing) -> usize {
    0
}

pub(super) const fn begin(_: &Framing, _: &mut Vec<u8>) -> Option<Sealing> {
    None
}

pub(super) fn open(_: &Framing, _: &[u8], _: usize) -> Result<Option<Vec<u8>>, DecodeError> {
    Ok(None)
}

pub(super) fn check_policy(_: &Framing, _: u8) -> Result<(), DecodeError> {
    Ok(())
}

pub(super) const fn check_key(_: &Framing, _: &[u8]) -> Result<(), DecodeError> {
    Ok(())
}

pub(super) const fn is_known(_: u8) -> bool {
    false
}
