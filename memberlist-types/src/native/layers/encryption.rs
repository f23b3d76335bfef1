//! Encryption: a tag, a byte of the key's name, the nonce, what is encrypted, and at the end what authenticates it and all before it.

use super::super::frame;
use crate::{
    DecodeError, EncodeError, EncryptionAlgorithm, Framing, Keyring,
    keyring::{InstalledKey, NONCE_LEN, TAG_LEN},
};
use alloc::{borrow::Cow, sync::Arc, vec::Vec};

/// The high half of the tags of all encryptions.
const CLASS: u8 = 0x30;

/// Bytes behind what is encrypted.
pub(super) const TRAILER: usize = TAG_LEN;

/// Bytes before it: tag, hint, nonce.
const LEADER: usize = 2 + NONCE_LEN;

/// What is needed to encrypt once the rest stands.
pub(super) struct Sealing {
    key: Arc<InstalledKey>,
    nonce: [u8; NONCE_LEN],
}

/// With a keyring, always: keys and policy may change at any time.
pub(super) fn overhead(framing: &Framing) -> usize {
    if framing.keyring.is_some() && !framing.secured_below { LEADER + TRAILER } else { 0 }
}

/// Appends what stands before that which is encrypted; nothing if we send in clear.
pub(super) fn begin(framing: &Framing, out: &mut Vec<u8>) -> Option<Sealing> {
    let keyring = framing.keyring.as_ref().filter(|_| !framing.secured_below)?;
    let (key, nonce) = keyring.next()?;
    out.push(key.algorithm.tag());
    out.push(key.id.hint());
    out.extend_from_slice(&nonce);
    Some(Sealing { key, nonce })
}

impl Sealing {
    /// Encrypts everything from `at` on; everything before is authenticated.
    pub(super) fn finish(self, out: &mut Vec<u8>, at: usize) -> Result<(), EncodeError> {
        let sealed = match out.split_at_mut_checked(at) {
            Some((before, text)) => self.key.seal(&self.nonce, before, text),
            None => return Err(EncodeError::Unsupported("a frame without header")),
        };
        let tag = sealed.map_err(|_| EncodeError::Unsupported("more than can be encrypted at once"))?;
        out.extend_from_slice(&tag);
        Ok(())
    }
}

/// What was encrypted; `None` if it is in clear, and may be.
pub(super) fn open(framing: &Framing, whole: &[u8], header: usize) -> Result<Option<Vec<u8>>, DecodeError> {
    let &tag = whole.get(header).ok_or(DecodeError::Truncated)?;
    check_policy(framing, tag)?;
    let Some(algorithm) = EncryptionAlgorithm::from_tag(tag) else { return Ok(None) };
    let keyring = framing.keyring.as_ref().ok_or(DecodeError::NoKey)?;
    let (before, rest) = whole.split_at_checked(header + LEADER).ok_or(DecodeError::Truncated)?;
    let (text, tag) = rest.split_last_chunk().ok_or(DecodeError::Truncated)?;
    let (&hint, nonce) = before
        .split_last_chunk()
        .and_then(|(before, nonce)| Some((before.last()?, nonce)))
        .ok_or(DecodeError::Truncated)?;
    // The label is authenticated, even if something in front of us removed it.
    let before = with_label(framing, before, header);
    try_keys(keyring, algorithm, hint, nonce, &before, text, tag).map(Some)
}

fn try_keys(
    keyring: &Keyring,
    algorithm: EncryptionAlgorithm,
    hint: u8,
    nonce: &[u8; NONCE_LEN],
    before: &[u8],
    text: &[u8],
    tag: &[u8; TAG_LEN],
) -> Result<Vec<u8>, DecodeError> {
    let mut buffer = Vec::new();
    let mut candidates = 0;
    while let Some(key) = keyring.candidate(algorithm, hint, candidates) {
        candidates += 1;
        buffer.clear();
        buffer.extend_from_slice(text);
        if key.open(nonce, before, &mut buffer, tag).is_ok() {
            keyring.decrypted(key.id);
            return Ok(buffer);
        }
    }
    Err(if candidates == 0 { DecodeError::NoKey } else { DecodeError::Undecryptable })
}

fn with_label<'a>(framing: &Framing, before: &'a [u8], header: usize) -> Cow<'a, [u8]> {
    let labelled = before
        .split_at_checked(header)
        .and_then(|(header, leader)| Some([frame::with_label(framing, header)?, leader.to_vec()].concat()));
    labelled.map_or(Cow::Borrowed(before), Cow::Owned)
}

/// Refuses what is in clear and may not be. What belongs to the class of encryptions and is unknown is none of it.
pub(super) fn check_policy(framing: &Framing, tag: u8) -> Result<(), DecodeError> {
    let clear = tag & 0xf0 != CLASS;
    if clear && !framing.secured_below && framing.keyring.as_ref().is_some_and(Keyring::requires_encryption) {
        return Err(DecodeError::Unencrypted);
    }
    Ok(())
}

/// Refuses what is encrypted with a key that is not here, as soon as that shows: with the second byte.
pub(super) fn check_key(framing: &Framing, inside: &[u8]) -> Result<(), DecodeError> {
    let Some(algorithm) = inside.first().copied().and_then(EncryptionAlgorithm::from_tag) else {
        return Ok(());
    };
    let keyring = framing.keyring.as_ref().ok_or(DecodeError::NoKey)?;
    match inside.get(1) {
        Some(&hint) if keyring.candidate(algorithm, hint, 0).is_none() => Err(DecodeError::NoKey),
        _ => Ok(()),
    }
}

/// Whether it is the tag of an encryption that is compiled in.
pub(super) fn is_known(tag: u8) -> bool {
    EncryptionAlgorithm::from_tag(tag).is_some()
}
