//! Where the reader of packet streams, which is compiled in here once more, looks for its limit.

pub(crate) use memberlist_net::MAX_PACKET;
