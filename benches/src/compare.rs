//! Macro-benchmarks: whole clusters of ours beside those of others, doing the same on the same machine in turn.
//!
//! A [`Task`] is what is done (100 nodes join; one of 20 is killed), a [`Contender`] who does it, and a [`Job`] both together with a seed. Each job
//! runs in a process of its own, which the program `compare` starts from itself: so CPU and memory are those of one contender alone, and nothing is left
//! of it when the next one begins. All traffic stays on loopback.
//!
//! | module | does |
//! |---|---|
//! | [`plan`] | which jobs, in which order |
//! | [`runner`] | runs each in a process of its own, with a deadline |
//! | [`workloads`] | what happens in there |
//! | [`contenders`] | ours, others, and plain sockets as the limit |
//! | [`summary`], [`page`] | what came of it: tables, JSON, HTML, and a part of `RESULTS.md` |

pub mod arguments;
pub mod cluster;
pub mod contender;
pub mod contenders;
pub mod job;
pub mod page;
pub mod plan;
pub mod process;
pub mod runner;
pub mod summary;
pub mod targets;
pub mod victim;
pub mod workloads;

pub use contender::{Contender, Fault, Received, Settings};
pub use job::{Figure, Job, Manner, Name, Outcome, Quantity, Task};

/// A runtime as a program would have it: one worker for each core.
///
/// # Errors
/// The system gives no threads.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
