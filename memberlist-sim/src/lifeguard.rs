//! The experiments of the Lifeguard paper (Dadgar, Phillips, Currey: "Lifeguard: Local Health Awareness for More Accurate Failure Detection",
//! arXiv 1707.00788), and the tables that stand beside those of the paper.
//!
//! 128 members form a cluster; after 15 s of quiet the I/O of some of them is blocked again and again ([interval experiment](interval)),
//! or once ([threshold experiment](threshold)), while their timers run. What is counted is how often members are declared dead
//! that nothing was done to. How fast a real crash is found is measured apart ([latency experiment](latency)).

mod campaign;
mod command;
mod configuration;
mod data;
mod experiment;
mod paper;
pub(crate) mod parallel;
mod plan;
mod tables;

pub use command::{Args, run};
pub use configuration::{Anomaly, Configuration};
pub use data::{Data, Interval, Latency, Threshold};
pub use experiment::{Counts, Found, NODES, interval, latency, threshold};
pub use plan::{BLOCKED, MEMBERS, NORMAL, Point, grid};
