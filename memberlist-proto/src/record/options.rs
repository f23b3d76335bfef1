//! The options of an endpoint in a recording.

use super::codec::Item;
use crate::{AddressChange, Options};
use alloc::vec::Vec;
use memberlist_types::{DecodeError, EncodeError};

/// All fields, in the order in which they are written. A field that is not listed here does not compile.
macro_rules! fields {
    ($($field:ident)*) => {
        impl Item for Options {
            fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let Self { $($field),* } = self;
                $($field.put(out)?;)*
                Ok(())
            }

            fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
                Ok(Self { $($field: Item::take(input)?),* })
            }
        }
    };
}

fields! {
    probe_interval probe_timeout indirect_checks stream_ping buddy stall_rules awareness_max suspicion_mult suspicion_max_timeout_mult
    retransmit_mult gossip_interval gossip_nodes gossip_to_the_dead push_pull_interval stream_timeout packet_size
    max_meta_size address_change healing healing_interval healing_interval_max max_lost_peers max_members
    max_incarnation_jump max_peer_bytes max_peer_messages max_relays max_user_broadcasts max_user_broadcast_bytes
    user_share max_events
}

impl Item for AddressChange {
    fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::AfterLeave => out.push(0),
            Self::AfterDeath(time) => {
                out.push(1);
                time.put(out)?;
            }
            Self::Verified => out.push(2),
        }
        Ok(())
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match u8::take(input)? {
            0 => Self::AfterLeave,
            1 => Self::AfterDeath(Item::take(input)?),
            2 => Self::Verified,
            _ => return Err(DecodeError::Invalid("address change")),
        })
    }
}
