//! The operating system's random numbers, for keys and the start of nonces. Nothing else here is random, and no rule of the protocol depends on it.

use super::KeyringError;

pub(super) fn fill(bytes: &mut [u8]) -> Result<(), KeyringError> {
    getrandom::fill(bytes).map_err(|_| KeyringError::Random)
}
