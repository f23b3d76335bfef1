//! A key as serf's agents are given it: in base64.

use memberlist::prelude::{EncryptionAlgorithm, SecretKey};

/// A key of 16, 24 or 32 bytes for AES-GCM, from base64.
///
/// # Errors
/// In words, if it is none.
pub fn parse_key(text: &str) -> Result<SecretKey, String> {
    let bytes = decode(text).ok_or("not base64")?;
    let algorithm = match bytes.len() {
        16 => EncryptionAlgorithm::Aes128Gcm,
        24 => EncryptionAlgorithm::Aes192Gcm,
        32 => EncryptionAlgorithm::Aes256Gcm,
        other => return Err(format!("a key has 16, 24 or 32 bytes, not {other}")),
    };
    SecretKey::new(algorithm, &bytes).map_err(|error| error.to_string())
}

/// Six bits for each character; what is left over at the end must be zero.
fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests;
