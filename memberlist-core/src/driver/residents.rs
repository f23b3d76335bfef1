//! Streams on which peers send one user message after the other.
//!
//! Such a stream begins like every other. After its first message it leaves the place that it took among all inbound streams, so that it never
//! keeps a push/pull from one, and gets a place of its own kind. If there is none, or when it is given up, its other side is told by the end of this
//! direction, and sends nothing more on it; what is on its way is still read. So no message is lost by it.

use super::exchange::Talk;
use crate::{
    AddressOf, Delegate, Transport,
    shared::Shared,
    sync::{Place, Places},
};
use agnostic::RuntimeLite;
use bytes::Bytes;
use memberlist_proto::{Instant, StreamFailure};
use memberlist_types::Wire;
use std::{sync::Arc, time::Duration};

/// An idle stream looks so often whether its place is wanted.
const LOOK: Duration = Duration::from_secs(1);
/// So often it looks before it is given up in any case; its opener should have closed it long before.
const LOOKS: u32 = 15;

/// What a stream waits for.
enum Waiting {
    /// The next message, having looked so often in vain.
    Idle(u32),
    /// The rest of a message, until then.
    Within(Instant),
    /// The end, until then.
    Leaving(Instant),
}

/// Takes messages until the peer has no more, or is told that no more are wanted.
pub(crate) async fn stay<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    mut talk: Box<Talk<T, D, W>>,
    place: Place,
    residents: &Arc<Places>,
) -> Result<(), StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let timeout = shared.options.protocol.stream_timeout;
    let resident = residents.try_take();
    let mut waiting = Waiting::Idle(0);
    // Only one of them is needed.
    let _place = match resident {
        Some(resident) => {
            drop(place);
            resident
        }
        None => {
            talk.give_up().await?;
            waiting = Waiting::Leaving(shared.clock.now() + timeout);
            place
        }
    };
    loop {
        let heard = hand_on(shared, from, &mut talk).await?;
        let now = shared.clock.now();
        waiting = match waiting {
            leaving @ Waiting::Leaving(_) => leaving,
            _ if talk.is_between_messages() => match waiting {
                Waiting::Idle(looks) if !heard => Waiting::Idle(looks),
                _ => Waiting::Idle(0),
            },
            within @ Waiting::Within(_) if !heard => within,
            _ => Waiting::Within(now + timeout),
        };
        let patience = match waiting {
            Waiting::Idle(_) => LOOK,
            Waiting::Within(until) | Waiting::Leaving(until) => until.since(now),
        };
        match T::Runtime::timeout(patience, talk.hear()).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return Ok(()),
            Ok(Err(failure)) => return Err(failure),
            Err(_elapsed) => {
                let Waiting::Idle(looks) = waiting else { return Err(StreamFailure::TimedOut) };
                talk.rest();
                waiting = Waiting::Idle(looks + 1);
                if looks + 1 >= LOOKS || residents.are_all_taken() {
                    talk.give_up().await?;
                    waiting = Waiting::Leaving(shared.clock.now() + timeout);
                }
            }
        }
    }
}

/// Hands on the messages that are there in whole; false: there are none.
async fn hand_on<T, D, W>(
    shared: &Arc<Shared<T, D, W>>,
    from: &D::Address,
    talk: &mut Talk<T, D, W>,
) -> Result<bool, StreamFailure>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut said: Vec<Bytes> = Vec::new();
    // What came in front of something bad counts all the same.
    let result = talk.messages(&mut said).await;
    let said: Vec<_> = said.into_iter().map(|payload| (from.clone(), payload)).collect();
    if !said.is_empty() {
        shared.read(|machine| machine.sink.messages(&said, true, &shared.counters));
    }
    result.map(|()| !said.is_empty())
}
