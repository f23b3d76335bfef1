use crate::TlsError;
use rustls::RootCertStore;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;

/// All certificates of a PEM text, in their order.
///
/// # Errors
/// If it is not PEM, or has none.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates(pem, "the PEM text")
}

/// All certificates of a PEM file, in their order.
///
/// # Errors
/// If it can't be read, is not PEM, or has none.
pub fn certificates_from_file(path: impl AsRef<Path>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let path = path.as_ref();
    certificates(&read(path)?, &path.display().to_string())
}

/// The first private key of a PEM text: PKCS #8, PKCS #1 or SEC 1, not encrypted.
///
/// # Errors
/// If it is not PEM, or has none.
pub fn key_from_pem(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    key(pem, "the PEM text")
}

/// The first private key of a PEM file: PKCS #8, PKCS #1 or SEC 1, not encrypted.
///
/// # Errors
/// If it can't be read, is not PEM, or has none.
pub fn key_from_file(path: impl AsRef<Path>) -> Result<PrivateKeyDer<'static>, TlsError> {
    let path = path.as_ref();
    key(&read(path)?, &path.display().to_string())
}

/// The certificates of a PEM text as authorities to trust.
///
/// # Errors
/// If it is not PEM, has no certificate, or one that is unusable.
pub fn roots_from_pem(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    roots(certificates_from_pem(pem)?)
}

/// The certificates of a PEM file as authorities to trust.
///
/// # Errors
/// If it can't be read, is not PEM, has no certificate, or one that is unusable.
pub fn roots_from_file(path: impl AsRef<Path>) -> Result<RootCertStore, TlsError> {
    roots(certificates_from_file(path)?)
}

pub(crate) fn roots(
    certificates: impl IntoIterator<Item = CertificateDer<'static>>,
) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(TlsError::InvalidRoot)?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8], origin: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(origin, &error))?;
    if found.is_empty() {
        return Err(TlsError::NoCertificate { origin: origin.to_owned() });
    }
    Ok(found)
}

#[cfg(all(feature = "self-signed", any(feature = "ring", feature = "aws-lc-rs")))]
pub(crate) fn first_certificate(pem: &[u8], origin: &str) -> Result<CertificateDer<'static>, TlsError> {
    let first = certificates(pem, origin)?.into_iter().next();
    first.ok_or_else(|| TlsError::NoCertificate { origin: origin.to_owned() })
}

fn key(pem: &[u8], origin: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => TlsError::NoKey { origin: origin.to_owned() },
        error => invalid(origin, &error),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

/// The library's texts quote the offending line, which may be of a key: only the kind of the fault is told.
fn invalid(origin: &str, error: &Error) -> TlsError {
    let reason = match error {
        Error::MissingSectionEnd { .. } => "a section has no end",
        Error::IllegalSectionStart { .. } => "a line that should begin a section does not",
        Error::Base64Decode(_) => "a section is not base64",
        Error::SectionTooLarge => "a section is too large",
        _ => "it cannot be decoded",
    };
    TlsError::InvalidPem { origin: origin.to_owned(), reason: reason.to_owned() }
}
