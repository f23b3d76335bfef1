use crate::TlsError;
use rustls::crypto::CryptoProvider;
use std::sync::Arc;

/// The crypto provider of configurations that are built here: the process's default if one is installed, else ring, else aws-lc-rs.
///
/// # Errors
/// If there is none of them.
pub fn provider() -> Result<Arc<CryptoProvider>, TlsError> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Ok(Arc::clone(installed));
    }
    compiled_in().map(Arc::new).ok_or(TlsError::NoProvider)
}

#[cfg(feature = "ring")]
fn compiled_in() -> Option<CryptoProvider> {
    Some(rustls::crypto::ring::default_provider())
}

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
fn compiled_in() -> Option<CryptoProvider> {
    Some(rustls::crypto::aws_lc_rs::default_provider())
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
fn compiled_in() -> Option<CryptoProvider> {
    None
}
