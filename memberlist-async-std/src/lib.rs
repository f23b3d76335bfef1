//! The async-std runtime for memberlist, and for whatever else is written for [`agnostic::Runtime`]: released `agnostic` has tokio and
//! smol only.
//!
//! Tasks run on async-std's executor, blocking work on its pool. Timers and sockets are those of async-io, which async-std itself sits
//! on.
//!
//! ```
//! use agnostic::RuntimeLite;
//! use memberlist_async_std::AsyncStdRuntime;
//!
//! let sum = AsyncStdRuntime::block_on(async {
//!     let one = AsyncStdRuntime::spawn(async { 1 });
//!     let two = AsyncStdRuntime::spawn_blocking(|| 2);
//!     one.await.unwrap() + two.await.unwrap()
//! });
//! assert_eq!(sum, 3);
//! ```
//!
//! # Tasks and their handles
//!
//! | | async-std | tokio | smol |
//! |---|---|---|---|
//! | a dropped handle | detaches the task | detaches | cancels the task |
//! | a task that panics | [`JoinError`] | an error | panics whoever awaits it |
//! | `abort` | drops the task at its next await; blocking work that has begun runs to its end | the same | the same |
//!
//! `spawn_local` needs a thread inside [`block_on`](agnostic::RuntimeLite::block_on): the task runs on that thread only, while it is
//! in there.
//!
//! # Features
//!
//! agnostic's trait asks more of a runtime when agnostic's own features are on, whoever switches them on. For its features `net`,
//! `process`, `tokio` and `smol` this crate is always ready. For `quinn`, which is a large dependency, it has a feature of the same
//! name: switch it on if the compiler misses the associated type `Quinn`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod after;
mod runtime;
mod spawner;

pub use after::AfterHandle;
pub use runtime::AsyncStdRuntime;
pub use spawner::{AsyncStdSpawner, JoinError, JoinHandle};
