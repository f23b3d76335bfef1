use super::{MemoryNetwork, UnknownHost};
use crate::{AddressResolver, ResolveAll};
use agnostic::RuntimeLite;
use nodecraft::HostAddr;
use std::{marker::PhantomData, net::SocketAddr};

/// Resolves socket addresses to themselves, and names by the network's own list of hosts
/// ([`MemoryNetwork::set_host`]).
#[derive(Debug)]
pub struct MemoryResolver<R> {
    network: MemoryNetwork,
    runtime: PhantomData<fn() -> R>,
}

impl<R> MemoryResolver<R> {
    fn all(&self, address: &HostAddr) -> Result<Vec<SocketAddr>, UnknownHost> {
        let port = address.port().unwrap_or_default();
        if let Some(ip) = address.ip() {
            return Ok(vec![SocketAddr::new(*ip, port)]);
        }
        let name = address.to_string();
        let name = name.rsplit_once(':').map_or(name.as_str(), |(name, _)| name);
        self.network.host(name).ok_or_else(|| UnknownHost(name.to_owned()))
    }
}

impl<R: RuntimeLite> AddressResolver for MemoryResolver<R> {
    type Address = HostAddr;
    type ResolvedAddress = SocketAddr;
    type Error = UnknownHost;
    type Runtime = R;
    type Options = MemoryNetwork;

    async fn new(network: MemoryNetwork) -> Result<Self, UnknownHost> {
        Ok(Self { network, runtime: PhantomData })
    }

    async fn resolve(&self, address: &HostAddr) -> Result<SocketAddr, UnknownHost> {
        self.all(address)?.first().copied().ok_or_else(|| UnknownHost(address.to_string()))
    }
}

impl<R: RuntimeLite> ResolveAll for MemoryResolver<R> {
    async fn resolve_all(&self, address: &HostAddr) -> Result<Vec<SocketAddr>, UnknownHost> {
        self.all(address)
    }
}

impl<R> MemoryResolver<R> {
    pub(super) const fn on(network: MemoryNetwork) -> Self {
        Self { network, runtime: PhantomData }
    }
}
