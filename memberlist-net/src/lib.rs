//! TCP streams and UDP packets for memberlist.
