//! What the handle and the tasks of a node share.

use crate::{
    AddressOf, Delegate, Error, Options, Transport, TransportError, UserAddressOf,
    budget::Budget,
    driver::{gather::Gathering, lines::Lines, outgoing::Outgoing, seeds::Seeds},
    framings::Framings,
    machine::{Machine, Outputs},
    metrics, queue,
    stats::{Counters, Stats},
    sync::{Occasionally, Signal, lock},
    tasks::Tasks,
};
use agnostic::{RuntimeLite, time::Instant as _};
use bytes::Bytes;
use futures_util::FutureExt;
use memberlist_proto::{Instant, StreamRequest};
use memberlist_types::{Alive, Wire};
use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

/// The machine's clock: the runtime's, from zero at the start.
pub(crate) struct Clock<R: RuntimeLite>(R::Instant);

impl<R: RuntimeLite> Clock<R> {
    pub(crate) fn start() -> Self {
        Self(R::now())
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::START + self.0.elapsed()
    }
}

/// A sign of life that waits for the alive delegate, and where it came from.
pub(crate) type AliveClaim<I, A> = (A, Alive<I, A>);

pub(crate) struct Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    pub(crate) local_id: D::Id,
    pub(crate) transport: T,
    pub(crate) delegate: D,
    pub(crate) wire: W,
    pub(crate) options: Options,
    pub(crate) framings: Framings,
    pub(crate) clock: Clock<T::Runtime>,
    pub(crate) counters: Counters,
    pub(crate) tasks: Tasks,
    pub(crate) machine: Mutex<Machine<D::Id, D::Address, W>>,
    pub(crate) outgoing: Outgoing<D::Address>,
    /// The engine shall look again until when it may sleep.
    pub(crate) rearm: Signal,
    /// Streams to open. Commands may come from outside the runtime, so another task starts them; the machine
    /// bounds how many there are.
    pub(crate) requests: Mutex<Vec<StreamRequest<D::Id, D::Address>>>,
    pub(crate) requested: Signal,
    /// Those who join through us now.
    pub(crate) gathering: Gathering<D::Id, D::Address>,
    /// Reliable messages that wait for the stream to their peer.
    pub(crate) lines: Lines<D::Address>,
    /// Whether such streams stay open for further messages.
    pub(crate) reuses_streams: bool,
    /// Memory of messages that were handed on, which streams remember to use again.
    pub(crate) remembered: Arc<Budget>,
    pub(crate) seeds: Seeds<UserAddressOf<T>, D::Address>,
    pub(crate) alive_claims: queue::Sender<AliveClaim<D::Id, D::Address>>,
    /// Whether the alive delegate has a say at all.
    pub(crate) filters_alive: bool,
    pub(crate) transport_trouble: Occasionally,
    pub(crate) encode_trouble: Occasionally,
    pub(crate) key_trouble: Occasionally,
}

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Looks at the machine without changing it.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&mut Machine<D::Id, D::Address, W>) -> R) -> R {
        read(&mut lock(&self.machine))
    }

    /// Gives the machine an input, and carries out what it then asks for.
    pub(crate) fn input<R>(
        self: &Arc<Self>,
        input: impl FnOnce(&mut Machine<D::Id, D::Address, W>, Instant) -> R,
    ) -> R {
        let (result, outputs) = {
            let mut machine = lock(&self.machine);
            let now = self.clock.now();
            let result = input(&mut machine, now);
            let mut outputs = machine.drain(&self.counters);
            // A packet that finds no room is as good as lost; for a probe that is no evidence against its target.
            let refused = self.outgoing.push(&mut outputs.transmits, &self.counters);
            if !refused.is_empty() {
                for probe in refused {
                    machine.endpoint.handle_send_failure(now, probe);
                }
                let more = machine.drain(&self.counters);
                outputs.transmits.extend(more.transmits);
                outputs.requests.extend(more.requests);
                outputs.rearm |= more.rearm;
                self.outgoing.push(&mut outputs.transmits, &self.counters);
            }
            (result, outputs)
        };
        self.carry_out(outputs);
        result
    }

    /// Queues user messages for one address, all together, where they may share packets with others.
    pub(crate) fn send(self: &Arc<Self>, to: D::Address, payloads: Vec<Bytes>) -> Result<(), Error> {
        let outputs = {
            let mut machine = lock(&self.machine);
            if self.tasks.is_stopped() {
                return Err(Error::ShutDown);
            }
            let now = self.clock.now();
            machine.endpoint.send_many(now, to, payloads)?;
            let mut outputs = machine.drain(&self.counters);
            // Every input is drained at once, so there is nothing in it but these messages.
            self.outgoing.push_messages(&mut outputs.transmits, &self.counters);
            outputs
        };
        self.carry_out(outputs);
        Ok(())
    }

    /// What is left of the outputs after the packets.
    fn carry_out(&self, outputs: Outputs<D::Id, D::Address>) {
        if outputs.rearm {
            self.rearm.set();
        }
        if !outputs.requests.is_empty() {
            lock(&self.requests).extend(outputs.requests);
            self.requested.set();
        }
    }

    /// As `input`, for commands of the user: refused after a shutdown.
    pub(crate) fn command<R>(
        self: &Arc<Self>,
        command: impl FnOnce(&mut Machine<D::Id, D::Address, W>, Instant) -> R,
    ) -> Result<R, Error> {
        // Looked at under the lock: the shutdown closes the machine under it, so no waiter is left behind.
        self.input(
            |machine, now| {
                if self.tasks.is_stopped() { Err(Error::ShutDown) } else { Ok(command(machine, now)) }
            },
        )
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn::<T::Runtime>(task);
    }

    /// A task without which the node is dead: if it panics the node shuts down, so that others see it fail.
    pub(crate) fn spawn_vital(
        self: &Arc<Self>,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let shared = Arc::clone(self);
        self.spawn(AssertUnwindSafe(task).catch_unwind().map(move |ended| {
            if let Err(panic) = ended {
                tracing::error!(task = name, "a task of the node panicked: shutting down");
                shared.begin_shutdown();
                resume_unwind(panic);
            }
        }));
    }

    /// The one uncounted task: it waits for the stop, and sees everything to its end.
    pub(crate) fn supervise(self: &Arc<Self>) {
        let Some(end) = self.tasks.end() else { return };
        let shared = Arc::clone(self);
        T::Runtime::spawn_detach(async move {
            shared.tasks.stopped().await;
            shared.outgoing.close();
            lock(&shared.machine).close();
            shared.transport.shutdown().await;
            shared.tasks.idle().await;
            // Whoever came in between the stop and the end.
            let mut machine = lock(&shared.machine);
            machine.close();
            machine.endpoint.end_recording();
            drop(machine);
            drop(shared);
            drop(end);
        });
    }

    pub(crate) fn begin_shutdown(&self) {
        self.tasks.stop();
    }

    pub(crate) fn is_shutdown(&self) -> bool {
        self.tasks.is_stopped()
    }

    pub(crate) async fn shutdown(&self) {
        self.begin_shutdown();
        self.tasks.ended().await;
    }

    /// How transports' errors are told: persistent trouble at most once a minute.
    pub(crate) fn transport_error(&self, what: &'static str, error: &T::Error) {
        if error.is_closed() {
            return;
        }
        crate::stats::add(&self.counters.transport_errors, 1);
        metrics::transport_error();
        if self.transport_trouble.now(self.uptime(), Duration::from_secs(60)) {
            tracing::warn!(%error, "the transport can't {what}; further trouble of this kind is counted, and told once a minute");
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let protocol = self.read(|machine| machine.endpoint.stats());
        self.counters.snapshot(protocol)
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.clock.now().since(Instant::START)
    }
}
