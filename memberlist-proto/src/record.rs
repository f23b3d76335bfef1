//! Recording a live node, and replaying it through the same machine.
//!
//! An [`Endpoint`](crate::Endpoint) does nothing but what its inputs make it do. [`Recorded`] is one that writes all of them down, with the time of each and a
//! fingerprint of what came of it; [`Replay`] gives them to a fresh endpoint and says at each step whether it does the same. So what went wrong
//! once on a machine far away can be looked at as often as needed, step by step, in a debugger or with more logging.
//!
//! # What is in a recording
//! Everything that the node was told: names, addresses and metadata of all members, **the payloads of all user messages and broadcasts that came in packets**, and **the seed of the
//! node's randomness**. It holds no keys, neither bytes of packets as they travelled nor what applications exchange on streams. Keep it like the data of your application.
//!
//! # Cost
//! Each input is copied and encoded: about the bytes of the packets that the node receives, and its time for them twice. A
//! node that is not recorded pays one look at an empty option.
//!
//! # Format
//! After the line `memberlist record 1` and its line feed come entries: the length of the body (4 bytes), a checksum (4 bytes: the lower half of FNV-1a of 64 bits, over the number of
//! the entry in 8 bytes and the body), and the body, whose first byte tells what it is:
//!
//! | kind | body |
//! |---|---|
//! | 0 | the start: version of this crate, time, the local node, options, bytes that the framing takes of a packet, whether all nodes read the framing, the seed |
//! | 1 to 127 | an input, by its kind (see [`Input`]), and its fields in their order |
//! | 128 | what came of the start or the input before it: the fingerprint of what the call returned, how many events, packets and requests were fetched until the next input, each with a fingerprint, and the next timeout |
//! | 129 | the end: why |
//!
//! Integers are little-endian, of 8 bytes (`u64`, sizes, times in nanoseconds, durations in nanoseconds), 4 bytes (`u32`, counts) or 1 byte (`u8`, flags);
//! bytes, text, names and addresses (as [`WireData`](memberlist_types::WireData)) are their length in 4 bytes and themselves; an option is a byte 0, or 1 and the value; a list is its length in 4 bytes
//! and its items. Messages are packets of the native wire, states its push/pull frames, whatever wire the node speaks. Every input is
//! followed by what came of it, except the last one of a recording that was cut off.
//!
//! A fingerprint is FNV-1a of 64 bits over what `Debug` shows of the values; so a recording is to be replayed by the version of
//! this crate that made it (the start tells which).
//!
//! ```
//! use memberlist_proto::{Instant, LocalNode, Options, record::{Recorded, Recorder, Replay, Seed}, types::{Framing, NativeWire}};
//! use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
//! use std::sync::{Arc, Mutex};
//!
//! // Anything that can be written to; here memory.
//! #[derive(Clone, Default)]
//! struct Shared(Arc<Mutex<Vec<u8>>>);
//! impl std::io::Write for Shared {
//!     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.0.lock().unwrap().write(bytes) }
//!     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! }
//! let generator = |seed: &Seed| -> memberlist_proto::EndpointRng { Box::new(Pcg64Mcg::from_seed(seed[..16].try_into().unwrap())) };
//!
//! let file = Shared::default();
//! let local = LocalNode::new(1u64, 7u64);
//! let recorder = Recorder::new(file.clone());
//! let mut node = Recorded::new(Instant::START, local, Options::lan(), &Framing::new(), NativeWire, &[7; 32], generator, Some(recorder))?;
//! node.leave(Instant::from_nanos(5))?;
//! while node.poll_event().is_some() {}
//! drop(node);
//!
//! let recording = file.0.lock().unwrap().clone();
//! let mut replay = Replay::<u64, u64, _>::new(&recording, NativeWire, generator)?;
//! while let Some(step) = replay.step()? {
//!     println!("{step}");
//! }
//! assert!(replay.endpoint().has_left());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod digest;
mod entry;
mod input;
mod options;
mod recorded;
mod recorder;
mod replay;

pub use entry::{Entries, Entry, LogError, LogProblem, Outcome, Reached, Start, Stop};
pub use input::Input;
pub use recorded::{Merging, Recorded};
pub use recorder::{Recorder, Sink};
pub use replay::{Divergence, Replay, ReplayError, Replayed};

/// What the randomness of a recorded node begins with.
pub type Seed = [u8; 32];

#[cfg(test)]
mod tests;
