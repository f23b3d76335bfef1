//! The rows, in order.

pub mod growth;
mod m10_udp;
mod m1_codec;
mod m2_pipeline;
mod m3_aead;
mod m4_compression;
mod m5_queue;
mod m6_merge;
mod m7_choice;
#[cfg(feature = "driver")]
mod m8_snapshot;
mod m9_machine;
mod peers;
#[cfg(feature = "simulator")]
mod s1_simulator;

use crate::Row;

/// All rows.
#[must_use]
pub fn all() -> Vec<Row> {
    vec![
        m1_codec::row(),
        m2_pipeline::row(),
        m3_aead::row(),
        m4_compression::row(),
        m5_queue::row(),
        m6_merge::row(),
        m7_choice::row(),
        #[cfg(feature = "driver")]
        m8_snapshot::row(),
        m9_machine::row(),
        m10_udp::row(),
        #[cfg(feature = "simulator")]
        s1_simulator::row(),
    ]
}

/// The row of this id.
#[must_use]
pub fn row(id: &str) -> Option<Row> {
    all().into_iter().find(|row| row.id == id)
}
