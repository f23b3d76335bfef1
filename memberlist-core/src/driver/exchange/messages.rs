//! User messages on a stream.

use super::*;

/// In bytes: a message that is copied rather than kept together with what was read around it.
const SMALL: usize = 4 << 10;
/// In bytes: a payload from this size on is not copied to stand behind its header.
const APART: usize = 16 << 10;

impl<T, D, W> Talk<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Accepting side, after a user message: whether others may follow.
    pub(crate) fn goes_on(&self) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.wants_read())
    }

    /// Whether nothing of the next message is there yet.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.is_between_messages())
    }

    /// Waits until some of the next messages has come; false: the peer has no more. May be dropped without losing anything.
    pub(crate) async fn hear(&mut self) -> Result<bool, StreamFailure> {
        let read = self.read_some(READ).await?;
        if read == 0 && self.is_between_messages() {
            return Ok(false);
        }
        self.take_in(read)?;
        Ok(true)
    }

    /// The messages that are there in whole.
    pub(crate) async fn messages(&mut self, said: &mut Vec<Bytes>) -> Result<(), StreamFailure> {
        self.only_messages = true;
        loop {
            match self.decode().await {
                Ok(more) => {
                    if let Some(ExchangeOutput::User(payload)) =
                        self.exchange.as_mut().and_then(|exchange| exchange.poll_output())
                    {
                        self.reading.remember(&payload, &self.shared.remembered);
                        said.push(own(payload));
                    }
                    if !more {
                        return self.afford(0);
                    }
                }
                Err(failure) => {
                    Box::pin(self.explain()).await;
                    return Err(failure);
                }
            }
        }
    }

    /// Says that no further messages are wanted; those that are on their way still are.
    pub(crate) async fn give_up(&mut self) -> Result<(), StreamFailure> {
        self.stream.close().await.map_err(|error| unreachable(&error))
    }

    /// Nothing is heard for a while: memory for what is read is not needed.
    pub(crate) fn rest(&mut self) {
        self.buffer = Vec::new();
        self.reading.forget();
    }
}

/// A user message as it goes on a stream: in two pieces if it is large, so that the payload is not copied. Encoded off the async worker if that
/// takes long.
pub(crate) async fn message_frame<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    reads: Option<Layers>,
    payload: Bytes,
) -> Result<Result<[Bytes; 2], EncodeError>, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let with = Arc::clone(shared);
    let limit = if shared.framings.streams.is_plain() { PLAIN_OFF_WORKER } else { OFF_WORKER };
    off_worker(shared, payload.len() >= limit, move || {
        let framing = with.framings.streams.readable(&with.wire, reads);
        let limits = &with.options.stream_limits;
        if payload.len() >= APART {
            return with.wire.encode_user_frame(framing, limits, true, payload);
        }
        let message = StreamMessage::<D::Id, D::Address>::User(payload);
        with.wire.encode_frame(framing, limits, true, &message).map(|frame| [frame, Bytes::new()])
    })
    .await
}

/// A small message is copied out of what was read, of which it would hold all as long as the application keeps it.
fn own(payload: Bytes) -> Bytes {
    if payload.len() < SMALL { Bytes::copy_from_slice(&payload) } else { payload }
}
