use alloc::{boxed::Box, vec::Vec};

const WORDS: usize = 32;
const CHUNK: usize = WORDS * 64;

/// A set of small numbers. Where it has all or none of a chunk it takes next to no memory: whoever knows everybody stores that,
/// and not a bit for each.
#[derive(Debug, Default)]
pub(super) struct Bits {
    chunks: Vec<Chunk>,
    span: usize,
    /// How many it has.
    len: usize,
}

#[derive(Debug)]
enum Chunk {
    None,
    All,
    Some(Box<[u64; WORDS]>),
}

impl Chunk {
    fn word(&self, n: usize) -> u64 {
        match self {
            Self::None => 0,
            Self::All => u64::MAX,
            Self::Some(words) => words.get(n).copied().unwrap_or(0),
        }
    }

    /// Its words, to be changed.
    fn words(&mut self) -> &mut [u64; WORDS] {
        if !matches!(self, Self::Some(_)) {
            *self = Self::Some(Box::new([self.word(0); WORDS]));
        }
        match self {
            Self::Some(words) => words,
            Self::None | Self::All => unreachable!("it was made so"),
        }
    }

    /// Stores no more than it must, after `word` was changed.
    fn tidy(&mut self, word: u64) {
        if let Self::Some(words) = self
            && (word == 0 || word == u64::MAX)
            && words.iter().all(|other| *other == word)
        {
            *self = if word == 0 { Self::None } else { Self::All };
        }
    }
}

fn place(n: usize) -> (usize, usize, u64) {
    (n / CHUNK, n % CHUNK / 64, 1 << (n % 64))
}

impl Bits {
    #[inline]
    pub(super) fn contains(&self, n: u32) -> bool {
        // Who knows everybody needs not look, which would be memory that is in no near cache.
        if self.len == self.span {
            return (n as usize) < self.span;
        }
        let (chunk, word, bit) = place(n as usize);
        self.chunks.get(chunk).is_some_and(|chunk| chunk.word(word) & bit != 0)
    }

    pub(super) fn insert(&mut self, n: u32) {
        let (chunk, word, bit) = place(n as usize);
        while self.chunks.len() <= chunk {
            self.chunks.reserve_exact(1);
            self.chunks.push(Chunk::None);
        }
        self.span = self.span.max(n as usize + 1);
        self.change(chunk, word, |old| old | bit);
    }

    pub(super) fn remove(&mut self, n: u32) {
        if self.contains(n) {
            let (chunk, word, bit) = place(n as usize);
            self.change(chunk, word, |old| old & !bit);
        }
    }

    /// Now has all below `n`.
    pub(super) fn fill(&mut self, n: usize) {
        let whole = n / CHUNK;
        self.len += whole * CHUNK - self.range(0, whole * CHUNK).count();
        for (place, chunk) in self.chunks.iter_mut().enumerate() {
            if place < whole {
                *chunk = Chunk::All;
            }
        }
        while self.chunks.len() < whole {
            self.chunks.push(Chunk::All);
        }
        self.span = self.span.max(whole * CHUNK);
        for rest in whole * CHUNK..n {
            self.insert(rest as u32);
        }
    }

    /// Above the highest that it ever had.
    pub(super) fn span(&self) -> usize {
        self.span
    }

    /// What it has, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.range(0, self.span)
    }

    /// What it has of `from..end`, in order.
    pub(super) fn range(&self, from: usize, end: usize) -> impl Iterator<Item = u32> {
        let end = end.min(self.span);
        let words = from / 64..end.div_ceil(64).max(from / 64);
        words
            .flat_map(move |n| {
                let word = self.chunks.get(n / WORDS).map_or(0, |chunk| chunk.word(n % WORDS));
                Ones(word).map(move |bit| n * 64 + bit as usize)
            })
            .filter(move |n| (from..end).contains(n))
            .map(|n| n as u32)
    }

    fn change(&mut self, chunk: usize, word: usize, change: impl FnOnce(u64) -> u64) {
        let Some(chunk) = self.chunks.get_mut(chunk) else { return };
        let old = chunk.word(word);
        let new = change(old);
        if new != old
            && let Some(place) = chunk.words().get_mut(word)
        {
            *place = new;
            self.len = self.len + new.count_ones() as usize - old.count_ones() as usize;
            chunk.tidy(new);
        }
    }

    /// Bytes behind its pointers.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let some = self.chunks.iter().filter(|chunk| matches!(chunk, Chunk::Some(_))).count();
        self.chunks.capacity() * size_of::<Chunk>() + some * WORDS * 8
    }
}

/// The places of the ones of a word.
struct Ones(u64);

impl Iterator for Ones {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let bit = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (bit < 64).then_some(bit)
    }
}

#[cfg(test)]
mod tests;
