//! What is done, by whom, and what came of it: what a job's process is told and what it answers, as JSON.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize)]
pub enum Name {
    /// This project.
    #[value(name = "ours")]
    #[serde(rename = "ours")]
    Ours,
    /// This project, over QUIC.
    #[value(name = "ours-quic")]
    #[serde(rename = "ours-quic")]
    OursQuic,
    /// The crate `memberlist` 0.8.5.
    #[value(name = "memberlist-0.8")]
    #[serde(rename = "memberlist-0.8")]
    Memberlist08,
    /// The crate `foca` 2.0.0, with a loop over a UDP socket.
    #[value(name = "foca")]
    #[serde(rename = "foca")]
    Foca,
    /// Sockets alone: the limit.
    #[value(name = "plain")]
    #[serde(rename = "plain")]
    Plain,
    /// Sockets alone, with a stream for each reliable message.
    #[value(name = "plain-dial")]
    #[serde(rename = "plain-dial")]
    PlainDial,
}

impl Name {
    /// All, in the order of the tables.
    pub const ALL: [Self; 6] =
        [Self::Ours, Self::OursQuic, Self::Memberlist08, Self::Foca, Self::Plain, Self::PlainDial];

    /// The program that is one node of it and nothing else.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Ours | Self::OursQuic => "node_ours",
            Self::Memberlist08 => "node_memberlist_08",
            Self::Foca => "node_foca",
            Self::Plain | Self::PlainDial => "node_plain",
        }
    }

    /// Whether it knows of members at all.
    #[must_use]
    pub const fn is_member(self) -> bool {
        !matches!(self, Self::Plain | Self::PlainDial)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "ours",
            Self::OursQuic => "ours over QUIC",
            Self::Memberlist08 => "memberlist 0.8.5",
            Self::Foca => "foca 2.0.0",
            Self::Plain => "plain sockets",
            Self::PlainDial => "plain, a stream each",
        })
    }
}

/// How a member is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// Its process is killed.
    Killed,
    /// Its process is stopped (SIGSTOP): its sockets stay open.
    Stopped,
    /// All threads of its runtime are blocked.
    Blocked,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// All nodes join through one at once, until every view is complete.
    Join {
        /// Nodes in the process.
        nodes: usize,
    },
    /// Nothing happens.
    Idle {
        /// Nodes in the process.
        nodes: usize,
        /// For how long CPU is measured.
        seconds: u64,
    },
    /// What nodes take in one process.
    Memory {
        /// Nodes in the process.
        nodes: usize,
        /// Members that each of them knows, these nodes included.
        members: usize,
    },
    /// What a process takes that is one node.
    Process,
    /// One is lost, until all the others see it.
    Detection {
        /// Nodes before, the lost one (which has a process of its own) included.
        nodes: usize,
        /// How it is lost.
        manner: Manner,
    },
    /// One tells all, several times.
    Broadcast {
        /// Nodes in the process.
        nodes: usize,
        /// How often.
        times: usize,
    },
    /// One says goodbye, until all the others see it.
    Leave {
        /// Nodes in the process.
        nodes: usize,
    },
    /// One tells another, best effort, as fast as it can.
    Packets {
        /// Of a message.
        bytes: usize,
        /// Messages that are handed over at once.
        at_once: usize,
        /// Whether they are encrypted.
        sealed: bool,
        /// For how long.
        millis: u64,
    },
    /// One tells others, reliably, as fast as it can.
    Streams {
        /// Of a message.
        bytes: usize,
        /// To how many.
        peers: usize,
        /// For how long.
        millis: u64,
    },
}

