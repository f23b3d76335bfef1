//! AES-GCM around a packet, or a message on a stream: the format, the nonce, the ciphertext, the tag.
//!
//! The label is authenticated, and on streams what stands before the format; the format itself is not.

use crate::HashicorpWire;
use alloc::vec::Vec;
use memberlist_types::{DecodeError, EncodeError, EncryptionAlgorithm, Framing, Keyring, Protection, Sealed};

#[cfg(test)]
mod tests;

/// Those of the format: the length of the key says which.
const ALGORITHMS: &[EncryptionAlgorithm] =
    &[EncryptionAlgorithm::Aes128Gcm, EncryptionAlgorithm::Aes192Gcm, EncryptionAlgorithm::Aes256Gcm];

/// The format with the plaintext padded to whole blocks, as in PKCS #7.
const PADDED: u8 = 0;

/// The format with the plaintext as it is.
const PLAIN: u8 = 1;

const NONCE: usize = 12;
const TAG: usize = 16;
const BLOCK: usize = 16;

/// Format, nonce and tag.
const OVERHEAD: usize = 1 + NONCE + TAG;

/// Nothing that is shorter is encrypted.
pub(crate) const MIN_LEN: usize = OVERHEAD;

/// Bytes that a packet may grow by: also if it is not encrypted now, for keys are changed while messages wait.
pub(crate) fn overhead(wire: HashicorpWire, framing: &Framing) -> usize {
    match framing.keyring {
        Some(_) if !framing.secured_below => OVERHEAD + if wire.sends_format_0() { BLOCK } else { 0 },
        _ => 0,
    }
}

/// Refuses keys of which the format has none.
pub(crate) fn check(framing: &Framing) -> Result<(), EncodeError> {
    let keys = framing.keyring.iter().flat_map(Keyring::keys);
    for key in keys.filter(|_| !framing.secured_below) {
        if !ALGORITHMS.contains(&key.algorithm) {
            return Err(EncodeError::Unsupported("keys of another algorithm than AES-GCM"));
        }
    }
    Ok(())
}

/// Whether there are keys to decrypt with.
pub(crate) fn has_keys(framing: &Framing) -> bool {
    framing.keyring.as_ref().is_some_and(|keyring| keyring.primary().is_some())
}

/// A place for what is encrypted, in a buffer.
pub(crate) struct Sealing {
    /// Where the first byte stands that is there only because of encryption.
    start: usize,
    /// Where the plaintext begins.
    plain: usize,
    format: u8,
}

impl Sealing {
    /// Appends what stands before the plaintext, which is to be appended behind it; `None` if it is sent in clear. `prefix`: what else stands
    /// before it if it is encrypted.
    pub(crate) fn begin(
        wire: HashicorpWire,
        framing: &Framing,
        prefix: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Self>, EncodeError> {
        if !matches!(framing.protection(), Protection::Preferred | Protection::Required) {
            return Ok(None);
        }
        let (start, format) = (out.len(), if wire.sends_format_0() { PADDED } else { PLAIN });
        out.extend_from_slice(prefix);
        out.push(format);
        out.extend_from_slice(&[0; NONCE]);
        Ok(Some(Self { start, plain: out.len(), format }))
    }

    /// How many bytes the whole will have behind the prefix, as long as nothing more is appended to `out`.
    pub(crate) fn payload_len(&self, out: &[u8]) -> usize {
        let plain = out.len().saturating_sub(self.plain);
        plain + OVERHEAD + if self.format == PADDED { BLOCK - plain % BLOCK } else { 0 }
    }

    /// Encrypts what was appended. `prefix` has its final form, and is authenticated.
    pub(crate) fn finish(
        self,
        framing: &Framing,
        prefix: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let in_clear = out.len();
        if self.format == PADDED {
            let padding = BLOCK - (out.len() - self.plain) % BLOCK;
            out.extend(core::iter::repeat_n(u8::try_from(padding).unwrap_or_default(), padding));
        }
        let data = [prefix, framing.label.as_bytes()].concat();
        let sealed = match &framing.keyring {
            Some(keyring) => {
                keyring.seal(ALGORITHMS, &data, out.get_mut(self.plain..).unwrap_or_default())?
            }
            None => None,
        };
        let Some(Sealed { nonce, tag }) = sealed else {
            // The policy was changed since `begin`.
            out.truncate(in_clear);
            out.drain(self.start..self.plain);
            return Ok(());
        };
        if let Some(place) = out.get_mut(self.start..self.start + prefix.len()) {
            place.copy_from_slice(prefix);
        }
        if let Some(place) = out.get_mut(self.plain - NONCE..self.plain) {
            place.copy_from_slice(&nonce);
        }
        out.extend_from_slice(&tag);
        Ok(())
    }
}

/// Refuses formats that there are not, and the one that is not allowed.
pub(crate) fn check_format(wire: HashicorpWire, format: u8) -> Result<(), DecodeError> {
    match format {
        PLAIN => Ok(()),
        PADDED if wire.takes_format_0() => Ok(()),
        other => Err(DecodeError::UnknownLayer(other)),
    }
}

/// Decrypts with whichever key fits. `prefix`: what stood before it and is authenticated.
pub(crate) fn open(
    wire: HashicorpWire,
    framing: &Framing,
    prefix: &[u8],
    payload: &[u8],
) -> Result<Vec<u8>, DecodeError> {
    let (&format, rest) = payload.split_first().ok_or(DecodeError::Truncated)?;
    check_format(wire, format)?;
    let (&nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(DecodeError::Truncated)?;
    let (ciphertext, &tag) = rest.split_last_chunk::<TAG>().ok_or(DecodeError::Truncated)?;
    let keyring = framing.keyring.as_ref().ok_or(DecodeError::NoKey)?;
    let data = [prefix, framing.label.as_bytes()].concat();
    let sealed = Sealed { nonce, tag };
    let mut plain = keyring.open(ALGORITHMS, &data, &sealed, ciphertext).ok_or(DecodeError::NoKey)?;
    if format == PADDED {
        remove_padding(&mut plain)?;
    }
    // Q7: what is no message is not taken for an empty one.
    if plain.is_empty() { Err(DecodeError::Undecryptable) } else { Ok(plain) }
}

/// It is authentic, but perhaps of the other format: nobody authenticates that. So the padding is checked in full.
fn remove_padding(plain: &mut Vec<u8>) -> Result<(), DecodeError> {
    let padding = plain.last().copied().unwrap_or_default();
    let len = usize::from(padding);
    let rest = plain.len().checked_sub(len).filter(|_| (1..=BLOCK).contains(&len));
    let rest =
        rest.filter(|&rest| plain.get(rest..).is_some_and(|bytes| bytes.iter().all(|&byte| byte == padding)));
    plain.truncate(rest.ok_or(DecodeError::Undecryptable)?);
    Ok(())
}
