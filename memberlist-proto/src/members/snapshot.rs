use super::{dense::Slot, record::Record};
use crate::Member;
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use memberlist_types::{Address, Id};

/// Places of the table that are copied together.
const CHUNK: usize = 128;

type Chunk<I, A> = Arc<[Member<I, A>]>;

/// The members at one moment. Cheap to clone, and does not change: whoever holds it holds nobody up.
#[derive(Clone)]
pub struct Snapshot<I, A> {
    chunks: Arc<Vec<Chunk<I, A>>>,
    len: usize,
}

impl<I, A> Snapshot<I, A> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Member<I, A>> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}

impl<I: fmt::Debug, A: fmt::Debug> fmt::Debug for Snapshot<I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The last snapshot, and which parts of it are out of date.
///
/// A snapshot is a list of chunks, each of the members in so many places of the table. What changes marks its chunk, which costs next to
/// nothing; a chunk is copied when somebody asks, and shared with all snapshots until it changes again. So a read costs what changed since
/// the one before: nothing, or a chunk for each change, and never more than a copy of everything would.
pub(super) struct Published<I, A> {
    snapshot: Snapshot<I, A>,
    /// The chunks to be copied again, each once.
    stale: Vec<usize>,
    is_stale: Vec<bool>,
}

impl<I: Id, A: Address> Published<I, A> {
    pub(super) fn new() -> Self {
        let snapshot = Snapshot { chunks: Arc::new(Vec::new()), len: 0 };
        Self { snapshot, stale: Vec::new(), is_stale: Vec::new() }
    }

    /// The record in this place may have changed.
    pub(super) fn mark(&mut self, place: u32) {
        let chunk = place as usize / CHUNK;
        if let Some(is_stale) = self.is_stale.get_mut(chunk)
            && !core::mem::replace(is_stale, true)
        {
            self.stale.push(chunk);
        }
    }

    /// What stands in the table, of which so many are members.
    pub(super) fn read(&mut self, slots: &[Slot<I, A>], members: usize) -> Snapshot<I, A> {
        let known = self.is_stale.len();
        self.stale.extend(known..slots.len().div_ceil(CHUNK));
        if !self.stale.is_empty() {
            let chunks = Arc::make_mut(&mut self.snapshot.chunks);
            for chunk in self.stale.drain(..) {
                let places = slots.chunks(CHUNK).nth(chunk).unwrap_or_default();
                let living =
                    places.iter().filter_map(Slot::record).filter(|record| !record.state().is_gone());
                let copy = living.map(Record::snapshot).collect();
                match chunks.get_mut(chunk) {
                    Some(old) => *old = copy,
                    None => chunks.push(copy),
                }
                if let Some(is_stale) = self.is_stale.get_mut(chunk) {
                    *is_stale = false;
                }
            }
            self.is_stale.resize(chunks.len(), false);
            self.snapshot.len = members;
        }
        self.snapshot.clone()
    }
}
