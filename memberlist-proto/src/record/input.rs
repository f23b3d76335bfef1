//! The inputs of an endpoint, as values.

use super::{
    codec::{Data, Item, States},
    digest::Digest,
};
use crate::{Endpoint, Instant, JoinId, JoinOptions, Merge, Options, RejectReason, RequestId, StreamFailure};
use alloc::{collections::BTreeMap, vec::Vec};
use bytes::Bytes;
use core::fmt;
use memberlist_types::{
    Ack, Address, DecodeError, EncodeError, Id, Message, Meta, Node, NodeState, Ping, SequenceNumber, Wire,
    WireData,
};

/// How a field is written: as it is, or as a name or an address, or several of them.
macro_rules! field {
    (put item $value:ident $out:ident) => {
        $value.put($out)?
    };
    (put data $value:ident $out:ident) => {
        Data($value.clone()).put($out)?
    };
    (put some $value:ident $out:ident) => {
        $value.clone().map(Data).put($out)?
    };
    (put many $value:ident $out:ident) => {
        $value.iter().cloned().map(Data).collect::<Vec<_>>().put($out)?
    };
    (put states $value:ident $out:ident) => {
        States($value.clone()).put($out)?
    };
    (take item $input:ident) => {
        Item::take($input)?
    };
    (take data $input:ident) => {
        Data::take($input)?.0
    };
    (take some $input:ident) => {
        <Option<Data<_>> as Item>::take($input)?.map(|data| data.0)
    };
    (take many $input:ident) => {
        <Vec<Data<_>> as Item>::take($input)?.into_iter().map(|data| data.0).collect()
    };
    (take states $input:ident) => {
        States::take($input)?.0
    };
}

macro_rules! inputs {
    ($($(#[$meta:meta])* $tag:literal $name:ident { $($field:ident: $type:ty as $how:ident),* })*) => {
        /// An input of an [`Endpoint`]: a call of the method that its documentation names, with these arguments. The number in the format is its
        /// place in this list, counted from 1.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Input<I, A> {
            $($(#[$meta])* $name { $($field: $type),* },)*
        }

        impl<I: Id + WireData, A: Address + WireData> Input<I, A> {
            pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$name { $($field),* } => {
                        out.push($tag);
                        $(field!(put $how $field out);)*
                    })*
                }
                Ok(())
            }

            pub(super) fn take(tag: u8, input: &mut &[u8]) -> Result<Self, DecodeError> {
                Ok(match tag {
                    $($tag => Self::$name { $($field: field!(take $how input)),* },)*
                    other => return Err(DecodeError::UnknownKind(other)),
                })
            }
        }

        impl<I: Id, A: Address> fmt::Display for Input<I, A> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name { $($field),* } => {
                        f.write_str(stringify!($name))?;
                        $(write!(f, " {}={:?}", stringify!($field), $field)?;)*
                    })*
                }
                Ok(())
            }
        }
    };
}

inputs! {
    /// [`Endpoint::handle_message`].
    1 Message { now: Instant as item, from: A as data, message: Message<I, A> as item }
    /// [`Endpoint::handle_timeout`].
    2 Timeout { now: Instant as item }
    /// [`Endpoint::handle_send_failure`].
    3 SendFailure { now: Instant as item, probe: SequenceNumber as item }
    /// [`Endpoint::admit_packet`].
    4 AdmitPacket { now: Instant as item, from: A as data, bytes: usize as item }
    /// [`Endpoint::reject`].
    5 Reject { now: Instant as item, reason: RejectReason as item, about: Option<I> as some, from: Option<A> as some }
    /// [`Endpoint::forget`].
    6 Forget { id: I as data }
    /// [`Endpoint::gossip`].
    7 Gossip { now: Instant as item }
    /// [`Endpoint::set_seeds`].
    8 SetSeeds { now: Instant as item, seeds: Vec<A> as many }
    /// [`Endpoint::join`].
    9 Join { now: Instant as item, seeds: Vec<A> as many, options: JoinOptions as item }
    /// [`Endpoint::cancel_join`].
    10 CancelJoin { now: Instant as item, id: JoinId as item }
    /// [`Endpoint::leave`].
    11 Leave { now: Instant as item }
    /// [`Endpoint::rejoin`].
    12 Rejoin { now: Instant as item }
    /// [`Endpoint::ping`].
    13 Ping { now: Instant as item, node: Node<I, A> as item }
    /// [`Endpoint::set_ack_payload`].
    14 SetAckPayload { payload: Bytes as item }
    /// [`Endpoint::handle_stream_ping`].
    15 StreamPing { now: Instant as item, ping: Ping<I, A> as item }
    /// [`Endpoint::handle_push_pull`].
    16 PushPull { now: Instant as item, id: Option<RequestId> as item, states: Vec<NodeState<I, A>> as states }
    /// [`Endpoint::begin_merge`].
    17 BeginMerge { now: Instant as item, id: Option<RequestId> as item, states: usize as item, merge: u64 as item }
    /// [`Endpoint::merge_states`].
    18 MergeStates { now: Instant as item, merge: u64 as item, states: Vec<NodeState<I, A>> as states }
    /// [`Endpoint::finish_merge`].
    19 FinishMerge { now: Instant as item, merge: u64 as item }
    /// [`Endpoint::restore`].
    20 Restore { now: Instant as item, states: Vec<NodeState<I, A>> as states }
    /// [`Endpoint::handle_stream_ack`].
    21 StreamAck { now: Instant as item, id: RequestId as item, ack: Ack as item }
    /// [`Endpoint::handle_stream_failure`].
    22 StreamFailure { now: Instant as item, id: RequestId as item, failure: StreamFailure as item }
    /// [`Endpoint::update_meta`].
    23 UpdateMeta { now: Instant as item, meta: Meta as item }
    /// [`Endpoint::update_address`].
    24 UpdateAddress { now: Instant as item, address: A as data }
    /// [`Endpoint::set_options`].
    25 SetOptions { now: Instant as item, options: Options as item }
    /// [`Endpoint::broadcast`].
    26 Broadcast { now: Instant as item, key: Option<Bytes> as item, payload: Bytes as item }
    /// [`Endpoint::send`].
    27 Send { now: Instant as item, to: A as data, payload: Bytes as item }
    /// [`Endpoint::send_many`].
    28 SendMany { now: Instant as item, to: A as data, payloads: Vec<Bytes> as item }
}

