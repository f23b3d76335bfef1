//! What most users of the crate need: `use memberlist::prelude::*`.

#[cfg(all(feature = "tokio", feature = "tcp"))]
pub use crate::tokio::TcpMemberlist;
#[cfg(any(feature = "aes-gcm", feature = "chacha20-poly1305"))]
pub use crate::types::{EncryptionAlgorithm, EncryptionPolicy, Keyring, SecretKey};
pub use crate::{
    CompositeDelegate, Delegate, Event, Events, JoinError, JoinOptions, JoinReport, Member, Memberlist, Meta,
    Node, Options, SmolStr, State, VoidDelegate,
};
#[cfg(feature = "tcp")]
pub use crate::{
    StartError, TcpBuilder,
    net::{CidrPolicy, NetOptions, SeedAddress},
};
pub use std::time::Duration;
