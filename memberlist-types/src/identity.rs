use core::{
    fmt::{Debug, Display},
    hash::Hash,
};

/// What names a node: unique in the cluster, comparable, printable.
///
/// Implemented for every type that has the bounds; any `nodecraft::Id` has them. A wire may ask for more
/// (the native one for [`WireData`](crate::WireData)).
pub trait Id: Clone + Eq + Ord + Hash + Debug + Display + Send + Sync + 'static {}

impl<T: Clone + Eq + Ord + Hash + Debug + Display + Send + Sync + 'static> Id for T {}

/// Where a node is reached: what a transport sends to, already resolved (for sockets, an IP address and a port).
///
/// Two addresses are the same place exactly if they compare equal, so a transport must hand out one canonical
/// form (an IPv4-mapped IPv6 address is the IPv4 address).
pub trait Address: Clone + Eq + Ord + Hash + Debug + Display + Send + Sync + 'static {}

impl<T: Clone + Eq + Ord + Hash + Debug + Display + Send + Sync + 'static> Address for T {}