/// Merges that are under way, by their numbers.
pub(super) type Merges<I, A> = BTreeMap<u64, Merge<I, A>>;

impl<I, A> Input<I, A> {
    /// When it came; `None`: it is one that takes effect whenever it comes.
    #[must_use]
    pub const fn at(&self) -> Option<Instant> {
        match self {
            Self::Forget { .. } | Self::SetAckPayload { .. } => None,
            Self::Message { now, .. }
            | Self::Timeout { now }
            | Self::SendFailure { now, .. }
            | Self::AdmitPacket { now, .. }
            | Self::Reject { now, .. }
            | Self::Gossip { now }
            | Self::SetSeeds { now, .. }
            | Self::Join { now, .. }
            | Self::CancelJoin { now, .. }
            | Self::Leave { now }
            | Self::Rejoin { now }
            | Self::Ping { now, .. }
            | Self::StreamPing { now, .. }
            | Self::PushPull { now, .. }
            | Self::BeginMerge { now, .. }
            | Self::MergeStates { now, .. }
            | Self::FinishMerge { now, .. }
            | Self::Restore { now, .. }
            | Self::StreamAck { now, .. }
            | Self::StreamFailure { now, .. }
            | Self::UpdateMeta { now, .. }
            | Self::UpdateAddress { now, .. }
            | Self::SetOptions { now, .. }
            | Self::Broadcast { now, .. }
            | Self::Send { now, .. }
            | Self::SendMany { now, .. } => Some(*now),
        }
    }
}

impl<I: Id, A: Address> Input<I, A> {
    /// Makes the call; gives the fingerprint of what it returned. `None`: it goes on with a merge that was not begun.
    pub(super) fn apply<W: Wire<I, A>>(
        self,
        to: &mut Endpoint<I, A, W>,
        merges: &mut Merges<I, A>,
    ) -> Option<u64> {
        let mut returned = Digest::new();
        match self {
            Self::Message { now, from, message } => to.handle_message(now, from, message),
            Self::Timeout { now } => to.handle_timeout(now),
            Self::SendFailure { now, probe } => to.handle_send_failure(now, probe),
            Self::AdmitPacket { now, from, bytes } => returned.show(&to.admit_packet(now, &from, bytes)),
            Self::Reject { now, reason, about, from } => to.reject(now, reason, about, from),
            Self::Forget { id } => returned.show(&to.forget(&id)),
            Self::Gossip { now } => to.gossip(now),
            Self::SetSeeds { now, seeds } => to.set_seeds(now, seeds),
            Self::Join { now, seeds, options } => returned.show(&to.join(now, seeds, options)),
            Self::CancelJoin { now, id } => to.cancel_join(now, id),
            Self::Leave { now } => returned.show(&to.leave(now)),
            Self::Rejoin { now } => returned.show(&to.rejoin(now)),
            Self::Ping { now, node } => returned.show(&to.ping(now, node)),
            Self::SetAckPayload { payload } => returned.show(&to.set_ack_payload(payload)),
            Self::StreamPing { now, ping } => returned.show(&to.handle_stream_ping(now, &ping)),
            Self::PushPull { now, id, states } => returned.show(&to.handle_push_pull(now, id, states)),
            Self::BeginMerge { now, id, states, merge } => {
                let begun = to.begin_merge(now, id, states);
                returned.show(&begun);
                if let Ok(Some(begun)) = begun {
                    merges.insert(merge, begun);
                }
            }
            Self::MergeStates { now, merge, states } => to.merge_states(now, merges.get_mut(&merge)?, states),
            Self::FinishMerge { now, merge } => returned.show(&to.finish_merge(now, merges.remove(&merge)?)),
            Self::Restore { now, states } => returned.show(&to.restore(now, states)),
            Self::StreamAck { now, id, ack } => to.handle_stream_ack(now, id, &ack),
            Self::StreamFailure { now, id, failure } => to.handle_stream_failure(now, id, failure),
            Self::UpdateMeta { now, meta } => returned.show(&to.update_meta(now, meta)),
            Self::UpdateAddress { now, address } => returned.show(&to.update_address(now, address)),
            Self::SetOptions { now, options } => returned.show(&to.set_options(now, options)),
            Self::Broadcast { now, key, payload } => returned.show(&to.broadcast(now, key, payload)),
            Self::Send { now, to: peer, payload } => returned.show(&to.send(now, peer, payload)),
            Self::SendMany { now, to: peer, payloads } => returned.show(&to.send_many(now, peer, payloads)),
        }
        Some(returned.value())
    }
}
