//! A transport within one process, for tests: packets and streams between in-memory nodes, with loss, delay, duplication,
//! reordering and partitions, all from one seed.
//!
//! ```
//! use agnostic::tokio::TokioRuntime;
//! use memberlist_core::{Memberlist, Options, memory::MemoryNetwork};
//! use smol_str::SmolStr;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let network = MemoryNetwork::new(42);
//! let a = network.bind::<TokioRuntime>("10.0.0.1:7946".parse()?)?;
//! let b = network.bind::<TokioRuntime>("10.0.0.2:7946".parse()?)?;
//! # let _ = (a, b);
//! # Ok(())
//! # }
//! ```

mod conditions;
mod error;
mod network;
mod port;
mod resolver;
mod stream;
mod transport;

pub use conditions::Conditions;
pub use error::{MemoryError, UnknownHost};
pub use network::MemoryNetwork;
pub use resolver::MemoryResolver;
pub use stream::MemoryStream;
pub use transport::MemoryTransport;
