use memberlist_tls::{ServerNames, TlsOptions, self_signed::Authority};
use std::sync::OnceLock;

/// Certificates of one authority for all transports of these tests; mutual TLS.
pub(crate) fn tls_options() -> TlsOptions {
    static OPTIONS: OnceLock<TlsOptions> = OnceLock::new();
    let make = || {
        let identity = Authority::new().unwrap().identity("memberlist.test", &[]).unwrap();
        identity.tls_options().unwrap().with_server_name(ServerNames::fixed("memberlist.test").unwrap())
    };
    OPTIONS.get_or_init(make).clone()
}
