//! How bytes get from a stream into the exchange.
//!
//! Small frames are read to a buffer, as many as there are, and are copied from there. Of a large frame that has begun, the rest is read to where
//! it is decoded: it is not copied, and fewer calls are needed.

use super::*;
use bytes::BytesMut;

/// The rest of a frame that is shorter is not worth memory of its own, in bytes.
const LARGE: usize = 32 << 10;
/// Of so many messages the memory is remembered.
const REMEMBERED: usize = 4;

/// What is known of a stream's large frames.
#[derive(Default)]
pub(super) struct Reading {
    /// The longest frame that has come.
    longest: usize,
    /// What was read last went to the room of the exchange, not to the buffer.
    to_room: bool,
    /// Payloads that were handed on. When the application is done with one, the next is read to its memory: to get so much new memory from the
    /// operating system, page by page, takes longer than to read into it.
    handed_on: Vec<Remembered>,
}

/// Memory of a message.
struct Remembered {
    payload: Bytes,
    /// It is counted, because nobody but us may hold it any more.
    _charge: Charge,
}

impl Reading {
    /// Remembers the memory of a payload that is handed on, if there is room for that.
    pub(super) fn remember(&mut self, payload: &Bytes, budget: &Arc<Budget>) {
        if payload.len() < LARGE {
            return;
        }
        self.longest = self.longest.max(payload.len());
        if self.handed_on.len() >= REMEMBERED {
            self.handed_on.remove(0);
        }
        let mut charge = budget.charge(0);
        if charge.set(payload.len()) {
            self.handed_on.push(Remembered { payload: payload.clone(), _charge: charge });
        }
    }

    /// How much room to make for a frame of which so much has arrived and so much is missing, the best first: as much as a frame before it has
    /// really had, or else as has come of this one. Whoever announces a lot and sends little gets no memory for it.
    fn rooms(&self, arrived: usize, missing: usize) -> [Option<usize>; 2] {
        [self.longest.saturating_sub(arrived), arrived].map(|earned| {
            // What would be left then is not worth another turn.
            let room = if missing.saturating_sub(earned) < LARGE { missing } else { earned };
            (earned.min(missing) >= LARGE).then_some(room)
        })
    }

    /// Memory for so many bytes, and not much more, of which nobody else holds anything.
    fn reuse(&mut self, bytes: usize) -> Option<BytesMut> {
        let fits = |it: &Remembered| it.payload.len().abs_diff(bytes) <= bytes / 8 && it.payload.is_unique();
        let at = self.handed_on.iter().position(fits)?;
        self.handed_on.swap_remove(at).payload.try_into_mut().ok()
    }

    pub(super) fn forget(&mut self) {
        self.handed_on = Vec::new();
    }
}

impl<T, D, W> Talk<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Reads what there is: to the exchange's room, or at most so much to the buffer. May be dropped without losing anything.
    pub(super) async fn read_some(&mut self, size: usize) -> Result<usize, StreamFailure> {
        self.make_room();
        let place = match &mut self.exchange {
            Some(exchange) if exchange.reserved() > 0 => {
                self.reading.to_room = true;
                exchange.room()
            }
            _ => {
                self.reading.to_room = false;
                if self.buffer.len() < size {
                    self.buffer.resize(size, 0);
                }
                &mut self.buffer
            }
        };
        self.stream.read(place).await.map_err(|error| unreachable(&error))
    }

    /// Makes room for the rest of a large frame, if there is memory for it. What a frame gets for those before it leaves others as much as the
    /// options promise at least: streams with beginnings of frames that never come can't keep that from them.
    fn make_room(&mut self) {
        let Some(exchange) = &mut self.exchange else { return };
        if exchange.reserved() > 0 {
            return;
        }
        let framing = self.shared.framings.streams.readable(&self.shared.wire, None);
        let missing = exchange.missing(&self.shared.wire, framing);
        let arrived = exchange.arrived();
        let promised = self.shared.options.stream_limits.max_frame.saturating_mul(3);
        for (bytes, left) in self.reading.rooms(arrived, missing).into_iter().zip([promised, 0]) {
            let Some(bytes) = bytes else { continue };
            let held = exchange.held().saturating_add(bytes);
            if self.charge.as_mut().is_none_or(|charge| charge.set_leaving(held, left)) {
                let used = self.reading.reuse(arrived.saturating_add(bytes));
                exchange.make_room(bytes, used);
                return;
            }
        }
    }

    /// So many bytes were read; none: the end, where none is awaited.
    pub(super) fn take_in(&mut self, read: usize) -> Result<(), StreamFailure> {
        if read == 0 {
            return Err(if self.received == 0 {
                StreamFailure::Unreachable("the peer closed the stream without a word".into())
            } else {
                self.shared.counters.reject(&DecodeError::Truncated);
                StreamFailure::Invalid(DecodeError::Truncated)
            });
        }
        self.received += read;
        add(&self.shared.counters.stream_bytes_received, read);
        if !self.reading.to_room {
            self.afford(read)?;
        }
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        if self.reading.to_room {
            exchange.fill_room(read);
        } else {
            exchange.push_data(self.buffer.get(..read).unwrap_or_default());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
