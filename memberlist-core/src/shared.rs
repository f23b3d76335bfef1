//! What the handle and the tasks of a node share.

use crate::{
    AddressOf, Delegate, Error, Options, Transport, TransportError, UserAddressOf,
    driver::{self, seeds::Seeds, transmit::Outgoing},
    machine::Machine,
    metrics, queue,
    stats::{Counters, Stats},
    sync::{Occasionally, Signal, lock},
    tasks::Tasks,
};
use agnostic::{RuntimeLite, time::Instant as _};
use memberlist_proto::{Endpoint, Instant, LocalNode, StreamRequest};
use memberlist_types::{Alive, Framing, Incarnation, Wire};
use nodecraft::CheapClone;
use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The machine's clock: the runtime's, from zero at the start.
pub(crate) struct Clock<R: RuntimeLite>(R::Instant);

impl<R: RuntimeLite> Clock<R> {
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
    pub(crate) seeds: Seeds<UserAddressOf<T>, D::Address>,
    pub(crate) alive_claims: queue::Sender<AliveClaim<D::Id, D::Address>>,
    /// Whether the alive delegate has a say at all.
    pub(crate) filters_alive: bool,
    pub(crate) transport_trouble: Occasionally,
    pub(crate) encode_trouble: Occasionally,
}

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Makes the node and starts its tasks. On an error the transport is shut down.
    pub(crate) async fn start(
        id: D::Id,
        transport: T,
        delegate: D,
        wire: W,
        options: Options,
    ) -> Result<Arc<Self>, Error> {
        let clock = Clock::<T::Runtime>(T::Runtime::now());
        let made = prepare(&id, &transport, &delegate, &wire, options, clock.now());
        let (endpoint, options) = match made {
            Ok(made) => made,
            Err(error) => {
                transport.shutdown().await;
                return Err(error);
            }
        };
        let (events, event_queue) = queue::channel(options.bounds());
        let (data, data_queue) = queue::channel(options.bounds());
        let claims = queue::Bounds { events: options.alive_queue, ..options.bounds() };
        let (alive_claims, claims) = queue::channel(claims);
        let shared = Arc::new(Self {
            local_id: id,
            clock,
            counters: Counters::default(),
            tasks: Tasks::new(),
            machine: Mutex::new(Machine::new(endpoint, events, data)),
            outgoing: Outgoing::new(options.transmit_queue),
            rearm: Signal::default(),
            requests: Mutex::default(),
            requested: Signal::default(),
            seeds: Seeds::new(),
            alive_claims,
            filters_alive: delegate.filters_alive(),
            transport_trouble: Occasionally::default(),
            encode_trouble: Occasionally::default(),
            transport,
            delegate,
            wire,
            options,
        });
        shared.supervise();
        shared.spawn(driver::events::dispatch_events(Arc::clone(&shared), event_queue));
        shared.spawn(driver::events::dispatch_data(Arc::clone(&shared), data_queue));
        shared.spawn_vital("engine", driver::engine::run(Arc::clone(&shared)));
        shared.spawn_vital("transmit", driver::transmit::run(Arc::clone(&shared)));
        shared.spawn_vital("requests", driver::requests::run(Arc::clone(&shared)));
        shared.spawn_vital("accept", driver::streams::accept(Arc::clone(&shared)));
        if shared.filters_alive {
            shared.spawn(driver::admission::decide(Arc::clone(&shared), claims));
        }
        shared.spawn(driver::prefetch::run(Arc::clone(&shared)));
        shared.spawn(driver::watch::run(Arc::clone(&shared)));
        // The first outputs: our own joining.
        shared.input(|_, _| ());
        Ok(shared)
    }

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
        if outputs.rearm {
            self.rearm.set();
        }
        if !outputs.requests.is_empty() {
            lock(&self.requests).extend(outputs.requests);
            self.requested.set();
        }
        result
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
    fn spawn_vital(self: &Arc<Self>, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        struct Vital<F: Fn(&'static str)>(F, &'static str);
        impl<F: Fn(&'static str)> Drop for Vital<F> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    (self.0)(self.1);
                }
            }
        }
        let shared = Arc::clone(self);
        let vital = Vital(
            move |name| {
                tracing::error!(task = name, "a task of the node panicked: shutting down");
                shared.begin_shutdown();
            },
            name,
        );
        self.spawn(async move {
            let _vital = vital;
            task.await;
        });
    }

    /// The one uncounted task: it waits for the stop, and sees everything to its end.
    fn supervise(self: &Arc<Self>) {
        let Some(end) = self.tasks.end() else { return };
        let shared = Arc::clone(self);
        T::Runtime::spawn_detach(async move {
            shared.tasks.stopped().await;
            shared.outgoing.close();
            lock(&shared.machine).close();
            shared.transport.shutdown().await;
            shared.tasks.idle().await;
            // Whoever came in between the stop and the end.
            lock(&shared.machine).close();
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

    pub(crate) fn framing(&self) -> &Framing {
        &self.options.framing
    }
}

type Made<I, A, W> = (Endpoint<I, A, W>, Options);

/// Checks everything, and fits the options to the transport.
fn prepare<T, D, W>(
    id: &D::Id,
    transport: &T,
    delegate: &D,
    wire: &W,
    mut options: Options,
    now: Instant,
) -> Result<Made<D::Id, D::Address, W>, Error>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    options.validate()?;
    let address = transport.advertise_address().cheap_clone();
    if !transport.is_allowed(&address) {
        return Err(Error::AddressNotAllowed(address.to_string()));
    }
    let capabilities = transport.capabilities();
    options.protocol.packet_size = options.protocol.packet_size.min(capabilities.max_packet);
    options.protocol.stream_ping &= capabilities.distinct_streams;
    if capabilities.checked_packets {
        options.framing.checksum = None;
    }
    if let Some(meta) = delegate.node_meta(options.protocol.max_meta_size) {
        options.meta = meta;
    }
    let mut local = LocalNode::new(id.cheap_clone(), address);
    local.meta = options.meta.clone();
    local.versions = options.versions;
    local.incarnation = options.incarnation.unwrap_or_else(wall_clock);
    let rng = Box::new(rand_pcg::Pcg64Dxsm::new(entropy(), entropy()));
    let framing = options.framing.clone();
    let mut endpoint = Endpoint::new(now, local, options.protocol.clone(), &framing, wire.clone(), rng)?;
    endpoint.set_ack_payload(delegate.ack_payload())?;
    Ok((endpoint, options))
}

/// Seconds since 1970: a restart within the clock's truth overrules the former life. Fits until the year 2106.
fn wall_clock() -> Incarnation {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    Incarnation::new(u32::try_from(seconds).unwrap_or(u32::MAX / 2).max(1))
}

/// Randomness of the operating system, by the way that std offers: the keys of its hash tables.
fn entropy() -> u128 {
    let word = || u128::from(RandomState::new().hash_one(0u8));
    (word() << 64) | word()
}
