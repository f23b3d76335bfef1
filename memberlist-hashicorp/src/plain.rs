//! Where encryption would be, without the feature `aes-gcm`: nothing that should be encrypted is sent in clear because of that.

use crate::HashicorpWire;
use alloc::vec::Vec;
use memberlist_types::{DecodeError, EncodeError, Framing, Protection};

const UNSUPPORTED: EncodeError =
    EncodeError::Unsupported("encryption: the feature `aes-gcm` of memberlist-hashicorp is off");

pub(crate) const MIN_LEN: usize = 29;

pub(crate) fn overhead(_: HashicorpWire, _: &Framing) -> usize {
    0
}

pub(crate) fn check(framing: &Framing) -> Result<(), EncodeError> {
    match framing.protection() {
        Protection::Accepted | Protection::Preferred | Protection::Required => Err(UNSUPPORTED),
        _ => Ok(()),
    }
}

pub(crate) fn has_keys(_: &Framing) -> bool {
    false
}

/// There is none.
pub(crate) enum Sealing {}

impl Sealing {
    pub(crate) fn begin(
        _: HashicorpWire,
        framing: &Framing,
        _: &[u8],
        _: &mut Vec<u8>,
    ) -> Result<Option<Self>, EncodeError> {
        match framing.protection() {
            Protection::Preferred | Protection::Required => Err(UNSUPPORTED),
            _ => Ok(None),
        }
    }

    pub(crate) fn payload_len(&self, _: &[u8]) -> usize {
        match *self {}
    }

    pub(crate) fn finish(self, _: &Framing, _: &[u8], _: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {}
    }
}

pub(crate) fn check_format(_: HashicorpWire, _: u8) -> Result<(), DecodeError> {
    Err(DecodeError::NoKey)
}

pub(crate) fn open(_: HashicorpWire, _: &Framing, _: &[u8], _: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Err(DecodeError::NoKey)
}
