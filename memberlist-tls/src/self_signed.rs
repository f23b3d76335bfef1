//! Certificates for development and tests: an authority of one's own, and identities that it signs. Not for production: the
//! authority's key lies open, and there is no way to revoke.
//!
//! ```
//! use memberlist_tls::self_signed::Authority;
//!
//! let authority = Authority::new()?;
//! let first = authority.identity("node-1", &[[127, 0, 0, 1].into()])?.tls_options()?;
//! // A second process that was given the authority's PEM makes an identity of its own.
//! let same = Authority::from_pem(&authority.certificate_pem(), &authority.key_pem())?;
//! let second = same.identity("node-2", &[[127, 0, 0, 1].into()])?.tls_options()?;
//! # let _ = (first, second);
//! # Ok::<(), memberlist_tls::TlsError>(())
//! ```

use crate::{TlsError, TlsOptions, pem};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, DnsName, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An authority that signs development certificates. Valid for ten years from the day before it was made.
pub struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

impl Authority {
    /// Makes an authority with a new key (ECDSA P-256).
    ///
    /// # Errors
    /// If no random numbers are to be had.
    pub fn new() -> Result<Self, TlsError> {
        let key = KeyPair::generate().map_err(failed)?;
        let now = SystemTime::now();
        let mut params = issuer(&key);
        set_validity(&mut params, now - DAY, now + 3650 * DAY);
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Self { certificate: certificate.der().clone(), pem: certificate.pem(), key })
    }

    /// The authority that another process has written out by [`certificate_pem`](Self::certificate_pem) and
    /// [`key_pem`](Self::key_pem). For authorities of this module only.
    ///
    /// # Errors
    /// If the texts are not PEM, do not belong together, or are of another kind of authority.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, TlsError> {
        let pem = certificate.to_owned();
        let certificate = pem::first_certificate(certificate.as_bytes(), "the authority's PEM text")?;
        let key = KeyPair::try_from(&pem::key_from_pem(key.as_bytes())?).map_err(failed)?;
        let authority = Self { certificate, pem, key };
        authority.check()?;
        Ok(authority)
    }

    /// An identity of this authority: a certificate with this DNS name and these IP addresses, for servers and clients, and its key.
    /// Valid for a year from the day before it was made.
    ///
    /// # Errors
    /// If the name is none.
    pub fn identity(&self, name: &str, addresses: &[IpAddr]) -> Result<Identity, TlsError> {
        let now = SystemTime::now();
        self.identity_valid(name, addresses, now - DAY, now + 365 * DAY)
    }

    /// [`identity`](Self::identity) for another time (whole seconds), such as one that is over, to see what happens.
    ///
    /// # Errors
    /// If the name is none.
    pub fn identity_valid(
        &self,
        name: &str,
        addresses: &[IpAddr],
        from: SystemTime,
        until: SystemTime,
    ) -> Result<Identity, TlsError> {
        let invalid = || TlsError::InvalidName(name.to_owned());
        DnsName::try_from(name).map_err(|_invalid| invalid())?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.subject_alt_names.push(SanType::DnsName(name.try_into().map_err(|_not_ascii| invalid())?));
        params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        set_validity(&mut params, from, until);
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = Issuer::new(issuer(&self.key), &self.key);
        let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
        Ok(Identity {
            chain: [certificate.der().clone()],
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            authority: self.certificate.clone(),
            authority_pem: self.pem.clone(),
        })
    }

    /// Its certificate, to trust.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Its certificate as PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.pem.clone()
    }

    /// Its private key as PEM: whoever has it is a member. Keep the file to yourself.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// Whether what it signs is accepted by those who trust its certificate.
    fn check(&self) -> Result<(), TlsError> {
        let sample = self.identity("sample", &[])?;
        let verifier = WebPkiServerVerifier::builder_with_provider(
            Arc::new(pem::roots([self.certificate.clone()])?),
            crate::provider()?,
        )
        .build()
        .map_err(|error| TlsError::SelfSigned(error.to_string()))?;
        let name = ServerName::try_from("sample").map_err(|_| TlsError::InvalidName("sample".to_owned()))?;
        let [certificate] = &sample.chain;
        verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()).map_err(|error| {
            TlsError::SelfSigned(format!(
                "the authority's certificate and key do not belong together, or were not made here: {error}"
            ))
        })?;
        Ok(())
    }
}

/// A certificate of an [`Authority`], with its key.
pub struct Identity {
    chain: [CertificateDer<'static>; 1],
    certificate_pem: String,
    key: PrivateKeyDer<'static>,
    key_pem: String,
    authority: CertificateDer<'static>,
    authority_pem: String,
}

impl Identity {
    /// Mutual authentication among the identities of this authority.
    ///
    /// # Errors
    /// If the certificate is not valid now.
    pub fn tls_options(&self) -> Result<TlsOptions, TlsError> {
        TlsOptions::mutual(self.chain.to_vec(), self.key(), self.roots()?)
    }

    /// Its certificate.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// Its private key.
    #[must_use]
    pub fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    /// The authority, as the only one to trust.
    ///
    /// # Errors
    /// If its certificate is unusable.
    pub fn roots(&self) -> Result<RootCertStore, TlsError> {
        pem::roots([self.authority.clone()])
    }

    /// Its certificate as PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.certificate_pem.clone()
    }

    /// Its private key as PEM. Keep the file to yourself.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key_pem.clone()
    }

    /// The authority's certificate as PEM.
    #[must_use]
    pub fn authority_pem(&self) -> String {
        self.authority_pem.clone()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// The authority's own certificate, as far as its key says it: so the key alone is enough to sign on. Each has a name of its own, so
/// that a foreign one is reported as that, and not as a bad signature.
fn issuer(key: &KeyPair) -> CertificateParams {
    let public = key.public_key_raw();
    let mark: String =
        public.iter().rev().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("memberlist development authority {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn set_validity(params: &mut CertificateParams, from: SystemTime, until: SystemTime) {
    let epoch = date_time_ymd(1970, 1, 1);
    let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    params.not_before = epoch + since(from);
    params.not_after = epoch + since(until);
}

fn failed(error: rcgen::Error) -> TlsError {
    TlsError::SelfSigned(error.to_string())
}
