//! Everything that decodes what peers, or strangers, send.

pub(crate) mod exchange;
pub(crate) mod frame;
pub(crate) mod hashicorp_packet;
pub(crate) mod hashicorp_stream;
pub(crate) mod layers;
pub(crate) mod message;
pub(crate) mod packet;
pub(crate) mod packet_stream;
pub(crate) mod world;
pub(crate) mod wrapping;
