use crate::canonical::canonical;
use crate::{DEFAULT_PORT, InvalidHost, SeedAddress};
use agnostic::RuntimeLite;
use agnostic::net::ToSocketAddrs;
use memberlist_core::ResolveAll;
use nodecraft::hostaddr::Host;
use nodecraft::resolver::AddressResolver;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;

/// Resolves host names and IP addresses with the system's resolver: IPv4 and IPv6, each address once, in the order that the system
/// prefers.
///
/// What users write is a [`SeedAddress`]: text, or a socket address.
///
/// Nothing is cached here: a join must see an address that has changed.
pub struct HostResolver<R> {
    default_port: u16,
    runtime: PhantomData<fn() -> R>,
}

impl<R> HostResolver<R> {
    /// With the port that is used for addresses without one.
    #[must_use]
    pub const fn new(default_port: u16) -> Self {
        Self { default_port, runtime: PhantomData }
    }

    /// The port that is used for addresses without one.
    #[must_use]
    pub const fn default_port(&self) -> u16 {
        self.default_port
    }
}

impl<R> Default for HostResolver<R> {
    /// Port 7946 for addresses without one.
    fn default() -> Self {
        Self::new(DEFAULT_PORT)
    }
}

impl<R> Clone for HostResolver<R> {
    fn clone(&self) -> Self {
        Self::new(self.default_port)
    }
}

impl<R> std::fmt::Debug for HostResolver<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostResolver").field("default_port", &self.default_port).finish()
    }
}

/// A host that has no address, or none that could be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The text names no host. Nothing was looked up.
    #[error(transparent)]
    InvalidHost(#[from] InvalidHost),
    /// The system's resolver failed.
    #[error("cannot resolve {host}: {source}")]
    Lookup {
        /// The host.
        host: SeedAddress,
        /// Why.
        source: io::Error,
    },
    /// The host exists and has no address.
    #[error("{0} has no address")]
    NoAddress(SeedAddress),
}

impl<R: RuntimeLite> AddressResolver for HostResolver<R> {
    type Address = SeedAddress;
    type ResolvedAddress = SocketAddr;
    type Error = ResolveError;
    type Runtime = R;
    /// The default port.
    type Options = u16;

    async fn new(default_port: u16) -> Result<Self, ResolveError> {
        Ok(Self::new(default_port))
    }

    async fn resolve(&self, address: &SeedAddress) -> Result<SocketAddr, ResolveError> {
        let all = self.resolve_all(address).await?;
        all.first().copied().ok_or_else(|| ResolveError::NoAddress(address.clone()))
    }
}

impl<R: RuntimeLite> ResolveAll for HostResolver<R> {
    async fn resolve_all(&self, address: &SeedAddress) -> Result<Vec<SocketAddr>, ResolveError> {
        // Of the forms, only this one can say a link-local address's scope.
        if let Ok(address) = address.as_str().parse::<SocketAddr>() {
            return Ok(vec![canonical(address)]);
        }
        let host = address.host()?.address;
        let port = host.port().unwrap_or(self.default_port);
        let name = match host.host() {
            Host::Ip(ip) => return Ok(vec![canonical(SocketAddr::new(*ip, port))]),
            Host::Domain(name) => name.as_str(),
        };
        let found = ToSocketAddrs::<R>::to_socket_addrs(&(name, port))
            .await
            .map_err(|source| ResolveError::Lookup { host: address.clone(), source })?;
        let mut addresses = Vec::new();
        for found in found.map(canonical) {
            if !addresses.contains(&found) {
                addresses.push(found);
            }
        }
        if addresses.is_empty() { Err(ResolveError::NoAddress(address.clone())) } else { Ok(addresses) }
    }
}

#[cfg(test)]
mod tests;
