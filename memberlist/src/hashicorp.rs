//! A node in a cluster of HashiCorp's Go library memberlist, or of serf's agents.
//!
//! [`HashicorpWire`] is the format. Of the transports TCP (with UDP) is the one that the other side has, and of the protocol's options the defaults
//! of both are the same ([`lan`], [`wan`], [`local`]):
//!
#![cfg_attr(all(feature = "tokio", feature = "tcp"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "tokio", feature = "tcp")), doc = "```ignore")]
//! use memberlist::hashicorp::{self, HashicorpWire};
//! use memberlist::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let builder = memberlist::tokio::builder("rust-1").bind("0.0.0.0:7946").wire(HashicorpWire::new());
//! let node = builder.options(hashicorp::lan()).start().await?;
//! node.join("10.0.0.7:7946").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Among serf's agents
//!
//! serf is a layer above memberlist with a protocol of its own: its agents accept nobody who does not have its versions, and they list whoever
//! ends without an announcement as failed. [`SerfPresence`] is a delegate that does as much of it as is needed to be one among them, and
//! [`SerfMember`] has the commands that go with it:
//!
#![cfg_attr(all(feature = "tokio", feature = "tcp"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "tokio", feature = "tcp")), doc = "```ignore")]
//! use memberlist::hashicorp::{self, HashicorpWire, SerfMember, SerfPresence, serf::Tags};
//! use memberlist::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let presence = SerfPresence::new("rust-1").with_tags(&Tags::new().with("role", "cache"))?;
//! let builder = memberlist::tokio::builder("rust-1").bind("0.0.0.0:7946").wire(HashicorpWire::new());
//! let options = hashicorp::lan().with_versions(hashicorp::serf::VERSIONS);
//! let node = builder.delegate(presence).options(options).start().await?;
//! node.join("10.0.0.7:7946").await?;
//! node.announce_serf()?;
//! node.serf_event("deploy", "v1", false)?;
//! node.leave_serf(Duration::from_secs(5)).await?;
//! # Ok(())
//! # }
//! ```

mod member;
mod presence;
mod presets;

pub use member::SerfMember;
pub use memberlist_hashicorp::*;
pub use presence::{PresenceStats, SerfPresence};
pub use presets::{lan, local, wan};
