use alloc::boxed::Box;
use core::cell::{Cell, OnceCell};

/// The first chunk has so many places (as a power of two), each next one twice as many.
const FIRST: u32 = 6;
const CHUNKS: usize = 26;

/// Things that are added and never moved or taken away, so that adding needs no more than a shared reference and what it has can be
/// borrowed meanwhile.
pub(super) struct Arena<T> {
    chunks: [OnceCell<Box<[OnceCell<T>]>>; CHUNKS],
    len: Cell<u32>,
}

fn place(n: u32) -> (usize, usize) {
    let n = u64::from(n) + (1 << FIRST);
    let chunk = n.ilog2();
    ((chunk - FIRST) as usize, (n - (1 << chunk)) as usize)
}

impl<T> Arena<T> {
    pub(super) fn new() -> Self {
        Self { chunks: [const { OnceCell::new() }; CHUNKS], len: Cell::new(0) }
    }

    pub(super) fn get(&self, n: u32) -> Option<&T> {
        self.cell(n)?.get()
    }

    /// Where it is, without a look at it.
    pub(super) fn cell(&self, n: u32) -> Option<&OnceCell<T>> {
        let (chunk, place) = place(n);
        self.chunks.get(chunk)?.get()?.get(place)
    }

    /// Adds something, and says under which number it is found: they are given in order.
    pub(super) fn push(&self, item: T) -> u32 {
        let n = self.len.get();
        let (chunk, place) = place(n);
        if let Some(cell) = self.chunks.get(chunk) {
            let chunk = cell
                .get_or_init(|| (0..1_usize << (chunk as u32 + FIRST)).map(|_| OnceCell::new()).collect());
            if let Some(place) = chunk.get(place) {
                // Numbers are given once, so the place is free.
                let _ = place.set(item);
            }
        }
        self.len.set(n + 1);
        n
    }

    pub(super) fn len(&self) -> u32 {
        self.len.get()
    }
}

#[cfg(test)]
mod tests;