impl Task {
    /// The workload that it belongs to.
    #[must_use]
    pub const fn workload(&self) -> &'static str {
        match self {
            Self::Join { .. } => "A1",
            Self::Idle { .. } => "A2",
            Self::Memory { .. } | Self::Process => "A3",
            Self::Detection { .. } => "A4",
            Self::Broadcast { .. } | Self::Leave { .. } => "A6",
            Self::Packets { .. } => "A7",
            Self::Streams { .. } => "A8",
        }
    }

    /// Whether it makes sense without members.
    #[must_use]
    pub const fn suits(&self, name: Name) -> bool {
        match (self, name) {
            // That of the streams is the difference.
            (task, Name::OursQuic) => matches!(task, Self::Streams { .. }),
            // One packet carries many messages, or it is encrypted: no limit to compare with is meant by that.
            (Self::Packets { sealed, .. }, Name::Plain) => !*sealed,
            (Self::Streams { .. }, Name::Plain | Name::PlainDial) | (Self::Process, Name::Plain) => true,
            (_, name) => name.is_member(),
        }
    }

    /// Seconds after which its process is ended.
    #[must_use]
    pub const fn deadline(&self) -> u64 {
        match self {
            Self::Join { .. } => 90,
            Self::Idle { seconds, .. } => 100 + *seconds,
            Self::Detection { .. } => 180,
            Self::Memory { members, .. } => 120 + *members as u64 / 20,
            _ => 120,
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Join { nodes } => write!(f, "{nodes} nodes join at once"),
            Self::Idle { nodes, .. } => write!(f, "{nodes} idle nodes in a process"),
            Self::Memory { nodes, members } if members <= nodes => write!(f, "{nodes} nodes in a process"),
            Self::Memory { nodes, members } => write!(f, "{nodes} nodes in a process that know {members}"),
            Self::Process => f.write_str("a process with one node"),
            Self::Detection { nodes, manner: Manner::Killed } => write!(f, "1 of {nodes} killed"),
            Self::Detection { nodes, manner: Manner::Stopped } => write!(f, "1 of {nodes} stopped (SIGSTOP)"),
            Self::Detection { nodes, manner: Manner::Blocked } => write!(f, "1 of {nodes} blocked"),
            Self::Broadcast { nodes, .. } => write!(f, "64 B from one of {nodes}"),
            Self::Leave { nodes } => write!(f, "one of {nodes} leaves"),
            Self::Packets { bytes, at_once, sealed, .. } => {
                write!(f, "{bytes} B")?;
                if at_once > 1 {
                    write!(f, ", {at_once} at once")?;
                }
                f.write_str(if sealed { ", encrypted" } else { "" })
            }
            Self::Streams { bytes, peers, .. } => {
                match bytes {
                    bytes if bytes < 1_000 => write!(f, "{bytes} B")?,
                    bytes if bytes < 1_000_000 => write!(f, "{} kB", bytes / 1_000)?,
                    bytes => write!(f, "{} MB", bytes / 1_000_000)?,
                }
                write!(f, " to {peers} peer{}", if peers == 1 { "" } else { "s" })
            }
        }
    }
}

/// A task for a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Job {
    /// What is done.
    pub task: Task,
    /// By whom.
    pub contender: Name,
    /// What is left to chance here is decided by this number (what a node leaves to chance is its own).
    pub seed: u64,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Seconds until every view is complete.
    AllJoined,
    /// How many different sizes of the cluster were seen meanwhile, all nodes taken together.
    ViewSizes,
    /// Bytes of what is resident for each member that a node knows besides those of its process.
    ResidentMember,
    /// Of one core, for each node.
    Cpu,
    /// Bytes that a node sends in a second.
    Traffic,
    /// Resident bytes: for each node, or of the process.
    Resident,
    /// Bytes of the process that it shares with none.
    Private,
    /// Seconds until the first one sees it.
    First,
    /// Seconds until the last one sees it.
    Last,
    /// Seconds until a delivery.
    Delivery,
    /// Bytes sent in all for each delivery.
    BytesPerDelivery,
    /// Messages that arrived in a second.
    Rate,
    /// Part of what was sent that did not arrive.
    Lost,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllJoined => "every view complete",
            Self::ViewSizes => "different views seen",
            Self::ResidentMember => "resident per member",
            Self::Cpu => "CPU per node",
            Self::Traffic => "sent per node",
            Self::Resident => "resident",
            Self::Private => "private",
            Self::First => "first sees it",
            Self::Last => "last sees it",
            Self::Delivery => "a delivery",
            Self::BytesPerDelivery => "sent per delivery",
            Self::Rate => "messages",
            Self::Lost => "lost",
        })
    }
}

/// Values of one quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What is measured.
    pub quantity: Quantity,
    /// In seconds, bytes, or numbers.
    pub values: Vec<f64>,
}

impl Figure {
    /// A single value.
    #[must_use]
    pub fn one(quantity: Quantity, value: f64) -> Self {
        Self { quantity, values: vec![value] }
    }
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Figures.
    Measured(Vec<Figure>),
    /// The contender does not offer it.
    Lacking(String),
    /// It did not work.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_survives_the_way_to_its_process() {
        let task = Task::Detection { nodes: 20, manner: Manner::Stopped };
        let job = Job { task, contender: Name::Memberlist08, seed: 3 };
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
        assert!(text.contains("memberlist-0.8"), "{text}");
    }

    #[test]
    fn sockets_alone_are_the_limit_of_messages_only() {
        assert!(!Task::Join { nodes: 20 }.suits(Name::Plain));
        let packets = |sealed| Task::Packets { bytes: 64, at_once: 1, sealed, millis: 1 };
        assert!(packets(false).suits(Name::Plain) && !packets(true).suits(Name::Plain));
        assert!(!packets(true).suits(Name::OursQuic));
        assert!(packets(true).suits(Name::Foca), "that it lacks it is told");
        assert_eq!(packets(true).to_string(), "64 B, encrypted");
    }
}
