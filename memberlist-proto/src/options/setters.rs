use super::{AddressChange, Options};
use core::time::Duration;

/// One builder method for each field, so that code outside this crate can make options; and the list of fields for the tests.
macro_rules! fields {
    ($($with:ident sets $field:ident: $kind:ty;)*) => {
        impl Options {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $with(mut self, $field: $kind) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            /// Each field with its value as text.
            #[cfg(test)]
            pub(super) fn values(&self) -> alloc::vec::Vec<(&'static str, alloc::string::String)> {
                // No field can be forgotten: this does not compile without all.
                let Self { $($field),* } = self;
                alloc::vec![$((stringify!($field), alloc::format!("{:?}", $field))),*]
            }
        }
    };
}

fields! {
    with_probe_interval sets probe_interval: Duration;
    with_probe_timeout sets probe_timeout: Duration;
    with_indirect_checks sets indirect_checks: usize;
    with_stream_ping sets stream_ping: bool;
    with_awareness_max sets awareness_max: u32;
    with_suspicion_mult sets suspicion_mult: u32;
    with_suspicion_max_timeout_mult sets suspicion_max_timeout_mult: u32;
    with_buddy sets buddy: bool;
    with_stall_rules sets stall_rules: bool;
    with_retransmit_mult sets retransmit_mult: u32;
    with_gossip_interval sets gossip_interval: Duration;
    with_gossip_nodes sets gossip_nodes: usize;
    with_gossip_to_the_dead sets gossip_to_the_dead: Duration;
    with_push_pull_interval sets push_pull_interval: Duration;
    with_stream_timeout sets stream_timeout: Duration;
    with_packet_size sets packet_size: usize;
    with_max_meta_size sets max_meta_size: usize;
    with_address_change sets address_change: AddressChange;
    with_healing sets healing: bool;
    with_healing_interval sets healing_interval: Duration;
    with_healing_interval_max sets healing_interval_max: Duration;
    with_max_lost_peers sets max_lost_peers: usize;
    with_max_members sets max_members: usize;
    with_max_incarnation_jump sets max_incarnation_jump: u32;
    with_max_peer_bytes sets max_peer_bytes: u64;
    with_max_peer_messages sets max_peer_messages: u32;
    with_max_relays sets max_relays: usize;
    with_max_user_broadcasts sets max_user_broadcasts: usize;
    with_max_user_broadcast_bytes sets max_user_broadcast_bytes: usize;
    with_user_share sets user_share: u8;
    with_max_events sets max_events: usize;
}
