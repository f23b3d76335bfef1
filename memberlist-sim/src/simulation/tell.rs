//! A node's full state, told in parts as the driver of a real node does.

use crate::{Addr, Name};
use bytes::Bytes;
use memberlist_proto::{
    Endpoint, Exchange, StateCursor, Store,
    types::{EncodeError, Framing, Wire},
};

/// What a part holds at most, about: bytes.
const PART: usize = 128 << 10;
/// What a state takes besides its metadata, about.
const STATE: usize = 64;
/// States that are copied at once.
const SLICE: usize = 256;

/// Puts all that the endpoint has to tell into the conversation.
pub(super) fn tell<W: Wire<Name, Addr>, M: Store<Name, Addr>>(
    endpoint: &Endpoint<Name, Addr, W, M>,
    framing: &Framing,
    exchange: &mut Exchange<Name, Addr>,
) -> Result<(), EncodeError> {
    let wire = endpoint.wire();
    let part = if wire.features().push_pull_parts { PART } else { usize::MAX };
    let mut cursor = Some(StateCursor::default());
    loop {
        let (mut states, mut size) = (Vec::new(), 0);
        while let Some(from) = cursor.filter(|_| size < part) {
            let (slice, next) = endpoint.local_states_from(from, SLICE);
            cursor = next;
            size += slice.iter().map(|state| STATE + state.meta.len()).sum::<usize>();
            states.extend(slice);
        }
        let more = cursor.is_some();
        exchange.send_part(wire, framing, states, Bytes::new(), more)?;
        if !more {
            return Ok(());
        }
    }
}
