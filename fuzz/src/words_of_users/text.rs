//! Addresses, networks, labels, keys' names: text from command lines and files.

use memberlist_net::{BindAddress, CidrPolicy, NamedHost, SeedAddress};
use memberlist_types::{Framing, KeyId, Label};
use std::net::{IpAddr, SocketAddr};

/// Nothing panics; what is accepted can be written and read again, and is the same; what reads as an address of the standard
/// library is accepted, and means that address.
pub fn text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    bind_address(text);
    host(text);
    networks(text);
    if let Ok(label) = Label::new(text) {
        assert!(label.as_bytes().len() <= Label::MAX_LEN);
        let line = Framing::new().with_label(label).to_string();
        assert!(!line.chars().any(char::is_control), "a label forges no lines: {line}");
    } else {
        assert!(text.len() > Label::MAX_LEN);
    }
    if let Some(id) = KeyId::parse(text) {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
}

fn bind_address(text: &str) {
    let trimmed = text.trim();
    match text.parse::<BindAddress>() {
        Ok(address) => {
            assert_eq!(address.to_string().parse(), Ok(address));
            assert_eq!(address.with_port(1).socket_addr().port(), 1);
        }
        Err(error) => {
            assert_eq!(error.text(), text);
            assert!(trimmed.parse::<IpAddr>().is_err() && trimmed.parse::<SocketAddr>().is_err());
        }
    }
}

fn host(text: &str) {
    let seed = SeedAddress::from(text);
    assert_eq!(seed.as_str(), text.trim());
    assert_eq!(seed.to_string().parse::<SeedAddress>().is_ok(), seed.host().is_ok());
    let host = seed.host();
    if let Ok(address) = text.trim().parse::<SocketAddr>() {
        // A scope means nothing to others, and is not carried on.
        let understood =
            host.as_ref().ok().and_then(|host| Some((*host.address.ip()?, host.address.port()?)));
        let scoped = matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0);
        assert!(scoped || understood == Some((address.ip().to_canonical(), address.port())), "{host:?}");
    }
    match host {
        Ok(NamedHost { name, address }) => {
            assert!(name.is_none_or(|name| !name.is_empty()));
            // What nodecraft makes of other scripts it does not always take for a name again.
            if text.is_ascii() {
                let again = SeedAddress::from(address.clone()).host().map(|host| host.address);
                assert_eq!(again.as_ref(), Ok(&address), "from {text:?}");
            }
            assert!(!address.to_string().is_empty());
        }
        Err(error) => assert_eq!(error.text(), text.trim()),
    }
}

fn networks(text: &str) {
    let parts = || text.split(',');
    match CidrPolicy::parse(parts()) {
        Ok(policy) => {
            assert_eq!(policy.networks().len(), parts().count());
            for network in policy.networks() {
                assert!(policy.allows(network.network()) && policy.allows(network.broadcast()));
            }
            let texts: Vec<String> = policy.networks().iter().map(ToString::to_string).collect();
            assert_eq!(CidrPolicy::parse(texts.iter().map(String::as_str)), Ok(policy));
        }
        Err(error) => {
            assert!(!error.texts().is_empty() && error.texts().iter().all(|bad| parts().any(|p| p == bad)))
        }
    }
}
