use crate::TlsError;
use rustls::CertificateError as Invalid;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Looks at our own certificate as a peer would, for what every peer would refuse: better found at the start than by a node that
/// nobody talks to. Who signed it is not asked, because others may trust other authorities than we do; nor is its name, which depends
/// on where we are dialled.
pub(crate) fn check(
    chain: &[CertificateDer<'static>],
    roots: &Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
    as_client: bool,
) -> Result<(), TlsError> {
    let Some((own, intermediates)) = chain.split_first() else {
        return Err(TlsError::NoCertificate { origin: "the node's certificate chain".to_owned() });
    };
    let now = UnixTime::now();
    let server = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider)).build();
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    if let Ok(verifier) = server
        && let Err(error) = verifier.verify_server_cert(own, intermediates, &name, &[], now)
    {
        judge(&error, "server")?;
    }
    let client = WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider)).build();
    if as_client
        && let Ok(verifier) = client
        && let Err(error) = verifier.verify_client_cert(own, intermediates, now)
    {
        judge(&error, "client")?;
    }
    Ok(())
}

fn judge(error: &rustls::Error, role: &'static str) -> Result<(), TlsError> {
    let rustls::Error::InvalidCertificate(invalid) = error else {
        return Ok(());
    };
    match invalid {
        Invalid::Expired | Invalid::ExpiredContext { .. } => Err(TlsError::Expired),
        Invalid::NotValidYet | Invalid::NotValidYetContext { .. } => Err(TlsError::NotYetValid),
        Invalid::InvalidPurpose | Invalid::InvalidPurposeContext { .. } => {
            Err(TlsError::WrongPurpose { role })
        }
        Invalid::BadEncoding => Err(TlsError::Configuration(error.clone())),
        _ => Ok(()),
    }
}
