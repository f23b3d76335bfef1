//! Recording a live node, and replaying what it was told through the same state machine, step by step.
//!
//! A node that did something strange can't be asked again. But its state machine does nothing except what its inputs make it do; so who has
//! these can do it again, as often as needed. Give a [`Recorder`] to [`Builder::start_recorded`](crate::Builder::start_recorded), and the recording to [`replay`], or print
//! it with the example below. It is off unless asked for.
//!
//! **A recording holds the names, addresses and metadata of all members, the payloads of all user messages and broadcasts in packets, and what the node's randomness began with**; no
//! keys, and nothing that applications exchange on streams. Whoever has the last can tell whom the node will probe while it still runs.
//! Its cost and its format stand in [`memberlist_proto::record`]. It ends by itself at 256 MiB ([`Recorder::with_limit`]), when it can't be written any more, and
//! when the node is shut down; the node goes on. Writing happens in between of the node's work, so write to something that does not block: a
//! `BufWriter` over a local file.
//!
//! ```
//! # use memberlist_core::{Builder, NativeWire, memory::MemoryNetwork, record};
//! # use smol_str::SmolStr;
//! # use std::{fs::File, io::BufWriter, net::SocketAddr};
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! # let transport = MemoryNetwork::new(1).bind::<agnostic::tokio::TokioRuntime>("10.0.0.1:7946".parse()?)?;
//! let file = BufWriter::new(File::create("node.record")?);
//! let node = Builder::new(SmolStr::new("a"), transport).start_recorded(record::Recorder::new(file)).await?;
//! // … later, or elsewhere, once it has been shut down …
//! node.shutdown().await;
//! let recording = std::fs::read("node.record")?;
//! let mut replay = record::replay::<SmolStr, SocketAddr, _>(&recording, NativeWire)?;
//! while let Some(step) = replay.step()? {
//!     println!("{step}");
//! }
//! # Ok(())
//! # }
//! ```

use memberlist_proto::EndpointRng;
pub use memberlist_proto::record::*;
use memberlist_types::{Address, Id, Wire, WireData};

/// Replays a recording of a node of this crate. `wire` must be the one that it spoke.
///
/// # Errors
/// If this is no recording, or its node can't be made.
pub fn replay<I, A, W>(recording: &[u8], wire: W) -> Result<Replay<'_, I, A, W>, ReplayError>
where
    I: Id + WireData,
    A: Address + WireData,
    W: Wire<I, A>,
{
    Replay::new(recording, wire, generator)
}

/// The randomness of a node.
pub(crate) fn generator(seed: &Seed) -> EndpointRng {
    let [state, stream] = [0, 1].map(|half| {
        let word = seed.as_chunks().0.get(half).copied().unwrap_or_default();
        u128::from_le_bytes(word)
    });
    Box::new(rand_pcg::Pcg64Dxsm::new(state, stream))
}

#[cfg(test)]
mod tests;
