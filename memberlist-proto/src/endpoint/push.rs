//! The outputs in push shape, for drivers that would rather be called than poll.

use super::*;

/// Takes what an endpoint puts out; see [`Endpoint::drain_into`]. A `&mut` of one is one, too.
pub trait Outputs<I, A> {
    /// Something happened.
    fn event(&mut self, event: Event<I, A>);
    /// Send this packet.
    fn transmit(&mut self, transmit: Transmit<A>);
    /// Hold this conversation.
    fn request(&mut self, request: StreamRequest<I, A>);
    /// Call [`Endpoint::handle_timeout`] at this time at the latest; `None`: not before another input. It replaces the time
    /// that was named before.
    fn timeout(&mut self, at: Option<Instant>);
}

impl<I, A, T: Outputs<I, A>> Outputs<I, A> for &mut T {
    fn event(&mut self, event: Event<I, A>) {
        (**self).event(event);
    }

    fn transmit(&mut self, transmit: Transmit<A>) {
        (**self).transmit(transmit);
    }

    fn request(&mut self, request: StreamRequest<I, A>) {
        (**self).request(request);
    }

    fn timeout(&mut self, at: Option<Instant>) {
        (**self).timeout(at);
    }
}

/// Keeps the outputs in order of arrival until somebody takes them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Accumulator<I, A> {
    /// What happened.
    pub events: VecDeque<Event<I, A>>,
    /// What to send.
    pub transmits: VecDeque<Transmit<A>>,
    /// What to say on streams.
    pub requests: VecDeque<StreamRequest<I, A>>,
    /// When to call back.
    pub timeout: Option<Instant>,
}

impl<I, A> Accumulator<I, A> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self { events: VecDeque::new(), transmits: VecDeque::new(), requests: VecDeque::new(), timeout: None }
    }

    /// How many outputs wait to be taken.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.events.len() + self.transmits.len() + self.requests.len()
    }
}

impl<I, A> Outputs<I, A> for Accumulator<I, A> {
    fn event(&mut self, event: Event<I, A>) {
        self.events.push_back(event);
    }

    fn transmit(&mut self, transmit: Transmit<A>) {
        self.transmits.push_back(transmit);
    }

    fn request(&mut self, request: StreamRequest<I, A>) {
        self.requests.push_back(request);
    }

    fn timeout(&mut self, at: Option<Instant>) {
        self.timeout = at;
    }
}

impl<I: Id, A: Address, W: Wire<I, A>, M: Store<I, A>> Endpoint<I, A, W, M> {
    /// Hands over everything that waits to be polled, events first, and then the next timeout.
    pub fn drain_into(&mut self, outputs: &mut impl Outputs<I, A>) {
        while let Some(event) = self.poll_event() {
            outputs.event(event);
        }
        while let Some(transmit) = self.poll_transmit() {
            outputs.transmit(transmit);
        }
        while let Some(request) = self.poll_request() {
            outputs.request(request);
        }
        outputs.timeout(self.poll_timeout());
    }
}
