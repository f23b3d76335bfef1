use crate::stats::Counter;
use memberlist_sockets::{CidrPolicy, canonical};
use quinn::udp::RecvMeta;
use std::net::SocketAddr;

/// Who is heard at all. Others must be turned away before the QUIC implementation sees what they send: it answers much of it by itself
/// (unknown versions, unknown connections, handshakes beyond its own limits).
pub(crate) struct Guard {
    allowed: Option<CidrPolicy>,
    own: SocketAddr,
    refused: Counter,
}

impl Guard {
    pub(crate) fn new(allowed: Option<CidrPolicy>, own: SocketAddr) -> Self {
        Self { allowed, own, refused: Counter::default() }
    }

    /// Whether the allow-list has this address. Our own is always allowed: the list is about others.
    pub(crate) fn is_allowed(&self, address: &SocketAddr) -> bool {
        self.allowed.as_ref().is_none_or(|policy| policy.allows(address.ip())) || *address == self.own
    }

    /// Empties what came from others.
    pub(crate) fn sift(&self, received: &mut [RecvMeta]) {
        if self.allowed.is_none() {
            return;
        }
        for meta in received {
            if !self.is_allowed(&canonical(meta.addr)) {
                self.refused.add(meta.len.div_ceil(meta.stride.max(1)));
                tracing::debug!(from = %meta.addr, "datagram from outside the allowed networks");
                meta.len = 0;
            }
        }
    }

    /// Datagrams from others.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.value()
    }
}
