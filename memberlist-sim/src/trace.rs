//! Traces: everything that a run did, as text, to be stored, compared, stepped through and checked against another run.
//!
//! # Format
//! A trace is lines of UTF-8 that end with a line feed. First the header:
//!
//! ```text
//! memberlist trace 1
//! seed 42
//! kinds action sent lost received message undecodable stream timer event handled
//! | what the run was, line by line: enough to do it again
//! ```
//!
//! (`1` is the version of the format; `kinds` says what was written, and is missing if it was everything), then one line for each step: the time in nanoseconds,
//! the node, the kind, and its details, each after one space:
//!
//! | kind | details |
//! |---|---|
//! | `action` | `started <address>`, `join`, `leave`, `rejoin`, `crashed`, `vanished`, `paused <ns>`, `blocked <ns>`, `processing <ns>`, `clock <µs per s>`, `command` |
//! | `sent` | to which address, how many bytes, their fingerprint, and `arrives <ns>`, `twice <ns> <ns>` or `lost <why>` |
//! | `lost` | from which address, how many bytes, why |
//! | `received` | from which address, how many bytes, their fingerprint |
//! | `message` | from which address, its kind, its fields |
//! | `undecodable` | from which address, why |
//! | `stream` | `dial`, `open`, `wrote`, `read`, `failed` or `done`, the peer's address, for `wrote` and `read` how many bytes |
//! | `timer` | |
//! | `event` | its kind, its fields; a member is its node, address, state and incarnation |
//! | `handled` | the node's incarnation, how many members it counts, its health score |
//!
//! The last line is `end`, the number of steps, and the [`Fingerprint`] of all lines of steps, so that a trace that was cut off or changed is noticed.
//! Nodes are their index, addresses `<node>` or `<node>.<moves>`, why something was lost is `link`, `rule`, `congestion`, `nobody` or `buffer`; payloads stand as their
//! length and fingerprint.
//!
//! Equal seeds give equal traces, byte for byte, on every machine and in every build, as long as the code of protocol and simulator is the same.
//!
//! ```
//! use memberlist_sim::{Network, NodeIndex, Options, Simulation, trace};
//! use std::time::Duration;
//!
//! let header = trace::Header::new(7).with_about("eight nodes, node 3 crashes");
//! let run = |observer: trace::Writer<Vec<u8>>| {
//!     let mut cluster = Simulation::with_observer(7, Network::lan(), observer);
//!     cluster.form(8, &Options::lan()).unwrap();
//!     cluster.crash(NodeIndex(3));
//!     cluster.run_for(Duration::from_secs(20));
//!     cluster.into_observer().finish()
//! };
//! let (stored, summary) = run(trace::Writer::new(Vec::new(), &header))?;
//!
//! // Step through it: who believes what when node 3 is first declared dead?
//! let mut stepper = trace::Stepper::new(trace::Reader::new(&stored[..])?);
//! stepper.set_filter(trace::Filter::new().kinds([trace::Kind::Event]).containing("failed 3"));
//! let first = stepper.next_entry()?.expect("it is found");
//! assert_eq!(stepper.beliefs().of(first.node, NodeIndex(3)).unwrap().state, memberlist_sim::State::Dead);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod beliefs;
mod check;
mod compare;
mod entry;
mod fingerprint;
mod header;
mod line;
mod read;
mod step;
mod write;

pub use beliefs::{Belief, Beliefs};
pub use check::Checker;
pub use compare::{Comparison, Divergence, compare};
pub use entry::{Entry, Kind};
pub use fingerprint::Fingerprint;
pub use header::{Header, VERSION};
pub use read::{Reader, TraceError, TraceProblem};
pub use step::{Filter, Stepper};
pub use write::{Summary, Writer};

#[cfg(test)]
mod tests;
