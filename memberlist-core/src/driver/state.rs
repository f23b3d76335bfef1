//! Our own full state, taken from the machine and told piece by piece.

use crate::{AddressOf, Delegate, Transport, shared::Shared};
use agnostic::RuntimeLite;
use bytes::Bytes;
use memberlist_proto::StateCursor;
use memberlist_types::{NodeState, Wire};

/// What a part holds at most, about, before compression. Such a part is encoded, and decoded, in 0.1 ms (compressed and encrypted 0.2 ms); of
/// fifty thousand nodes' states it makes 25. In one piece they would be compressed to 2 % less, and take several milliseconds
/// (`figures_of_part_sizes` in `tests/big/figures.rs`).
const PART: usize = 128 << 10;
/// What a state takes besides its metadata, about.
const STATE: usize = 64;
/// States that are copied while the machine is locked: some ten microseconds.
const SLICE: usize = 256;

/// What is still to be told.
pub(crate) struct Telling {
    /// Where to go on with the states; `None`: all are told.
    cursor: Option<StateCursor>,
    user: Bytes,
    /// Bytes of a part.
    part: usize,
}

/// A part of it.
pub(crate) struct Part<I, A> {
    pub(crate) states: Vec<NodeState<I, A>>,
    pub(crate) user: Bytes,
    pub(crate) more: bool,
    /// Its bytes, about.
    pub(crate) size: usize,
}

impl Telling {
    /// Of nothing yet; `parts`: whether the wire has them.
    pub(crate) fn new(user: Bytes, parts: bool) -> Self {
        Self { cursor: Some(StateCursor::default()), user, part: if parts { PART } else { usize::MAX } }
    }

    /// The next part; to be called until one says that it is the last.
    pub(crate) async fn next<T, D, W>(&mut self, shared: &Shared<T, D, W>) -> Part<D::Id, D::Address>
    where
        T: Transport,
        D: Delegate<Address = AddressOf<T>>,
        W: Wire<D::Id, D::Address> + Clone,
    {
        let user = self.user.split_to(self.user.len().min(self.part));
        let mut states = Vec::new();
        let mut size = user.len();
        let mut slices = 0_u8;
        while let Some(from) = self.cursor.filter(|_| self.user.is_empty() && size < self.part) {
            let (slice, next) = shared.read(|machine| machine.endpoint.local_states_from(from, SLICE));
            self.cursor = next;
            size += slice.iter().map(|state| STATE + state.meta.len()).sum::<usize>();
            states.extend(slice);
            slices = slices.wrapping_add(1);
            if slices.is_multiple_of(16) {
                T::Runtime::yield_now().await;
            }
        }
        let more = self.cursor.is_some();
        Part { states, user, more, size }
    }
}
