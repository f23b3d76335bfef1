//! Memory behind what has arrived, to read to.

use super::{Exchange, FRAME_SLACK};
use bytes::BytesMut;
use memberlist_types::{Address, Framing, Id, Wire};

/// More than is needed at first, in bytes: memory that is used again begins where the payload began that was in it before, and so gets shorter each time.
const SLACK: usize = 4 << 10;

/// The rest of the memory of which a buffer holds the beginning.
#[derive(Debug, Default)]
pub(super) struct Room(BytesMut);

impl Room {
    /// Makes it so many bytes long behind what has arrived, which is moved if there is no place behind it. `used` is memory for both, if it is long enough.
    pub(super) fn make(&mut self, arrived: &mut BytesMut, bytes: usize, used: Option<BytesMut>) {
        if self.0.len() >= bytes {
            return;
        }
        let len = arrived.len();
        let whole = len.saturating_add(bytes);
        let mut place = match used {
            // What is in it is overwritten, so only what it is longer now is zeroed.
            Some(used) if (whole..=whole.saturating_add(whole / 4 + SLACK)).contains(&used.capacity()) => {
                used
            }
            _ => BytesMut::zeroed(whole.saturating_add(SLACK)),
        };
        place.resize(whole, 0);
        if let Some(front) = place.get_mut(..len) {
            front.copy_from_slice(arrived);
        }
        self.0 = place.split_off(len);
        *arrived = place;
    }

    pub(super) fn space(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Gives its first bytes to what has arrived. They are neighbours, so nothing is copied.
    pub(super) fn fill(&mut self, arrived: &mut BytesMut, bytes: usize) {
        let filled = self.0.split_to(bytes.min(self.0.len()));
        arrived.unsplit(filled);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// To read a large frame to where it is decoded.
impl<I: Id, A: Address> Exchange<I, A> {
    /// Bytes that are missing of the frame at the front, by its own account and as far as [`decode`](Exchange::decode) has let it pass; 0: this can't be told
    /// yet, or the wire does not tell ([`Wire::frame_len`]).
    #[must_use]
    pub fn missing<W: Wire<I, A>>(&self, wire: &W, framing: &Framing) -> usize {
        if !self.wants_read() {
            return 0;
        }
        let limit = self.limits.max_frame.saturating_add(FRAME_SLACK);
        let len = wire.frame_len(framing, &self.received).unwrap_or(0).min(limit);
        len.saturating_sub(self.received.len())
    }

    /// Allocates room for so many more bytes in the place where they will be decoded, so that they can be read there instead of being copied by
    /// [`push_data`](Exchange::push_data). `used`: memory that is used for it instead, if it is long enough.
    pub fn make_room(&mut self, bytes: usize, used: Option<BytesMut>) {
        self.room.make(&mut self.received, bytes, used);
    }

    /// The room that there is; what is read to its beginning is told to [`fill_room`](Exchange::fill_room).
    pub fn room(&mut self) -> &mut [u8] {
        self.room.space()
    }

    /// So many bytes were read to the beginning of the room, which is shorter by them now.
    pub fn fill_room(&mut self, bytes: usize) {
        self.room.fill(&mut self.received, bytes);
    }

    /// Bytes that have arrived and are not decoded yet.
    #[must_use]
    pub fn arrived(&self) -> usize {
        self.received.len()
    }

    /// Bytes of memory that are allocated but not filled.
    #[must_use]
    pub fn reserved(&self) -> usize {
        self.room.len()
    }
}

#[cfg(test)]
mod tests;
