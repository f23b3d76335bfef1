//! What most users of the crate need: `use memberlist::prelude::*`.

#[cfg(all(feature = "tokio", feature = "tcp"))]
pub use crate::tokio::TcpMemberlist;
pub use crate::{
    CompositeDelegate, Delegate, Event, Events, JoinError, JoinOptions, JoinReport, Member, Memberlist, Meta,
    Node, Options, SmolStr, State, VoidDelegate,
};
#[cfg(feature = "tcp")]
pub use crate::{
    NetBuilder, StartError,
    net::{CidrPolicy, NetOptions, SeedAddress},
};
pub use std::time::Duration;
