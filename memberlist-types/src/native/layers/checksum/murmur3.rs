//! MurmurHash3, the variant with 32 bits (`x86_32`), seed 0, over several pieces.

/// Over the parts as if they were one piece. The length counts modulo 2³², as everywhere with this hash.
pub(super) fn hash(parts: &[&[u8]]) -> u32 {
    let mut state = State::default();
    for part in parts {
        let mut rest = *part;
        // Bytes that a part before left over come first.
        while state.pending > 0
            && let Some((&byte, after)) = rest.split_first()
        {
            state.byte(byte);
            rest = after;
        }
        while let Some((block, after)) = rest.split_first_chunk() {
            state.block(u32::from_le_bytes(*block));
            rest = after;
        }
        rest.iter().for_each(|&byte| state.byte(byte));
        state.len = state.len.wrapping_add(part.len());
    }
    state.finish()
}

#[derive(Default)]
struct State {
    hash: u32,
    /// Up to three bytes that are no block yet, the first one lowest.
    tail: u32,
    /// How many they are.
    pending: u32,
    len: usize,
}

impl State {
    fn byte(&mut self, byte: u8) {
        self.tail |= u32::from(byte) << (8 * self.pending);
        self.pending += 1;
        if self.pending == 4 {
            let block = core::mem::take(&mut self.tail);
            self.pending = 0;
            self.block(block);
        }
    }

    fn block(&mut self, block: u32) {
        self.hash ^= scramble(block);
        self.hash = self.hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }

    fn finish(self) -> u32 {
        // An empty tail is 0, and scrambled 0 is 0.
        let mut hash = self.hash ^ scramble(self.tail);
        #[allow(clippy::cast_possible_truncation)]
        let len = self.len as u32;
        hash ^= len;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

fn scramble(block: u32) -> u32 {
    block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}
