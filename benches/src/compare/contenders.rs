//! Who is compared.

mod foca_udp;
mod memberlist_08;
mod ours;
mod plain;

pub use foca_udp::FocaUdp;
pub use memberlist_08::Memberlist08;
pub use ours::{Ours, Start};
pub use plain::Plain;
