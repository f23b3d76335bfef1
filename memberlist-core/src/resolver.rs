use std::future::Future;

#[cfg(not(target_family = "wasm"))]
pub use nodecraft::resolver::AddressResolver;

/// Turns what a user writes into what packets are sent to: nodecraft's trait of this name, as it stands where there are sockets.
///
/// Its module does not compile for WebAssembly, because it brings resolvers that ask the operating system.
#[cfg(target_family = "wasm")]
pub trait AddressResolver: Send + Sync + 'static {
    /// What a user writes.
    type Address: nodecraft::Address;
    /// What packets are sent to.
    type ResolvedAddress: nodecraft::CheapClone
        + std::hash::Hash
        + Eq
        + Ord
        + std::fmt::Debug
        + std::fmt::Display
        + Send
        + Sync
        + 'static;
    /// What can go wrong.
    type Error: std::error::Error + Send + Sync + 'static;
    /// The async runtime that it works on.
    type Runtime: agnostic::RuntimeLite;
    /// What it is made from.
    type Options: Send + Sync + 'static;

    /// Makes a resolver.
    fn new(options: Self::Options) -> impl Future<Output = Result<Self, Self::Error>> + Send
    where
        Self: Sized;

    /// The address to send to.
    fn resolve(
        &self,
        address: &Self::Address,
    ) -> impl Future<Output = Result<Self::ResolvedAddress, Self::Error>> + Send;
}

/// An address resolver that can name all addresses of a host, so that a join tries each.
pub trait ResolveAll: AddressResolver {
    /// All addresses of a host, in order of preference. Default: the one that `resolve` gives.
    fn resolve_all(
        &self,
        address: &Self::Address,
    ) -> impl Future<Output = Result<Vec<Self::ResolvedAddress>, Self::Error>> + Send
    where
        Self::Address: Sync,
    {
        async move { Ok(vec![self.resolve(address).await?]) }
    }
}

#[cfg(not(target_family = "wasm"))]
impl<R: agnostic::RuntimeLite> ResolveAll for nodecraft::resolver::socket_addr::SocketAddrResolver<R> {}
#[cfg(not(target_family = "wasm"))]
impl<R: agnostic::RuntimeLite> ResolveAll for nodecraft::resolver::address::HostAddrResolver<R> {}
